#include "catalog/archive.h"

#include <stdio.h>

#include "catalog/case.h"
#include "catalog/catalog_private.h"
#include "catalog/recording.h"
#include "catalog/text.h"

static int no_archive(struct catalog_err *err, int64_t number)
{
    char name[32];
    (void)snprintf(name, sizeof name, "A%lld", (long long)number);
    return catalog_err_set(err, CATALOG_ERR_MISSING, name, "no such archive");
}

static int new_check(const struct catalog_archive *new, struct catalog_err *err)
{
    if (new->size_bytes > INT64_MAX || new->volume == 0)
        return catalog_err_set(err, CATALOG_ERR_USAGE, new->path, "size or volume out of range");
    if (catalog_text_needed(new->path, CATALOG_TEXT_MAX, "archive's path", err) < 0 ||
        catalog_text_needed(new->sealed_by, CATALOG_TEXT_MAX, "sealed by", err) < 0)
        return -1;
    return 0;
}

static int insert(struct catalog *catalog, const struct catalog_archive *new,
                  struct catalog_err *err)
{
    int64_t case_id = 0;
    if (new->month == NULL && catalog_case_needed(catalog, new->case_number, &case_id, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ARCHIVE_ADD, &statement, err) < 0)
        return -1;
    int bound =
        catalog_bind_optional(statement, 1, case_id) |
        sqlite3_bind_int64(statement, 2, new->volume) | catalog_bind_text(statement, 3, new->path) |
        catalog_bind_digest(statement, 4, new->sha256) |
        catalog_bind_digest(statement, 5, new->sm3) |
        sqlite3_bind_int64(statement, 6, (int64_t) new->size_bytes) |
        sqlite3_bind_int64(statement, 7, new->sealed_us) |
        catalog_bind_text(statement, 8, new->sealed_by) |
        catalog_bind_digest(statement, 9, new->tagmanifest_sha256) |
        catalog_bind_text(statement, 10, new->month) | catalog_bind_text(statement, 11, new->team);
    if (catalog_run(catalog, statement, bound, err) < 0) {
        if (err->number == SQLITE_CONSTRAINT_UNIQUE)
            return catalog_err_set(err, CATALOG_ERR_CONFLICT, new->path,
                                   "an archive with this path, or volume %u of the case, is there",
                                   (unsigned)new->volume);
        return -1;
    }
    return 0;
}

static int put_recording(struct catalog *catalog, int64_t archive, int64_t recording,
                         struct catalog_err *err)
{
    if (catalog_recording_set_state(catalog, recording, CATALOG_SEALED, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ARCHIVE_ADD_RECORDING, &statement, err) < 0)
        return -1;
    int bound =
        sqlite3_bind_int64(statement, 1, archive) | sqlite3_bind_int64(statement, 2, recording);
    return catalog_run(catalog, statement, bound, err);
}

/* The first archive of what lay loose. */
static int settle_attachment(struct catalog *catalog, int64_t archive, int64_t attachment,
                             struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ATTACHMENT_SEAL, &statement, err) < 0)
        return -1;
    int bound =
        sqlite3_bind_int64(statement, 1, attachment) | sqlite3_bind_int64(statement, 2, archive);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    return sqlite3_changes(catalog->db) == 1
               ? 0
               : catalog_err_set(err, CATALOG_ERR_MISSING, NULL, "no attachment of number %lld",
                                 (long long)attachment);
}

static int put_attachment(struct catalog *catalog, int64_t archive, int64_t attachment,
                          struct catalog_err *err)
{
    if (settle_attachment(catalog, archive, attachment, err) < 0)
        return -1;
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, ARCHIVE_ADD_ATTACHMENT, &statement, err) < 0)
        return -1;
    int bound =
        sqlite3_bind_int64(statement, 1, archive) | sqlite3_bind_int64(statement, 2, attachment);
    return catalog_run(catalog, statement, bound, err);
}

