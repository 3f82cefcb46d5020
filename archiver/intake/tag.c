#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "intake/intake.h"
#include "vault/vault.h"

#include "base/banned.h"

static int set_all(struct catalog *catalog, int64_t number, const struct intake_change *changes,
                   size_t count, const char *by, const char *reason, struct err *err)
{
    struct catalog_err wrong;
    int64_t now = instant_now().us;
    for (size_t i = 0; i < count; i++)
        if (catalog_tag_set(catalog, number, changes[i].field, changes[i].values,
                            changes[i].value_count, "given", by, reason, now, &wrong) < 0)
            return err_from_catalog(err, &wrong);
    return 0;
}

/* The sidecar follows the commit: written before, it could tell of a change that a crash undid. The
 * commit also notes it as due, so that a crash or a full disk only puts it off. */
int intake_tag(struct vault *vault, int64_t number, const struct intake_change *changes,
               size_t count, const char *by, const char *reason, struct err *err)
{
    struct catalog *catalog = vault_catalog(vault);
    struct catalog_err wrong;
    if (catalog_begin(catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (set_all(catalog, number, changes, count, by, reason, err) < 0) {
        catalog_rollback(catalog);
        return -1;
    }
    if (catalog_commit(catalog, &wrong) < 0) {
        catalog_rollback(catalog);
        return err_from_catalog(err, &wrong);
    }
    if (vault_sidecars_catch_up(vault, err) < 0)
        return err_wrap(err, "%s", _("the tags are set, their sidecar is not written yet"));
    return 0;
}
