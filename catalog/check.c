#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/place.h"

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

int catalog_check(struct catalog *catalog, void (*found)(void *context, const char *what),
                  void *context, struct catalog_err *err)
{
    struct findings findings = {found, context};
    if (each_row(catalog, CHECK_INTEGRITY, &findings, integrity_row, err) < 0 ||
        each_row(catalog, CHECK_FOREIGN_KEYS, &findings, foreign_key_row, err) < 0 ||
        each_row(catalog, CHECK_LINES, &findings, line_row, err) < 0 ||
        each_row(catalog, CHECK_PLACES, &findings, place_row, err) < 0 ||
        each_row(catalog, CHECK_PLACES_EXTRA, &findings, extra_place_row, err) < 0)
        return -1;
    return 0;
}
