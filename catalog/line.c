#include "catalog/line.h"

#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/place.h"
#include "catalog/text.h"
#include "catalog/tokenizer.h"

enum { TIE_BITS = 24, JOINT = 0x1F };

struct line {
    struct catalog_text name, cases, collectors, people, devices, captured_at, place, purpose,
        notes, keys;
    int64_t time_us; /* of capture, else of acceptance */
    bool has_position;
    double latitude, longitude;
};

static void line_release_at(struct line *line)
{
    struct catalog_text *texts[] = {
        &line->name,        &line->cases, &line->collectors, &line->people, &line->devices,
        &line->captured_at, &line->place, &line->purpose,    &line->notes,  &line->keys};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        catalog_text_release_at(texts[i]);
}

int64_t catalog_line_first_key(int64_t us)
{
    int64_t second = us / 1000000 - (us % 1000000 < 0 ? 1 : 0);
    static const int64_t limit = (int64_t)1 << (62 - TIE_BITS); /* 8,700 years either way */
    second = second > limit ? limit : second < -limit ? -limit : second;
    return second * ((int64_t)1 << TIE_BITS);
}

int64_t catalog_line_last_key(int64_t us)
{
    return catalog_line_first_key(us) + ((int64_t)1 << TIE_BITS) - 1;
}

static int key_taken(struct catalog *catalog, int64_t key, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LINE_KEY_TAKEN, &row, err) < 0)
        return -1;
    return catalog_first(catalog, row, sqlite3_bind_int64(row, 1, key), err);
}

/* Recordings of one second are told apart by number; only beyond 16 million can two meet. */
static int key_choose(struct catalog *catalog, int64_t recording, int64_t time_us, int64_t *key,
                      struct catalog_err *err)
{
    int64_t mask = ((int64_t)1 << TIE_BITS) - 1;
    for (int64_t i = 0; i <= mask; i++) {
        *key = catalog_line_first_key(time_us) + ((recording + i) & mask);
        int taken = key_taken(catalog, *key, err);
        if (taken <= 0)
            return taken;
    }
    return catalog_err_set(err, CATALOG_ERR_SPACE, catalog->path,
                           "more than 16 million recordings of one second");
}

static int read_facts(struct catalog *catalog, int64_t recording, struct line *line,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LINE_FACTS, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, recording), err);
    if (stepped < 0)
        return -1;
    bool captured = sqlite3_column_type(row, 1) != SQLITE_NULL;
    line->time_us = sqlite3_column_int64(row, captured ? 1 : 2);
    line->has_position = sqlite3_column_type(row, 3) != SQLITE_NULL;
    line->latitude = sqlite3_column_double(row, 3);
    line->longitude = sqlite3_column_double(row, 4);
    return catalog_text_join(&line->name, JOINT, catalog_column_view(row, 0), err);
}

static int add_key(struct line *line, char kind, int64_t id, struct catalog_err *err)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%c%c%lld", CATALOG_KEY_MARK, kind, (long long)id);
    return catalog_text_join(&line->keys, ' ', key, err);
}

static int add_tag(struct line *line, sqlite3_stmt *row, struct catalog_err *err)
{
    static const struct {
        const char *field;
        size_t text;
        char key; /* '\0': none */
    } columns[] = {
        {"case", offsetof(struct line, cases), 'c'},
        {"collector", offsetof(struct line, collectors), 'o'},
        {"device", offsetof(struct line, devices), 'd'},
        {"captured_at", offsetof(struct line, captured_at), '\0'},
        {"place", offsetof(struct line, place), '\0'},
        {"purpose", offsetof(struct line, purpose), '\0'},
    };
    const char *field = catalog_column_view(row, 0), *value = catalog_column_view(row, 1);
    if (field == NULL || value == NULL)
        return catalog_err_memory(err);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (strcmp(field, columns[i].field) != 0)
            continue;
        void *text = (char *)line + columns[i].text;
        if (catalog_text_join(text, JOINT, value, err) < 0 ||
            catalog_text_join(&line->people, JOINT, catalog_column_view(row, 3), err) < 0)
            return -1;
        return columns[i].key == '\0'
                   ? 0
                   : add_key(line, columns[i].key, sqlite3_column_int64(row, 2), err);
    }
    return 0; /* maker and method are not searched */
}

static int read_tags(struct catalog *catalog, int64_t recording, struct line *line,
                     struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LINE_TAGS, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, recording), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err))
        if (add_tag(line, row, err) < 0)
            return -1;
    return stepped;
}

