#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * What cannot be had from recordings and archives again: settings, public keys, log and catalog, in
 * the same places as in the vault, with empty folders for the rest.
 *
 * The log goes first: the catalog that is copied then has at least its entries, as after a crash,
 * so that opening the restored vault for writing completes the log. Within the log the checkpoint
 * is read first and written last; a file of the log that has its size and time already is the same,
 * for no file that a checkpoint needs is ever changed.
 */

enum { FILE_MAX = 64 << 20, NAME_ROOM = 512, LOG_TRIES = 5 };

static const char new_catalog[] = "catalog.db.part";

AUTO_DEFINE(DIR *, closedir, NULL);

struct backup {
    struct vault *vault;
    int to;
    const char *path;
    struct vault_backup *done;
    bool all; /* also what looks the same: the copy is not sound */
};

/* ---- files ---- */

static bool is_there(int folder, const char *name, const struct stat *wanted)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_size == wanted->st_size && st.st_mtim.tv_sec == wanted->st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == wanted->st_mtim.tv_nsec;
}

static int keep_time(int folder, const char *name, const struct stat *as, struct err *err)
{
    const struct timespec times[] = {as->st_atim, as->st_mtim};
    return utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) < 0
               ? err_sys(err, name, _("set its time"))
               : 0;
}

/* One file; one that has gone meanwhile is no longer needed. */
static int copy_file(const struct backup *backup, int from, int to, const char *name,
                     struct err *err)
{
    struct stat st;
    AUTO(free) char *content = NULL;
    size_t len;
    AUTO(close) int fd = file_open_regular(from, name, err);
    if (fd < 0)
        return err->kind == ERR_MISSING ? 0 : -1;
    if (fstat(fd, &st) < 0)
        return err_sys(err, name, _("look at it"));
    if (!backup->all && is_there(to, name, &st))
        return 0;
    if (file_read_all(fd, name, FILE_MAX, &content, &len, err) < 0 ||
        durable_store(to, name, (struct bytes){(const uint8_t *)content, len}, st.st_mode & 0777U,
                      err) < 0)
        return -1;
    backup->done->files++;
    backup->done->bytes += len;
    return keep_time(to, name, &st, err);
}

static int copy_tree(const struct backup *backup, int from, int to, const char *but,
                     struct err *err);

static int copy_entry(const struct backup *backup, int from, int to, const char *name,
                      struct err *err)
{
    struct stat st;
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_sys(err, name, _("look at it"));
    if (!S_ISDIR(st.st_mode))
        return copy_file(backup, from, to, name, err);
    AUTO(close) int below = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return errno == ENOENT ? 0 : err_sys(err, name, _("open"));
    AUTO(close) int copy = durable_folder(to, name, err);
    return copy < 0 ? -1 : copy_tree(backup, below, copy, NULL, err);
}

/* All below a folder, but for one name in it and what is being written. */
static int copy_tree(const struct backup *backup, int from, int to, const char *but,
                     struct err *err)
{
    static const char temporary[] = ".tmp";
    int own = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(closedir) DIR *entries = own >= 0 ? fdopendir(own) : NULL;
    if (entries == NULL) {
        int number = errno;
        if (own >= 0)
            (void)close(own); /* only read from */
        return err_number(err, number, backup->vault->path, _("read the folder"));
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL)
            return errno == 0 ? 0 : err_sys(err, backup->vault->path, _("read the folder"));
        const char *name = entry->d_name;
        size_t len = strlen(name);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            (but != NULL && strcmp(name, but) == 0) ||
            (len > strlen(temporary) && strcmp(name + len - strlen(temporary), temporary) == 0))
            continue;
        if (copy_entry(backup, from, to, name, err) < 0)
            return -1;
    }
}

/* ---- the log ---- */

static const char checkpoint_name[] = "checkpoint";

/* Whether what lies in the backup already is an older state of this log. */
static int check_older(int folder, int copy, const struct key *key, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    AUTO(free) char *text = NULL;
    struct custody_head old;
    struct custody_signer signer;
    size_t len;
    AUTO(close) int fd = file_open_regular(copy, checkpoint_name, err);
    if (fd < 0)
        return err->kind == ERR_MISSING ? 0 : -1;
    if (file_read_all(fd, checkpoint_name, FILE_MAX, &text, &len, err) < 0 ||
        custody_log_open(folder, key, NULL, &log, err) < 0)
        return -1;
    return custody_log_extends(log, (struct bytes){(const uint8_t *)text, len}, key,
                               checkpoint_name, &old, &signer, err);
}

static void first_finding(void *context, const struct custody_finding *finding)
{
    struct err *why = context;
    if (why->kind == ERR_NONE)
        (void)err_set(why, ERR_DAMAGED, finding->path, "%s", finding->detail);
}

/* As the log grows meanwhile, a tile at its edge may be missed; and what was copied before may have
 * rotted: then it is looked at again. */
static int copy_log_once(const struct backup *backup, int folder, int copy, const struct key *key,
                         struct err *err)
{
    struct custody_check check;
    struct err why = {.kind = ERR_NONE};
    AUTO(free) char *text = NULL;
    size_t len;
    AUTO(close) int fd = file_open_regular(folder, checkpoint_name, err);
    if (fd < 0 || file_read_all(fd, checkpoint_name, FILE_MAX, &text, &len, err) < 0 ||
        copy_tree(backup, folder, copy, checkpoint_name, err) < 0 ||
        durable_store(copy, checkpoint_name, (struct bytes){(const uint8_t *)text, len},
                      VAULT_FILE_MODE, err) < 0 ||
        custody_log_check(copy, key, NULL, first_finding, &why, &check, err) < 0)
        return -1;
    backup->done->entries = check.head.size;
    return check.findings == 0 ? 0 : ((void)(*err = why), -1);
}

