#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * An act and its entry are one commit of the catalog; the log's files follow it, and only then has
 * the act been told. What a crash left between the two is completed when the vault is next opened
 * for writing. The catalog is never behind the log but by a hand that changed one of them: that is
 * told, and nothing is repaired.
 */

enum { FOLLOW_ENTRIES = 512 }; /* appended at once */

static int disagree(const struct vault *vault, const char *what, struct err *err)
{
    return err_set(err, ERR_TAMPERED, vault->path,
                   _("tampering: the custody log and the catalog disagree as no crash leaves them: "
                     "%s"),
                   what);
}

/* The catalog's entries from some number on, kept. */
struct batch {
    struct vault *vault;
    struct bytes entries[FOLLOW_ENTRIES];
    size_t count, room;
    uint64_t from;
    bool checked; /* only rows that the vault's key has signed */
    bool failed;
    struct err *err; /* why */
};

static void batch_release_at(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        free((void *)(uintptr_t)batch->entries[i].at);
    batch->count = 0;
}

int vault_log_made(struct vault *vault, uint64_t seq, const struct catalog_log_entry *row,
                   struct err *err)
{
    char object[32];
    const struct key *key;
    const struct bytes text = {row->entry, row->entry_len};
    const struct bytes signature = {row->signature, row->signature_len};
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    (void)snprintf(object, sizeof object, "entry %llu", (unsigned long long)seq);
    if (vault_public_key(vault, &key, err) < 0)
        return -1;
    const bool is_signed =
        row->signature != NULL && key_verify(key, text, signature, object, err) == 0;
    if (!is_signed && row->signature != NULL && err->kind != ERR_DAMAGED)
        return -1; /* it could not look */
    if (!is_signed)
        return err_set(
            err, ERR_TAMPERED, object,
            _("tampering: the catalog's entry %llu was not made by this program with the "
              "vault's key: somebody has put it there"),
            (unsigned long long)seq);
    if (custody_entry_parse(text, object, &entry, err) < 0)
        return -1;
    return row->seq == seq && entry.seq == seq
               ? 0
               : err_set(err, ERR_TAMPERED, object,
                         _("tampering: the catalog's entry %llu has another's number"),
                         (unsigned long long)seq);
}

static bool keep_entry(void *context, const struct catalog_log_entry *entry)
{
    struct batch *batch = context;
    if (batch->checked &&
        vault_log_made(batch->vault, batch->from + batch->count, entry, batch->err) < 0) {
        batch->failed = true;
        return false;
    }
    uint8_t *copy = malloc(entry->entry_len + 1);
    if (copy == NULL) {
        batch->failed = true;
        (void)err_memory(batch->err, batch->vault->path);
        return false;
    }
    memcpy(copy, entry->entry, entry->entry_len);
    batch->entries[batch->count++] = (struct bytes){copy, entry->entry_len};
    return batch->count < batch->room;
}

