#ifndef SHILU_CATALOG_ERR_H
#define SHILU_CATALOG_ERR_H

#include "catalog/catalog.h"

/* Sets *err; object may be NULL. Always -1. */
int catalog_err_set(struct catalog_err *err, enum catalog_err_kind kind, const char *object,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What catalog_translate's function makes of an object that is a word of ours. */
const char *catalog_err_word(const char *word);

/* From errno; `what` is what was tried. Always -1. */
int catalog_err_sys(struct catalog_err *err, const char *object, const char *what);

/* An allocation failed. Always -1. */
int catalog_err_memory(struct catalog_err *err);

/* From the last thing that failed on this connection; object is the catalog's file. Always -1. */
int catalog_err_sql(struct catalog_err *err, const struct catalog *catalog);

/* What an extended result code of SQLite means to the caller. */
enum catalog_err_kind catalog_err_kind_of(int code);

#endif
