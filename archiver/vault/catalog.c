#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * Another catalog in the place of the one that is there. It is made as catalog.db.new; the old one,
 * with its -wal, is renamed, never removed; last the new one gets its name. Killed anywhere, what
 * lies there is the old one, none, or the new one, and the same command begins anew.
 */

static const char new_name[] = "catalog.db.new";
static const char *const ends[] = {"", "-wal", "-shm"};
enum { ENDS = sizeof ends / sizeof *ends, NAME_ROOM = 96 };

AUTO_DEFINE(struct catalog *, catalog_free, NULL);

/* Whoever has a catalog open holds a lock on this byte of its -shm. Source: SQLite, "WAL-mode File
 * Format", 2.3.1; os_unix.c, UNIX_SHM_DMS. */
enum { SHM_LOCK_BYTE = 128 };

static int check_unused(const struct vault *vault, struct err *err)
{
    AUTO(close) int fd = openat(vault->folders[VAULT_ROOT], "catalog.db-shm", O_RDWR | O_CLOEXEC);
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SHM_LOCK_BYTE, .l_len = 1};
    if (fd < 0)
        return errno == ENOENT ? 0 : err_sys(err, "catalog.db-shm", _("open"));
    if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
        return err_sys(err, "catalog.db-shm", _("lock"));
    return lock.l_type == F_UNLCK
               ? 0
               : err_set(err, ERR_CONFLICT, vault->path, "%s",
                         _("another process has the catalog open: end it first"));
}

int vault_catalog_make(struct vault *vault, struct catalog **out, struct err *err)
{
    char name[NAME_ROOM];
    char joined[VAULT_PATH_MAX];
    struct catalog_err wrong;
    for (size_t i = 0; i < ENDS; i++) {
        (void)snprintf(name, sizeof name, "%s%s", new_name, ends[i]);
        if (durable_remove(vault->folders[VAULT_ROOT], name, err) < 0)
            return -1;
    }
    vault_join(vault->path, new_name, joined);
    if (catalog_open(joined, CATALOG_CREATE, out, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

/* The one that is there, under a name that says since when it is not used. */
static int put_aside(const struct vault *vault, char kept[static VAULT_KEPT_NAME], struct err *err)
{
    int root = vault->folders[VAULT_ROOT];
    char from[NAME_ROOM];
    char to[NAME_ROOM];
    struct tm at;
    const time_t now = time(NULL);
    (void)gmtime_r(&now, &at); /* fails beyond the year 2^31 alone */
    kept[0] = '\0';
    if (faccessat(root, vault_catalog_name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_sys(err, vault_catalog_name, _("open"));
    (void)strftime(kept, VAULT_KEPT_NAME, "catalog.db.replaced-%Y%m%dT%H%M%SZ", &at);
    for (size_t i = ENDS; i-- > 0;) { /* the -wal before what it belongs to: a rerun finds that */
        (void)snprintf(from, sizeof from, "%s%s", vault_catalog_name, ends[i]);
        (void)snprintf(to, sizeof to, "%s%s", kept, ends[i]);
        if (renameat(root, from, root, to) < 0 && errno != ENOENT)
            return err_sys(err, from, _("rename"));
    }
    return 0;
}

int vault_catalog_put(struct vault *vault, struct catalog *made, char kept[static VAULT_KEPT_NAME],
                      struct err *err)
{
    struct catalog_err wrong;
    AUTO(catalog_free) struct catalog *owned = made;
    int root = vault->folders[VAULT_ROOT];
    if (catalog_flush(made, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    catalog_free(vault->catalog);
    vault->catalog = NULL;
    if (check_unused(vault, err) < 0 || put_aside(vault, kept, err) < 0)
        return -1;
    catalog_free(owned); /* with it go its -wal and -shm */
    owned = NULL;
    if (renameat(root, new_name, root, vault_catalog_name) < 0)
        return err_sys(err, new_name, _("rename"));
    if (file_sync(root, vault->path, err) < 0)
        return -1;
    char joined[VAULT_PATH_MAX];
    vault_join(vault->path, vault_catalog_name, joined);
    if (catalog_open(joined, CATALOG_WRITE, &vault->catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}
