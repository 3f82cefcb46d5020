#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { POSITION = -1 };

static int read_loop(int fd, const char *object, int64_t offset, void *at, size_t room, size_t *len,
                     struct err *err)
{
    size_t got = 0;
    while (got < room) {
        ssize_t n = offset == POSITION
                        ? read(fd, (char *)at + got, room - got)
                        : pread(fd, (char *)at + got, room - got, (off_t)(offset + (int64_t)got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(err, object, _("read"));
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *len = got;
    return 0;
}

int file_read(int fd, const char *object, void *at, size_t room, size_t *len, struct err *err)
{
    return read_loop(fd, object, POSITION, at, room, len, err);
}

static int offset_check(uint64_t offset, size_t len, const char *object, struct err *err)
{
    int64_t end;
    if (ckd_add(&end, offset, len))
        return err_set(err, ERR_DAMAGED, object, _("an offset is beyond any file"));
    return 0;
}

int file_read_at(int fd, const char *object, uint64_t offset, void *at, size_t room, size_t *len,
                 struct err *err)
{
    if (offset_check(offset, room, object, err) < 0)
        return -1;
    return read_loop(fd, object, (int64_t)offset, at, room, len, err);
}

int file_read_exact(int fd, const char *object, uint64_t offset, void *at, size_t len,
                    struct err *err)
{
    size_t got;
    if (file_read_at(fd, object, offset, at, len, &got, err) < 0)
        return -1;
    if (got == len)
        return 0;
    uint64_t end = offset + got;
    struct stat status;
    if (got == 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (uint64_t)status.st_size < end)
        end = (uint64_t)status.st_size;
    return err_set(err, ERR_DAMAGED, object, _("the file ends at byte %llu, before byte %llu"),
                   (unsigned long long)end, (unsigned long long)(offset + len));
}

static int write_loop(int fd, const char *object, int64_t offset, const void *at, size_t len,
                      struct err *err)
{
    for (size_t done = 0; done < len;) {
        const char *from = (const char *)at + done;
        ssize_t n = offset == POSITION
                        ? write(fd, from, len - done)
                        : pwrite(fd, from, len - done, (off_t)(offset + (int64_t)done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(err, object, _("write"));
        done += (size_t)n;
    }
    return 0;
}

int file_write(int fd, const char *object, const void *at, size_t len, struct err *err)
{
    return write_loop(fd, object, POSITION, at, len, err);
}

int file_write_at(int fd, const char *object, uint64_t offset, const void *at, size_t len,
                  struct err *err)
{
    if (offset_check(offset, len, object, err) < 0)
        return -1;
    return write_loop(fd, object, (int64_t)offset, at, len, err);
}

int file_read_all(int fd, const char *object, size_t ceiling, char **text, size_t *len,
                  struct err *err)
{
    size_t room = ceiling < 65536 ? ceiling + 1 : 65536;
    size_t used = 0;
    AUTO(free) char *at = malloc(room + 1);
    if (at == NULL)
        return err_memory(err, object);
    for (;;) {
        size_t got;
        if (file_read(fd, object, at + used, room - used, &got, err) < 0)
            return -1;
        used += got;
        if (used > ceiling)
            return err_set(err, ERR_DAMAGED, object, _("longer than %zu bytes"), ceiling);
        if (used < room)
            break;
        room = room > ceiling / 2 ? ceiling + 1 : room * 2;
        char *more = realloc(at, room + 1);
        if (more == NULL)
            return err_memory(err, object);
        at = more;
    }
    at[used] = '\0';
    *text = at;
    *len = used;
    at = NULL;
    return 0;
}

int file_size(int fd, const char *object, uint64_t *size, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_sys(err, object, _("stat"));
    if (S_ISBLK(st.st_mode))
        return ioctl(fd, BLKGETSIZE64, size) < 0 ? err_sys(err, object, _("stat")) : 0;
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_USAGE, object, _("not a regular file"));
    *size = (uint64_t)st.st_size;
    return 0;
}

int file_sync(int fd, const char *object, struct err *err)
{
    return fsync(fd) < 0 ? err_sys(err, object, _("flush to disk")) : 0;
}

int file_close(int fd, const char *object, struct err *err)
{
    return close(fd) < 0 ? err_sys(err, object, _("close")) : 0;
}

static const char *kind_name(mode_t mode)
{
    if (S_ISLNK(mode))
        return _("a symbolic link");
    if (S_ISFIFO(mode))
        return _("a FIFO");
    if (S_ISSOCK(mode))
        return _("a socket");
    if (S_ISDIR(mode))
        return _("a folder");
    return _("a device");
}

int file_open_regular(int folder, const char *path, struct err *err)
{
    struct stat st;
    AUTO(close) int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        int number = errno; /* ELOOP for a link, ENXIO for a socket */
        if (fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG(st.st_mode))
            return err_number(err, number, path, _("open"));
    } else if (fstat(fd, &st) < 0) {
        return err_sys(err, path, _("stat"));
    }
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_USAGE, path, _("not a regular file but %s"), kind_name(st.st_mode));
    int opened = fd;
    fd = -1;
    return opened;
}

int file_open_direct(int fd, int access)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* always fits */
    return open(path, access | O_CLOEXEC | O_DIRECT);
}

int file_beside_program(const char *relative, char *path, size_t room)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0)
        return -1;
    program[len] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL)
            return -1;
        *slash = '\0';
    }
    int made = snprintf(path, room, "%s/%s", program, relative);
    if (made < 0 || (size_t)made >= room)
        return -1;
    return access(path, F_OK);
}
