#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * What a crash can leave, all of it to be found in incoming/:
 *
 *   STORED              an acceptance. Its row is there: only the record is removed. It is not:
 *                       the bytes, their sidecar and the record go.
 *   YEAR@CASE@….part    a sealing: archive.c.
 *   ….tmp               a file that was being written: goes, once its maker is gone.
 *
 * Acceptances are looked at with the write transaction held, so that none of another process is
 * under way; sealings and temporary files carry their maker's lock.
 */

AUTO_DEFINE(DIR *, closedir, NULL);

static int take_sidecar_away(const struct vault *vault, int folder, const char *stored_name,
                             struct err *err)
{
    uint8_t sha256[32];
    char name[VAULT_SIDECAR_NAME];
    int64_t number;
    struct catalog_err wrong;
    if (bytes_from_hex((struct bytes){(const uint8_t *)stored_name, 64}, sha256, sizeof sha256) < 0)
        return 0;
    if (catalog_recording_by_digest(vault->catalog, sha256, &number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (number != 0)
        return 0;
    sidecar_name(sha256, name);
    return durable_remove(folder, name, err);
}

static bool is_same_file(int a_folder, int b_folder, const char *name)
{
    struct stat a;
    struct stat b;
    return fstatat(a_folder, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(b_folder, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Not accepted: what was placed goes. */
static int undo(const struct vault *vault, const char *name, struct err *err)
{
    int incoming = vault->folders[VAULT_INCOMING];
    struct err none;
    AUTO(close) int folder = stored_folder(vault, name, &none);
    if (folder < 0 && none.kind == ERR_MISSING)
        return durable_remove(incoming, name, err); /* it had not come so far */
    if (folder < 0) {
        *err = none;
        return -1;
    }
    if (is_same_file(incoming, folder, name) && durable_remove(folder, name, err) < 0)
        return -1;
    if (take_sidecar_away(vault, folder, name, err) < 0)
        return -1;
    return durable_remove(incoming, name, err);
}

/* Accepted: its bytes are in their place; where they are not and are needed, the record is them.
 * One that is gone was removed by the process that accepted it, just now. */
static int finish(const struct vault *vault, const char *name, struct err *err)
{
    bool needed;
    struct catalog_err wrong;
    int incoming = vault->folders[VAULT_INCOMING];
    if (catalog_stored_is_loose(vault->catalog, name, &needed, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (needed) {
        char ab[3];
        (void)snprintf(ab, sizeof ab, "%.2s", name);
        AUTO(close) int folder = durable_folder(vault->folders[VAULT_RECORDINGS], ab, err);
        if (folder < 0 || (durable_link(incoming, name, folder, name, err) < 0 &&
                           err->kind != ERR_CONFLICT && err->kind != ERR_MISSING))
            return -1;
    }
    return durable_remove(incoming, name, err);
}

static int recover_stored(struct vault *vault, const char *name, struct err *err)
{
    bool known;
    struct catalog_err wrong;
    if (catalog_stored_is_known(vault->catalog, name, &known, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return known ? finish(vault, name, err) : undo(vault, name, err);
}

static int remove_stale(struct vault *vault, const char *name, struct err *err)
{
    int incoming = vault->folders[VAULT_INCOMING];
    return durable_is_stale(incoming, name) ? durable_remove(incoming, name, err) : 0;
}

static bool any_name(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Calls `one` for each name in incoming/ that `wanted` picks; *count of them may be asked for. */
static int each_incoming(struct vault *vault, bool (*wanted)(const char *name),
                         int (*one)(struct vault *vault, const char *name, struct err *err),
                         size_t *count, struct err *err)
{
    static const char object[] = "incoming";
    int fd = openat(vault->folders[VAULT_INCOMING], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, object, _("open"));
    AUTO(closedir) DIR *names = fdopendir(fd);
    if (names == NULL) {
        int number = errno;
        (void)close(fd);
        return err_number(err, number, object, _("open"));
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(names); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL)
            return errno == 0 ? 0 : err_sys(err, object, _("read"));
        if (!wanted(entry->d_name))
            continue;
        (*count)++;
        if (one(vault, entry->d_name, err) < 0)
            return -1;
    }
}

static int look_only(struct vault *vault, const char *name, struct err *err)
{
    (void)vault, (void)name, (void)err;
    return 0;
}

static int recover_acceptances(struct vault *vault, struct err *err)
{
    struct catalog_err wrong;
    size_t count = 0;
    if (each_incoming(vault, stored_name_is, look_only, &count, err) < 0)
        return -1;
    if (count == 0)
        return 0;
    if (catalog_begin(vault->catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    int done = each_incoming(vault, stored_name_is, recover_stored, &count, err);
    catalog_rollback(vault->catalog); /* nothing in it was changed */
    return done;
}

/* Folders that a crashed process made and did not come to flush: the next one takes them for
 * durable, as they are there. */
static int flush_folders(const struct vault *vault, struct err *err)
{
    static const enum vault_folder made_in[] = {VAULT_RECORDINGS, VAULT_ARCHIVES};
    for (size_t i = 0; i < sizeof made_in / sizeof *made_in; i++)
        if (file_sync(vault->folders[made_in[i]], vault_folder_names[made_in[i]], err) < 0)
            return -1;
    return 0;
}

int recover_all(struct vault *vault, struct err *err)
{
    size_t count = 0;
    if (each_incoming(vault, any_name, look_only, &count, err) < 0)
        return -1;
    if (count > 0 && (flush_folders(vault, err) < 0 || recover_acceptances(vault, err) < 0 ||
                      each_incoming(vault, archive_part_is, archive_recover, &count, err) < 0 ||
                      each_incoming(vault, any_name, remove_stale, &count, err) < 0))
        return -1;
    return vault_removals_finish(vault, err) < 0 ? -1 : vault_sidecars_catch_up(vault, err);
}
