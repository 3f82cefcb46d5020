#include "archiver/killed.h"

#include <sys/stat.h>
#include <unistd.h>

unsigned killed_at;
static unsigned calls; /* counted while it is set */

static void call(void)
{
    if (killed_at != 0 && ++calls == killed_at)
        _exit(KILLED_STATUS);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    call();
    return __real_fsync(fd);
}

int __real_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    call();
    return __real_linkat(from_folder, from, to_folder, to, flags);
}

int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    call();
    return __real_renameat(from_folder, from, to_folder, to);
}

int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags)
{
    call();
    return __real_unlinkat(folder, name, flags);
}

int __real_mkdirat(int folder, const char *name, mode_t mode);
int __wrap_mkdirat(int folder, const char *name, mode_t mode);
int __wrap_mkdirat(int folder, const char *name, mode_t mode)
{
    call();
    return __real_mkdirat(folder, name, mode);
}
