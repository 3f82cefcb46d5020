#include <stdio.h>

#include "catalog/archive.h"
#include "catalog/catalog_private.h"
#include "catalog/text.h"

static int insert(struct catalog *catalog, const struct catalog_disc *new, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, DISC_ADD, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, new->name) |
                catalog_bind_text(statement, 2, new->image) |
                catalog_bind_digest(statement, 3, new->sha256) |
                sqlite3_bind_int64(statement, 4, (int64_t) new->size_bytes) |
                sqlite3_bind_int64(statement, 5, new->made_us) |
                catalog_bind_text(statement, 6, new->made_by);
    return catalog_run(catalog, statement, bound, err);
}

static int insert_archive(struct catalog *catalog, int64_t disc, int64_t archive,
                          struct catalog_err *err)
{
    if (catalog_archive_needed(catalog, archive, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, DISC_ADD_ARCHIVE, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, disc) | sqlite3_bind_int64(statement, 2, archive);
    return catalog_run(catalog, statement, bound, err);
}

int catalog_disc_add(struct catalog *catalog, const struct catalog_disc *disc,
                     const int64_t *archives, size_t count, int64_t *number,
                     struct catalog_err *err)
{
    if (disc->size_bytes > INT64_MAX)
        return catalog_err_set(err, CATALOG_ERR_USAGE, disc->name, "size out of range");
    if (catalog_text_needed(disc->name, CATALOG_TEXT_MAX, "disc's name", err) < 0 ||
        catalog_text_needed(disc->image, CATALOG_TEXT_MAX, "image", err) < 0 ||
        catalog_text_needed(disc->made_by, CATALOG_TEXT_MAX, "made by", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 || insert(catalog, disc, err) < 0)
        return -1;
    int64_t added = sqlite3_last_insert_rowid(catalog->db);
    for (size_t i = 0; i < count; i++)
        if (insert_archive(catalog, added, archives[i], err) < 0)
            return -1;
    if (catalog_change_keep(&change, err) < 0)
        return -1;
    *number = added;
    return 0;
}

static void release_at(struct catalog_disc *one)
{
    free(one->name);
    free(one->image);
    free(one->made_by);
}

static int read_row(sqlite3_stmt *row, struct catalog_disc *one, struct catalog_err *err)
{
    one->number = sqlite3_column_int64(row, 0);
    one->size_bytes = (uint64_t)sqlite3_column_int64(row, 4);
    one->made_us = sqlite3_column_int64(row, 5);
    if (catalog_column_text(row, 1, &one->name, err) < 0 ||
        catalog_column_text(row, 2, &one->image, err) < 0 ||
        catalog_column_digest(row, 3, one->sha256, err) < 0 ||
        catalog_column_text(row, 6, &one->made_by, err) < 0)
        return -1;
    return 0;
}

static int each_row(struct catalog *catalog, sqlite3_stmt *row, int bound,
                    void (*each)(void *context, const struct catalog_disc *disc), void *context,
                    struct catalog_err *err)
{
    int stepped = catalog_first(catalog, row, bound, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_disc one = {.number = 0};
        if (read_row(row, &one, err) < 0)
            return -1;
        each(context, &one);
    }
    return stepped;
}

int catalog_disc_each(struct catalog *catalog,
                      void (*each)(void *context, const struct catalog_disc *disc), void *context,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    return catalog_statement(catalog, DISC_EACH, &row, err) < 0
               ? -1
               : each_row(catalog, row, SQLITE_OK, each, context, err);
}

int catalog_disc_of(struct catalog *catalog, int64_t recording,
                    void (*each)(void *context, const struct catalog_disc *disc), void *context,
                    struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    return catalog_statement(catalog, DISC_OF, &row, err) < 0
               ? -1
               : each_row(catalog, row, sqlite3_bind_int64(row, 1, recording), each, context, err);
}

int catalog_disc_of_disposal(struct catalog *catalog, int64_t disposal,
                             void (*each)(void *context, const struct catalog_disc *disc),
                             void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    return catalog_statement(catalog, DISC_OF_DISPOSAL, &row, err) < 0
               ? -1
               : each_row(catalog, row, sqlite3_bind_int64(row, 1, disposal), each, context, err);
}
