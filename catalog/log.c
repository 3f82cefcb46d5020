#include <stdbool.h>

#include "catalog/catalog_private.h"
#include "catalog/text.h"

enum { ENTRY_MAX = 65535 }; /* what the log's files can hold */

int catalog_log_size(struct catalog *catalog, uint64_t *size, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LOG_SIZE, &row, err) < 0 || catalog_step(catalog, row, err) < 0)
        return -1;
    *size = (uint64_t)sqlite3_column_int64(row, 0);
    return 0;
}

int catalog_log_size_at(struct catalog *catalog, int64_t at_us, uint64_t *size,
                        struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LOG_SIZE_AT, &row, err) < 0 ||
        catalog_first(catalog, row, sqlite3_bind_int64(row, 1, at_us), err) < 0)
        return -1;
    *size = (uint64_t)sqlite3_column_int64(row, 0);
    return 0;
}

static int insert(struct catalog *catalog, const struct catalog_log_entry *entry,
                  struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, LOG_ADD, &statement, err) < 0)
        return -1;
    int bound =
        sqlite3_bind_int64(statement, 1, (int64_t)entry->seq) |
        sqlite3_bind_int64(statement, 2, entry->at_us) |
        catalog_bind_text(statement, 3, entry->actor) |
        catalog_bind_text(statement, 4, entry->action) |
        catalog_bind_text(statement, 5, entry->subject) |
        sqlite3_bind_blob(statement, 6, entry->entry, (int)entry->entry_len, SQLITE_STATIC) |
        sqlite3_bind_blob(statement, 7, entry->signature, (int)entry->signature_len, SQLITE_STATIC);
    return catalog_run(catalog, statement, bound, err);
}

int catalog_log_add(struct catalog *catalog, const struct catalog_log_entry *entry,
                    struct catalog_err *err)
{
    if (entry->entry_len == 0 || entry->entry_len > ENTRY_MAX)
        return catalog_err_set(err, CATALOG_ERR_USAGE, NULL,
                               "an entry of %zu bytes; 1 to %d are taken", entry->entry_len,
                               ENTRY_MAX);
    if (catalog_text_needed(entry->actor, CATALOG_TEXT_MAX, "actor", err) < 0 ||
        catalog_text_needed(entry->action, CATALOG_TEXT_MAX, "action", err) < 0 ||
        catalog_text_check(entry->subject, CATALOG_TEXT_MAX, "subject", err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    uint64_t next;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_log_size(catalog, &next, err) < 0)
        return -1;
    if (entry->seq != next)
        return catalog_err_set(err, CATALOG_ERR_CONFLICT, NULL,
                               "the log's next entry is number %llu, not %llu",
                               (unsigned long long)next, (unsigned long long)entry->seq);
    return insert(catalog, entry, err) < 0 ? -1 : catalog_change_keep(&change, err);
}

static int each_row(struct catalog *catalog, sqlite3_stmt *row, int bound,
                    bool (*each)(void *context, const struct catalog_log_entry *entry),
                    void *context, struct catalog_err *err)
{
    int stepped = catalog_first(catalog, row, bound, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        const struct catalog_log_entry entry = {
            .seq = (uint64_t)sqlite3_column_int64(row, 0),
            .at_us = sqlite3_column_int64(row, 1),
            .actor = catalog_column_view(row, 2),
            .action = catalog_column_view(row, 3),
            .subject = catalog_column_view(row, 4),
            .entry = sqlite3_column_blob(row, 5),
            .entry_len = (size_t)sqlite3_column_bytes(row, 5),
            .signature = sqlite3_column_blob(row, 6),
            .signature_len = (size_t)sqlite3_column_bytes(row, 6),
        };
        if (!each(context, &entry))
            return 0;
    }
    return stepped;
}

int catalog_log_each(struct catalog *catalog, uint64_t from, const char *subject,
                     bool (*each)(void *context, const struct catalog_log_entry *entry),
                     void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, subject != NULL ? LOG_EACH_OF : LOG_EACH, &row, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(row, 1, from < INT64_MAX ? (int64_t)from : INT64_MAX);
    if (subject != NULL)
        bound |= catalog_bind_text(row, 2, subject);
    return each_row(catalog, row, bound, each, context, err);
}

int catalog_log_last_at(struct catalog *catalog, int64_t *at_us, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LOG_LAST_AT, &row, err) < 0 ||
        catalog_step(catalog, row, err) < 0)
        return -1;
    *at_us = sqlite3_column_int64(row, 0);
    return 0;
}

int catalog_log_last(struct catalog *catalog, const char *action, const char *subject,
                     bool (*each)(void *context, const struct catalog_log_entry *entry),
                     void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LOG_LAST, &row, err) < 0)
        return -1;
    int bound = catalog_bind_text(row, 1, action) | catalog_bind_text(row, 2, subject);
    return each_row(catalog, row, bound, each, context, err);
}