int catalog_archive_add(struct catalog *catalog, const struct catalog_archive *archive,
                        const int64_t *recordings, size_t count, const int64_t *attachments,
                        size_t attachment_count, int64_t *number, struct catalog_err *err)
{
    if (new_check(archive, err) < 0)
        return -1;
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    if (catalog_change_begin(&change, catalog, err) < 0 || insert(catalog, archive, err) < 0)
        return -1;
    int64_t added = sqlite3_last_insert_rowid(catalog->db);
    for (size_t i = 0; i < count; i++)
        if (put_recording(catalog, added, recordings[i], err) < 0)
            return -1;
    for (size_t i = 0; i < attachment_count; i++)
        if (put_attachment(catalog, added, attachments[i], err) < 0)
            return -1;
    if (catalog_change_keep(&change, err) < 0)
        return -1;
    *number = added;
    return 0;
}

static void release(struct catalog_archive *one)
{
    free(one->case_number);
    free(one->path);
    free(one->sealed_by);
    free(one->month);
    free(one->team);
}

static void release_at(struct catalog_archive *one)
{
    release(one);
}

static int read_row(sqlite3_stmt *row, struct catalog_archive *one, struct catalog_err *err)
{
    one->number = sqlite3_column_int64(row, 0);
    one->volume = (uint32_t)sqlite3_column_int64(row, 2);
    one->size_bytes = (uint64_t)sqlite3_column_int64(row, 6);
    one->recordings = (uint64_t)sqlite3_column_int64(row, 7);
    one->sealed_us = sqlite3_column_int64(row, 8);
    one->gone_us = sqlite3_column_int64(row, 11);
    one->replaced_by = sqlite3_column_int64(row, 12);
    if (catalog_column_text(row, 1, &one->case_number, err) < 0 ||
        catalog_column_text(row, 3, &one->path, err) < 0 ||
        catalog_column_digest(row, 4, one->sha256, err) < 0 ||
        catalog_column_digest(row, 5, one->sm3, err) < 0 ||
        catalog_column_text(row, 9, &one->sealed_by, err) < 0 ||
        catalog_column_text(row, 13, &one->month, err) < 0 ||
        catalog_column_text(row, 14, &one->team, err) < 0 ||
        catalog_column_digest(row, 10, one->tagmanifest_sha256, err) < 0)
        return -1;
    return 0;
}

AUTO_DEFINE(struct catalog_archive *, catalog_archive_free, NULL);

int catalog_archive_load(struct catalog *catalog, int64_t number, struct catalog_archive **out,
                         struct catalog_err *err)
{
    AUTO(catalog_archive_free) struct catalog_archive *one = calloc(1, sizeof *one);
    if (one == NULL)
        return catalog_err_memory(err);
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ARCHIVE_LOAD, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, number), err);
    if (stepped < 0)
        return -1;
    if (stepped == 0)
        return no_archive(err, number);
    if (read_row(row, one, err) < 0)
        return -1;
    *out = one;
    one = NULL;
    return 0;
}

void catalog_archive_free(struct catalog_archive *archive)
{
    if (archive == NULL)
        return;
    release(archive);
    free(archive);
}

int catalog_archive_needed(struct catalog *catalog, int64_t number, struct catalog_err *err)
{
    AUTO(catalog_archive_free) struct catalog_archive *one = NULL;
    return catalog_archive_load(catalog, number, &one, err);
}

/* Calls for each row of a statement bound already. */
static int each_row(struct catalog *catalog, sqlite3_stmt *row, int bound,
                    void (*each)(void *context, const struct catalog_archive *archive),
                    void *context, struct catalog_err *err)
{
    int stepped = catalog_first(catalog, row, bound, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        AUTO(release) struct catalog_archive one = {.number = 0};
        if (read_row(row, &one, err) < 0)
            return -1;
        each(context, &one);
    }
    return stepped;
}

/* What is called for each row, and how often it was. */
struct counted {
    void (*each)(void *context, const struct catalog_archive *archive);
    void *context;
    size_t count;
};

static void count_and_call(void *context, const struct catalog_archive *archive)
{
    struct counted *counted = context;
    counted->count++;
    counted->each(counted->context, archive);
}

