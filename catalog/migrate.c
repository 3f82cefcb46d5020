#include "catalog/migrate.h"

#include <stdio.h>

#include "catalog/catalog_private.h"

static int run(struct catalog *catalog, const char *sql, struct catalog_err *err)
{
    return sqlite3_exec(catalog->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : catalog_err_sql(err, catalog);
}

int catalog_version(struct catalog *catalog, int *version, struct catalog_err *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(catalog->db, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK)
        return catalog_err_sql(err, catalog);
    int stepped = sqlite3_step(statement);
    int found = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement); /* repeats the step's result */
    if (stepped != SQLITE_ROW)
        return catalog_err_sql(err, catalog);
    *version = found;
    return 0;
}

/* The version is read again inside: another process may have been first. */
static int step_up(struct catalog *catalog, struct catalog_err *err)
{
    int version = 0;
    if (catalog_version(catalog, &version, err) < 0)
        return -1;
    if (version >= catalog_migration_count)
        return 0;
    char mark[80];
    (void)snprintf(mark, sizeof mark, "PRAGMA user_version = %d; PRAGMA application_id = %d",
                   version + 1, CATALOG_APPLICATION_ID);
    if (run(catalog, catalog_migrations[version], err) < 0)
        return -1;
    return run(catalog, mark, err);
}

int catalog_migrate(struct catalog *catalog, struct catalog_err *err)
{
    int version = 0;
    if (catalog_version(catalog, &version, err) < 0)
        return -1;
    while (version < catalog_migration_count) {
        AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
        if (catalog_change_begin(&change, catalog, err) < 0 || step_up(catalog, err) < 0 ||
            catalog_change_keep(&change, err) < 0)
            return -1;
        if (catalog_version(catalog, &version, err) < 0)
            return -1;
    }
    return 0;
}
