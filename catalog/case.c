#include "catalog/case.h"

#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/text.h"

/* *id is 0 where there is none. */
static int case_id(struct catalog *catalog, const char *number, int64_t *id,
                   struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, CASE_ID, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, number), err);
    if (stepped < 0)
        return -1;
    *id = stepped > 0 ? sqlite3_column_int64(row, 0) : 0;
    return 0;
}

static int no_case(struct catalog_err *err, const char *number)
{
    return catalog_err_set(err, CATALOG_ERR_MISSING, number, "no such case in the register");
}

int catalog_case_needed(struct catalog *catalog, const char *number, int64_t *id,
                        struct catalog_err *err)
{
    int64_t found = 0;
    if (case_id(catalog, number, &found, err) < 0)
        return -1;
    if (found == 0)
        return no_case(err, number);
    if (id != NULL)
        *id = found;
    return 0;
}

int catalog_case_find(struct catalog *catalog, const char *number, bool *found,
                      struct catalog_err *err)
{
    int64_t id = 0;
    if (case_id(catalog, number, &id, err) < 0)
        return -1;
    *found = id != 0;
    return 0;
}

static int new_check(struct catalog *catalog, const struct catalog_case *one,
                     struct catalog_err *err)
{
    if (one->procedure != NULL && strcmp(one->procedure, "simple") != 0 &&
        strcmp(one->procedure, "general") != 0)
        return catalog_err_set(err, CATALOG_ERR_USAGE, one->number,
                               "the procedure is simple or general");
    if (catalog_text_number(one->number, "case number", err) < 0 ||
        catalog_text_check(one->cause, CATALOG_TEXT_MAX, "cause", err) < 0 ||
        catalog_text_check(one->party, CATALOG_TEXT_MAX, "party", err) < 0 ||
        catalog_text_needed(one->opened_by, CATALOG_TEXT_MAX, "opened by", err) < 0 ||
        catalog_text_check(one->closed_by, CATALOG_TEXT_MAX, "closed by", err) < 0)
        return -1;

    static const char taken[] = "unassigned ";
    if (strncmp(one->number, taken, sizeof taken - 1) == 0)
        return catalog_err_set(err, CATALOG_ERR_USAGE, one->number,
                               "archives of what belongs to no case are called so");
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, CASE_ALIKE, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, one->number), err);
    if (stepped > 0)
        return catalog_err_set(err, CATALOG_ERR_CONFLICT, one->number,
                               "a case of this number is there: %s", catalog_column_view(row, 0));
    return stepped;
}

int catalog_case_add(struct catalog *catalog, const struct catalog_case *one,
                     struct catalog_err *err)
{
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 || new_check(catalog, one, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, CASE_ADD, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, one->number) |
                catalog_bind_text(statement, 2, one->procedure) |
                catalog_bind_text(statement, 3, one->cause) |
                catalog_bind_text(statement, 4, one->party) |
                sqlite3_bind_int64(statement, 5, one->opened_us) |
                catalog_bind_text(statement, 6, one->opened_by) |
                catalog_bind_optional(statement, 7, one->closed_us) |
                catalog_bind_text(statement, 8, one->closed_by);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

static void release(struct catalog_case *one)
{
    free(one->number);
    free(one->procedure);
    free(one->cause);
    free(one->party);
    free(one->opened_by);
    free(one->closed_by);
}

static void release_at(struct catalog_case *one)
{
    release(one);
}

static int read_row(sqlite3_stmt *row, struct catalog_case *one, struct catalog_err *err)
{
    one->opened_us = sqlite3_column_int64(row, 4);
    one->closed_us = sqlite3_column_int64(row, 5);
    one->recordings = (uint64_t)sqlite3_column_int64(row, 8);
    one->sealed = (uint64_t)sqlite3_column_int64(row, 9);
    one->bytes = (uint64_t)sqlite3_column_int64(row, 10);
    if (catalog_column_text(row, 0, &one->number, err) < 0 ||
        catalog_column_text(row, 1, &one->procedure, err) < 0 ||
        catalog_column_text(row, 2, &one->cause, err) < 0 ||
        catalog_column_text(row, 3, &one->party, err) < 0 ||
        catalog_column_text(row, 6, &one->opened_by, err) < 0 ||
        catalog_column_text(row, 7, &one->closed_by, err) < 0)
        return -1;
    return 0;
}

AUTO_DEFINE(struct catalog_case *, catalog_case_free, NULL);

int catalog_case_load(struct catalog *catalog, const char *number, struct catalog_case **out,
                      struct catalog_err *err)
{
    AUTO(catalog_case_free) struct catalog_case *one = calloc(1, sizeof *one);
    if (one == NULL)
        return catalog_err_memory(err);
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, CASE_LOAD, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, number), err);
    if (stepped < 0)
        return -1;
    if (stepped == 0)
        return no_case(err, number);
    if (read_row(row, one, err) < 0)
        return -1;
    *out = one;
    one = NULL;
    return 0;
}

void catalog_case_free(struct catalog_case *one)
{
    if (one == NULL)
        return;
    release(one);
    free(one);
}

int catalog_case_each(struct catalog *catalog, bool open_only,
                      void (*each)(void *context, const struct catalog_case *one), void *context,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, CASE_EACH, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int(row, 1, open_only), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_case one = {.number = NULL};
        if (read_row(row, &one, err) < 0)
            return -1;
        each(context, &one);
    }
    return stepped;
}

int catalog_case_close(struct catalog *catalog, const char *number, const char *by, int64_t at_us,
                       struct catalog_err *err)
{
    if (catalog_text_needed(by, CATALOG_TEXT_MAX, "closed by", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_case_needed(catalog, number, NULL, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, CASE_CLOSE, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, number) | sqlite3_bind_int64(statement, 2, at_us) |
                catalog_bind_text(statement, 3, by);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    if (sqlite3_changes(catalog->db) == 0)
        return catalog_err_set(err, CATALOG_ERR_CONFLICT, number, "the case is closed already");
    return catalog_change_keep(&change, err);
}