static int load(struct vault *vault, uint64_t from, struct batch *batch, struct err *err)
{
    struct catalog_err wrong;
    batch_release_at(batch);
    batch->vault = vault;
    batch->from = from;
    batch->err = err;
    if (catalog_log_each(vault->catalog, from, NULL, keep_entry, batch, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return batch->failed ? -1 : 0;
}

/* The log's last entry is the catalog's of that number. */
static int check_last(struct vault *vault, struct custody_log *log, struct err *err)
{
    AUTO(batch_release) struct batch batch = {.room = 1};
    const uint64_t size = custody_log_size(log);
    struct bytes last;
    if (size == 0)
        return 0;
    if (custody_log_entry(log, size - 1, &last, err) < 0 || load(vault, size - 1, &batch, err) < 0)
        return -1;
    if (batch.count == 0)
        return disagree(vault, _("the log has entries that the catalog does not know"), err);
    if (batch.entries[0].len != last.len || memcmp(batch.entries[0].at, last.at, last.len) != 0)
        return disagree(vault, _("the same entry is not the same in both"), err);
    return 0;
}

int vault_log_open(struct vault *vault, struct custody_log **out, struct err *err)
{
    const struct key *key;
    const int folder = vault->folders[VAULT_LOG];
    if (folder < 0)
        return err_set(err, ERR_MISSING, vault->path, "%s", _("the vault has no custody log"));
    if (vault_public_key(vault, &key, err) < 0 || custody_log_open(folder, key, NULL, out, err) < 0)
        return err_wrap(err, "%s", vault_folder_names[VAULT_LOG]);
    return 0;
}

int vault_log_agrees(struct vault *vault, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    return vault_log_open(vault, &log, err) < 0 ? -1 : check_last(vault, log, err);
}

static int append_rest(struct vault *vault, struct custody_log *log, struct err *err)
{
    const struct key *signing = NULL;
    AUTO(batch_release) struct batch batch = {.room = FOLLOW_ENTRIES, .checked = true};
    for (;;) {
        if (load(vault, custody_log_size(log), &batch, err) < 0)
            return -1;
        if (batch.count == 0)
            return 0;
        if (signing == NULL && vault_signing_key(vault, &signing, err) < 0)
            return -1;
        if (custody_log_append(log, batch.entries, batch.count, signing, err) < 0)
            return -1;
    }
}

static int follow_once(struct vault *vault, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_log_open(vault, &log, err) < 0)
        return -1;
    return check_last(vault, log, err) < 0 ? -1 : append_rest(vault, log, err);
}

/* Others append too, and our entries may be among theirs: then it is looked at again. */
int vault_log_follow(struct vault *vault, struct err *err)
{
    int done;
    do
        done = follow_once(vault, err);
    while (done < 0 && err->kind == ERR_CONFLICT);
    return done;
}

int log_add(struct catalog *catalog, const struct act *act, const struct key *signing,
            enum custody_action action, const char *subject, const json_t *detail, uint64_t *seq,
            struct err *err)
{
    struct catalog_err wrong;
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t signature_len;
    if (catalog_log_size(catalog, seq, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    const struct custody_entry entry = {.seq = *seq,
                                        .action = action,
                                        .at = act->at,
                                        .actor = act->actor,
                                        .role = act->role,
                                        .subject = subject,
                                        .detail = (json_t *)(uintptr_t)detail};
    AUTO(free) char *text = NULL;
    size_t len;
    if (custody_entry_print(&entry, &text, &len, err) < 0 ||
        key_sign(signing, (struct bytes){(const uint8_t *)text, len}, signature, &signature_len,
                 err) < 0)
        return -1;
    const struct catalog_log_entry added = {.seq = *seq,
                                            .at_us = entry.at.us,
                                            .actor = act->actor,
                                            .action = custody_action_name(action),
                                            .subject = subject,
                                            .entry = text,
                                            .entry_len = len,
                                            .signature = signature,
                                            .signature_len = signature_len};
    return catalog_log_add(catalog, &added, &wrong) < 0 ? err_from_catalog(err, &wrong) : 0;
}

void act_begin(struct act *act, const char *actor)
{
    (void)snprintf(act->actor, sizeof act->actor, "%s", actor);
    act->role[0] = '\0';
    act->at = instant_now();
}

int vault_begin(struct vault *vault, const char *actor, struct err *err)
{
    struct catalog_err wrong;
    const struct key *key; /* an act that could not be signed is not begun */
    if (vault_signing_key(vault, &key, err) < 0)
        return -1;
    if (catalog_begin(vault->catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    act_begin(&vault->act, actor);
    return 0;
}

int vault_begin_as(struct vault *vault, const char *account, const char *role, struct err *err)
{
    if (vault_begin(vault, account, err) < 0)
        return -1;
    (void)snprintf(vault->act.role, sizeof vault->act.role, "%s", role);
    return 0;
}

const struct act *vault_act(const struct vault *vault)
{
    return &vault->act;
}

int vault_log(struct vault *vault, enum custody_action action, const char *subject,
              const json_t *detail, uint64_t *seq, struct err *err)
{
    return log_add(vault->catalog, &vault->act, vault->signing_key, action, subject, detail, seq,
                   err);
}

void vault_rollback(struct vault *vault)
{
    catalog_rollback(vault->catalog);
}

int vault_commit(struct vault *vault, struct err *err)
{
    struct catalog_err wrong;
    if (catalog_commit(vault->catalog, &wrong) < 0) {
        catalog_rollback(vault->catalog);
        return err_from_catalog(err, &wrong);
    }
    return vault_log_follow(vault, err) < 0 ? err_wrap(err, "%s", _("the custody log")) : 0;
}

int vault_end(struct vault *vault, int done, struct err *err)
{
    if (done == 0)
        return vault_commit(vault, err);
    vault_rollback(vault);
    return -1;
}
