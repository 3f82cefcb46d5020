#include "intake/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "intake/inside.h"
#include "intake/list.h"
#include "probe/probe.h"

#include "base/banned.h"

AUTO_DEFINE(DIR *, closedir, NULL);

enum { REASON_BYTES = 1024 }; /* as struct err has */

struct walk {
    struct list *list;
    int vault; /* descriptor, or -1 */
    dev_t vault_device;
    ino_t vault_inode;
};

/* What Windows, macOS and Linux put on a card by themselves. Other hidden files are taken: a camera
 * or a person may have hidden a recording. FOUND.000, where chkdsk keeps what it rescued, too. */
static bool is_systems_own(const char *name)
{
    static const char *const names[] = {
        ".DS_Store",
        ".Spotlight-V100",
        ".TemporaryItems",
        ".Trashes",
        ".fseventsd",
        "$RECYCLE.BIN",
        "System Volume Information",
        "RECYCLER",
        "desktop.ini",
        "Thumbs.db",
        ".apdisk",
        "lost+found",
        ".Trash-1000",
    };
    if (strncmp(name, "._", 2) == 0 || strncmp(name, ".Trash-", 7) == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_companion_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name && probe_is_companion(dot + 1);
}

static const char *special_reason(mode_t mode)
{
    if (S_ISLNK(mode))
        return _("a symbolic link");
    if (S_ISFIFO(mode))
        return _("a FIFO");
    if (S_ISSOCK(mode))
        return _("a socket");
    return _("a device");
}

static int refuse(const struct walk *walk, uint32_t folder, const char *name, int reason,
                  const char *what, struct err *err)
{
    struct err why;
    (void)err_number(&why, reason, NULL, what);
    return list_add(walk->list, folder, name, 0, LIST_REFUSE, why.text, err);
}

/* ---- one folder ---- */

static int walk_folder(const struct walk *walk, int fd, uint32_t number, unsigned depth,
                       struct err *err);

/* Puts one name of a folder on the list; a folder's name too, for walk_subfolders. */
static int add_name(const struct walk *walk, int fd, uint32_t folder, const char *name,
                    struct err *err)
{
    struct stat st;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : refuse(walk, folder, name, errno, _("stat"), err);
    if (S_ISDIR(st.st_mode))
        return list_add(walk->list, folder, name, 0, LIST_SKIP, NULL, err);
    if (!S_ISREG(st.st_mode))
        return list_add(walk->list, folder, name, 0, LIST_REFUSE, special_reason(st.st_mode), err);
    return list_add(walk->list, folder, name, (uint64_t)st.st_size,
                    is_companion_name(name) ? LIST_COMPANION : LIST_TAKE, NULL, err);
}

/* Calls `add` for each name of a folder; the errno where the folder cannot be read. */
static int read_names(const struct walk *walk, int fd, uint32_t folder,
                      int (*add)(const struct walk *walk, int fd, uint32_t folder, const char *name,
                                 struct err *err),
                      struct err *err)
{
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0)
        return errno;
    AUTO(closedir) DIR *names = fdopendir(own);
    if (names == NULL) {
        int number = errno;
        (void)close(own); /* only read from */
        return number;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(names); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL)
            return errno;
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_systems_own(name))
            continue;
        if (add(walk, fd, folder, name, err) < 0)
            return -1;
    }
}

/* Walks into the folder whose name is file `at` of the list. */
static int walk_subfolder(const struct walk *walk, int parent, size_t at, unsigned depth,
                          struct err *err)
{
    const struct list_file file = *list_at(walk->list, at);
    char path[LIST_PATH_MAX];
    if (depth >= WALK_DEPTH_MAX || list_path(walk->list, &file, path) < 0)
        return list_add(walk->list, file.folder, list_name(walk->list, &file), 0, LIST_REFUSE,
                        _("folders are nested too deep"), err);
    char name[256];
    (void)snprintf(name, sizeof name, "%s", list_name(walk->list, &file)); /* NAME_MAX is 255 */
    AUTO(close) int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return refuse(walk, file.folder, name, errno, _("open"), err);
    if (walk->vault >= 0 && st.st_dev == walk->vault_device && st.st_ino == walk->vault_inode)
        return list_add(walk->list, file.folder, name, 0, LIST_REFUSE, _("the vault itself"), err);

    uint32_t number;
    unsigned *marks;
    if (list_folder(walk->list, path, st.st_dev, st.st_ino, &number, &marks, err) < 0)
        return -1;
    if ((*marks & LIST_WALKED) != 0)
        return 0;
    *marks |= LIST_WALKED;
    return walk_folder(walk, fd, number, depth + 1, err);
}

static int walk_folder(const struct walk *walk, int fd, uint32_t number, unsigned depth,
                       struct err *err)
{
    size_t first = list_count(walk->list);
    int read = read_names(walk, fd, number, add_name, err);
    if (read < 0)
        return -1;
    list_sort_from(walk->list, first);
    size_t end = list_count(walk->list);
    if (read > 0 && refuse(walk, number, "", read, _("read the folder"), err) < 0)
        return -1;
    for (size_t i = first; i < end; i++)
        if (list_at(walk->list, i)->kind == LIST_SKIP &&
            walk_subfolder(walk, fd, i, depth, err) < 0)
            return -1;
    return 0;
}

