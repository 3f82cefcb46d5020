#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "acts/acts.h"
#include "audit/auditor.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/password.h"

#include "base/banned.h"

/*
 * The custody log is computed anew from its entries, and the catalog that it tells of is made
 * beside the one that is there: each row that was changed, added or removed by anything but an act
 * shows.
 */

enum { PATH_ROOM = 4096, ENTRY_ROOM = 256, FOLLOW_TRIES = 40, FOLLOW_WAIT_MS = 50 };

AUTO_DEFINE(struct catalog *, catalog_free, NULL);

static void log_found(struct auditor *auditor, const char *path, const char *recording,
                      const char *detail)
{
    auditor_found(auditor, AUDIT_LOG, path, recording, detail);
}

/* ---- the log by itself ---- */

static void tile_found(void *context, const struct custody_finding *finding)
{
    struct auditor *auditor = context;
    char path[ENTRY_ROOM];
    char detail[512];
    (void)snprintf(path, sizeof path, "%s/%s", vault_folder_name(VAULT_LOG), finding->path);
    if (finding->count > 0)
        (void)snprintf(detail, sizeof detail, _("%s (entries %llu to %llu)"), finding->detail,
                       (unsigned long long)finding->first,
                       (unsigned long long)(finding->first + finding->count - 1));
    log_found(auditor, path, NULL, finding->count > 0 ? detail : finding->detail);
}

/* ---- what it tells, against the catalog ---- */

static void entry_failed(void *context, uint64_t seq, const struct err *why)
{
    struct auditor *auditor = context;
    char path[ENTRY_ROOM];
    (void)snprintf(path, sizeof path, _("%s, entry %llu"), vault_folder_name(VAULT_LOG),
                   (unsigned long long)seq);
    log_found(auditor, path, NULL, why->text);
}

static void difference_found(void *context, const struct catalog_difference *one)
{
    struct auditor *auditor = context;
    char id[32];
    char detail[1024];
    auditor_recording_id(one->recording, id);
    if (one->kind == CATALOG_CHANGED)
        (void)snprintf(detail, sizeof detail,
                       _("%s, row %s: %s is \"%s\"; by the custody log it is \"%s\""), one->table,
                       one->key, one->column, one->is, one->told);
    else if (one->kind == CATALOG_ADDED)
        (void)snprintf(detail, sizeof detail, _("%s, row %s: the custody log knows nothing of it"),
                       one->table, one->key);
    else
        (void)snprintf(detail, sizeof detail,
                       _("%s, row %s: is not there; the custody log tells of it"), one->table,
                       one->key);
    auditor->session.report->checked++;
    log_found(auditor, "catalog.db", one->recording != 0 ? id : NULL, detail);
}

static int open_log(struct auditor *auditor, struct custody_log **log, struct err *err)
{
    return custody_log_open(vault_folder(auditor->vault, VAULT_LOG), auditor->options.key, NULL,
                            log, err);
}

/* The log follows the catalog: others that are at work are given a moment. */
static int open_followed(struct auditor *auditor, uint64_t size, struct custody_log **out,
                         struct err *err)
{
    static const struct timespec moment = {.tv_nsec = FOLLOW_WAIT_MS * 1000000L};
    for (int tries = 0; tries < FOLLOW_TRIES; tries++) {
        AUTO(custody_log_free) struct custody_log *log = NULL;
        if (open_log(auditor, &log, err) < 0)
            return -1;
        if (custody_log_size(log) >= size || tries == FOLLOW_TRIES - 1) {
            *out = log;
            log = NULL;
            return 0;
        }
        (void)nanosleep(&moment, NULL); /* a shorter one does no harm */
    }
    return 0;
}

/* Stored passwords against what the log has of them, which is a digest. One that is not there is
 * none's fault: making the catalog anew loses them. */
static void check_password(void *context, const char *account, const char *encoded,
                           const uint8_t *told)
{
    struct auditor *auditor = context;
    uint8_t sha256[32];
    char detail[512];
    struct err none;
    auditor->session.report->checked++;
    if (told != NULL && password_digest(encoded, sha256, &none) == 0 &&
        memcmp(sha256, told, sizeof sha256) == 0)
        return;
    (void)snprintf(detail, sizeof detail,
                   _("passwords, row %.200s: is not the password that the custody log tells of"),
                   account);
    log_found(auditor, "catalog.db", NULL, detail);
}

