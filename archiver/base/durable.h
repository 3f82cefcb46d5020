#ifndef SHILU_BASE_DURABLE_H
#define SHILU_BASE_DURABLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"

struct err;

/* Durable changes of folders: after 0 the change survives a power cut. `folder` is a held
 * descriptor, names are single names. The file system must know files without a name (O_TMPFILE)
 * and hard links; where it does not, the error says so (ERR_SYSTEM). */

/* Writes a whole file by temporary name, fsync, rename, fsync of the folder. Readers see the old
 * content or the new, never a part. */
int durable_store(int folder, const char *name, struct bytes content, mode_t mode, struct err *err);

/* Writes a whole new file, without any temporary name; ERR_CONFLICT where the name is taken.
 * `object` names the folder in errors. */
int durable_create(int folder, const char *object, const char *name, struct bytes content,
                   mode_t mode, struct err *err);

/* As durable_store, but the temporary name stands in the folder `scratch` of the same file system,
 * where durable_is_stale finds what a crash has left. */
int durable_store_by(int scratch, int folder, const char *name, struct bytes content, mode_t mode,
                     struct err *err);

/* Whether a name is a temporary one whose maker is gone: it may be removed. */
bool durable_is_stale(int folder, const char *name);

/* 1 where all that lies in the folder has one of these names, or, with `stale`, is a temporary one
 * whose maker is gone; else 0. -1 with errno. */
int durable_holds_only(int folder, const char *const *names, size_t count, bool stale);

/* A new file without a name on the folder's file system, open for reading and writing, of exactly
 * this mode; `object` names the folder in errors. The descriptor, or -1 with *err. */
int durable_unnamed(int folder, const char *object, mode_t mode, struct err *err);

/* Gives the open file a name; where it is taken, the file of that name is replaced, in one step.
 * `scratch` as in durable_store_by. The file's own content has been flushed before. */
int durable_place(int fd, int scratch, int folder, const char *name, struct err *err);

/* As durable_place, but the folder is not flushed: who gives names to many files in one folder does
 * that once for all of them (file_sync). */
int durable_place_unflushed(int fd, int scratch, int folder, const char *name, struct err *err);

/* A second name for a file; ERR_CONFLICT where the name is taken. */
int durable_link(int from_folder, const char *from, int to_folder, const char *to, struct err *err);

/* Gives a file without a name its first one; ERR_CONFLICT where it is taken. */
int durable_link_fd(int fd, int folder, const char *name, struct err *err);

/* Removes a name; one that is not there is no error, and is made durable too: who took it away may
 * have been killed before that. */
int durable_remove(int folder, const char *name, struct err *err);

/* Opens a folder below a held one, making it durably where it is not there. -1 with *err. */
int durable_folder(int folder, const char *name, struct err *err);

#endif
