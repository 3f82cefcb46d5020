#include "catalog/match.h"

#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/place.h"
#include "catalog/tokenizer.h"

static int add(struct catalog_text *match, const char *text, struct catalog_err *err)
{
    return catalog_text_add(match, text, strlen(text), err);
}

static int and_more(struct catalog_text *match, struct catalog_err *err)
{
    return match->len > 0 ? add(match, " AND ", err) : 0;
}

/* One word of the query becomes a phrase: its tokens in their order. A token is written when the
 * next one comes, because the last, where it is a word, stands for all that begin so. */
struct phrase {
    struct catalog_text *match;
    struct catalog_err *err;
    char held[CATALOG_TOKEN_MAX];
    size_t len, characters;
    bool is_word;
    bool begun; /* something is held or written */
};

static int write_held(struct phrase *phrase, bool is_last)
{
    const char *end = "\"";
    char short_beginning[] = {CATALOG_BEGINNING_MARK, '"', '\0'};
    if (is_last && phrase->is_word && phrase->characters <= CATALOG_BEGINNING_MAX)
        end = short_beginning;
    else if (is_last && phrase->is_word && phrase->characters < CATALOG_WORD_MAX)
        end = "\"*";
    if (add(phrase->match, "\"", phrase->err) < 0 ||
        catalog_text_add(phrase->match, phrase->held, phrase->len, phrase->err) < 0)
        return -1;
    return add(phrase->match, end, phrase->err);
}

static int take(void *context, const struct catalog_token *token)
{
    struct phrase *phrase = context;
    if (phrase->begun) {
        if (write_held(phrase, false) < 0 || add(phrase->match, " + ", phrase->err) < 0)
            return -1;
    } else if (and_more(phrase->match, phrase->err) < 0) {
        return -1;
    }
    memcpy(phrase->held, token->at, token->len);
    phrase->len = token->len;
    phrase->characters = token->characters;
    phrase->is_word = token->is_word;
    phrase->begun = true;
    return 0;
}

/* The ASCII space, the ideographic one and the like. */
static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

int catalog_match_words(const char *text, struct catalog_text *match, bool *found,
                        struct catalog_err *err)
{
    const char *end = text + strlen(text);
    bool any_text = false;
    *found = false;
    for (const char *at = text; at < end;) {
        const char *from = at, *to = at;
        while (at < end && !is_space(catalog_text_next(&at, end)))
            to = at;
        if (to == from)
            continue;
        any_text = true;
        struct phrase phrase = {.match = match, .err = err};
        if (catalog_tokens(from, (size_t)(to - from), CATALOG_FOR_QUERY, take, &phrase) < 0 ||
            (phrase.begun && write_held(&phrase, true) < 0))
            return -1;
        *found = *found || phrase.begun;
    }
    if (!any_text)
        *found = true;
    return 0;
}

static int add_key(struct catalog_text *match, char kind, int64_t id, struct catalog_err *err)
{
    char key[32];
    (void)snprintf(key, sizeof key, "\"%c%c%lld\"", CATALOG_KEY_MARK, kind, (long long)id);
    return and_more(match, err) < 0 ? -1 : add(match, key, err);
}

/* *known is false where one of them is in no register. */
static int add_filters(struct catalog *catalog, const struct catalog_query *query,
                       struct catalog_text *match, bool *known, struct catalog_err *err)
{
    const char *const values[] = {query->case_number, query->collector, query->device};
    static const char kinds[] = {'c', 'o', 'd'};
    *known = true;
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL;
    if (catalog_statement(catalog, FILTER_KEYS, &row, err) < 0)
        return -1;
    int bound = SQLITE_OK;
    for (int i = 0; i < 3; i++)
        bound |= catalog_bind_text(row, i + 1, values[i]);
    if (catalog_first(catalog, row, bound, err) < 0)
        return -1;
    for (int i = 0; i < 3; i++) {
        if (values[i] == NULL)
            continue;
        if (sqlite3_column_type(row, i) == SQLITE_NULL)
            *known = false;
        else if (add_key(match, kinds[i], sqlite3_column_int64(row, i), err) < 0)
            return -1;
    }
    return query->untagged ? add_key(match, 'u', 0, err) : 0;
}

int catalog_match(struct catalog *catalog, const struct catalog_query *query,
                  struct catalog_text *match, enum catalog_match_result *result,
                  struct catalog_err *err)
{
    bool found = true, known = true;
    if (query->text != NULL && catalog_match_words(query->text, match, &found, err) < 0)
        return -1;
    if (add_filters(catalog, query, match, &known, err) < 0)
        return -1;
    *result = !found || !known  ? CATALOG_MATCH_NOTHING
              : match->len == 0 ? CATALOG_MATCH_ALL
                                : CATALOG_MATCH_WORDS;
    return 0;
}

int catalog_match_near(const struct catalog_query *query, struct catalog_text *match,
                       struct catalog_err *err)
{
    AUTO(catalog_text_release) struct catalog_text cells = {.at = NULL};
    if (catalog_place_match(&cells, query->latitude, query->longitude, query->radius_m, err) < 0)
        return -1;
    if (cells.len == 0)
        return 0;
    return and_more(match, err) < 0 ? -1 : catalog_text_add(match, cells.at, cells.len, err);
}
