#include "intake/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/auto.h"

#include "base/banned.h"

enum { INSIDE_DEPTH_MAX = 4096 };

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int inside_folder(int folder, int top, bool *inside)
{
    struct stat wanted;
    struct stat here;
    if (fstat(top, &wanted) < 0 || fstat(folder, &here) < 0)
        return errno;
    AUTO(close) int at = -1;
    for (unsigned depth = 0; depth < INSIDE_DEPTH_MAX; depth++) {
        *inside = is_same(&here, &wanted);
        if (*inside)
            return 0;
        int up = openat(at < 0 ? folder : at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (up < 0)
            return errno;
        if (at >= 0)
            (void)close(at); /* only looked at */
        at = up;
        const struct stat child = here;
        if (fstat(at, &here) < 0)
            return errno;
        if (is_same(&here, &child))
            return 0; /* the root is its own parent */
    }
    return ELOOP;
}