/* ---- what the person gave ---- */

/* Why nothing is taken from a given folder; "" where nothing speaks against it. Folders below it
 * lead into the vault only by its own folder, which walk_subfolder knows. */
static void check_outside(const struct walk *walk, int fd, char reason[static REASON_BYTES])
{
    bool inside = false;
    reason[0] = '\0';
    int failed = walk->vault < 0 ? 0 : inside_folder(fd, walk->vault, &inside);
    if (failed != 0) {
        struct err why;
        (void)err_number(&why, failed, NULL, _("open the folder above"));
        (void)snprintf(reason, REASON_BYTES, "%s", why.text);
    } else if (inside) {
        (void)snprintf(reason, REASON_BYTES, "%s", _("the vault itself"));
    }
}

/* Only companions, and only as such: the person did not give them. */
static int add_beside(const struct walk *walk, int fd, uint32_t folder, const char *name,
                      struct err *err)
{
    struct stat st;
    if (!is_companion_name(name) || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(st.st_mode))
        return 0;
    return list_add(walk->list, folder, name, (uint64_t)st.st_size, LIST_BESIDE, NULL, err);
}

/* A given file: its folder becomes known, so that the file counts once however it is reached, and
 * the companions beside it are found. */
static int add_given(const struct walk *walk, const char *path, const struct stat *st,
                     const char *reason, struct err *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    const char *name = slash == NULL ? path : slash + 1;
    char parent[LIST_PATH_MAX];
    if (len >= sizeof parent)
        return err_set(err, ERR_USAGE, path, "%s", _("the path is too long"));
    (void)snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)len, path);

    AUTO(close) int fd = open(parent[0] == '\0' ? "." : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat folder = {0}; /* one that cannot be opened is no folder: device 0, inode 0 */
    if (fd >= 0 && fstat(fd, &folder) < 0)
        return err_sys(err, parent, _("stat"));
    uint32_t number;
    unsigned *marks;
    if (fd < 0) {
        unsigned *none;
        if (list_folder(walk->list, "", 0, 0, &number, &none, err) < 0)
            return -1;
        return list_add(walk->list, number, path, 0, LIST_REFUSE,
                        reason != NULL ? reason : _("its folder cannot be read"), err);
    }
    if (list_folder(walk->list, parent, folder.st_dev, folder.st_ino, &number, &marks, err) < 0)
        return -1;
    char inside[REASON_BYTES] = "";
    if (reason == NULL)
        check_outside(walk, fd, inside);
    if (inside[0] != '\0')
        reason = inside;
    if (reason != NULL)
        return list_add(walk->list, number, name, 0, LIST_REFUSE, reason, err);
    if (list_add(walk->list, number, name, (uint64_t)st->st_size,
                 is_companion_name(name) ? LIST_COMPANION : LIST_TAKE, NULL, err) < 0)
        return -1;
    if ((*marks & (LIST_WALKED | LIST_SEEN)) != 0)
        return 0;
    *marks |= LIST_SEEN;
    return read_names(walk, fd, number, add_beside, err) < 0 ? -1 : 0; /* else there are none */
}

static int add_given_folder(const struct walk *walk, const char *path, struct err *err)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    char folder[LIST_PATH_MAX];
    if (len >= sizeof folder)
        return err_set(err, ERR_USAGE, path, "%s", _("the path is too long"));
    (void)snprintf(folder, sizeof folder, "%.*s", (int)len, path);
    struct stat st = {0};
    AUTO(close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        struct err why;
        (void)err_sys(&why, NULL, _("open"));
        return add_given(walk, folder, &st, why.text, err);
    }
    char inside[REASON_BYTES];
    check_outside(walk, fd, inside);
    if (inside[0] != '\0')
        return add_given(walk, folder, &st, inside, err);
    uint32_t number;
    unsigned *marks;
    if (list_folder(walk->list, folder, st.st_dev, st.st_ino, &number, &marks, err) < 0)
        return -1;
    if ((*marks & LIST_WALKED) != 0)
        return 0;
    *marks |= LIST_WALKED;
    return walk_folder(walk, fd, number, 1, err);
}

int walk_paths(struct list *list, const char *const *paths, size_t count, int vault,
               struct err *err)
{
    struct walk walk = {.list = list, .vault = vault};
    struct stat st = {0};
    if (vault >= 0) {
        if (fstat(vault, &st) < 0)
            return err_sys(err, NULL, _("stat"));
        walk.vault_device = st.st_dev;
        walk.vault_inode = st.st_ino;
    }
    for (size_t i = 0; i < count; i++) {
        int done;
        if (lstat(paths[i], &st) < 0) {
            struct err why;
            (void)err_sys(&why, NULL, _("open"));
            done = add_given(&walk, paths[i], &st, why.text, err);
        } else if (S_ISDIR(st.st_mode)) {
            done = add_given_folder(&walk, paths[i], err);
        } else {
            done = add_given(&walk, paths[i], &st,
                             S_ISREG(st.st_mode) ? NULL : special_reason(st.st_mode), err);
        }
        if (done < 0)
            return -1;
    }
    return list_settle(list, err);
}
