#include "catalog/catalog_private.h"
#include "catalog/text.h"

int catalog_retention_confirm(struct catalog *catalog, const char *rules, const char *by,
                              int64_t at_us, struct catalog_err *err)
{
    if (catalog_text_check(rules, CATALOG_TEXT_MAX, "rules", err) < 0 ||
        catalog_text_needed(by, CATALOG_TEXT_MAX, "confirmed by", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, RETENTION_CONFIRM, &statement, err) < 0)
        return -1;
    int bound = catalog_bind_text(statement, 1, rules) | sqlite3_bind_int64(statement, 2, at_us) |
                catalog_bind_text(statement, 3, by);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

int catalog_retention_load(struct catalog *catalog, char **rules, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, RETENTION_LOAD, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    if (stepped > 0)
        return catalog_column_text(row, 0, rules, err);
    if (stepped == 0)
        *rules = NULL;
    return stepped;
}

static void release_at(struct catalog_kept *kept)
{
    for (size_t i = 0; i < kept->tag_count; i++) {
        free(kept->tags[i].value);
        free(kept->tags[i].procedure);
        free(kept->tags[i].cause);
    }
    free(kept->tags);
}

static int take_tag(sqlite3_stmt *row, struct catalog_kept *kept, struct catalog_err *err)
{
    struct catalog_kept_tag *more = realloc(kept->tags, (kept->tag_count + 1) * sizeof *kept->tags);
    if (more == NULL)
        return catalog_err_memory(err);
    kept->tags = more;
    struct catalog_kept_tag *tag = &more[kept->tag_count++];
    *tag = (struct catalog_kept_tag){.closed_us = sqlite3_column_int64(row, 4)};
    const char *field = catalog_column_view(row, 0);
    if (field == NULL || catalog_field_parse(field, &tag->field) < 0)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, NULL, "a tag of no known field");
    if (catalog_column_text(row, 1, &tag->value, err) < 0 ||
        catalog_column_text(row, 2, &tag->procedure, err) < 0 ||
        catalog_column_text(row, 3, &tag->cause, err) < 0)
        return -1;
    return 0;
}

static int take_tags(struct catalog *catalog, struct catalog_kept *kept, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, KEPT_TAGS, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, kept->number), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err))
        if (take_tag(row, kept, err) < 0)
            return -1;
    return stepped;
}

int catalog_kept_each(struct catalog *catalog, int64_t first, int64_t last,
                      void (*each)(void *context, const struct catalog_kept *kept), void *context,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, KEPT_EACH, &row, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(row, 1, first) | sqlite3_bind_int64(row, 2, last);
    int stepped = catalog_first(catalog, row, bound, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release)
        struct catalog_kept kept = {
            .number = sqlite3_column_int64(row, 0),
            .accepted_us = sqlite3_column_int64(row, 1),
            .has_captured = sqlite3_column_type(row, 2) != SQLITE_NULL,
            .captured_us = sqlite3_column_int64(row, 2),
            .size_bytes = (uint64_t)sqlite3_column_int64(row, 3),
            .held = sqlite3_column_int(row, 4) != 0,
        };
        if (take_tags(catalog, &kept, err) < 0)
            return -1;
        each(context, &kept);
    }
    return stepped;
}
