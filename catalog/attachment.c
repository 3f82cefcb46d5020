#include <string.h>

#include "catalog/case.h"
#include "catalog/catalog_private.h"
#include "catalog/line.h"
#include "catalog/recording.h"
#include "catalog/tag.h"
#include "catalog/text.h"

static int new_check(const struct catalog_attachment *new, struct catalog_err *err)
{
    static const char *const kinds[] = {"transcript", "note", "companion"};
    bool known = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        known = known || (new->kind != NULL &&strcmp(new->kind, kinds[i]) == 0);
    if (!known)
        return catalog_err_set(err, CATALOG_ERR_USAGE, new->name,
                               "an attachment is a transcript, a note or a companion");
    if (new->size_bytes > INT64_MAX)
        return catalog_err_set(err, CATALOG_ERR_USAGE, new->name, "size out of range");
    if (catalog_text_needed(new->name, CATALOG_TEXT_MAX, "attachment's name", err) < 0 ||
        catalog_text_needed(new->stored_name, CATALOG_TEXT_MAX, "stored name", err) < 0 ||
        catalog_text_needed(new->added_by, CATALOG_TEXT_MAX, "added by", err) < 0)
        return -1;
    return 0;
}

static int insert(struct catalog *catalog, int64_t number, const struct catalog_attachment *new,
                  struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ATTACHMENT_ADD, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, number) |
                catalog_bind_text(statement, 2, new->kind) |
                catalog_bind_text(statement, 3, new->name) |
                catalog_bind_text(statement, 4, new->stored_name) |
                catalog_bind_digest(statement, 5, new->sha256) |
                catalog_bind_digest(statement, 6, new->sm3) |
                sqlite3_bind_int64(statement, 7, (int64_t) new->size_bytes) |
                sqlite3_bind_int64(statement, 8, new->added_us) |
                catalog_bind_text(statement, 9, new->added_by);
    if (catalog_run(catalog, statement, bound, err) < 0) {
        if (err->kind == CATALOG_ERR_CONFLICT && (err->number & 0xFF) == SQLITE_CONSTRAINT)
            return catalog_err_set(err, CATALOG_ERR_CONFLICT, new->name,
                                   "R%lld has this attachment already", (long long)number);
        return -1;
    }
    return 0;
}

int catalog_attachment_add(struct catalog *catalog, int64_t number,
                           const struct catalog_attachment *attachment, struct catalog_err *err)
{
    if (new_check(attachment, err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_recording_due(catalog, number, err) < 0 ||
        insert(catalog, number, attachment, err) < 0 ||
        catalog_line_refresh(catalog, number, err) < 0)
        return -1;
    return catalog_change_keep(&change, err);
}

static int read_row(sqlite3_stmt *row, struct catalog_attachment *out, struct catalog_err *err)
{
    out->number = sqlite3_column_int64(row, 0);
    out->recording = sqlite3_column_int64(row, 1);
    out->size_bytes = (uint64_t)sqlite3_column_int64(row, 7);
    out->archive = sqlite3_column_int64(row, 8);
    out->added_us = sqlite3_column_int64(row, 9);
    if (catalog_column_text(row, 2, &out->kind, err) < 0 ||
        catalog_column_text(row, 3, &out->name, err) < 0 ||
        catalog_column_text(row, 4, &out->stored_name, err) < 0 ||
        catalog_column_digest(row, 5, out->sha256, err) < 0 ||
        catalog_column_digest(row, 6, out->sm3, err) < 0 ||
        catalog_column_text(row, 10, &out->added_by, err) < 0)
        return -1;
    return 0;
}

void catalog_attachment_release(struct catalog_attachment *attachment)
{
    free(attachment->kind);
    free(attachment->name);
    free(attachment->stored_name);
    free(attachment->added_by);
}

static void release_at(struct catalog_attachment *attachment)
{
    catalog_attachment_release(attachment);
}

int catalog_attachments_load(struct catalog *catalog, struct catalog_recording *recording,
                             struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ATTACHMENTS_OF, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, recording->number), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        struct catalog_attachment *more =
            realloc(recording->attachments, (recording->attachment_count + 1) * sizeof *more);
        if (more == NULL)
            return catalog_err_memory(err);
        recording->attachments = more;
        struct catalog_attachment *one = &more[recording->attachment_count++];
        *one = (struct catalog_attachment){.number = 0};
        if (read_row(row, one, err) < 0)
            return -1;
    }
    return stepped;
}

/* Calls for each row of a statement bound already. */
static int each_row(struct catalog *catalog, sqlite3_stmt *row, int bound,
                    void (*each)(void *context, const struct catalog_attachment *attachment),
                    void *context, struct catalog_err *err)
{
    int stepped = catalog_first(catalog, row, bound, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_attachment one = {.number = 0};
        if (read_row(row, &one, err) < 0)
            return -1;
        each(context, &one);
    }
    return stepped;
}

int catalog_attachments_unsealed(struct catalog *catalog, const char *case_number,
                                 void (*each)(void *context,
                                              const struct catalog_attachment *attachment),
                                 void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_case_needed(catalog, case_number, NULL, err) < 0 ||
        catalog_statement(catalog, ATTACHMENTS_UNSEALED, &row, err) < 0)
        return -1;
    return each_row(catalog, row, catalog_bind_text(row, 1, case_number), each, context, err);
}

int catalog_archive_attachments(struct catalog *catalog, int64_t archive,
                                void (*each)(void *context,
                                             const struct catalog_attachment *attachment),
                                void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ATTACHMENTS_OF_ARCHIVE, &row, err) < 0)
        return -1;
    return each_row(catalog, row, sqlite3_bind_int64(row, 1, archive), each, context, err);
}
