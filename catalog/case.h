#ifndef SHILU_CATALOG_CASE_H
#define SHILU_CATALOG_CASE_H

#include "catalog/catalog.h"

/* MISSING where the case is not in the register; its row's id, unless id is NULL. */
int catalog_case_needed(struct catalog *catalog, const char *number, int64_t *id,
                        struct catalog_err *err);

#endif
