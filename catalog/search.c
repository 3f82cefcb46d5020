#include <math.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/line.h"
#include "catalog/match.h"
#include "catalog/place.h"
#include "catalog/text.h"

/*
 * Every condition but time and exact distance is a word of the search index, whose rows are in the
 * order of sort keys: FTS5 walks them newest first and stops when the page is full, however
 * frequent the words are. Time is a range of sort keys.
 * Near is asked in the order of what is cheap where little is found: by the R*Tree where nothing
 * else is asked; else by looking at the first rows that the words give; and only then by the cells
 * around as words of the index, which is best where both are frequent.
 */

enum { LIMIT_DEFAULT = 50, PLACES_MAX = 1000, ROWS_LOOKED_AT = 500 };

struct search {
    struct catalog *catalog;
    const struct catalog_query *query;
    void (*hit)(void *context, const struct catalog_hit *hit);
    void *context;
    int64_t first, last; /* sort keys */
    uint32_t left;       /* rows still wanted */
    uint32_t patience;   /* rows to look at before another way is taken; 0: all */
    bool is_weary;       /* they were looked at; the rest begins at last */
};

static bool fits(const struct search *search, sqlite3_stmt *row)
{
    const struct catalog_query *query = search->query;
    if (query->has_from || query->has_to) { /* the range of keys is of whole seconds */
        int64_t us = sqlite3_column_int64(row, 12);
        if (sqlite3_column_type(row, 12) == SQLITE_NULL ||
            (query->has_from && us < query->from_us) || (query->has_to && us >= query->to_us))
            return false;
    }
    if (!query->has_near)
        return true;
    return sqlite3_column_type(row, 13) != SQLITE_NULL &&
           catalog_place_distance(query->latitude, query->longitude, sqlite3_column_double(row, 13),
                                  sqlite3_column_double(row, 14)) <= query->radius_m;
}

static void give(struct search *search, sqlite3_stmt *row)
{
    struct catalog_hit hit = {
        .sort_key = sqlite3_column_int64(row, 0),
        .number = sqlite3_column_int64(row, 1),
        .original_name = catalog_column_view(row, 2),
        .cases = catalog_column_view(row, 3),
        .collectors = catalog_column_view(row, 4),
        .devices = catalog_column_view(row, 5),
        .captured_at = catalog_column_view(row, 6),
        .place = catalog_column_view(row, 7),
        .purpose = catalog_column_view(row, 8),
        .duration_s =
            sqlite3_column_type(row, 9) != SQLITE_NULL ? sqlite3_column_double(row, 9) : NAN,
        .state = (enum catalog_state)sqlite3_column_int(row, 10),
        .held = sqlite3_column_int(row, 15) != 0,
        .size_bytes = (uint64_t)sqlite3_column_int64(row, 11),
    };
    search->hit(search->context, &hit);
    search->left--;
}

/* Rows newest first, of a statement whose ?1 and ?2 are the first and last sort key. */
static int walk(struct search *search, sqlite3_stmt *row, int bound, struct catalog_err *err)
{
    bound |= sqlite3_bind_int64(row, 1, search->first) | sqlite3_bind_int64(row, 2, search->last);
    int stepped = catalog_first(search->catalog, row, bound, err);
    for (; stepped > 0; stepped = catalog_step(search->catalog, row, err)) {
        if (fits(search, row))
            give(search, row);
        if (search->left == 0)
            return 0;
        if (search->patience > 0 && --search->patience == 0) {
            search->is_weary = true;
            search->last = sqlite3_column_int64(row, 0) - 1;
            return 0;
        }
    }
    return stepped;
}

static int search_lines(struct search *search, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(search->catalog, SEARCH_LINES, &row, err) < 0)
        return -1;
    return walk(search, row, SQLITE_OK, err);
}

static int search_words(struct search *search, const char *match, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(search->catalog, SEARCH_WORDS, &row, err) < 0)
        return -1;
    return walk(search, row, catalog_bind_text(row, 3, match), err);
}

