#ifndef SHILU_INTAKE_WALK_H
#define SHILU_INTAKE_WALK_H

#include <stddef.h>

struct err;
struct list;

enum { WALK_DEPTH_MAX = 32 };

/*
 * Puts the files at `paths`, and in the folders among them, on the list, in the order of the paths
 * and sorted by name in each folder, files before subfolders.
 *
 *   vault   descriptor of the vault's own folder; nothing in it is taken in; -1 for none
 *
 * Symbolic links are not followed. They, FIFOs, sockets and devices, folders that cannot be read
 * or lie deeper than WALK_DEPTH_MAX, and paths that are not there are put on it as refused, with
 * the reason. What systems leave on cards (.Trashes, ._NAME of macOS, System Volume Information, …)
 * is passed over, unless given by name.
 * 0, or -1 with *err: ERR_USAGE (too many files), ERR_MEMORY.
 */
int walk_paths(struct list *list, const char *const *paths, size_t count, int vault,
               struct err *err);

#endif
