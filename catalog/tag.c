#include "catalog/tag.h"

#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/instant.h"
#include "catalog/line.h"
#include "catalog/recording.h"
#include "catalog/text.h"

static const struct {
    const char *name;
    bool is_list;
} fields[CATALOG_FIELDS] = {
    [CATALOG_CASE] = {"case", true},           [CATALOG_CAPTURED_AT] = {"captured_at", false},
    [CATALOG_PLACE] = {"place", false},        [CATALOG_PURPOSE] = {"purpose", false},
    [CATALOG_COLLECTOR] = {"collector", true}, [CATALOG_DEVICE] = {"device", true},
    [CATALOG_MAKER] = {"maker", false},        [CATALOG_METHOD] = {"method", false},
    [CATALOG_STAGE] = {"stage", false},
};

const char *catalog_field_name(enum catalog_field field)
{
    return fields[field].name;
}

bool catalog_field_is_list(enum catalog_field field)
{
    return fields[field].is_list;
}

int catalog_field_parse(const char *name, enum catalog_field *field)
{
    for (int i = 0; i < CATALOG_FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0) {
            *field = (enum catalog_field)i;
            return 0;
        }
    return -1;
}

static int enter_number(struct catalog *catalog, enum statement name, const char *number,
                        struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, name, &statement, err) < 0)
        return -1;
    return catalog_run(catalog, statement, catalog_bind_text(statement, 1, number), err);
}

/* What its field asks of a value; enters collectors and devices that are new. */
static int value_check(struct catalog *catalog, enum catalog_field field, const char *value,
                       struct catalog_err *err)
{
    const char *what = catalog_field_name(field);
    int64_t us = 0;
    bool found = false;
    switch (field) {
    case CATALOG_CASE:
        if (catalog_case_find(catalog, value, &found, err) < 0)
            return -1;
        return found ? 0
                     : catalog_err_set(err, CATALOG_ERR_MISSING, value,
                                       "no such case in the register");
    case CATALOG_CAPTURED_AT:
        if (catalog_instant_parse(value, &us) < 0)
            return catalog_err_set(err, CATALOG_ERR_USAGE, value,
                                   "not a time as in RFC 3339, like 2026-01-01T12:00:00+08:00");
        return 0;
    case CATALOG_COLLECTOR:
        if (catalog_text_number(value, what, err) < 0)
            return -1;
        return enter_number(catalog, COLLECTOR_ENTER, value, err);
    case CATALOG_DEVICE:
        if (catalog_text_number(value, what, err) < 0)
            return -1;
        return enter_number(catalog, DEVICE_ENTER, value, err);
    case CATALOG_PLACE:
    case CATALOG_PURPOSE:
    case CATALOG_MAKER:
    case CATALOG_METHOD:
    case CATALOG_STAGE:
    case CATALOG_FIELDS:
        break;
    }
    return 0;
}

int catalog_tag_enter(struct catalog *catalog, int64_t recording, const struct catalog_tag *tag,
                      const char *by, int64_t at_us, struct catalog_err *err)
{
    if ((unsigned)tag->field >= CATALOG_FIELDS)
        return catalog_err_set(err, CATALOG_ERR_USAGE, NULL, "no such field: %d", (int)tag->field);
    const char *what = catalog_field_name(tag->field);
    if (catalog_text_said(tag->value, CATALOG_TEXT_MAX, what, err) < 0 ||
        catalog_text_needed(tag->source, CATALOG_TEXT_MAX, "source", err) < 0 ||
        catalog_text_needed(by, CATALOG_TEXT_MAX, "by", err) < 0 ||
        (tag->reason != NULL &&
         catalog_text_said(tag->reason, CATALOG_TEXT_MAX, "reason", err) < 0) ||
        value_check(catalog, tag->field, tag->value, err) < 0)
        return -1;

    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, TAG_ADD, &statement, err) < 0)
        return -1;
    int bound =
        sqlite3_bind_int64(statement, 1, recording) | catalog_bind_text(statement, 2, what) |
        catalog_bind_text(statement, 3, tag->value) | catalog_bind_text(statement, 4, tag->source) |
        catalog_bind_text(statement, 5, by) | catalog_bind_text(statement, 6, tag->reason) |
        sqlite3_bind_int64(statement, 7, at_us);
    return catalog_run(catalog, statement, bound, err);
}

