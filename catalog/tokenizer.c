#include "catalog/tokenizer.h"

#include <string.h>

#include "catalog/catalog_private.h"
#include "catalog/text.h"

enum class { GAP, BRACKET, WORD, SINGLE, KEY };

static uint32_t fold(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E) /* full-width forms */
        c -= 0xFEE0;
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||
        (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    return c;
}

/* Of a folded character. */
static enum class class_of(uint32_t c) {
    if (c < 0x80){if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) return WORD;
                  return c != 0 && strchr("()[]{}<>", (int)c) != NULL ? BRACKET
                         : c == CATALOG_KEY_MARK                      ? KEY
                                                                      : GAP;}
if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA ? WORD : GAP;
if (c == 0xD7 || c == 0xF7)
    return GAP;
if (c < 0x1100 || (c >= 0x1200 && c < 0x2000))
    return WORD; /* the alphabets */
if ((c >= 0x3008 && c <= 0x3011) || (c >= 0x3014 && c <= 0x301B))
    return BRACKET;
if ((c >= 0x2000 && c < 0x2070) || (c >= 0x3000 && c < 0x3005) || (c >= 0x3008 && c < 0x3021) ||
    c == 0x3030 || c == 0x30FB || (c >= 0xFE00 && c < 0xFE70) || (c >= 0xFF5F && c < 0xFF66) ||
    c >= 0xE0000 || (c >= 0xFFE0 && c < 0x10000))
    return GAP;
return SINGLE;
}

static size_t encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF0U << (4 - len)) | c);
    return len;
}

struct cutter {
    enum catalog_tokens_for purpose;
    int (*take)(void *context, const struct catalog_token *token);
    void *context;
    char text[CATALOG_TOKEN_MAX]; /* of the word or character that is under way */
    size_t len, characters;
    size_t ends[CATALOG_WORD_MAX]; /* of each of its characters */
    size_t from, to;
    enum class under_way; /* GAP: nothing is */
    bool paired;          /* a character before it was given with it */
};

static int give(struct cutter *cutter, const char *text, size_t len, bool same_place)
{
    struct catalog_token token = {.at = text,
                                  .len = len,
                                  .from = cutter->from,
                                  .to = cutter->to,
                                  .is_word = cutter->under_way == WORD,
                                  .characters = cutter->characters,
                                  .same_place = same_place};
    return cutter->take(cutter->context, &token);
}

static int give_word(struct cutter *cutter)
{
    int result = give(cutter, cutter->text, cutter->len, false);
    if (cutter->purpose == CATALOG_FOR_QUERY)
        return result;
    for (size_t i = 0; result == 0 && i < cutter->characters && i < CATALOG_BEGINNING_MAX; i++) {
        char beginning[CATALOG_BEGINNING_MAX * 4 + 1];
        memcpy(beginning, cutter->text, cutter->ends[i]);
        beginning[cutter->ends[i]] = CATALOG_BEGINNING_MARK;
        result = give(cutter, beginning, cutter->ends[i] + 1, true);
    }
    return result;
}

/* Ends what is under way. A query's last character needs no token of its own behind a pair. */
static int finish(struct cutter *cutter, bool at_end)
{
    int result = 0;
    if (cutter->under_way == WORD)
        result = give_word(cutter);
    else if (cutter->under_way == SINGLE &&
             !(cutter->purpose == CATALOG_FOR_QUERY && cutter->paired && at_end))
        result = give(cutter, cutter->text, cutter->len, false);
    cutter->under_way = GAP;
    cutter->paired = false;
    return result;
}

static void begin(struct cutter *cutter, enum class class, size_t from)
{
    cutter->under_way = class;
    cutter->len = 0;
    cutter->characters = 0;
    cutter->from = from;
}

static void append(struct cutter *cutter, const char *bytes, size_t len, size_t to)
{
    cutter->to = to;
    if (cutter->characters == CATALOG_WORD_MAX)
        return;
    memcpy(cutter->text + cutter->len, bytes, len);
    cutter->len += len;
    cutter->ends[cutter->characters++] = cutter->len;
}

