#include <stdio.h>

#include "catalog/case.h"
#include "catalog/catalog_private.h"
#include "catalog/recording.h"
#include "catalog/text.h"

/* What is held: ?1 the recording, ?2 the case. */
static int bind_target(struct catalog *catalog, sqlite3_stmt *statement,
                       const struct catalog_hold *hold, struct catalog_err *err)
{
    int64_t case_id = 0;
    if (hold->recording != 0) {
        if (catalog_recording_check(catalog, hold->recording, err) < 0)
            return -1;
    } else if (catalog_case_needed(catalog, hold->case_number, &case_id, err) < 0) {
        return -1;
    }
    return catalog_bind_optional(statement, 1, hold->recording) |
           catalog_bind_optional(statement, 2, case_id);
}

/* "R12", or the case's number. */
static void target_name(const struct catalog_hold *hold,
                        char name[static CATALOG_NUMBER_MAX * 4 + 1])
{
    if (hold->recording != 0)
        (void)snprintf(name, CATALOG_NUMBER_MAX * 4 + 1, "R%lld", (long long)hold->recording);
    else
        (void)snprintf(name, CATALOG_NUMBER_MAX * 4 + 1, "%s", hold->case_number);
}

int catalog_hold_set(struct catalog *catalog, const struct catalog_hold *hold,
                     struct catalog_err *err)
{
    char name[CATALOG_NUMBER_MAX * 4 + 1];
    if (catalog_text_said(hold->reason, CATALOG_TEXT_MAX, "reason", err) < 0 ||
        catalog_text_needed(hold->set_by, CATALOG_TEXT_MAX, "set by", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, HOLD_SET, &statement, err) < 0)
        return -1;
    int bound = bind_target(catalog, statement, hold, err);
    if (bound < 0)
        return -1;
    bound |= catalog_bind_text(statement, 3, hold->reason) |
             sqlite3_bind_int64(statement, 4, hold->set_us) |
             catalog_bind_text(statement, 5, hold->set_by);
    if (catalog_run(catalog, statement, bound, err) < 0) {
        target_name(hold, name);
        if (err->number == SQLITE_CONSTRAINT_UNIQUE)
            return catalog_err_set(err, CATALOG_ERR_CONFLICT, name, "a hold stands on it already");
        return -1;
    }
    return catalog_change_keep(&change, err);
}

int catalog_hold_lift(struct catalog *catalog, const struct catalog_hold *hold,
                      struct catalog_err *err)
{
    char name[CATALOG_NUMBER_MAX * 4 + 1];
    if (catalog_text_said(hold->lift_reason, CATALOG_TEXT_MAX, "reason", err) < 0 ||
        catalog_text_needed(hold->lifted_by, CATALOG_TEXT_MAX, "lifted by", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, HOLD_LIFT, &statement, err) < 0)
        return -1;
    int bound = bind_target(catalog, statement, hold, err);
    if (bound < 0)
        return -1;
    bound |= sqlite3_bind_int64(statement, 3, hold->lifted_us) |
             catalog_bind_text(statement, 4, hold->lifted_by) |
             catalog_bind_text(statement, 5, hold->lift_reason);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    if (sqlite3_changes(catalog->db) == 0) {
        target_name(hold, name);
        return catalog_err_set(err, CATALOG_ERR_MISSING, name, "no hold stands on it");
    }
    return catalog_change_keep(&change, err);
}

static void release_at(struct catalog_hold *hold)
{
    free(hold->case_number);
    free(hold->reason);
    free(hold->set_by);
    free(hold->lifted_by);
    free(hold->lift_reason);
}

static int read_row(sqlite3_stmt *row, struct catalog_hold *hold, struct catalog_err *err)
{
    hold->number = sqlite3_column_int64(row, 0);
    hold->recording = sqlite3_column_int64(row, 1);
    hold->set_us = sqlite3_column_int64(row, 4);
    hold->lifted_us = sqlite3_column_int64(row, 6);
    if (catalog_column_text(row, 2, &hold->case_number, err) < 0 ||
        catalog_column_text(row, 3, &hold->reason, err) < 0 ||
        catalog_column_text(row, 5, &hold->set_by, err) < 0 ||
        catalog_column_text(row, 7, &hold->lifted_by, err) < 0 ||
        catalog_column_text(row, 8, &hold->lift_reason, err) < 0)
        return -1;
    return 0;
}

static int walk(struct catalog *catalog, enum statement name, int64_t bound_number,
                void (*each)(void *context, const struct catalog_hold *hold), void *context,
                struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, name, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, bound_number), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_hold hold = {.number = 0};
        if (read_row(row, &hold, err) < 0)
            return -1;
        each(context, &hold);
    }
    return stepped;
}

int catalog_hold_each(struct catalog *catalog, bool standing_only,
                      void (*each)(void *context, const struct catalog_hold *hold), void *context,
                      struct catalog_err *err)
{
    return walk(catalog, HOLD_EACH, standing_only, each, context, err);
}

int catalog_hold_of(struct catalog *catalog, int64_t recording,
                    void (*each)(void *context, const struct catalog_hold *hold), void *context,
                    struct catalog_err *err)
{
    return walk(catalog, HOLD_OF, recording, each, context, err);
}
