#ifndef SHILU_CATALOG_MATCH_H
#define SHILU_CATALOG_MATCH_H

#include "catalog/text.h"

/* What a query asks of the search index, as an FTS5 expression in which every word is quoted and
 * made of the tokenizer's tokens only: nothing that was typed is an operator. */

enum catalog_match_result {
    CATALOG_MATCH_ALL,     /* no word is asked for */
    CATALOG_MATCH_WORDS,   /* the expression decides */
    CATALOG_MATCH_NOTHING, /* no recording can match */
};

/* Words, case, collector, device and untagged. */
int catalog_match(struct catalog *catalog, const struct catalog_query *query,
                  struct catalog_text *match, enum catalog_match_result *result,
                  struct catalog_err *err);

/* Adds the cells around the query's position. */
int catalog_match_near(const struct catalog_query *query, struct catalog_text *match,
                       struct catalog_err *err);

/* The words alone: *found is false where there was text, but nothing in it that can be found. */
int catalog_match_words(const char *text, struct catalog_text *match, bool *found,
                        struct catalog_err *err);

#endif
