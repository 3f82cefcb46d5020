#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "audit/carrier.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "custody/receipt.h"
#include "custody/seal_value.h"
#include "custody/witness.h"
#include "vault/vault.h"

#include "base/banned.h"

/*
 * A receipt by itself: that its entry is in the tree of its checkpoint, that its key has signed
 * that, and whose key it is. With a vault: that the log still holds that very entry and begins with
 * what the checkpoint signed, and what has become of the recording.
 */

enum { ARCHIVES_TEXT_MAX = 1 << 20 };

bool receipt_begins(struct bytes octets)
{
    static const char begin[] = "{\"accepted\":";
    const size_t len = sizeof begin - 1;
    return octets.len >= len && memcmp(octets.at, begin, len) == 0;
}

/* One receipt that is looked at. */
struct looking {
    struct session *session;
    const char *path;
    const struct custody_receipt *receipt;
    struct custody_log *log; /* of the vault; NULL where it cannot be read */
    struct text archives;
    struct audit_receipt told;
};

static void found(struct looking *looking, enum audit_kind kind, const char *entry,
                  const char *detail)
{
    session_found(looking->session,
                  &(struct audit_finding){.kind = kind,
                                          .target = looking->path,
                                          .entry = entry,
                                          .recording = looking->receipt->entry.subject,
                                          .detail = detail});
}

static void found_in_log(struct looking *looking, const char *detail)
{
    found(looking, AUDIT_DAMAGED, vault_folder_name(VAULT_LOG), detail);
}

/* ---- by itself ---- */

/* Whether the key is the one that was asked for. */
static bool check_key(struct looking *looking)
{
    const struct audit_options *options = looking->session->options;
    struct custody_signer signer;
    if (!audit_key_counts(options, looking->receipt->key, &signer)) {
        found(looking, AUDIT_SIGNATURE, NULL,
              options->key_is_vaults ? _("signed with a key that is not this vault's")
                                     : _("signed with another key than the one asked for"));
        return false;
    }
    return true;
}

static void check_alone(struct looking *looking)
{
    struct err err;
    struct custody_signer signer;
    (void)audit_key_counts(looking->session->options, looking->receipt->key, &signer);
    looking->session->report->checked += 2;
    if (custody_receipt_prove(looking->receipt, looking->path, &err) < 0)
        found(looking, AUDIT_DAMAGED, NULL, err.text);
    if (custody_receipt_signed(looking->receipt, looking->path, &err) < 0)
        found(looking, AUDIT_SIGNATURE, NULL, err.text);
    else
        session_signer(looking->session, &signer);
}

/* Only what a known key has signed: lines below a checkpoint anybody can add. */
static void check_witnesses(struct looking *looking)
{
    const struct audit_options *options = looking->session->options;
    const struct custody_witness *witnesses = options->witnesses;
    struct audit_receipt *told = &looking->told;
    struct err err;
    told->known = options->witness_count;
    if (told->known == 0 && options->vault != NULL) {
        const struct vault_settings *settings = vault_settings(options->vault);
        witnesses = settings->witnesses;
        told->known = settings->witness_count;
    }
    if (custody_witnesses_count(witnesses, told->known, looking->receipt->key,
                                looking->receipt->checkpoint, looking->path, &told->witnesses,
                                &err) < 0)
        found(looking, AUDIT_SIGNATURE, NULL, err.text);
}

/* ---- against a vault ---- */

/* The very entry, under the root that the log is signed for. */
static bool check_entry(struct looking *looking)
{
    const struct custody_receipt *receipt = looking->receipt;
    const uint64_t seq = receipt->entry.seq;
    const uint64_t size = custody_log_size(looking->log);
    struct custody_proof proof;
    struct bytes leaf;
    struct err err;
    char detail[256];
    if (seq >= size) {
        (void)snprintf(detail, sizeof detail,
                       _("the log has no entry %llu any more: entries were taken away after this "
                         "receipt was given"),
                       (unsigned long long)seq);
        found_in_log(looking, detail);
        return false;
    }
    if (custody_log_inclusion(looking->log, seq, size, &proof, &err) < 0 ||
        custody_log_entry(looking->log, seq, &leaf, &err) < 0) {
        session_found_err(looking->session, looking->path, vault_folder_name(VAULT_LOG), &err);
        return false;
    }
    if (bytes_equal(leaf, receipt->leaf))
        return true;
    (void)snprintf(detail, sizeof detail,
                   _("entry %llu of the log is another now: it was rewritten after this receipt "
                     "was given"),
                   (unsigned long long)seq);
    found_in_log(looking, detail);
    return false;
}