static int compare(struct auditor *auditor, struct catalog *scratch, struct custody_log *log,
                   uint64_t size, struct err *err)
{
    struct catalog_err wrong;
    struct err why;
    uint64_t made;
    if (acts_replay(auditor->vault, log, size, scratch, entry_failed, auditor, &why) < 0) {
        if (why.kind != ERR_DAMAGED && why.kind != ERR_MISSING && why.kind != ERR_CONFLICT)
            return (void)(*err = why), -1;
        log_found(auditor, vault_folder_name(VAULT_LOG), NULL, why.text);
        return 0;
    }
    if (catalog_log_size(scratch, &made, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (made > custody_log_size(log))
        log_found(auditor, vault_folder_name(VAULT_LOG), NULL,
                  _("the catalog has entries that the log does not have yet: left by a run that "
                    "was interrupted; the next command that writes appends them"));
    if (made < size)
        log_found(auditor, "catalog.db", NULL,
                  _("tampering: it has entries that the log does not have and no act has made; "
                    "\"shilu catalog rebuild\" makes it anew without them"));
    if (catalog_compare(scratch, difference_found, auditor, &wrong) < 0 ||
        catalog_beside_passwords(scratch, check_password, auditor, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

/* What the log has before the catalog is looked at, the catalog has too; entries that come later
 * are in neither. */
static int check_catalog(struct auditor *auditor, uint64_t log_size, struct err *err)
{
    AUTO(catalog_free) struct catalog *scratch = NULL;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    struct catalog_err wrong;
    struct err why;
    char path[PATH_ROOM];
    uint64_t size;
    int len = snprintf(path, sizeof path, "%s/catalog.db", auditor->path);
    if (len < 0 || (size_t)len >= sizeof path)
        return err_set(err, ERR_USAGE, auditor->path, "%s", _("the path is too long"));
    if (catalog_open_scratch(&scratch, &wrong) < 0 ||
        catalog_beside(scratch, path, &size, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (size < log_size)
        size = log_size;
    if (open_followed(auditor, size, &log, &why) < 0) {
        session_found_err(&auditor->session, auditor->path, vault_folder_name(VAULT_LOG), &why);
        return 0;
    }
    return compare(auditor, scratch, log, size, err);
}

/* ---- the keys ---- */

static void key_found(struct auditor *auditor, const char *detail)
{
    log_found(auditor, "keys", NULL, detail);
}

/* Each key that the log says was followed has its statement beside the keys. */
static void check_retired(struct auditor *auditor, const struct custody_chain *told)
{
    struct custody_signer signer;
    char detail[256];
    for (size_t i = 0; auditor->options.chain != NULL && i < told->count; i++) {
        if (custody_chain_find(auditor->options.chain, told->links[i].old_id, &signer))
            continue;
        (void)snprintf(detail, sizeof detail,
                       _("entry %llu of the log tells of the earlier key %s, whose statement is "
                         "not there"),
                       (unsigned long long)told->links[i].entries, told->links[i].old_id);
        key_found(auditor, detail);
    }
}

/* The key that the log's first entry names, or that has followed it since, is the one in use. */
static int check_keys(struct auditor *auditor, struct custody_log *log, struct err *err)
{
    char id[KEY_ID_TEXT];
    const char *first_key;
    struct bytes first;
    AUTO(custody_chain_release) struct custody_chain told = {.links = NULL};
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    if (custody_log_size(log) == 0)
        return 0;
    if (custody_chain_of_log(log, &told, err) < 0 || custody_log_entry(log, 0, &first, err) < 0 ||
        custody_entry_parse(first, "log", &entry, err) < 0 ||
        json_take_text(entry.detail, "key", "log", &first_key, err) < 0)
        return -1;
    key_id(auditor->options.key, id);
    auditor->session.report->checked += 1 + told.count;
    if (custody_chain_settle(&told, id) > 0 ||
        strcmp(first_key, told.count > 0 ? told.links[told.count - 1].old_id : id) != 0)
        key_found(auditor, _("the key is not the one that the log tells of: neither its first, nor "
                             "one that followed"));
    else
        check_retired(auditor, &told);
    return 0;
}

static int check_keys_of_log(struct auditor *auditor, struct err *err)
{
    struct err why;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (open_log(auditor, &log, &why) == 0 && check_keys(auditor, log, &why) == 0)
        return 0;
    if (why.kind == ERR_MEMORY)
        return (void)(*err = why), -1;
    session_found_err(&auditor->session, auditor->path, vault_folder_name(VAULT_LOG), &why);
    return 0;
}

int auditor_check_log(struct auditor *auditor, struct err *err)
{
    struct custody_check check;
    int folder = vault_folder(auditor->vault, VAULT_LOG);
    if (folder < 0 || auditor->options.key == NULL)
        return 0; /* found with the folders, and with the key */
    if (custody_log_check(folder, auditor->options.key, NULL, tile_found, auditor, &check, err) < 0)
        return -1;
    auditor->session.report->checked += check.entries;
    if (check.findings == 0) {
        struct custody_signer signer;
        (void)audit_key_counts(&auditor->options, auditor->options.key, &signer);
        session_signer(&auditor->session, &signer);
        if (check_keys_of_log(auditor, err) < 0)
            return -1;
    }
    /* what a damaged log tells is no measure for the catalog */
    return vault_catalog(auditor->vault) != NULL && check.findings == 0
               ? check_catalog(auditor, check.head.size, err)
               : 0;
}

/* ---- its times ---- */

static void disposal_found(void *context, uint64_t seq, const char *detail)
{
    struct auditor *auditor = context;
    char path[ENTRY_ROOM];
    (void)snprintf(path, sizeof path, _("%s, entry %llu"), vault_folder_name(VAULT_LOG),
                   (unsigned long long)seq);
    log_found(auditor, path, NULL, detail);
}

int auditor_check_clock(struct auditor *auditor, struct err *err)
{
    struct err why;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_folder(auditor->vault, VAULT_LOG) < 0 || auditor->options.key == NULL ||
        (open_log(auditor, &log, &why) == 0 &&
         audit_log_clock(log, disposal_found, auditor, &why) == 0))
        return 0;
    return why.kind == ERR_MEMORY ? ((void)(*err = why), -1) : 0; /* else found with the log */
}
