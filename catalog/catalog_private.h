#ifndef SHILU_CATALOG_PRIVATE_H
#define SHILU_CATALOG_PRIVATE_H

#include <sqlite3.h>

#include "catalog/catalog.h"
#include "catalog/err.h"
#include "catalog/scope.h"
#include "catalog/statements.h"

/* What the files of this folder share: the handle, statements, and changes that come whole. */

enum { CATALOG_APPLICATION_ID = 0x5368696C }; /* "Shil" */

struct catalog {
    sqlite3 *db;
    char *path;
    bool in_transaction; /* of catalog_begin */
    sqlite3_stmt *statements[STATEMENTS];
};

/* The named statement, prepared at its first use; CONFLICT where it is being stepped already. */
int catalog_statement(struct catalog *catalog, enum statement name, sqlite3_stmt **out,
                      struct catalog_err *err);

/* Resets and unbinds; for AUTO. */
void catalog_statement_done(sqlite3_stmt *statement);
AUTO_DEFINE(sqlite3_stmt *, catalog_statement_done, NULL);

/* 1 with a row, 0 at the end, -1. */
int catalog_step(struct catalog *catalog, sqlite3_stmt *statement, struct catalog_err *err);

/* Steps a statement that gives no rows. `bound` is what the bindings returned, or-ed. */
int catalog_run(struct catalog *catalog, sqlite3_stmt *statement, int bound,
                struct catalog_err *err);

/* As catalog_step for the first row, after bindings. */
int catalog_first(struct catalog *catalog, sqlite3_stmt *statement, int bound,
                  struct catalog_err *err);

/* Bindings; NULL and NAN become SQL's NULL. 0, or SQLite's code. Texts must outlive the step. */
int catalog_bind_text(sqlite3_stmt *statement, int at, const char *text);
int catalog_bind_digest(sqlite3_stmt *statement, int at, const uint8_t digest[static 32]);
int catalog_bind_double(sqlite3_stmt *statement, int at, double value);
/* 0 becomes NULL. */
int catalog_bind_optional(sqlite3_stmt *statement, int at, int64_t value);

/* Columns. A NULL text becomes a NULL pointer. */
int catalog_column_text(sqlite3_stmt *statement, int at, char **out, struct catalog_err *err);
int catalog_column_digest(sqlite3_stmt *statement, int at, uint8_t digest[static 32],
                          struct catalog_err *err);
const char *catalog_column_view(sqlite3_stmt *statement, int at);

/* All rows' first column; *numbers is the caller's. The statement is bound already. */
int catalog_numbers(struct catalog *catalog, sqlite3_stmt *statement, int bound, int64_t **numbers,
                    size_t *count, struct catalog_err *err);

/*
 * A change that comes whole or not at all: a transaction, or a savepoint within one.
 *
 *   AUTO(catalog_change_undo) struct catalog_change change = {.catalog = NULL};
 *   if (catalog_change_begin(&change, catalog, err) < 0) …
 *   return catalog_change_keep(&change, err);
 */
struct catalog_change {
    struct catalog *catalog; /* NULL: nothing to undo */
    bool within;             /* a savepoint */
};
int catalog_change_begin(struct catalog_change *change, struct catalog *catalog,
                         struct catalog_err *err);
int catalog_change_keep(struct catalog_change *change, struct catalog_err *err);
void catalog_change_undo_at(struct catalog_change *change);

#endif
