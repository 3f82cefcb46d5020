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

#include "audit/session.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { TREE_FILES_MAX = 4000000, TREE_DEPTH_MAX = 16, TREE_PATH_MAX = 4096 };

AUTO_DEFINE(DIR *, closedir, NULL);

void tree_init(struct tree *tree, const char *target)
{
    *tree = (struct tree){.target = target, .fd = -1, .folder = -1, .end = UINT64_MAX};
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

int tree_add_file(struct tree *tree, const struct tree_file *file, struct err *err)
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
    char *copy = strdup(file->path);
    if (copy == NULL)
        return err_memory(err, tree->target);
    tree->files[tree->count] = *file;
    tree->files[tree->count++].path = copy;
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct tree_file *left = a;
    const struct tree_file *right = b;
    int order = strcmp(left->path, right->path);
    return order != 0 ? order : (left->offset > right->offset) - (left->offset < right->offset);
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
    while (low < high) { /* the first that is not in front of the path */
        size_t middle = low + (high - low) / 2;
        if (strcmp(tree->files[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tree->count && strcmp(tree->files[low].path, path) == 0 ? &tree->files[low] : NULL;
}

/* What is wrong with one path does not keep the others from being looked at. */
static int pass_over(struct session *session, const struct tree *tree, const char *path,
                     const struct err *found, struct err *err)
{
    if (found->kind == ERR_MEMORY) {
        *err = *found;
        return -1;
    }
    session_found(session, &(struct audit_finding){.kind = AUDIT_UNREADABLE,
                                                   .target = tree->target,
                                                   .entry = path,
                                                   .detail = found->text});
    return 0;
}

static int add_below(struct session *session, struct tree *tree, int folder, const char *prefix,
                     unsigned depth, struct err *err);

static int add_entry(struct session *session, struct tree *tree, int folder, char *path,
                     const char *name, unsigned depth, struct err *err)
{
    struct stat st;
    struct err found;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        (void)err_sys(&found, path, _("stat"));
        return pass_over(session, tree, path, &found, err);
    }
    if (!S_ISDIR(st.st_mode))
        return tree_add_file(
            tree,
            &(struct tree_file){.path = path,
                                .size = (uint64_t)st.st_size,
                                .kind = S_ISREG(st.st_mode) ? TREE_PLAIN : TREE_SPECIAL},
            err);
    if (depth >= TREE_DEPTH_MAX) {
        (void)err_set(&found, ERR_DAMAGED, path, "%s", _("folders are nested too deep"));
        return pass_over(session, tree, path, &found, err);
    }
    int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) {
        (void)err_sys(&found, path, _("open"));
        return pass_over(session, tree, path, &found, err);
    }
    return add_below(session, tree, below, path, depth + 1, err);
}

/* Takes the descriptor over. */
static int add_below(struct session *session, struct tree *tree, int folder, const char *prefix,
                     unsigned depth, struct err *err)
{
    struct err found;
    AUTO(closedir) DIR *entries = fdopendir(folder);
    if (entries == NULL) {
        (void)err_sys(&found, prefix, _("read the folder"));
        (void)close(folder); /* only read from */
        return pass_over(session, tree, prefix, &found, err);
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL && errno == 0)
            return 0;
        if (entry == NULL) {
            (void)err_sys(&found, prefix, _("read the folder"));
            return pass_over(session, tree, prefix, &found, err);
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char path[TREE_PATH_MAX];
        int len = snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] != '\0' ? "/" : "",
                           entry->d_name);
        if (len < 0 || (size_t)len >= sizeof path) {
            (void)err_set(&found, ERR_DAMAGED, prefix, "%s", _("the path is too long"));
            if (pass_over(session, tree, prefix, &found, err) < 0)
                return -1;
            continue;
        }
        if (add_entry(session, tree, dirfd(entries), path, entry->d_name, depth, err) < 0)
            return -1;
    }
}

int tree_add_folder(struct session *session, struct tree *tree, struct err *err)
{
    int folder = openat(tree->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_sys(err, tree->target, _("open"));
    return add_below(session, tree, folder, "", 0, err);
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
    if (file->kind != TREE_PLAIN || file->offset > tree->end ||
        file->size > tree->end - file->offset)
        return err_set(err, ERR_DAMAGED, path, "%s", _("cannot be read"));
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