static int copy_log(struct backup *backup, struct err *err)
{
    const struct key *key;
    int folder = backup->vault->folders[VAULT_LOG];
    int done = -1;
    if (folder < 0)
        return err_set(err, ERR_MISSING, backup->vault->path, "%s",
                       _("the vault has no custody log"));
    AUTO(close) int copy = durable_folder(backup->to, vault_folder_names[VAULT_LOG], err);
    if (copy < 0 || vault_public_key(backup->vault, &key, err) < 0)
        return -1;
    if (check_older(folder, copy, key, err) < 0)
        return err_wrap(err, "%s",
                        _("what lies there is no backup of this vault, or one of a longer log"));
    for (int tries = 0; done < 0 && tries < LOG_TRIES; tries++) {
        backup->all = tries > 0;
        done = copy_log_once(backup, folder, copy, key, err);
    }
    backup->all = false;
    return done;
}

/* ---- the rest ---- */

/* No private key ever. */
static int copy_keys(const struct backup *backup, struct err *err)
{
    static const char *const names[] = {"public.pem", "retired"};
    AUTO(close)
    int from = openat(backup->vault->folders[VAULT_ROOT], vault_keys_name,
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return err_sys(err, vault_keys_name, _("open"));
    AUTO(close) int to = durable_folder(backup->to, vault_keys_name, err);
    if (to < 0)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (copy_entry(backup, from, to, names[i], err) < 0)
            return -1;
    return 0;
}

static int copy_catalog(const struct backup *backup, struct err *err)
{
    char joined[VAULT_PATH_MAX];
    struct catalog_err wrong;
    struct stat st;
    vault_join(backup->path, new_catalog, joined);
    if (durable_remove(backup->to, new_catalog, err) < 0)
        return -1;
    if (catalog_copy(backup->vault->catalog, joined, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    AUTO(close) int fd = openat(backup->to, new_catalog, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_sys(err, new_catalog, _("open"));
    if (file_sync(fd, new_catalog, err) < 0)
        return -1;
    if (renameat(backup->to, new_catalog, backup->to, vault_catalog_name) < 0)
        return err_sys(err, new_catalog, _("rename"));
    backup->done->files++;
    backup->done->bytes += (uint64_t)st.st_size;
    return file_sync(backup->to, backup->path, err);
}

/* Whether the folder is the vault's, or lies below it. */
static int is_inside(const struct vault *vault, int folder, bool *inside, struct err *err)
{
    struct stat own;
    struct stat st;
    struct stat above = {.st_ino = 0};
    AUTO(close) int at = openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    *inside = false;
    if (at < 0 || fstat(at, &st) < 0 || fstat(vault->folders[VAULT_ROOT], &own) < 0)
        return err_sys(err, vault->path, _("look at it"));
    while (!*inside && (st.st_ino != above.st_ino || st.st_dev != above.st_dev)) {
        *inside = st.st_dev == own.st_dev && st.st_ino == own.st_ino;
        above = st; /* the root's parent is itself */
        int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void)close(at); /* only looked at */
        at = up;
        if (at < 0 || fstat(at, &st) < 0)
            return err_sys(err, vault->path, _("look at it"));
    }
    return 0;
}

/* The folder, made where it is not there; not in the vault, and one backup at a time. */
static int open_target(const struct vault *vault, const char *path, struct err *err)
{
    bool inside;
    const bool made = mkdir(path, VAULT_FOLDER_MODE) == 0;
    if (!made && errno != EEXIST)
        return err_sys(err, path, _("make a folder"));
    AUTO(close) int to = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (to < 0)
        return err_sys(err, path, _("open"));
    if (is_inside(vault, to, &inside, err) < 0)
        return -1;
    if (inside && made)
        (void)rmdir(path); /* an empty one more or less */
    if (inside)
        return err_set(err, ERR_USAGE, path, "%s", _("lies in the vault itself"));
    if (flock(to, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? err_set(err, ERR_CONFLICT, path, "%s", _("another backup is being made there"))
                   : err_sys(err, path, _("lock"));
    int opened = to;
    to = -1;
    return opened;
}

/* Empty ones, so that what is restored is a whole vault. */
static int make_folders(const struct backup *backup, struct err *err)
{
    for (int i = VAULT_ROOT + 1; i < VAULT_FOLDERS; i++) {
        AUTO(close) int folder = durable_folder(backup->to, vault_folder_names[i], err);
        if (folder < 0)
            return -1;
    }
    return 0;
}

int vault_backup(struct vault *vault, const char *path, struct vault_backup *done, struct err *err)
{
    *done = (struct vault_backup){.files = 0};
    AUTO(close) int to = open_target(vault, path, err);
    struct backup backup = {vault, to, path, done, false};
    if (to < 0 || copy_log(&backup, err) < 0 || copy_keys(&backup, err) < 0 ||
        copy_file(&backup, vault->folders[VAULT_ROOT], to, vault_conf_name, err) < 0 ||
        make_folders(&backup, err) < 0)
        return -1;
    return copy_catalog(&backup, err);
}