static int captured_of(struct catalog *catalog, int64_t recording, bool *known, int64_t *us,
                       struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, TAGS_OF, &statement, err) < 0)
        return -1;
    *known = false;
    int stepped =
        catalog_first(catalog, statement, sqlite3_bind_int64(statement, 1, recording), err);
    for (; stepped > 0; stepped = catalog_step(catalog, statement, err)) {
        const char *field = catalog_column_view(statement, 0);
        const char *value = catalog_column_view(statement, 1);
        if (field == NULL || value == NULL)
            return catalog_err_memory(err);
        bool stands = sqlite3_column_type(statement, 6) == SQLITE_NULL;
        if (stands && strcmp(field, catalog_field_name(CATALOG_CAPTURED_AT)) == 0)
            *known = catalog_instant_parse(value, us) == 0;
    }
    return stepped;
}

int catalog_tag_settle(struct catalog *catalog, int64_t recording, struct catalog_err *err)
{
    bool known = false;
    int64_t us = 0;
    if (captured_of(catalog, recording, &known, &us, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, RECORDING_SET_CAPTURED, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, recording) |
                (known ? sqlite3_bind_int64(statement, 2, us) : sqlite3_bind_null(statement, 2));
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    return catalog_line_refresh(catalog, recording, err);
}

static int end_standing(struct catalog *catalog, int64_t number, enum catalog_field field,
                        const char *by, int64_t at_us, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, TAG_END, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, number) |
                catalog_bind_text(statement, 2, catalog_field_name(field)) |
                sqlite3_bind_int64(statement, 3, at_us) | catalog_bind_text(statement, 4, by);
    return catalog_run(catalog, statement, bound, err);
}

static bool among(const char *const *values, size_t count, const char *value)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i], value) == 0)
            return true;
    return false;
}

int catalog_tag_set(struct catalog *catalog, int64_t number, enum catalog_field field,
                    const char *const *values, size_t value_count, const char *source,
                    const char *by, const char *reason, int64_t at_us, struct catalog_err *err)
{
    if ((unsigned)field >= CATALOG_FIELDS)
        return catalog_err_set(err, CATALOG_ERR_USAGE, NULL, "no such field: %d", (int)field);
    if (value_count > 1 && !catalog_field_is_list(field))
        return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_field_name(field),
                               "takes one value");
    if (catalog_text_needed(by, CATALOG_TEXT_MAX, "by", err) < 0)
        return -1;

    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_recording_due(catalog, number, err) < 0 ||
        end_standing(catalog, number, field, by, at_us, err) < 0)
        return -1;
    for (size_t i = 0; i < value_count; i++) {
        if (among(values, i, values[i]))
            continue;
        struct catalog_tag tag = {.field = field,
                                  .value = (char *)(uintptr_t)values[i],
                                  .source = (char *)(uintptr_t)source,
                                  .reason = (char *)(uintptr_t)reason};
        if (catalog_tag_enter(catalog, number, &tag, by, at_us, err) < 0)
            return -1;
    }
    if (catalog_tag_settle(catalog, number, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

static int tag_read(struct catalog *catalog, sqlite3_stmt *row, struct catalog_tag *tag,
                    struct catalog_err *err)
{
    const char *field = catalog_column_view(row, 0);
    if (field == NULL)
        return catalog_err_memory(err);
    if (catalog_field_parse(field, &tag->field) < 0)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, catalog->path, "an unknown field: %s",
                               field);
    tag->set_us = sqlite3_column_int64(row, 5);
    tag->ended_us = sqlite3_column_int64(row, 6);
    if (catalog_column_text(row, 1, &tag->value, err) < 0 ||
        catalog_column_text(row, 2, &tag->source, err) < 0 ||
        catalog_column_text(row, 3, &tag->by, err) < 0 ||
        catalog_column_text(row, 4, &tag->reason, err) < 0 ||
        catalog_column_text(row, 7, &tag->ended_by, err) < 0)
        return -1;
    return 0;
}

void catalog_tag_release(struct catalog_tag *tag)
{
    free(tag->value);
    free(tag->source);
    free(tag->by);
    free(tag->reason);
    free(tag->ended_by);
}

int catalog_tags_load(struct catalog *catalog, struct catalog_recording *recording,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, TAGS_OF, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, recording->number), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        struct catalog_tag *more =
            realloc(recording->tags, (recording->tag_count + 1) * sizeof *more);
        if (more == NULL)
            return catalog_err_memory(err);
        recording->tags = more;
        struct catalog_tag *tag = &more[recording->tag_count++];
        *tag = (struct catalog_tag){.value = NULL};
        if (tag_read(catalog, row, tag, err) < 0)
            return -1;
        if (tag->ended_by == NULL)
            recording->standing_count++;
    }
    return stepped;
}