static int on_single(struct cutter *cutter, const char *bytes, size_t len, size_t from, size_t to)
{
    int result = 0;
    if (cutter->under_way == WORD)
        result = finish(cutter, false);
    bool pairs = cutter->under_way == SINGLE;
    if (pairs) {
        char pair[8];
        memcpy(pair, cutter->text, cutter->len);
        memcpy(pair + cutter->len, bytes, len);
        result = give(cutter, pair, cutter->len + len, false);
        if (result == 0 && cutter->purpose == CATALOG_FOR_DOCUMENT)
            result = give(cutter, cutter->text, cutter->len, true);
    }
    begin(cutter, SINGLE, from);
    append(cutter, bytes, len, to);
    cutter->paired = pairs;
    return result;
}

static int on_word(struct cutter *cutter, const char *bytes, size_t len, size_t from, size_t to)
{
    int result = 0;
    if (cutter->under_way != WORD) {
        result = finish(cutter, false);
        begin(cutter, WORD, from);
    }
    append(cutter, bytes, len, to);
    return result;
}

/* Up to the next space; longer than any key, it is no key. */
static int on_key(struct cutter *cutter, const char *text, const char **at, const char *end)
{
    const char *from = *at - 1;
    while (*at < end && **at != ' ')
        (*at)++;
    int result = finish(cutter, false);
    if (result != 0 || *at - from > CATALOG_TOKEN_MAX)
        return result;
    cutter->from = (size_t)(from - text);
    cutter->to = (size_t)(*at - text);
    return give(cutter, from, (size_t)(*at - from), false);
}

int catalog_tokens(const char *text, size_t len, enum catalog_tokens_for purpose,
                   int (*take)(void *context, const struct catalog_token *token), void *context)
{
    struct cutter cutter = {.purpose = purpose, .take = take, .context = context, .under_way = GAP};
    const char *end = text + len;
    int result = 0;
    for (const char *at = text; at < end && result == 0;) {
        size_t from = (size_t)(at - text);
        uint32_t c = fold(catalog_text_next(&at, end));
        size_t to = (size_t)(at - text);
        char bytes[4];
        size_t count = encode(c, bytes);
        switch (class_of(c)) {
        case SINGLE:
            result = on_single(&cutter, bytes, count, from, to);
            break;
        case WORD:
            result = on_word(&cutter, bytes, count, from, to);
            break;
        case KEY:
            result = purpose == CATALOG_FOR_DOCUMENT ? on_key(&cutter, text, &at, end)
                                                     : finish(&cutter, false);
            break;
        case BRACKET:
            if (cutter.under_way == WORD)
                result = finish(&cutter, false);
            break;
        case GAP:
            result = finish(&cutter, false);
            break;
        }
    }
    return result != 0 ? result : finish(&cutter, true);
}

/* ---- as FTS5 asks for it; https://www.sqlite.org/fts5.html#custom_tokenizers ---- */

struct sink {
    int (*token)(void *context, int flags, const char *token, int len, int from, int to);
    void *context;
};

static int to_fts5(void *context, const struct catalog_token *token)
{
    const struct sink *sink = context;
    return sink->token(sink->context, token->same_place ? FTS5_TOKEN_COLOCATED : 0, token->at,
                       (int)token->len, (int)token->from, (int)token->to);
}

static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int len,
                    int (*token)(void *, int, const char *, int, int, int))
{
    (void)tokenizer;
    if ((flags & FTS5_TOKENIZE_QUERY) != 0)
        return len > 0 ? token(context, 0, text, len, 0, len) : SQLITE_OK;
    struct sink sink = {token, context};
    return catalog_tokens(text, (size_t)len, CATALOG_FOR_DOCUMENT, to_fts5, &sink);
}

static int create(void *context, const char **words, int count, Fts5Tokenizer **out)
{
    static int nothing; /* it keeps no state, yet FTS5 wants a handle */
    (void)context;
    (void)words;
    (void)count;
    *out = (Fts5Tokenizer *)&nothing;
    return SQLITE_OK;
}

static void drop(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

int catalog_tokenizer_register(struct catalog *catalog, struct catalog_err *err)
{
    fts5_api *api = NULL;
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(catalog->db, "SELECT fts5(?1)", -1, &statement, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
        (void)sqlite3_step(statement); /* sets api, which is looked at below */
    }
    (void)sqlite3_finalize(statement);
    fts5_tokenizer functions = {create, drop, tokenize};
    if (api == NULL || api->xCreateTokenizer(api, "shilu", NULL, &functions, NULL) != SQLITE_OK)
        return catalog_err_set(err, CATALOG_ERR_SYSTEM, catalog->path,
                               "this SQLite has no full-text search (FTS5)");
    return 0;
}