static void check_log(struct looking *looking, struct vault *vault)
{
    struct err err;
    const struct key *key;
    struct custody_head old;
    struct custody_signer signer;
    looking->session->report->checked++;
    if (vault_public_key(vault, &key, &err) < 0 || vault_log_open(vault, &looking->log, &err) < 0) {
        looking->log = NULL;
        session_found_err(looking->session, looking->path, vault_folder_name(VAULT_LOG), &err);
        return;
    }
    if (check_entry(looking) && custody_log_extends(looking->log, looking->receipt->checkpoint, key,
                                                    looking->path, &old, &signer, &err) < 0)
        session_found_err(looking->session, looking->path, vault_folder_name(VAULT_LOG), &err);
}

/* ---- what has become of it ---- */

struct last_seen {
    const char *action;
    uint64_t seq;
    bool found;
};

static bool see(void *context, const struct catalog_log_entry *entry)
{
    struct last_seen *last = context;
    if (strcmp(entry->action, last->action) == 0) {
        last->seq = entry->seq;
        last->found = true;
    }
    return true;
}

/* Disposed of, as the log itself tells it. *entry is the caller's to release. */
static int find_disposal(struct looking *looking, struct vault *vault, struct custody_entry *entry,
                         struct err *err)
{
    struct last_seen last = {.action = custody_action_name(CUSTODY_DISPOSED)};
    struct catalog_err wrong;
    struct bytes leaf;
    if (catalog_log_each(vault_catalog(vault), 0, looking->receipt->entry.subject, see, &last,
                         &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (!last.found || looking->log == NULL)
        return 0;
    if (custody_log_entry(looking->log, last.seq, &leaf, err) < 0 ||
        custody_entry_parse(leaf, vault_folder_name(VAULT_LOG), entry, err) < 0)
        return -1;
    if (entry->action == CUSTODY_DISPOSED &&
        strcmp(entry->subject, looking->receipt->entry.subject) == 0) {
        looking->told.fate = AUDIT_FATE_DISPOSED;
        looking->told.disposed_by = entry->actor;
        looking->told.disposed_at = entry->at;
    }
    return 0;
}

struct archives {
    struct looking *looking;
    struct vault *vault;
    size_t there;
};

static void take_archive(void *context, const struct catalog_archive *archive)
{
    struct archives *archives = context;
    struct looking *looking = archives->looking;
    if (faccessat(vault_folder(archives->vault, VAULT_ROOT), archive->path, F_OK, 0) < 0) {
        found(looking, AUDIT_MISSING, archive->path, _("the archive that holds it is not there"));
        return;
    }
    archives->there++;
    if (looking->archives.len > 0)
        text_append(&looking->archives, ", ");
    text_append(&looking->archives, archive->path);
}

static int find_archives(struct looking *looking, struct vault *vault, int64_t number,
                         struct err *err)
{
    struct archives archives = {.looking = looking, .vault = vault};
    struct catalog_err wrong;
    if (catalog_archive_of(vault_catalog(vault), number, take_archive, &archives, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (text_failed(&looking->archives))
        return err_memory(err, looking->path);
    looking->told.fate = archives.there > 0 ? AUDIT_FATE_SEALED : AUDIT_FATE_MISSING;
    looking->told.archives = looking->archives.at;
    return 0;
}

static void gone(struct looking *looking, const char *detail)
{
    looking->told.fate = AUDIT_FATE_MISSING;
    found(looking, AUDIT_MISSING, NULL, detail);
}

static int find_recording(struct looking *looking, struct vault *vault, struct err *err)
{
    const struct custody_receipt *receipt = looking->receipt;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    struct catalog_err wrong;
    uint64_t number;
    const char *subject = receipt->entry.subject;
    if (subject[0] != 'R' || bytes_parse_u64(bytes_of(subject + 1), &number) < 0 ||
        number > INT64_MAX)
        return err_set(err, ERR_DAMAGED, looking->path, _("not a recording's name: %s"), subject);
    if (catalog_recording_load(vault_catalog(vault), (int64_t)number, &recording, &wrong) < 0) {
        if (wrong.kind != CATALOG_ERR_MISSING)
            return err_from_catalog(err, &wrong);
        gone(looking, _("was accepted, and the catalog does not know it any more"));
        return 0;
    }
    if (memcmp(recording->sha256, receipt->sha256, sizeof receipt->sha256) != 0 ||
        memcmp(recording->sm3, receipt->sm3, sizeof receipt->sm3) != 0) {
        found(looking, AUDIT_CATALOG, NULL,
              _("the catalog has another recording under this number"));
        return 0;
    }
    if (recording->state == CATALOG_SEALED)
        return find_archives(looking, vault, recording->number, err);
    struct err open_err;
    AUTO(close) int fd = vault_open_stored(vault, recording->stored_name, &open_err);
    looking->told.fate = AUDIT_FATE_LOOSE;
    if (fd < 0 && open_err.kind == ERR_MISSING)
        gone(looking, _("was accepted, and its file is not there any more"));
    else if (fd < 0)
        session_found_err(looking->session, looking->path, recording->stored_name, &open_err);
    return 0;
}

static int find_fate(struct looking *looking, struct vault *vault, struct custody_entry *disposal,
                     struct err *err)
{
    looking->session->report->checked++;
    if (vault_catalog(vault) == NULL) {
        *err = *vault_catalog_err(vault);
        return -1;
    }
    if (find_disposal(looking, vault, disposal, err) < 0)
        return -1;
    return looking->told.fate == AUDIT_FATE_DISPOSED ? 0 : find_recording(looking, vault, err);
}

/* Whose log it is: no other vault can say anything of it. */
static int is_vaults(const struct looking *looking, struct vault *vault, bool *is, struct err *err)
{
    struct audit_options options = {.key = NULL};
    struct custody_signer signer;
    if (vault_public_key(vault, &options.key, err) < 0 ||
        vault_key_chain(vault, &options.chain, err) < 0)
        return -1;
    *is = audit_key_counts(&options, looking->receipt->key, &signer);
    return 0;
}

static int check_in_vault(struct looking *looking, struct vault *vault,
                          struct custody_entry *disposal, struct err *err)
{
    struct err why;
    bool is;
    if (is_vaults(looking, vault, &is, err) < 0)
        return -1;
    if (!is)
        return 0;
    check_log(looking, vault);
    if (find_fate(looking, vault, disposal, &why) < 0) {
        if (why.kind == ERR_MEMORY)
            return (void)(*err = why), -1;
        session_found_err(looking->session, looking->path, NULL, &why);
    }
    return 0;
}

/* ---- the whole ---- */

static void looking_release_at(struct looking *looking)
{
    custody_log_free(looking->log);
    text_release(&looking->archives);
}

static int look(struct session *session, const char *path, const struct custody_receipt *receipt,
                const struct seal_value *seal, struct err *err)
{
    const struct audit_options *options = session->options;
    AUTO(looking_release)
    struct looking looking = {.session = session,
                              .path = path,
                              .receipt = receipt,
                              .told = {.receipt = receipt, .path = path, .seal = *seal}};
    AUTO(custody_entry_release) struct custody_entry disposal = {.root = NULL};
    text_init(&looking.archives, ARCHIVES_TEXT_MAX);
    check_alone(&looking);
    check_witnesses(&looking);
    if (check_key(&looking) && options->vault != NULL &&
        check_in_vault(&looking, options->vault, &disposal, err) < 0)
        return -1;
    if (options->receipt != NULL)
        options->receipt(options->context, &looking.told);
    return 0;
}

int carrier_receipt(struct session *session, int fd, const char *path, struct err *err)
{
    AUTO(close) int held = fd;
    AUTO(free) char *text = NULL;
    AUTO(custody_receipt_release) struct custody_receipt receipt = {.size_bytes = 0};
    struct err why;
    struct seal_value seal;
    size_t len;
    session->report->checked++;
    int done = file_read_all(held, path, CUSTODY_RECEIPT_MAX, &text, &len, &why);
    if (done == 0) {
        const struct bytes octets = {(const uint8_t *)text, len};
        session->report->bytes += len;
        if (seal_value_of(SEAL_RECEIPT, octets, &seal, err) < 0)
            return -1;
        done = custody_receipt_parse(octets, path, &receipt, &why);
    }
    if (done == 0) {
        session_sealed(session, &seal);
        return look(session, path, &receipt, &seal, err);
    }
    if (why.kind == ERR_MEMORY)
        return (void)(*err = why), -1;
    session_found_err(session, path, NULL, &why);
    return 0;
}
