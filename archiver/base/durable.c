#include "base/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"

#include "base/banned.h"

/*
 * What is promised:
 *  1. A name, once seen, leads to a whole file: content is flushed before it gets a name.
 *  2. A function that returned 0 has flushed the folders it changed, unless its name says other.
 *  3. A temporary name belongs to a file on which its maker holds flock from before the name
 *     existed: whoever gets the lock knows that the maker is gone.
 */

AUTO_DEFINE(DIR *, closedir, NULL);

static const char temporary_ending[] = ".tmp";

enum { FD_PATH = 32 };

static int link_fd(int fd, int folder, const char *name)
{
    char path[FD_PATH];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW);
}

static int link_err(const char *name, struct err *err)
{
    if (errno == EEXIST)
        return err_set(err, ERR_CONFLICT, name, _("the name is taken"));
    if (errno == EOPNOTSUPP || errno == EMLINK)
        return err_set(err, ERR_SYSTEM, name, _("this file system has no hard links"));
    return err_sys(err, name, _("link"));
}

int durable_unnamed(int folder, const char *object, mode_t mode, struct err *err)
{
    AUTO(close) int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        return err_set(err, ERR_SYSTEM, object,
                       _("this file system has no files without a name (O_TMPFILE)"));
    if (fd < 0)
        return err_sys(err, object, _("make a file"));
    if (fchmod(fd, mode) < 0) /* whatever the umask */
        return err_sys(err, object, _("set permissions"));
    int opened = fd;
    fd = -1;
    return opened;
}

static int temporary_name(const char *name, char temporary[static NAME_MAX + 1], struct err *err)
{
    static atomic_uint made;
    int len = snprintf(temporary, NAME_MAX + 1, "%s.%ld.%u%s", name, (long)getpid(),
                       atomic_fetch_add(&made, 1), temporary_ending);
    if (len < 0 || len > NAME_MAX)
        return err_set(err, ERR_USAGE, name, _("the name is too long"));
    return 0;
}

int durable_place_unflushed(int fd, int scratch, int folder, const char *name, struct err *err)
{
    char temporary[NAME_MAX + 1];
    if (temporary_name(name, temporary, err) < 0)
        return -1;
    if (flock(fd, LOCK_EX) < 0)
        return err_sys(err, name, _("lock"));
    (void)unlinkat(scratch, temporary, 0); /* of a process that had this number before a crash */
    if (link_fd(fd, scratch, temporary) < 0)
        return link_err(name, err);
    if (renameat(scratch, temporary, folder, name) < 0) {
        int number = errno;
        (void)unlinkat(scratch, temporary, 0);
        return err_number(err, number, name, _("rename"));
    }
    return 0;
}

int durable_place(int fd, int scratch, int folder, const char *name, struct err *err)
{
    if (durable_place_unflushed(fd, scratch, folder, name, err) < 0)
        return -1;
    return file_sync(folder, name, err);
}

/* A whole, flushed file without a name: the descriptor, or -1. */
static int write_unnamed(int folder, const char *object, const char *name, struct bytes content,
                         mode_t mode, struct err *err)
{
    AUTO(close) int fd = durable_unnamed(folder, object, mode, err);
    if (fd < 0 || file_write(fd, name, content.at, content.len, err) < 0 ||
        file_sync(fd, name, err) < 0)
        return -1;
    int written = fd;
    fd = -1;
    return written;
}

int durable_create(int folder, const char *object, const char *name, struct bytes content,
                   mode_t mode, struct err *err)
{
    AUTO(close) int fd = write_unnamed(folder, object, name, content, mode, err);
    return fd < 0 ? -1 : durable_link_fd(fd, folder, name, err);
}

int durable_store_by(int scratch, int folder, const char *name, struct bytes content, mode_t mode,
                     struct err *err)
{
    AUTO(close) int fd = write_unnamed(scratch, name, name, content, mode, err);
    return fd < 0 ? -1 : durable_place(fd, scratch, folder, name, err);
}

int durable_store(int folder, const char *name, struct bytes content, mode_t mode, struct err *err)
{
    return durable_store_by(folder, folder, name, content, mode, err);
}

bool durable_is_stale(int folder, const char *name)
{
    size_t len = strlen(name);
    size_t ending = sizeof temporary_ending - 1;
    if (len <= ending || strcmp(name + len - ending, temporary_ending) != 0)
        return false;
    AUTO(close) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static bool is_any_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

int durable_holds_only(int folder, const char *const *names, size_t count, bool stale)
{
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(closedir) DIR *entries = own < 0 ? NULL : fdopendir(own);
    if (entries == NULL) {
        if (own >= 0)
            (void)close(own); /* only read from */
        return -1;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL)
            return errno == 0 ? 1 : -1;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !is_any_of(entry->d_name, names, count) &&
            !(stale && durable_is_stale(folder, entry->d_name)))
            return 0;
    }
}

int durable_link(int from_folder, const char *from, int to_folder, const char *to, struct err *err)
{
    if (linkat(from_folder, from, to_folder, to, 0) < 0)
        return link_err(to, err);
    return file_sync(to_folder, to, err);
}

int durable_link_fd(int fd, int folder, const char *name, struct err *err)
{
    if (link_fd(fd, folder, name) < 0)
        return link_err(name, err);
    return file_sync(folder, name, err);
}

int durable_remove(int folder, const char *name, struct err *err)
{
    if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
        return err_sys(err, name, _("remove"));
    return file_sync(folder, name, err);
}

int durable_folder(int folder, const char *name, struct err *err)
{
    static const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(folder, name, flags);
    if (fd >= 0 || errno != ENOENT)
        return fd >= 0 ? fd : err_sys(err, name, _("open"));
    if (mkdirat(folder, name, 0750) < 0 && errno != EEXIST)
        return err_sys(err, name, _("make a folder"));
    if (file_sync(folder, name, err) < 0)
        return -1;
    fd = openat(folder, name, flags);
    return fd >= 0 ? fd : err_sys(err, name, _("open"));
}
