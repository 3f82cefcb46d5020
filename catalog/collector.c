#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/instant.h"
#include "catalog/line.h"
#include "catalog/text.h"

static const char *const kinds[] = {
    [CATALOG_OFFICER] = "officer",
    [CATALOG_AUXILIARY] = "auxiliary",
    [CATALOG_COLLECTOR_UNKNOWN] = NULL,
};

static int day_check(const char *day, const char *number, struct catalog_err *err)
{
    if (day == NULL || catalog_day_check(day) == 0)
        return 0;
    return catalog_err_set(err, CATALOG_ERR_USAGE, number, "not a day, YYYY-MM-DD: %.40s", day);
}

static int new_check(const struct catalog_collector *new, struct catalog_err *err)
{
    if ((unsigned)new->kind > CATALOG_COLLECTOR_UNKNOWN)
        return catalog_err_set(err, CATALOG_ERR_USAGE, new->number, "no such kind of collector");
    if (catalog_text_number(new->number, "collector's number", err) < 0 ||
        catalog_text_check(new->name, CATALOG_TEXT_MAX, "collector's name", err) < 0 ||
        (new->team != NULL &&catalog_text_said(new->team, CATALOG_NUMBER_MAX, "team", err) < 0) ||
        day_check(new->valid_from, new->number, err) < 0 ||
        day_check(new->valid_to, new->number, err) < 0)
        return -1;
    if (new->valid_from != NULL &&new->valid_to != NULL &&
        strcmp(new->valid_from, new->valid_to) > 0)
        return catalog_err_set(err, CATALOG_ERR_USAGE, new->number,
                               "valid to a day before it is valid from");
    return 0;
}

static int store(struct catalog *catalog, const struct catalog_collector *new,
                 struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, COLLECTOR_SET, &statement, err) < 0)
        return -1;
    int bound =
        catalog_bind_text(statement, 1, new->number) | catalog_bind_text(statement, 2, new->name) |
        catalog_bind_text(statement, 3, kinds[new->kind]) |
        catalog_bind_text(statement, 4, new->valid_from) |
        catalog_bind_text(statement, 5, new->valid_to) | catalog_bind_text(statement, 6, new->team);
    return catalog_run(catalog, statement, bound, err);
}

/* Whether the register holds another name than this. */
static int is_renamed(struct catalog *catalog, const struct catalog_collector *new, bool *renamed,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, COLLECTOR_NAMED, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, new->number), err);
    if (stepped < 0)
        return -1;
    const char *was = stepped > 0 ? catalog_column_view(row, 0) : NULL;
    *renamed = strcmp(was != NULL ? was : "", new->name != NULL ? new->name : "") != 0;
    return 0;
}

/* The recordings of a collector are found by the name, too. */
static int refresh_lines(struct catalog *catalog, const char *number, struct catalog_err *err)
{
    AUTO(free) int64_t *recordings = NULL;
    size_t count = 0;
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, COLLECTOR_RECORDINGS, &row, err) < 0 ||
        catalog_numbers(catalog, row, catalog_bind_text(row, 1, number), &recordings, &count, err) <
            0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (catalog_line_refresh(catalog, recordings[i], err) < 0)
            return -1;
    return 0;
}

int catalog_collector_set(struct catalog *catalog, const struct catalog_collector *collector,
                          struct catalog_err *err)
{
    if (new_check(collector, err) < 0)
        return -1;
    bool renamed = false;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        is_renamed(catalog, collector, &renamed, err) < 0 || store(catalog, collector, err) < 0 ||
        (renamed && refresh_lines(catalog, collector->number, err) < 0))
        return -1;
    return catalog_change_keep(&change, err);
}

static void release_at(struct catalog_collector *one)
{
    free(one->number);
    free(one->name);
    free(one->valid_from);
    free(one->valid_to);
    free(one->team);
}

static int read_row(sqlite3_stmt *row, struct catalog_collector *one, struct catalog_err *err)
{
    const char *kind = catalog_column_view(row, 2);
    one->kind = CATALOG_COLLECTOR_UNKNOWN;
    for (int i = 0; i < CATALOG_COLLECTOR_UNKNOWN; i++)
        if (kind != NULL && strcmp(kind, kinds[i]) == 0)
            one->kind = (enum catalog_collector_kind)i;
    if (catalog_column_text(row, 0, &one->number, err) < 0 ||
        catalog_column_text(row, 1, &one->name, err) < 0 ||
        catalog_column_text(row, 3, &one->valid_from, err) < 0 ||
        catalog_column_text(row, 4, &one->valid_to, err) < 0 ||
        catalog_column_text(row, 5, &one->team, err) < 0)
        return -1;
    return 0;
}

int catalog_collector_each(struct catalog *catalog,
                           void (*each)(void *context, const struct catalog_collector *collector),
                           void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, COLLECTOR_EACH, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_collector one = {.number = NULL};
        if (read_row(row, &one, err) < 0)
            return -1;
        each(context, &one);
    }
    return stepped;
}
