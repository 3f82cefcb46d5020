#ifndef SHILU_AUDIT_TREE_H
#define SHILU_AUDIT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "disc/disc.h"
#include "pack/pack.h"

struct err;

/* Files by path, whatever carries them: a tar, a disc image or a folder. Private. */

struct tree_file {
    char *path; /* from the root, no slash in front */
    uint64_t size;
    uint64_t offset; /* in the carrier; 0 in a folder */
};

struct tree {
    const char *target;      /* the carrier's path, the caller's */
    int fd;                  /* of the tar or image; -1: a folder */
    int folder;              /* of the folder; -1 */
    struct tree_file *files; /* by path, once sorted */
    size_t count;
    size_t room;
};

void tree_init(struct tree *tree, const char *target);
/* Closes the descriptors too. */
void tree_release(struct tree *tree);
static inline void tree_release_at(struct tree *tree)
{
    tree_release(tree);
}

/* Adds a file; the path is copied. tree_sort before the first find. ERR_MEMORY. */
int tree_add(struct tree *tree, const char *path, uint64_t size, uint64_t offset, struct err *err);
void tree_sort(struct tree *tree);

const struct tree_file *tree_find(const struct tree *tree, const char *path);

/* All regular files below a folder; a link or special file is ERR_DAMAGED, names the path. */
int tree_add_folder(struct tree *tree, struct err *err);

/* The whole of a small file. *text is the caller's. ERR_MISSING where it is not there. */
int tree_read(const struct tree *tree, const char *path, size_t ceiling, char **text, size_t *len,
              struct err *err);

/* A descriptor to read the file from, at file->offset; *owned: it is the caller's to close. */
int tree_open(const struct tree *tree, const struct tree_file *file, bool *owned, struct err *err);

#endif
