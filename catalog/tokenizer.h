#ifndef SHILU_CATALOG_TOKENIZER_H
#define SHILU_CATALOG_TOKENIZER_H

#include "catalog/catalog.h"

/*
 * How text becomes what the search index holds.
 *
 * Letters and digits make words: lower case, full-width forms made plain, cut after
 * CATALOG_WORD_MAX characters. Everything else that is neither space nor punctuation, Chinese above
 * all, is taken by the character: each character with the next (占道 道经 经营), and alone.
 * Brackets between such characters are passed over, so that 津执〔二〕号 is found by 津执二号.
 *
 * A document yields at each position the pair and, in the same place, its first character; of a
 * word also its beginnings of up to CATALOG_BEGINNING_MAX characters, marked at their end, so that
 * short beginnings are found as fast as words. A query yields only what must be looked for.
 */

enum {
    CATALOG_WORD_MAX = 64,
    CATALOG_BEGINNING_MAX = 4,
    CATALOG_TOKEN_MAX = CATALOG_WORD_MAX * 4 + 1, /* bytes */
    CATALOG_KEY_MARK = 0x1D,       /* begins a key: a filter's value, up to the next space */
    CATALOG_BEGINNING_MARK = 0x1E, /* ends a beginning */
};

struct catalog_token {
    const char *at; /* UTF-8, not ended by NUL */
    size_t len;
    size_t from, to; /* where it stands in the text */
    bool is_word;
    size_t characters;
    bool same_place; /* as the token before */
};

enum catalog_tokens_for { CATALOG_FOR_DOCUMENT, CATALOG_FOR_QUERY };

/* Gives each token to `take` until that returns other than 0; returns what it returned. */
int catalog_tokens(const char *text, size_t len, enum catalog_tokens_for purpose,
                   int (*take)(void *context, const struct catalog_token *token), void *context);

/* Makes the tokenizer known to a connection as "shilu". For a query, which search.c has cut
 * already, it gives back the text as one token. */
int catalog_tokenizer_register(struct catalog *catalog, struct catalog_err *err);

#endif
