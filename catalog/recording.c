#include "catalog/recording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "catalog/case.h"
#include "catalog/catalog_private.h"
#include "catalog/place.h"
#include "catalog/tag.h"
#include "catalog/text.h"

static int no_recording(struct catalog_err *err, int64_t number)
{
    char name[32];
    (void)snprintf(name, sizeof name, "R%lld", (long long)number);
    return catalog_err_set(err, CATALOG_ERR_MISSING, name, "no such recording");
}

/* ?1 is the number; MISSING where the statement touched no row. */
static int touch(struct catalog *catalog, enum statement name, int64_t number,
                 struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, name, &statement, err) < 0 ||
        catalog_run(catalog, statement, sqlite3_bind_int64(statement, 1, number), err) < 0)
        return -1;
    return sqlite3_changes(catalog->db) == 1 ? 0 : no_recording(err, number);
}

int catalog_recording_due(struct catalog *catalog, int64_t number, struct catalog_err *err)
{
    return touch(catalog, RECORDING_DUE, number, err);
}

int catalog_sidecar_done(struct catalog *catalog, int64_t number, struct catalog_err *err)
{
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        touch(catalog, SIDECAR_DONE, number, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

int catalog_recording_check(struct catalog *catalog, int64_t number, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, RECORDING_EXISTS, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, number), err);
    if (stepped < 0)
        return -1;
    return stepped > 0 ? 0 : no_recording(err, number);
}

int catalog_recording_set_state(struct catalog *catalog, int64_t number, enum catalog_state state,
                                struct catalog_err *err)
{
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_recording_check(catalog, number, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, RECORDING_SET_STATE, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, number) |
                catalog_bind_text(statement, 2, state == CATALOG_SEALED ? "sealed" : "loose");
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

static int new_check(const struct catalog_new_recording *new, struct catalog_err *err)
{
    if (new->size_bytes > INT64_MAX)
        return catalog_err_set(err, CATALOG_ERR_USAGE, new->original_name, "size out of range");
    if (new->has_position && !catalog_place_valid(new->latitude, new->longitude))
        return catalog_err_set(err, CATALOG_ERR_USAGE, new->original_name,
                               "not a position on the earth");
    if (catalog_text_needed(new->original_name, CATALOG_TEXT_MAX, "original name", err) < 0 ||
        catalog_text_needed(new->stored_name, CATALOG_TEXT_MAX, "stored name", err) < 0 ||
        catalog_text_needed(new->accepted_by, CATALOG_TEXT_MAX, "accepted by", err) < 0 ||
        catalog_text_needed(new->report, CATALOG_REPORT_MAX, "report", err) < 0)
        return -1;
    return 0;
}

static int insert(struct catalog *catalog, const struct catalog_new_recording *new,
                  struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, RECORDING_ADD, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_digest(statement, 1, new->sha256) |
                catalog_bind_digest(statement, 2, new->sm3) |
                sqlite3_bind_int64(statement, 3, (int64_t) new->size_bytes) |
                catalog_bind_text(statement, 4, new->original_name) |
                catalog_bind_text(statement, 5, new->stored_name) |
                sqlite3_bind_int64(statement, 6, new->accepted_us) |
                sqlite3_bind_int(statement, 7, new->accepted_offset_minutes) |
                catalog_bind_text(statement, 8, new->accepted_by) |
                catalog_bind_double(statement, 9, new->has_position ? new->latitude : NAN) |
                catalog_bind_double(statement, 10, new->has_position ? new->longitude : NAN) |
                catalog_bind_double(statement, 11, new->duration_s);
    return catalog_run(catalog, statement, bound, err);
}

static int insert_report(struct catalog *catalog, int64_t number, const char *report,
                         struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, REPORT_ADD, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, number) | catalog_bind_text(statement, 2, report);
    return catalog_run(catalog, statement, bound, err);
}

static bool stands_before(const struct catalog_tag *tags, size_t count,
                          const struct catalog_tag *tag)
{
    for (size_t i = 0; i < count; i++)
        if (tags[i].field == tag->field && tags[i].value != NULL && tag->value != NULL &&
            strcmp(tags[i].value, tag->value) == 0)
            return true;
    return false;
}

int catalog_recording_add(struct catalog *catalog, const struct catalog_new_recording *recording,
                          int64_t *number, struct catalog_err *err)
{
    if (new_check(recording, err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0)
        return -1;

    int64_t held = 0;
    if (catalog_recording_by_digest(catalog, recording->sha256, &held, err) < 0)
        return -1;
    if (held != 0)
        return catalog_err_set(err, CATALOG_ERR_CONFLICT, recording->original_name,
                               "held already, as R%lld", (long long)held);
    if (insert(catalog, recording, err) < 0)
        return -1;
    int64_t added = sqlite3_last_insert_rowid(catalog->db);
    if (insert_report(catalog, added, recording->report, err) < 0)
        return -1;
    for (size_t i = 0; i < recording->tag_count; i++)
        if (!stands_before(recording->tags, i, &recording->tags[i]) &&
            catalog_tag_enter(catalog, added, &recording->tags[i], recording->accepted_by,
                              recording->accepted_us, err) < 0)
            return -1;
    if (catalog_tag_settle(catalog, added, err) < 0 || catalog_change_keep(&change, err) < 0)
        return -1;
    *number = added;
    return 0;
}

int catalog_recording_by_digest(struct catalog *catalog, const uint8_t sha256[static 32],
                                int64_t *number, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, RECORDING_BY_DIGEST, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_digest(row, 1, sha256), err);
    if (stepped < 0)
        return -1;
    *number = stepped > 0 ? sqlite3_column_int64(row, 0) : 0;
    return 0;
}

