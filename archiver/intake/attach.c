#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "intake/accept.h"
#include "intake/copy.h"
#include "intake/inside.h"
#include "intake/intake.h"
#include "vault/vault.h"

#include "base/banned.h"

/* What the vault holds itself must not be attached: its key would get into archives. */
static int check_outside(const struct vault *vault, const struct copy *copy, struct err *err)
{
    size_t len = strlen(copy->path) - strlen(copy->name);
    AUTO(free) char *parent = len > 0 ? strndup(copy->path, len) : strdup(".");
    if (parent == NULL)
        return err_memory(err, copy->shown);
    AUTO(close) int fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, copy->shown, _("open its folder"));
    bool inside;
    int failed = inside_folder(fd, vault_folder(vault, VAULT_ROOT), &inside);
    if (failed != 0)
        return err_number(err, failed, copy->shown, _("open the folder above"));
    return inside ? err_set(err, ERR_USAGE, copy->shown, "%s", _("in the vault itself")) : 0;
}

/* Copies the file into incoming/; everything that goes wrong is an error here. */
static int fetch(struct copy *copy, struct vault *vault, const char *path, struct err *err)
{
    AUTO(digest_pool_free) struct digest_pool *pool = NULL;
    if (digest_pool_open(&pool, err) < 0)
        return -1;
    enum copy_outcome outcome = copy_begin(copy, vault, path);
    if (outcome == COPY_WELL && check_outside(vault, copy, err) < 0)
        return -1;
    if (outcome == COPY_WELL) {
        digest_pool_put(pool, &copy->job);
        (void)digest_pool_take(pool, -1, NULL); /* the one job */
        outcome = copy_look(copy, false);
    }
    if (outcome == COPY_WELL)
        return 0;
    *err = copy->err;
    return -1;
}

static int add(struct vault *vault, int64_t number, struct copy *copy, const char *kind,
               const char *by, struct err *err)
{
    if (vault_begin(vault, by, err) < 0)
        return -1;
    if (vault_end(vault, accept_attachment(vault, number, copy, kind, err), err) < 0)
        return -1;
    if (accept_settle(vault, copy, err) < 0 || vault_sidecars_catch_up(vault, err) < 0)
        return err_wrap(err, "%s", _("the file is attached, but not all is tidied up"));
    if (copy->attached)
        return err_set(err, ERR_CONFLICT, copy->shown, _("attached to R%lld already"),
                       (long long)number);
    return 0;
}

int intake_attach(struct vault *vault, int64_t number, const char *path, const char *kind,
                  const char *by, struct err *err)
{
    struct copy copy = {.source = -1, .held = -1};
    int done = fetch(&copy, vault, path, err);
    if (done == 0)
        done = add(vault, number, &copy, kind, by, err);
    copy_release(&copy);
    return done;
}
