#ifndef SHILU_CATALOG_MIGRATE_H
#define SHILU_CATALOG_MIGRATE_H

#include "catalog/catalog.h"

/* The files of migrations/, in order: the first makes version 1. A released one never changes. */
extern const char *const catalog_migrations[];
extern const int catalog_migration_count;

/* Brings the open catalog from its version up to the newest, each step in its own transaction. */
int catalog_migrate(struct catalog *catalog, struct catalog_err *err);

/* The version that the file says it has. */
int catalog_version(struct catalog *catalog, int *version, struct catalog_err *err);

#endif
