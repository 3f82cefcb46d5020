#include <stdio.h>
#include <string.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog *, catalog_free, NULL);

struct rebuild {
    struct vault *vault;
    void (*failed)(void *context, uint64_t seq, const struct err *why);
    void (*stale)(void *context, const struct catalog_recording *recording);
    void *context;
    struct acts_rebuilt *rebuilt;
};

/* The first thing that is wrong with the log. */
static void log_is_damaged(void *context, const struct custody_finding *finding)
{
    struct err *why = context;
    if (why->kind == ERR_NONE)
        (void)err_set(why, ERR_DAMAGED, finding->path, _("the custody log is damaged: %s: %s"),
                      finding->path, finding->detail);
}

static int open_sound_log(struct vault *vault, struct custody_log **log, struct err *err)
{
    const struct key *key;
    struct custody_check check;
    struct err why = {.kind = ERR_NONE};
    int folder = vault_folder(vault, VAULT_LOG);
    if (folder < 0)
        return err_set(err, ERR_MISSING, vault_path(vault), "%s",
                       _("the vault has no custody log"));
    if (vault_public_key(vault, &key, err) < 0 ||
        custody_log_check(folder, key, NULL, log_is_damaged, &why, &check, err) < 0)
        return -1;
    if (check.findings > 0)
        return (void)(*err = why), -1;
    return custody_log_open(folder, key, NULL, log, err);
}

/* How many entries are wanted: the log's, and those that the old catalog has beyond it. */
static uint64_t wanted(struct vault *vault, const struct custody_log *log)
{
    struct catalog_err none; /* a catalog that cannot tell is why this is done */
    uint64_t size = 0;
    if (vault_catalog(vault) == NULL || catalog_log_size(vault_catalog(vault), &size, &none) < 0 ||
        size < custody_log_size(log))
        return custody_log_size(log);
    return size;
}

static int fill(const struct rebuild *rebuild, struct custody_log *log, struct catalog *into,
                struct err *err)
{
    struct catalog_err wrong;
    if (catalog_begin(into, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (acts_replay(rebuild->vault, log, wanted(rebuild->vault, log), into, rebuild->failed,
                    rebuild->context, err) < 0)
        return -1;
    if (catalog_log_size(into, &rebuild->rebuilt->entries, &wrong) < 0 ||
        catalog_commit(into, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

static int count(const struct rebuild *rebuild, struct err *err)
{
    AUTO(free) int64_t *numbers = NULL;
    struct catalog_err wrong;
    size_t recordings;
    if (catalog_recording_numbers(vault_catalog(rebuild->vault), NULL, &numbers, &recordings,
                                  &wrong) < 0)
        return err_from_catalog(err, &wrong);
    rebuild->rebuilt->recordings = recordings;
    return 0;
}

int acts_rebuild(struct vault *vault,
                 void (*failed)(void *context, uint64_t seq, const struct err *why),
                 void (*stale)(void *context, const struct catalog_recording *recording),
                 void *context, struct acts_rebuilt *rebuilt, struct err *err)
{
    const struct rebuild rebuild = {vault, failed, stale, context, rebuilt};
    AUTO(custody_log_free) struct custody_log *log = NULL;
    AUTO(catalog_free) struct catalog *made = NULL;
    _Static_assert(sizeof rebuilt->kept >= VAULT_KEPT_NAME, "the name fits");
    if (open_sound_log(vault, &log, err) < 0 || vault_catalog_make(vault, &made, err) < 0 ||
        fill(&rebuild, log, made, err) < 0)
        return -1;
    struct catalog *handed = made;
    made = NULL;
    if (vault_catalog_put(vault, handed, rebuilt->kept, err) < 0 || count(&rebuild, err) < 0)
        return -1;
    return vault_sidecars_review(vault, rebuild.stale, context, err);
}
