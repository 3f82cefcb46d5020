#include "backing/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backing/stamp.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/entry.h"
#include "custody/succession.h"
#include "custody/witness.h"
#include "vault/vault.h"

#include "base/banned.h"

const char kept_subject[] = "log";

enum { KEPT_MAX = 16 << 10 }; /* bytes of a cosigned checkpoint: some thirty witnesses */

void backing_release(struct backing *backing)
{
    free(backing->checkpoint);
    free(backing->timestamp);
    *backing = (struct backing){.checkpoint = NULL};
}

/* ---- the checkpoints that were kept ---- */

void backing_known_of(struct vault *vault, char ca[static BACKING_PATH],
                      struct backing_known *known)
{
    const struct vault_settings *settings = vault_settings(vault);
    const char *path = settings->timestamp_ca;
    struct err none; /* without it nothing verifies anyhow */
    *known = (struct backing_known){.witnesses = settings->witnesses,
                                    .witness_count = settings->witness_count};
    if (vault_public_key(vault, &known->own, &none) < 0)
        known->own = NULL;
    if (path == NULL)
        return;
    (void)snprintf(ca, BACKING_PATH, "%s%s%s", path[0] == '/' ? "" : vault_path(vault),
                   path[0] == '/' ? "" : "/", path);
    known->ca_path = ca;
}

/* How many of the witnesses have cosigned it. */
static int count_witnesses(const struct backing_known *known, struct bytes checkpoint,
                           const char *object, unsigned *count, struct err *err)
{
    return custody_witnesses_count(known->witnesses, known->witness_count, known->own, checkpoint,
                                   object, count, err);
}

int kept_take(const struct custody_entry *entry, struct kept *kept, struct err *err)
{
    return json_take_u64(entry->detail, "size", kept_subject, &kept->size, err) < 0 ||
                   json_take_text(entry->detail, "checkpoint", kept_subject, &kept->checkpoint,
                                  err) < 0
               ? -1
               : json_take_text_or_null(entry->detail, "timestamp", kept_subject, &kept->timestamp,
                                        err);
}

/* Takes the timestamp over where it holds. */
static int take_timestamp(const struct kept *kept, const char *ca_path, struct backing *backing,
                          struct err *err)
{
    uint8_t octets[STAMP_MAX];
    size_t len;
    int64_t at_us;
    if (kept->timestamp == NULL || ca_path == NULL)
        return 0;
    if (bytes_from_base64(bytes_of(kept->timestamp), octets, sizeof octets, &len) < 0)
        return err_set(err, ERR_DAMAGED, kept_subject, "%s", _("a timestamp that is none"));
    if (stamp_check((struct bytes){octets, len}, kept_subject, bytes_of(kept->checkpoint), ca_path,
                    &at_us, err) < 0)
        return -1;
    backing->timestamp = malloc(len);
    if (backing->timestamp == NULL)
        return err_memory(err, kept_subject);
    memcpy(backing->timestamp, octets, len);
    backing->timestamp_len = len;
    backing->timestamps = 1;
    backing->at_us = at_us;
    return 0;
}

int kept_consider(const struct kept *kept, const struct backing_known *known, struct backing *best,
                  struct err *err)
{
    AUTO(backing_release) struct backing one = {.size = kept->size};
    if (count_witnesses(known, bytes_of(kept->checkpoint), kept_subject, &one.witnesses, err) < 0 ||
        take_timestamp(kept, known->ca_path, &one, err) < 0)
        return -1;
    const unsigned by = one.witnesses + one.timestamps;
    const unsigned before = best->witnesses + best->timestamps;
    if (best->checkpoint != NULL && (by < before || (by == before && one.size < best->size)))
        return 0;
    one.checkpoint = strdup(kept->checkpoint);
    if (one.checkpoint == NULL)
        return err_memory(err, kept_subject);
    const struct backing old = *best;
    *best = one;
    one = old;
    return 0;
}

struct looking {
    struct backing_known known;
    uint64_t least; /* entries to be covered */
    bool exactly;
    struct backing *best;
    struct err *err;
    bool failed;
};

/* What is not right here is for backing_check to tell: it is not counted. */
static int look(struct looking *looking, const struct custody_entry *entry, struct err *err)
{
    struct kept kept;
    if (kept_take(entry, &kept, err) < 0)
        return -1;
    if (kept.size < looking->least || (looking->exactly && kept.size != looking->least))
        return 0;
    return kept_consider(&kept, &looking->known, looking->best, err) == 0 ||
                   err->kind == ERR_DAMAGED
               ? 0
               : -1;
}

static bool look_at(void *context, const struct catalog_log_entry *entry)
{
    struct looking *looking = context;
    AUTO(custody_entry_release) struct custody_entry parsed = {.root = NULL};
    if (custody_entry_parse((struct bytes){entry->entry, entry->entry_len}, kept_subject, &parsed,
                            looking->err) < 0)
        looking->failed = true;
    else if (parsed.action == CUSTODY_BACKED)
        looking->failed = look(looking, &parsed, looking->err) < 0;
    return !looking->failed;
}