int catalog_archive_each(struct catalog *catalog, const char *case_number,
                         void (*each)(void *context, const struct catalog_archive *archive),
                         void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (case_number == NULL) {
        if (catalog_statement(catalog, ARCHIVE_EACH, &row, err) < 0)
            return -1;
        return each_row(catalog, row, SQLITE_OK, each, context, err);
    }
    if (catalog_statement(catalog, ARCHIVE_EACH_OF_CASE, &row, err) < 0)
        return -1;
    struct counted counted = {each, context, 0};
    if (each_row(catalog, row, catalog_bind_text(row, 1, case_number), count_and_call, &counted,
                 err) < 0)
        return -1;
    return counted.count > 0 ? 0 : catalog_case_needed(catalog, case_number, NULL, err);
}

int catalog_archive_of(struct catalog *catalog, int64_t recording,
                       void (*each)(void *context, const struct catalog_archive *archive),
                       void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ARCHIVE_OF, &row, err) < 0)
        return -1;
    return each_row(catalog, row, sqlite3_bind_int64(row, 1, recording), each, context, err);
}

int catalog_archive_of_attachment(struct catalog *catalog, int64_t attachment,
                                  void (*each)(void *context,
                                               const struct catalog_archive *archive),
                                  void *context, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ARCHIVE_OF_ATTACHMENT, &row, err) < 0)
        return -1;
    return each_row(catalog, row, sqlite3_bind_int64(row, 1, attachment), each, context, err);
}

int catalog_archive_by_path(struct catalog *catalog, const char *path, int64_t *number,
                            struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ARCHIVE_BY_PATH, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, path), err);
    if (stepped < 0)
        return -1;
    *number = stepped > 0 ? sqlite3_column_int64(row, 0) : 0;
    return 0;
}

int catalog_archive_recordings(struct catalog *catalog, int64_t archive, int64_t **numbers,
                               size_t *count, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ARCHIVE_RECORDINGS, &row, err) < 0)
        return -1;
    return catalog_numbers(catalog, row, sqlite3_bind_int64(row, 1, archive), numbers, count, err);
}

int catalog_unsealed(struct catalog *catalog, const char *case_number, int64_t **numbers,
                     size_t *count, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_case_needed(catalog, case_number, NULL, err) < 0 ||
        catalog_statement(catalog, UNSEALED, &row, err) < 0)
        return -1;
    return catalog_numbers(catalog, row, catalog_bind_text(row, 1, case_number), numbers, count,
                           err);
}

int catalog_unassigned(struct catalog *catalog, int64_t from_us, int64_t to_us, const char *team,
                       int64_t **numbers, size_t *count, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, UNASSIGNED, &row, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(row, 1, from_us) | sqlite3_bind_int64(row, 2, to_us) |
                catalog_bind_text(row, 3, team);
    return catalog_numbers(catalog, row, bound, numbers, count, err);
}

int catalog_archive_newest(struct catalog *catalog, const char *case_number,
                           struct catalog_archive **out, struct catalog_err *err)
{
    AUTO(catalog_archive_free) struct catalog_archive *one = calloc(1, sizeof *one);
    if (one == NULL)
        return catalog_err_memory(err);
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, ARCHIVE_NEWEST, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, catalog_bind_text(row, 1, case_number), err);
    if (stepped < 0 || (stepped > 0 && read_row(row, one, err) < 0))
        return -1;
    *out = stepped > 0 ? one : NULL;
    if (stepped > 0)
        one = NULL;
    return 0;
}

int catalog_archive_gone(struct catalog *catalog, int64_t number, int64_t replaced_by,
                         int64_t at_us, struct catalog_err *err)
{
    AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_change_begin(&change, catalog, err) < 0 ||
        catalog_statement(catalog, ARCHIVE_GONE, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, number) | sqlite3_bind_int64(statement, 2, at_us) |
                catalog_bind_optional(statement, 3, replaced_by);
    if (catalog_run(catalog, statement, bound, err) < 0)
        return -1;
    return sqlite3_changes(catalog->db) == 1 ? catalog_change_keep(&change, err)
                                             : no_archive(err, number);
}
