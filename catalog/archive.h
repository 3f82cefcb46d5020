#ifndef SHILU_CATALOG_ARCHIVE_H
#define SHILU_CATALOG_ARCHIVE_H

#include "catalog/catalog.h"

/* MISSING where there is no such archive. */
int catalog_archive_needed(struct catalog *catalog, int64_t number, struct catalog_err *err);

#endif