/* The sort keys of the box around, in no order; more than PLACES_MAX: *count is that and one. */
static int places_around(struct search *search, int64_t *keys, size_t *count,
                         struct catalog_err *err)
{
    const struct catalog_query *query = search->query;
    struct catalog_point at = catalog_place_point(query->latitude, query->longitude);
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(search->catalog, SEARCH_PLACES, &row, err) < 0)
        return -1;
    double reach = query->radius_m + 1; /* the tree's numbers are single ones */
    int bound =
        sqlite3_bind_double(row, 1, at.x - reach) | sqlite3_bind_double(row, 2, at.x + reach) |
        sqlite3_bind_double(row, 3, at.y - reach) | sqlite3_bind_double(row, 4, at.y + reach) |
        sqlite3_bind_double(row, 5, at.z - reach) | sqlite3_bind_double(row, 6, at.z + reach) |
        sqlite3_bind_int(row, 7, PLACES_MAX + 1);
    *count = 0;
    int stepped = catalog_first(search->catalog, row, bound, err);
    for (; stepped > 0; stepped = catalog_step(search->catalog, row, err))
        keys[(*count)++] = sqlite3_column_int64(row, 0);
    return stepped;
}

static int newest_first(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

static int search_keys(struct search *search, int64_t *keys, size_t count, struct catalog_err *err)
{
    qsort(keys, count, sizeof *keys, newest_first);
    for (size_t i = 0; i < count && search->left > 0; i++) {
        if (keys[i] < search->first || keys[i] > search->last)
            continue;
        AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
        if (catalog_statement(search->catalog, SEARCH_LINE, &row, err) < 0)
            return -1;
        int stepped = catalog_first(search->catalog, row, sqlite3_bind_int64(row, 1, keys[i]), err);
        if (stepped < 0)
            return -1;
        if (stepped > 0 && fits(search, row))
            give(search, row);
    }
    return 0;
}

/* *done is false where too many lie there. */
static int search_places(struct search *search, bool *done, struct catalog_err *err)
{
    int64_t keys[PLACES_MAX + 1];
    size_t count = 0;
    if (places_around(search, keys, &count, err) < 0)
        return -1;
    *done = count <= PLACES_MAX;
    return *done ? search_keys(search, keys, count, err) : 0;
}

static int search_near(struct search *search, struct catalog_text *match, struct catalog_err *err)
{
    if (match->len == 0) {
        bool done = false;
        if (search_places(search, &done, err) < 0)
            return -1;
        if (done)
            return 0;
    } else {
        search->patience = ROWS_LOOKED_AT;
        if (search_words(search, match->at, err) < 0)
            return -1;
        if (!search->is_weary)
            return 0;
    }
    if (catalog_match_near(search->query, match, err) < 0)
        return -1;
    return match->len == 0 ? search_lines(search, err) : search_words(search, match->at, err);
}

static int query_check(const struct catalog_query *query, struct catalog_err *err)
{
    if (query->text != NULL && strnlen(query->text, CATALOG_QUERY_MAX + 1) > CATALOG_QUERY_MAX)
        return catalog_err_set(err, CATALOG_ERR_USAGE, NULL,
                               "the text searched for is longer than %d bytes", CATALOG_QUERY_MAX);
    if (query->has_near && (!catalog_place_valid(query->latitude, query->longitude) ||
                            !isfinite(query->radius_m) || query->radius_m < 0))
        return catalog_err_set(err, CATALOG_ERR_USAGE, NULL, "not a position and a radius");
    return 0;
}

/* False where no sort key can fit. */
static bool range_of(const struct catalog_query *query, int64_t *first, int64_t *last)
{
    *first = query->has_from ? catalog_line_first_key(query->from_us) : INT64_MIN;
    *last = query->has_to ? catalog_line_last_key(query->to_us) : INT64_MAX;
    if (query->after != 0 && query->after <= *last) {
        if (query->after == INT64_MIN)
            return false;
        *last = query->after - 1;
    }
    return *first <= *last;
}

int catalog_search(struct catalog *catalog, const struct catalog_query *query,
                   void (*hit)(void *context, const struct catalog_hit *hit), void *context,
                   struct catalog_err *err)
{
    struct search search = {.catalog = catalog,
                            .query = query,
                            .hit = hit,
                            .context = context,
                            .left = query->limit != 0 ? query->limit : LIMIT_DEFAULT};
    if (query_check(query, err) < 0)
        return -1;
    AUTO(catalog_text_release) struct catalog_text match = {.at = NULL};
    enum catalog_match_result result = CATALOG_MATCH_ALL;
    if (!range_of(query, &search.first, &search.last))
        return 0;
    if (catalog_match(catalog, query, &match, &result, err) < 0)
        return -1;
    if (result == CATALOG_MATCH_NOTHING)
        return 0;
    if (query->has_near)
        return search_near(&search, &match, err);
    return match.len == 0 ? search_lines(&search, err) : search_words(&search, match.at, err);
}
