#include "audit/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { TREE_FILES_MAX = 4000000, TREE_DEPTH_MAX = 16, TREE_PATH_MAX = 4096 };

AUTO_DEFINE(DIR *, closedir, NULL);

void tree_init(struct tree *tree, const char *target)
{
    *tree = (struct tree){.target = target, .fd = -1, .folder = -1};
}

void tree_release(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        free(tree->files[i].path);
    free(tree->files);
    close_at(&tree->fd);
    close_at(&tree->folder);
    tree_init(tree, tree->target);
}

int tree_add(struct tree *tree, const char *path, uint64_t size, uint64_t offset, struct err *err)
{
    if (tree->count == tree->room) {
        size_t room = tree->room == 0 ? 64 : tree->room * 2;
        struct tree_file *files =
            room > TREE_FILES_MAX ? NULL : realloc(tree->files, room * sizeof *files);
        if (files == NULL)
            return err_memory(err, tree->target);
        tree->files = files;
        tree->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return err_memory(err, tree->target);
    tree->files[tree->count++] = (struct tree_file){copy, size, offset};
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct tree_file *left = a;
    const struct tree_file *right = b;
    return strcmp(left->path, right->path);
}

void tree_sort(struct tree *tree)
{
    if (tree->count > 0)
        qsort(tree->files, tree->count, sizeof *tree->files, by_path);
}

const struct tree_file *tree_find(const struct tree *tree, const char *path)
{
    size_t low = 0;
    size_t high = tree->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(path, tree->files[middle].path);
        if (order == 0)
            return &tree->files[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int add_below(struct tree *tree, int folder, const char *prefix, unsigned depth,
                     struct err *err);

static int add_entry(struct tree *tree, int folder, const char *path, const char *name,
                     unsigned depth, struct err *err)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_sys(err, path, _("stat"));
    if (S_ISREG(st.st_mode))
        return tree_add(tree, path, (uint64_t)st.st_size, 0, err);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_DAMAGED, path, "%s",
                       _("a link or a special file has no place here"));
    if (depth >= TREE_DEPTH_MAX)
        return err_set(err, ERR_DAMAGED, path, "%s", _("folders are nested too deep"));
    int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return err_sys(err, path, _("open"));
    return add_below(tree, below, path, depth + 1, err);
}

/* Takes the descriptor over. */
static int add_below(struct tree *tree, int folder, const char *prefix, unsigned depth,
                     struct err *err)
{
    AUTO(closedir) DIR *entries = fdopendir(folder);
    if (entries == NULL) {
        (void)close(folder); /* only read from */
        return err_sys(err, prefix, _("read the folder"));
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (entry == NULL)
            return errno == 0 ? 0 : err_sys(err, prefix, _("read the folder"));
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char path[TREE_PATH_MAX];
        int len = snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] != '\0' ? "/" : "",
                           entry->d_name);
        if (len < 0 || (size_t)len >= sizeof path)
            return err_set(err, ERR_DAMAGED, prefix, "%s", _("the path is too long"));
        if (add_entry(tree, dirfd(entries), path, entry->d_name, depth, err) < 0)
            return -1;
    }
}

int tree_add_folder(struct tree *tree, struct err *err)
{
    int folder = openat(tree->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_sys(err, tree->target, _("open"));
    return add_below(tree, folder, "", 0, err);
}

int tree_open(const struct tree *tree, const struct tree_file *file, bool *owned, struct err *err)
{
    *owned = tree->fd < 0;
    return tree->fd >= 0 ? tree->fd : file_open_regular(tree->folder, file->path, err);
}

int tree_read(const struct tree *tree, const char *path, size_t ceiling, char **text, size_t *len,
              struct err *err)
{
    const struct tree_file *file = tree_find(tree, path);
    if (file == NULL)
        return err_set(err, ERR_MISSING, path, "%s", _("is not there"));
    if (file->size > ceiling)
        return err_set(err, ERR_DAMAGED, path, _("longer than %zu bytes"), ceiling);
    bool owned;
    int fd = tree_open(tree, file, &owned, err);
    if (fd < 0)
        return -1;
    AUTO(close) int to_close = owned ? fd : -1;
    AUTO(free) char *content = malloc(file->size + 1);
    if (content == NULL)
        return err_memory(err, path);
    if (file_read_exact(fd, path, file->offset, content, file->size, err) < 0)
        return -1;
    content[file->size] = '\0';
    *text = content;
    *len = file->size;
    content = NULL;
    return 0;
}
