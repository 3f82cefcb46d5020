#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

bool stored_name_is(const char *name)
{
    const size_t digits = 64;
    size_t extension = 0;
    if (strspn(name, "0123456789abcdef") != digits || name[digits] != '.')
        return false;
    extension = strspn(name + digits + 1, "abcdefghijklmnopqrstuvwxyz0123456789");
    return extension > 0 && extension <= 8 && name[digits + 1 + extension] == '\0';
}

int stored_folder(const struct vault *vault, const char *name, struct err *err)
{
    char folder[3];
    (void)snprintf(folder, sizeof folder, "%.2s", name);
    int fd = openat(vault->folders[VAULT_RECORDINGS], folder,
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 ? fd : err_sys(err, name, _("open its folder"));
}

int vault_open_stored(const struct vault *vault, const char *stored_name, struct err *err)
{
    if (!stored_name_is(stored_name))
        return err_set(err, ERR_DAMAGED, stored_name, _("not a name of stored bytes"));
    char path[VAULT_STORED_PATH];
    vault_stored_path(stored_name, path);
    if (vault->folders[VAULT_RECORDINGS] < 0)
        return err_set(err, ERR_MISSING, path, "%s", _("the folder recordings/ is missing"));
    return file_open_regular(vault->folders[VAULT_RECORDINGS], path, err);
}

int stored_unlink(const struct vault *vault, const char *stored_name, struct err *err)
{
    bool needed;
    struct catalog_err wrong;
    if (!stored_name_is(stored_name))
        return err_set(err, ERR_DAMAGED, stored_name, _("not a name of stored bytes"));
    if (catalog_stored_is_loose(vault->catalog, stored_name, &needed, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (needed)
        return 0;
    char path[VAULT_STORED_PATH];
    vault_stored_path(stored_name, path);
    if (unlinkat(vault->folders[VAULT_RECORDINGS], path, 0) < 0 && errno != ENOENT)
        return err_sys(err, path, _("remove"));
    return 0;
}
