/* Any text as what is searched for, and as what is searched in: every query that is built must be
 * one that FTS5 takes, and a document must be found by each of its own words. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/catalog_private.h"
#include "catalog/match.h"
#include "catalog/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
        abort();
    return statement;
}

static sqlite3 *open_index(void)
{
    static char name[] = "memory";
    static struct catalog catalog = {.path = name};
    struct catalog_err err;
    if (sqlite3_open(":memory:", &catalog.db) != SQLITE_OK ||
        catalog_tokenizer_register(&catalog, &err) < 0 ||
        sqlite3_exec(catalog.db, "CREATE VIRTUAL TABLE t USING fts5 (a, tokenize = 'shilu')", NULL,
                     NULL, NULL) != SQLITE_OK)
        abort();
    return catalog.db;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sqlite3 *db;
    static sqlite3_stmt *put, *ask, *empty;
    if (db == NULL) {
        db = open_index();
        put = prepare(db, "INSERT INTO t (rowid, a) VALUES (1, ?1)");
        ask = prepare(db, "SELECT rowid FROM t WHERE t MATCH ?1");
        empty = prepare(db, "DELETE FROM t");
    }
    if (size > CATALOG_QUERY_MAX)
        size = CATALOG_QUERY_MAX;
    AUTO(free) char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';

    AUTO(catalog_text_release) struct catalog_text match = {.at = NULL};
    struct catalog_err err;
    bool found = false;
    if (catalog_match_words(text, &match, &found, &err) < 0)
        abort();
    (void)sqlite3_bind_text(put, 1, text, -1, SQLITE_STATIC);
    if (sqlite3_step(put) != SQLITE_DONE || sqlite3_reset(put) != SQLITE_OK)
        abort();
    if (match.len > 0) {
        (void)sqlite3_bind_text(ask, 1, match.at, -1, SQLITE_STATIC);
        int stepped = sqlite3_step(ask);
        /* a key's mark cannot come into a document by any call, so such a text may miss itself */
        if (stepped != SQLITE_ROW &&
            (stepped != SQLITE_DONE || strchr(text, CATALOG_KEY_MARK) == NULL))
            abort();
        (void)sqlite3_reset(ask);
    }
    if (sqlite3_step(empty) != SQLITE_DONE || sqlite3_reset(empty) != SQLITE_OK)
        abort();
    return 0;
}