static int read_notes(struct catalog *catalog, int64_t recording, struct line *line,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LINE_NOTES, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, recording), err);
    for (; stepped > 0; stepped = catalog_step(catalog, row, err))
        if (catalog_text_join(&line->notes, JOINT, catalog_column_view(row, 0), err) < 0)
            return -1;
    return stepped;
}

static int read_line(struct catalog *catalog, int64_t recording, struct line *line,
                     struct catalog_err *err)
{
    if (read_facts(catalog, recording, line, err) < 0 ||
        read_tags(catalog, recording, line, err) < 0 ||
        read_notes(catalog, recording, line, err) < 0)
        return -1;
    bool untagged = line->cases.len == 0 || line->place.len == 0 || line->purpose.len == 0;
    if (untagged && add_key(line, 'u', 0, err) < 0)
        return -1;
    return line->has_position
               ? catalog_place_keys(&line->keys, line->latitude, line->longitude, err)
               : 0;
}

static int run_with_key(struct catalog *catalog, enum statement name, int64_t key,
                        struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, name, &statement, err) < 0)
        return -1;
    return catalog_run(catalog, statement, sqlite3_bind_int64(statement, 1, key), err);
}

/* *key is 0 where there was none. */
static int remove_old(struct catalog *catalog, int64_t recording, int64_t *key,
                      struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, LINE_KEY, &row, err) < 0)
        return -1;
    int stepped = catalog_first(catalog, row, sqlite3_bind_int64(row, 1, recording), err);
    if (stepped < 0)
        return -1;
    *key = stepped > 0 ? sqlite3_column_int64(row, 0) : 0;
    if (stepped == 0)
        return 0;
    /* the index takes out only what it is shown again, so it comes before the line goes */
    if (run_with_key(catalog, LINE_UNINDEX, *key, err) < 0 ||
        run_with_key(catalog, PLACE_REMOVE, *key, err) < 0)
        return -1;
    (void)sqlite3_reset(row);
    return run_with_key(catalog, LINE_REMOVE, *key, err);
}

static int store_place(struct catalog *catalog, int64_t key, const struct line *line,
                       struct catalog_err *err)
{
    struct catalog_point at = catalog_place_point(line->latitude, line->longitude);
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, PLACE_ADD, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, key) | sqlite3_bind_double(statement, 2, at.x) |
                sqlite3_bind_double(statement, 3, at.y) | sqlite3_bind_double(statement, 4, at.z);
    return catalog_run(catalog, statement, bound, err);
}

static int store_line(struct catalog *catalog, int64_t key, int64_t recording,
                      const struct line *line, struct catalog_err *err)
{
    AUTO(catalog_statement_done) sqlite3_stmt *statement = NULL;
    if (catalog_statement(catalog, LINE_ADD, &statement, err) < 0)
        return -1;
    int bound = sqlite3_bind_int64(statement, 1, key) |
                sqlite3_bind_int64(statement, 2, recording) |
                catalog_bind_text(statement, 3, line->name.at) |
                catalog_bind_text(statement, 4, line->cases.at) |
                catalog_bind_text(statement, 5, line->collectors.at) |
                catalog_bind_text(statement, 6, line->people.at) |
                catalog_bind_text(statement, 7, line->devices.at) |
                catalog_bind_text(statement, 8, line->place.at) |
                catalog_bind_text(statement, 9, line->purpose.at) |
                catalog_bind_text(statement, 10, line->notes.at) |
                catalog_bind_text(statement, 11, line->keys.at) |
                catalog_bind_text(statement, 12, line->captured_at.at);
    return catalog_run(catalog, statement, bound, err);
}

int catalog_line_refresh(struct catalog *catalog, int64_t recording, struct catalog_err *err)
{
    AUTO(line_release) struct line line = {.time_us = 0};
    int64_t key = 0;
    if (read_line(catalog, recording, &line, err) < 0 ||
        remove_old(catalog, recording, &key, err) < 0)
        return -1;
    if ((key == 0 || key < catalog_line_first_key(line.time_us) ||
         key > catalog_line_last_key(line.time_us)) &&
        key_choose(catalog, recording, line.time_us, &key, err) < 0)
        return -1;
    if (store_line(catalog, key, recording, &line, err) < 0 ||
        run_with_key(catalog, LINE_INDEX, key, err) < 0)
        return -1;
    return line.has_position ? store_place(catalog, key, &line, err) : 0;
}
