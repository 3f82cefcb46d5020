#include "acts/acts.h"
#include "base/err.h"
#include "base/i18n.h"
#include "intake/intake.h"
#include "vault/vault.h"

#include "base/banned.h"

/* The sidecar follows the commit: written before, it could tell of a change that a crash undid. The
 * commit also notes it as due, so that a crash or a full disk only puts it off. */
int intake_tag(struct vault *vault, int64_t number, const struct acts_change *changes, size_t count,
               const char *by, const char *reason, struct err *err)
{
    if (vault_begin(vault, by, err) < 0)
        return -1;
    if (vault_end(vault, acts_tag(vault, number, changes, count, reason, err), err) < 0)
        return -1;
    if (vault_sidecars_catch_up(vault, err) < 0)
        return err_wrap(err, "%s", _("the tags are set, their sidecar is not written yet"));
    return 0;
}
