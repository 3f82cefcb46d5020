#ifndef SHILU_PACK_ENTRY_H
#define SHILU_PACK_ENTRY_H

#include "catalog/catalog.h"

struct err;
struct plan_file;

/* A recording's or attachment's object in index.json. Its name is given, and its offset settled,
 * after all are known: the text is made in two parts around the offset. */

/* Fills file->tags and file->behind_offset; reads file->accepted. */
int entry_describe_recording(const struct catalog_recording *recording, struct plan_file *file,
                             struct err *err);
/* Fills file->kind and file->behind_offset. */
int entry_describe_attachment(const char *kind, struct plan_file *file, struct err *err);

/* Fills file->before_offset, once file->name is given. */
int entry_name(struct plan_file *file, struct err *err);

#endif
