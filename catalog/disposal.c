#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/recording.h"
#include "catalog/text.h"

/* As the table has them. */
static const char *const states[CATALOG_DISPOSAL_STATES] = {"requested", "withdrawn", "done"};

const char *catalog_disposal_state_name(enum catalog_disposal_state state)
{
    return states[state];
}

static void name_of(char letter, int64_t number, char name[static 32])
{
    (void)snprintf(name, 32, "%c%lld", letter, (long long)number);
}

static int no_disposal(struct catalog_err *err, int64_t number)
{
    char name[32];
    name_of('X', number, name);
    return catalog_err_set(err, CATALOG_ERR_MISSING, name, "no such disposal");
}

static int add_recording(struct catalog *catalog, int64_t disposal, int64_t recording,
                         struct catalog_err *err)
{
    char name[32];
    int64_t other = 0;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_recording_check(catalog, recording, err) < 0 ||
        catalog_disposal_of(catalog, recording, &other, err) < 0)
        return -1;
    name_of('R', recording, name);
    if (other != 0)
        return catalog_err_set(err, CATALOG_ERR_CONFLICT, name,
                               "is asked for or disposed of by X%lld already", (long long)other);
    if (catalog_statement(catalog, DISPOSAL_ADD_RECORDING, &statement, err) < 0)
        return -1;
    int bound =
        sqlite3_bind_int64(statement, 1, disposal) | sqlite3_bind_int64(statement, 2, recording);
    return catalog_run(catalog, statement, bound, err);
}

int catalog_disposal_request(struct catalog *catalog, const struct catalog_disposal *disposal,
                             const int64_t *recordings, size_t count, int64_t *number,
                             struct catalog_err *err)
{
    if (catalog_text_said(disposal->reason, CATALOG_TEXT_MAX, "reason", err) < 0 ||
        catalog_text_needed(disposal->requested_by, CATALOG_TEXT_MAX, "requested by", err) < 0)
        return -1;
    if (count == 0)
        return catalog_err_set(err, CATALOG_ERR_USAGE, NULL, "a disposal of nothing");
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, DISPOSAL_ADD, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, disposal->reason) |
                sqlite3_bind_int64(statement, 2, disposal->requested_us) |
                catalog_bind_text(statement, 3, disposal->requested_by);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    int64_t added = sqlite3_last_insert_rowid(catalog->db);
    for (size_t i = 0; i < count; i++)
        if (add_recording(catalog, added, recordings[i], err) < 0)
            return -1;
    *number = added;
    return catalog_change_keep(&change, err);
}

AUTO_DEFINE(struct catalog_disposal *, catalog_disposal_free, NULL);

int catalog_disposal_decide(struct catalog *catalog, const struct catalog_disposal *disposal,
                            struct catalog_err *err)
{
    char name[32];
    AUTO(catalog_disposal_free) struct catalog_disposal *is = NULL;
    if (catalog_text_said(disposal->decided_reason, CATALOG_TEXT_MAX, "reason", err) < 0 ||
        catalog_text_needed(disposal->decided_by, CATALOG_TEXT_MAX, "decided by", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_disposal_load(catalog, disposal->number, &is, err) < 0)
        return -1;
    name_of('X', disposal->number, name);
    if (is->state != CATALOG_DISPOSAL_REQUESTED)
        return catalog_err_set(err, CATALOG_ERR_CONFLICT, name, "is decided already");
    if (catalog_statement(catalog, DISPOSAL_DECIDE, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, disposal->number) |
                catalog_bind_text(statement, 2, states[disposal->state]) |
                sqlite3_bind_int64(statement, 3, disposal->decided_us) |
                catalog_bind_text(statement, 4, disposal->decided_by) |
                catalog_bind_text(statement, 5, disposal->decided_reason);
    return catalog_run(catalog, statement, bound, err) < 0 ? -1 : catalog_change_keep(&change, err);
}

static void release_at(struct catalog_disposal *disposal)
{
    free(disposal->reason);
    free(disposal->requested_by);
    free(disposal->decided_by);
    free(disposal->decided_reason);
}

static int read_row(sqlite3_stmt *row, struct catalog_disposal *one, struct catalog_err *err)
{
    const char *state = catalog_column_view(row, 1);
    one->number = sqlite3_column_int64(row, 0);
    for (int i = 0; i < CATALOG_DISPOSAL_STATES; i++)
        if (state != NULL && strcmp(state, states[i]) == 0)
            one->state = (enum catalog_disposal_state)i;
    one->requested_us = sqlite3_column_int64(row, 3);
    one->decided_us = sqlite3_column_int64(row, 5);
    one->recordings = (uint64_t)sqlite3_column_int64(row, 8);
    one->bytes = (uint64_t)sqlite3_column_int64(row, 9);
    if (catalog_column_text(row, 2, &one->reason, err) < 0 ||
        catalog_column_text(row, 4, &one->requested_by, err) < 0 ||
        catalog_column_text(row, 6, &one->decided_by, err) < 0 ||
        catalog_column_text(row, 7, &one->decided_reason, err) < 0)
        return -1;
    return 0;
}

int catalog_disposal_load(struct catalog *catalog, int64_t number, struct catalog_disposal **out,
                          struct catalog_err *err)
{
    AUTO(catalog_disposal_free) struct catalog_disposal *one = calloc(1, sizeof *one);
    if (one == NULL)
        return catalog_err_memory(err);
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, DISPOSAL_LOAD, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, number), err);
    if (stepped < 0)
        return -1;
    if (stepped == 0)
        return no_disposal(err, number);
    if (read_row(row, one, err) < 0)
        return -1;
    *out = one;
    one = NULL;
    return 0;
}

