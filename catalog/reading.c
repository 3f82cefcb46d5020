#include "catalog/catalog_private.h"

static const char *const kinds[] = {
    [CATALOG_READ_RECORDING] = "recording", [CATALOG_READ_ARCHIVE] = "archive"};

int catalog_reading_set(struct catalog *catalog, enum catalog_read_kind kind, int64_t number,
                        int64_t at_us, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, READING_SET, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, kinds[kind]) |
                sqlite3_bind_int64(statement, 2, number) | sqlite3_bind_int64(statement, 3, at_us);
    return catalog_run(catalog, statement, bound, err);
}

int catalog_reading_each(struct catalog *catalog,
                         bool (*each)(void *context, const struct catalog_reading *reading),
                         void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, READING_EACH, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        const struct catalog_reading reading = {
            .kind = (enum catalog_read_kind)sqlite3_column_int(row, 0),
            .number = sqlite3_column_int64(row, 1),
            .size_bytes = (uint64_t)sqlite3_column_int64(row, 2),
            .read_us = sqlite3_column_int64(row, 3),
            .right_us = sqlite3_column_int64(row, 4),
        };
        if (!each(context, &reading))
            return 0;
    }
    return stepped;
}

int catalog_count(struct catalog *catalog, struct catalog_counts *counts, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, COUNTS, &row, err) < 0 || catalog_step(catalog, row, err) < 0)
        return -1;
    *counts = (struct catalog_counts){
        .recordings = (uint64_t)sqlite3_column_int64(row, 0),
        .loose = (uint64_t)sqlite3_column_int64(row, 1),
        .bytes = (uint64_t)sqlite3_column_int64(row, 2),
        .archives = (uint64_t)sqlite3_column_int64(row, 3),
        .discs = (uint64_t)sqlite3_column_int64(row, 4),
        .sidecars_due = (uint64_t)sqlite3_column_int64(row, 5),
    };
    return 0;
}
