#ifndef SHILU_VAULT_DURABLE_H
#define SHILU_VAULT_DURABLE_H

#include <sys/types.h>

#include "base/bytes.h"

struct err;

/* Durable changes of folders: after 0 the change survives a power cut. `folder` is a held
 * descriptor, names are single names. */

/* Writes a whole file by temporary name, fsync, rename, fsync of the folder. Readers see the old
 * content or the new, never a part. */
int durable_store(int folder, const char *name, struct bytes content, mode_t mode, struct err *err);

/* Renames within or between held folders, then fsyncs both. */
int durable_rename(int from_folder, const char *from, int to_folder, const char *to,
                   struct err *err);

/* A second name for a file; ERR_CONFLICT where the name is taken. */
int durable_link(int from_folder, const char *from, int to_folder, const char *to, struct err *err);

/* Removes a name; one that is not there is no error. */
int durable_remove(int folder, const char *name, struct err *err);

/* Opens a folder below a held one, making it durably where it is not there. -1 with *err. */
int durable_folder(int folder, const char *name, struct err *err);

#endif