void catalog_disposal_free(struct catalog_disposal *disposal)
{
    if (disposal == NULL)
        return;
    release_at(disposal);
    free(disposal);
}

int catalog_disposal_each(struct catalog *catalog, bool requested_only,
                          void (*each)(void *context, const struct catalog_disposal *disposal),
                          void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, DISPOSAL_EACH, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int(row, 1, requested_only), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_disposal one = {.number = 0};
        if (read_row(row, &one, err) < 0)
            return -1;
        each(context, &one);
    }
    return stepped;
}

static int numbers_of(struct catalog *catalog, enum statement name, int64_t number,
                      int64_t **numbers, size_t *count, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, name, &row, err) < 0)
        return -1;
    return catalog_numbers(catalog, row, sqlite3_bind_int64(row, 1, number), numbers, count, err);
}

int catalog_disposal_recordings(struct catalog *catalog, int64_t number, int64_t **numbers,
                                size_t *count, struct catalog_err *err)
{
    return numbers_of(catalog, DISPOSAL_RECORDINGS, number, numbers, count, err);
}

int catalog_disposal_archives(struct catalog *catalog, int64_t number, int64_t **numbers,
                              size_t *count, struct catalog_err *err)
{
    return numbers_of(catalog, DISPOSAL_ARCHIVES, number, numbers, count, err);
}

int catalog_disposal_of(struct catalog *catalog, int64_t recording, int64_t *number,
                        struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, DISPOSAL_OF, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, recording), err);
    if (stepped < 0)
        return -1;
    *number = stepped > 0 ? sqlite3_column_int64(row, 0) : 0;
    return 0;
}

int catalog_recording_dispose(struct catalog *catalog, int64_t number, struct catalog_err *err)
{
    char name[32];
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, RECORDING_DISPOSE, &statement, err) < 0 ||
        catalog_run(catalog, statement, sqlite3_bind_int64(statement, 1, number), err) < 0)
        return -1;
    name_of('R', number, name);
    return sqlite3_changes(catalog->db) == 1
               ? catalog_change_keep(&change, err)
               : catalog_err_set(err, CATALOG_ERR_MISSING, name,
                                 "no such recording, or disposed of already");
}

/* ---- files to be removed ---- */

int catalog_removal_add(struct catalog *catalog, const char *path, struct catalog_err *err)
{
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_text_needed(path, CATALOG_TEXT_MAX, "path", err) < 0 ||
        catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, REMOVAL_ADD, &statement, err) < 0 ||
        catalog_run(catalog, statement, catalog_bind_text(statement, 1, path), err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

int catalog_removal_each(struct catalog *catalog, void (*each)(void *context, const char *path),
                         void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, REMOVAL_EACH, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err))
        each(context, catalog_column_view(row, 0));
    return stepped;
}

int catalog_removal_strange(struct catalog *catalog, char **path, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    *path = NULL;
    if (catalog_statement(catalog, REMOVAL_STRANGE, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    return stepped > 0 ? catalog_column_text(row, 0, path, err) : stepped;
}

int catalog_removals_clear(struct catalog *catalog, struct catalog_err *err)
{
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, REMOVAL_CLEAR, &statement, err) < 0 ||
        catalog_run(catalog, statement, SQLITE_OK, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}