int kept_find(struct vault *vault, uint64_t size, bool exactly, struct backing *best,
              struct err *err)
{
    char ca[BACKING_PATH];
    struct catalog_err wrong;
    AUTO(backing_release) struct backing found = {.checkpoint = NULL};
    struct looking looking = {.least = size, .exactly = exactly, .best = &found, .err = err};
    backing_known_of(vault, ca, &looking.known);
    if (catalog_log_each(vault_catalog(vault), 0, kept_subject, look_at, &looking, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (looking.failed)
        return -1;
    *best = found;
    found = (struct backing){.checkpoint = NULL};
    return 0;
}

int backing_best(struct vault *vault, uint64_t size, struct backing *best, struct err *err)
{
    return kept_find(vault, size, false, best, err);
}

int backing_to_enclose(struct vault *vault, uint64_t size, struct backing *best, struct err *err)
{
    const struct key *key;
    struct custody_head head;
    struct err ignored;
    AUTO(backing_release) struct backing found = {.checkpoint = NULL};
    if (vault_public_key(vault, &key, err) < 0 || backing_best(vault, size, &found, err) < 0)
        return -1;
    *best = (struct backing){.checkpoint = NULL};
    if (found.checkpoint == NULL || found.witnesses + found.timestamps == 0 ||
        custody_checkpoint_check(bytes_of(found.checkpoint), NULL, key, kept_subject, &head,
                                 &ignored) < 0)
        return 0;
    *best = found;
    found = (struct backing){.checkpoint = NULL};
    return 0;
}

struct last {
    uint64_t size; /* of the log */
    struct kept_last *found;
    struct err *err;
    bool failed;
};

static int see(struct last *last, const struct custody_entry *entry)
{
    struct kept kept;
    if (kept_take(entry, &kept, last->err) < 0)
        return -1;
    last->found->is_stamped = kept.timestamp != NULL;
    last->found->size = kept.size;
    last->found->checkpoint = strdup(kept.checkpoint);
    return last->found->checkpoint != NULL ? 0 : err_memory(last->err, kept_subject);
}

static bool see_last(void *context, const struct catalog_log_entry *entry)
{
    struct last *last = context;
    AUTO(custody_entry_release) struct custody_entry parsed = {.root = NULL};
    if (entry->seq + 1 != last->size)
        return false;
    last->failed = custody_entry_parse((struct bytes){entry->entry, entry->entry_len}, kept_subject,
                                       &parsed, last->err) < 0 ||
                   see(last, &parsed) < 0;
    return false;
}

int kept_last(struct vault *vault, uint64_t size, struct kept_last *found, struct err *err)
{
    struct catalog_err wrong;
    struct last last = {.size = size, .found = found, .err = err};
    *found = (struct kept_last){.checkpoint = NULL};
    if (catalog_log_last(vault_catalog(vault), custody_action_name(CUSTODY_BACKED), kept_subject,
                         see_last, &last, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return last.failed ? -1 : 0;
}

/* ---- one more ---- */

static json_t *base64_json(const struct bytes *octets)
{
    char text[BYTES_BASE64(STAMP_MAX)];
    if (octets == NULL || octets->len > STAMP_MAX)
        return NULL;
    bytes_to_base64(*octets, text);
    return json_string(text);
}

int kept_tell(struct vault *vault, uint64_t size, const char *checkpoint,
              const struct bytes *timestamp, struct err *err)
{
    uint64_t seq;
    if (strlen(checkpoint) > KEPT_MAX)
        return err_set(err, ERR_USAGE, kept_subject, "%s", _("more signatures than can be kept"));
    AUTO(json_decref)
    json_t *detail =
        json_pack("{s:o, s:o, s:o*}", "size", json_u64(size), "checkpoint",
                  custody_entry_text(bytes_of(checkpoint)), "timestamp", base64_json(timestamp));
    return detail == NULL ? err_memory(err, kept_subject)
                          : vault_log(vault, CUSTODY_BACKED, kept_subject, detail, &seq, err);
}

/* Within a transaction. The lines that are known already stay. */
static int add(struct vault *vault, const struct backing_known *known, struct bytes cosigned,
               const char *object, struct backing_added *added, struct err *err)
{
    AUTO(backing_release) struct backing before = {.checkpoint = NULL};
    AUTO(free) char *merged = NULL;
    unsigned all;
    if (kept_find(vault, added->size, true, &before, err) < 0)
        return -1;
    const struct bytes lines = before.checkpoint != NULL ? bytes_of(before.checkpoint) : cosigned;
    if (custody_checkpoint_merge(lines, cosigned, object, &merged, err) < 0 ||
        count_witnesses(known, bytes_of(merged), object, &all, err) < 0)
        return -1;
    added->fresh = all - before.witnesses;
    return added->fresh == 0 ? 0 : kept_tell(vault, added->size, merged, NULL, err);
}

int backing_add(struct vault *vault, const char *by, struct bytes cosigned, const char *object,
                struct backing_added *added, struct err *err)
{
    char ca[BACKING_PATH];
    struct backing_known known;
    struct backing_added made = {.fresh = 0};
    struct custody_head head;
    struct custody_signer signer;
    const struct key *key;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    backing_known_of(vault, ca, &known);
    if (vault_public_key(vault, &key, err) < 0 || vault_log_open(vault, &log, err) < 0 ||
        custody_log_extends(log, cosigned, key, object, &head, &signer, err) < 0 ||
        count_witnesses(&known, cosigned, object, &made.witnesses, err) < 0)
        return -1;
    if (made.witnesses == 0)
        return err_set(err, ERR_MISSING, object, "%s",
                       _("no cosignature of a witness that stands in the settings"));
    made.size = head.size;
    if (vault_begin(vault, by, err) < 0 ||
        vault_end(vault, add(vault, &known, cosigned, object, &made, err), err) < 0)
        return -1;
    *added = made;
    return 0;
}
