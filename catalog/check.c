#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/place.h"
#include "catalog/tokenizer.h"

struct findings {
    void (*found)(void *context, const char *what);
    void *context;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct findings *findings,
                                                       const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* a longer one is cut */
    va_end(args);
    findings->found(findings->context, text);
}

/* Each row of a statement is a finding, told by `row`, which may say that it is none. */
static int each_row(struct catalog *catalog, enum statement name, const struct findings *findings,
                    void (*row)(const struct findings *findings, sqlite3_stmt *row),
                    struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, name, &statement, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, statement, err);
    for (; stepped > 0; stepped = catalog_step(catalog, statement, err))
        row(findings, statement);
    return stepped;
}

static void integrity_row(const struct findings *findings, sqlite3_stmt *row)
{
    const char *text = catalog_column_view(row, 0);
    if (text != NULL && strcmp(text, "ok") != 0)
        tell(findings, "%s", text);
}

static void foreign_key_row(const struct findings *findings, sqlite3_stmt *row)
{
    tell(findings, "row %lld of %s refers to nothing in %s",
         (long long)sqlite3_column_int64(row, 1), catalog_column_view(row, 0),
         catalog_column_view(row, 2));
}

static void line_row(const struct findings *findings, sqlite3_stmt *row)
{
    tell(findings, "R%lld: cannot be found by search", (long long)sqlite3_column_int64(row, 0));
}

static bool between(sqlite3_stmt *row, int at, double value)
{
    return sqlite3_column_type(row, at) != SQLITE_NULL && sqlite3_column_double(row, at) <= value &&
           value <= sqlite3_column_double(row, at + 1);
}

static void place_row(const struct findings *findings, sqlite3_stmt *row)
{
    struct catalog_point at =
        catalog_place_point(sqlite3_column_double(row, 1), sqlite3_column_double(row, 2));
    if (!between(row, 3, at.x) || !between(row, 5, at.y) || !between(row, 7, at.z))
        tell(findings, "R%lld: cannot be found by position",
             (long long)sqlite3_column_int64(row, 0));
}

static void extra_place_row(const struct findings *findings, sqlite3_stmt *row)
{
    tell(findings, "a position without a recording: %lld", (long long)sqlite3_column_int64(row, 0));
}

/*
 * The search index against the lines it is made of: both are a heap of (term, row, column, place),
 * in different orders, so each is summed up and counted. FTS5's own integrity-check would need to
 * write.
 */
struct heap {
    uint64_t sum, count;
    int64_t row;
    const char *column;
    int64_t place; /* of the token that comes next */
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001B3U;
    return hash;
}

static void heap_put(struct heap *heap, const char *term, size_t len, int64_t place)
{
    uint64_t hash = mix(0xCBF29CE484222325U, term, len);
    hash = mix(hash, &heap->row, sizeof heap->row);
    hash = mix(hash, heap->column, strlen(heap->column));
    heap->sum += mix(hash, &place, sizeof place);
    heap->count++;
}

static int heap_take(void *context, const struct catalog_token *token)
{
    struct heap *heap = context;
    if (!token->same_place)
        heap->place++;
    heap_put(heap, token->at, token->len, heap->place - 1);
    return 0;
}

static int sum_texts(struct catalog *catalog, struct heap *heap, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, CHECK_TEXTS, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        heap->row = sqlite3_column_int64(row, 0);
        for (int i = 1; i < sqlite3_column_count(row); i++) {
            const char *text = catalog_column_view(row, i);
            heap->column = sqlite3_column_name(row, i);
            heap->place = 0;
            if (text != NULL)
                (void)catalog_tokens(text, (size_t)sqlite3_column_bytes(row, i),
                                     CATALOG_FOR_DOCUMENT, heap_take, heap); /* never stops */
        }
    }
    return stepped;
}

static int sum_terms(struct catalog *catalog, struct heap *heap, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, CHECK_TERMS, &row, err) < 0)
        return -1;
    int stepped = catalog_step(catalog, row, err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err)) {
        const char *term = catalog_column_view(row, 0);
        heap->row = sqlite3_column_int64(row, 1);
        heap->column = catalog_column_view(row, 2);
        if (term == NULL || heap->column == NULL)
            return catalog_err_memory(err);
        heap_put(heap, term, (size_t)sqlite3_column_bytes(row, 0), sqlite3_column_int64(row, 3));
    }
    return stepped;
}

static int search_check(struct catalog *catalog, const struct findings *findings,
                        struct catalog_err *err)
{
    struct heap texts = {.sum = 0}, terms = {.sum = 0};
    if (sum_texts(catalog, &texts, err) < 0)
        return -1;
    if (sum_terms(catalog, &terms, err) < 0) {
        if (err->kind != CATALOG_ERR_DAMAGED)
            return -1;
        tell(findings, "the search index cannot be read: %s", err->text);
    } else if (texts.sum != terms.sum || texts.count != terms.count) {
        tell(findings, "the search index is not that of the lines: %llu terms, not %llu",
             (unsigned long long)terms.count, (unsigned long long)texts.count);
    }
    return 0;
}

static int run(struct catalog *catalog, enum statement name, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, name, &statement, err) < 0)
        return -1;
    return catalog_run(catalog, statement, SQLITE_OK, err);
}

static int check_all(struct catalog *catalog, const struct findings *findings,
                     struct catalog_err *err)
{
    if (each_row(catalog, CHECK_INTEGRITY, findings, integrity_row, err) < 0 ||
        each_row(catalog, CHECK_FOREIGN_KEYS, findings, foreign_key_row, err) < 0 ||
        each_row(catalog, CHECK_LINES, findings, line_row, err) < 0 ||
        each_row(catalog, CHECK_PLACES, findings, place_row, err) < 0 ||
        each_row(catalog, CHECK_PLACES_EXTRA, findings, extra_place_row, err) < 0)
        return -1;
    return search_check(catalog, findings, err);
}

int catalog_check(struct catalog *catalog, void (*found)(void *context, const char *what),
                  void *context, struct catalog_err *err)
{
    struct findings findings = {found, context};
    /* a savepoint alone is a reading transaction: all is looked at as of one moment */
    if (run(catalog, CHECK_TERMS_TABLE, err) < 0 || run(catalog, SAVEPOINT, err) < 0)
        return -1;
    int result = check_all(catalog, &findings, err);
    struct catalog_err ignored; /* nothing was changed that could be lost */
    (void)run(catalog, RELEASE, &ignored);
    return result;
}
