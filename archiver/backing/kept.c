#include "backing/kept.h"

#include <stdlib.h>
#include <string.h>

#include "backing/backing.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/entry.h"
#include "custody/succession.h"
#include "custody/witness.h"
#include "vault/vault.h"

#include "base/banned.h"

/* Of all entries that tell of what backs the log. */
static const char subject[] = "log";

enum { KEPT_MAX = 16 << 10 }; /* bytes of a cosigned checkpoint: some thirty witnesses */

void backing_release(struct backing *backing)
{
    free(backing->checkpoint);
    *backing = (struct backing){.checkpoint = NULL};
}

/* ---- the checkpoints that were kept ---- */

struct looking {
    const struct vault_settings *settings;
    uint64_t least; /* entries to be covered */
    bool exactly;
    struct backing *best;
    struct err *err;
    bool failed;
};

/* How many of the witnesses have cosigned it. */
static int count_witnesses(const struct custody_witness *witnesses, size_t known,
                           struct bytes checkpoint, const char *object, unsigned *count,
                           struct err *err)
{
    *count = 0;
    for (size_t i = 0; i < known; i++) {
        uint64_t at_s;
        if (custody_cosigned(checkpoint, object, witnesses[i].name, witnesses[i].key, &at_s, err) ==
            0)
            ++*count;
        else if (err->kind != ERR_MISSING)
            return -1;
    }
    return 0;
}

int kept_take(const struct custody_entry *entry, struct kept *kept, struct err *err)
{
    return json_take_u64(entry->detail, "size", subject, &kept->size, err) < 0
               ? -1
               : json_take_text(entry->detail, "checkpoint", subject, &kept->checkpoint, err);
}

int kept_consider(const struct kept *kept, const struct custody_witness *witnesses, size_t count,
                  struct backing *best, struct err *err)
{
    unsigned by;
    if (count_witnesses(witnesses, count, bytes_of(kept->checkpoint), subject, &by, err) < 0)
        return -1;
    if (best->checkpoint != NULL &&
        (by < best->witnesses || (by == best->witnesses && kept->size < best->size)))
        return 0;
    char *copy = strdup(kept->checkpoint);
    if (copy == NULL)
        return err_memory(err, subject);
    backing_release(best);
    *best = (struct backing){.size = kept->size, .witnesses = by, .checkpoint = copy};
    return 0;
}

static int look(struct looking *looking, const struct custody_entry *entry, struct err *err)
{
    struct kept kept;
    if (kept_take(entry, &kept, err) < 0)
        return -1;
    if (kept.size < looking->least || (looking->exactly && kept.size != looking->least))
        return 0;
    return kept_consider(&kept, looking->settings->witnesses, looking->settings->witness_count,
                         looking->best, err);
}

static bool look_at(void *context, const struct catalog_log_entry *entry)
{
    struct looking *looking = context;
    AUTO(custody_entry_release) struct custody_entry parsed = {.root = NULL};
    if (custody_entry_parse((struct bytes){entry->entry, entry->entry_len}, "log", &parsed,
                            looking->err) < 0)
        looking->failed = true;
    else if (parsed.action == CUSTODY_BACKED)
        looking->failed = look(looking, &parsed, looking->err) < 0;
    return !looking->failed;
}

static int find(struct vault *vault, struct looking *looking, struct backing *best, struct err *err)
{
    struct catalog_err wrong;
    AUTO(backing_release) struct backing found = {.checkpoint = NULL};
    looking->settings = vault_settings(vault);
    looking->best = &found;
    looking->err = err;
    if (catalog_log_each(vault_catalog(vault), 0, subject, look_at, looking, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (looking->failed)
        return -1;
    *best = found;
    found = (struct backing){.checkpoint = NULL};
    return 0;
}

int backing_best(struct vault *vault, uint64_t size, struct backing *best, struct err *err)
{
    struct looking looking = {.least = size};
    return find(vault, &looking, best, err);
}

/* ---- one more ---- */

static int tell(struct vault *vault, uint64_t size, unsigned witnesses, const char *checkpoint,
                struct err *err)
{
    uint64_t seq;
    AUTO(json_decref)
    json_t *detail =
        json_pack("{s:o, s:o, s:o}", "size", json_u64(size), "witnesses", json_u64(witnesses),
                  "checkpoint", custody_entry_text(bytes_of(checkpoint)));
    return detail == NULL ? err_memory(err, subject)
                          : vault_log(vault, CUSTODY_BACKED, subject, detail, &seq, err);
}

/* Within a transaction. The lines that are known already stay. */
static int add(struct vault *vault, struct bytes cosigned, const char *object,
               struct backing_added *added, struct err *err)
{
    AUTO(backing_release) struct backing known = {.checkpoint = NULL};
    AUTO(free) char *merged = NULL;
    unsigned all;
    const struct vault_settings *settings = vault_settings(vault);
    struct looking looking = {.least = added->size, .exactly = true};
    if (find(vault, &looking, &known, err) < 0)
        return -1;
    const struct bytes before = known.checkpoint != NULL ? bytes_of(known.checkpoint) : cosigned;
    if (custody_checkpoint_merge(before, cosigned, object, &merged, err) < 0 ||
        count_witnesses(settings->witnesses, settings->witness_count, bytes_of(merged), object,
                        &all, err) < 0)
        return -1;
    added->fresh = known.checkpoint != NULL ? all - known.witnesses : all;
    if (added->fresh == 0)
        return 0;
    if (strlen(merged) > KEPT_MAX)
        return err_set(err, ERR_USAGE, object, "%s", _("more signatures than can be kept"));
    return tell(vault, added->size, all, merged, err);
}

int backing_add(struct vault *vault, const char *by, struct bytes cosigned, const char *object,
                struct backing_added *added, struct err *err)
{
    const struct vault_settings *settings = vault_settings(vault);
    struct backing_added made = {.fresh = 0};
    struct custody_head head;
    struct custody_signer signer;
    const struct key *key;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_public_key(vault, &key, err) < 0 || vault_log_open(vault, &log, err) < 0 ||
        custody_log_extends(log, cosigned, key, object, &head, &signer, err) < 0 ||
        count_witnesses(settings->witnesses, settings->witness_count, cosigned, object,
                        &made.witnesses, err) < 0)
        return -1;
    if (made.witnesses == 0)
        return err_set(err, ERR_MISSING, object, "%s",
                       _("no cosignature of a witness that stands in the settings"));
    made.size = head.size;
    if (vault_begin(vault, by, err) < 0 ||
        vault_end(vault, add(vault, cosigned, object, &made, err), err) < 0)
        return -1;
    *added = made;
    return 0;
}