static int recording_read(sqlite3_stmt *row, struct catalog_recording *out, struct catalog_err *err)
{
    out->number = sqlite3_column_int64(row, 0);
    out->size_bytes = (uint64_t)sqlite3_column_int64(row, 3);
    out->state = (enum catalog_state)sqlite3_column_int(row, 7);
    out->accepted_us = sqlite3_column_int64(row, 8);
    out->accepted_offset_minutes = sqlite3_column_int(row, 9);
    out->has_captured = sqlite3_column_type(row, 11) != SQLITE_NULL;
    out->captured_us = sqlite3_column_int64(row, 11);
    out->has_position = sqlite3_column_type(row, 12) != SQLITE_NULL;
    out->latitude = sqlite3_column_double(row, 12);
    out->longitude = sqlite3_column_double(row, 13);
    out->duration_s =
        sqlite3_column_type(row, 14) != SQLITE_NULL ? sqlite3_column_double(row, 14) : NAN;
    if (catalog_column_digest(row, 1, out->sha256, err) < 0 ||
        catalog_column_digest(row, 2, out->sm3, err) < 0 ||
        catalog_column_text(row, 4, &out->original_name, err) < 0 ||
        catalog_column_text(row, 5, &out->stored_name, err) < 0 ||
        catalog_column_text(row, 6, &out->report, err) < 0 ||
        catalog_column_text(row, 10, &out->accepted_by, err) < 0)
        return -1;
    return 0;
}

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

int catalog_recording_load(struct catalog *catalog, int64_t number, struct catalog_recording **out,
                           struct catalog_err *err)
{
    AUTO(catalog_recording_free) struct catalog_recording *loaded = calloc(1, sizeof *loaded);
    if (loaded == NULL)
        return catalog_err_memory(err);
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, RECORDING_LOAD, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, number), err);
    if (stepped < 0)
        return -1;
    if (stepped == 0)
        return no_recording(err, number);
    if (recording_read(row, loaded, err) < 0 || catalog_tags_load(catalog, loaded, err) < 0 ||
        catalog_attachments_load(catalog, loaded, err) < 0)
        return -1;
    *out = loaded;
    loaded = NULL;
    return 0;
}

void catalog_recording_free(struct catalog_recording *recording)
{
    if (recording == NULL)
        return;
    for (size_t i = 0; i < recording->tag_count; i++)
        catalog_tag_release(&recording->tags[i]);
    for (size_t i = 0; i < recording->attachment_count; i++)
        catalog_attachment_release(&recording->attachments[i]);
    free(recording->tags);
    free(recording->attachments);
    free(recording->original_name);
    free(recording->stored_name);
    free(recording->report);
    free(recording->accepted_by);
    free(recording);
}

int catalog_recording_numbers(struct catalog *catalog, const char *case_number, int64_t **numbers,
                              size_t *count, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (case_number == NULL) {
        if (catalog_statement(catalog, RECORDING_NUMBERS, &row, err) < 0)
            return -1;
        return catalog_numbers(catalog, row, SQLITE_OK, numbers, count, err);
    }
    if (catalog_case_needed(catalog, case_number, NULL, err) < 0 ||
        catalog_statement(catalog, RECORDING_NUMBERS_OF_CASE, &row, err) < 0)
        return -1;
    return catalog_numbers(catalog, row, catalog_bind_text(row, 1, case_number), numbers, count,
                           err);
}

int catalog_sidecars_due(struct catalog *catalog, int64_t **numbers, size_t *count,
                         struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, SIDECARS_DUE, &row, err) < 0)
        return -1;
    return catalog_numbers(catalog, row, SQLITE_OK, numbers, count, err);
}

static int ask_stored(struct catalog *catalog, enum statement name, const char *stored_name,
                      bool *answer, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, name, &row, err) < 0 ||
        catalog_first(catalog, row, catalog_bind_text(row, 1, stored_name), err) < 0)
        return -1;
    *answer = sqlite3_column_int(row, 0) != 0;
    return 0;
}

int catalog_loose_bytes(struct catalog *catalog, const char *case_number, uint64_t *bytes,
                        struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    enum statement name = case_number == NULL ? LOOSE_BYTES : LOOSE_BYTES_OF_CASE;
    if (catalog_statement(catalog, name, &row, err) < 0)
        return -1;
    int bound = case_number == NULL ? SQLITE_OK : catalog_bind_text(row, 1, case_number);
    if (catalog_first(catalog, row, bound, err) < 0)
        return -1;
    int64_t sum = sqlite3_column_int64(row, 0);
    *bytes = sum > 0 ? (uint64_t)sum : 0;
    return 0;
}

int catalog_stored_is_loose(struct catalog *catalog, const char *stored_name, bool *loose,
                            struct catalog_err *err)
{
    return ask_stored(catalog, STORED_IS_LOOSE, stored_name, loose, err);
}

int catalog_stored_is_known(struct catalog *catalog, const char *stored_name, bool *known,
                            struct catalog_err *err)
{
    return ask_stored(catalog, STORED_IS_KNOWN, stored_name, known, err);
}
