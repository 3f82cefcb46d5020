#ifndef SHILU_AUDIT_TREE_H
#define SHILU_AUDIT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct err;
struct session;

/* Files by path, whatever carries them: a tar, a disc image or a folder. Private. */

enum tree_kind {
    TREE_PLAIN,
    TREE_SCATTERED, /* lies in several places of the carrier: cannot be read here */
    TREE_SPECIAL,   /* a link or a special file */
};

struct tree_file {
    char *path; /* from the root, no slash in front */
    uint64_t size;
    uint64_t offset; /* in the carrier; 0 in a folder */
    enum tree_kind kind;
};

struct tree {
    const char *target;      /* the carrier's path, the caller's */
    int fd;                  /* of the tar or image; -1: a folder */
    int folder;              /* of the folder; -1 */
    uint64_t end;            /* bytes of the carrier; UINT64_MAX: a folder */
    struct tree_file *files; /* by path and offset, once sorted */
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
int tree_add_file(struct tree *tree, const struct tree_file *file, struct err *err);
void tree_sort(struct tree *tree);

/* Where a path stands several times, the first in the carrier. */
const struct tree_file *tree_find(const struct tree *tree, const char *path);

/* All files below a folder. What cannot be looked at is found, and passed over. -1 only where
 * memory is out or the folder itself cannot be read. */
int tree_add_folder(struct session *session, struct tree *tree, struct err *err);

/* The whole of a small file. *text is the caller's. ERR_MISSING where it is not there, ERR_DAMAGED
 * where it is longer than the ceiling or is cut off. */
int tree_read(const struct tree *tree, const char *path, size_t ceiling, char **text, size_t *len,
              struct err *err);

/* A descriptor to read the file from, at file->offset; *owned: it is the caller's to close. */
int tree_open(const struct tree *tree, const struct tree_file *file, bool *owned, struct err *err);

#endif
