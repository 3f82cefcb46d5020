#ifndef SHILU_CATALOG_TEXT_H
#define SHILU_CATALOG_TEXT_H

#include "catalog/catalog.h"

/* The next character of UTF-8 in [*at, end), and moves *at behind it. A byte that begins none is
 * U+FFFD and one byte long. */
uint32_t catalog_text_next(const char **at, const char *end);

/* USAGE unless `text` is NULL or UTF-8 without control characters other than tab, line feed and
 * carriage return, of at most `max_bytes`. `what` names it in the message. */
int catalog_text_check(const char *text, size_t max_bytes, const char *what,
                       struct catalog_err *err);

/* As catalog_text_check, and neither NULL nor empty. */
int catalog_text_needed(const char *text, size_t max_bytes, const char *what,
                        struct catalog_err *err);

/* As catalog_text_needed, and more than spaces. */
int catalog_text_said(const char *text, size_t max_bytes, const char *what,
                      struct catalog_err *err);

/* USAGE unless it is 1 to CATALOG_NUMBER_MAX characters, none of them a control character,
 * and no space where none is seen: at its beginning or end, or beside another. */
int catalog_text_number(const char *number, const char *what, struct catalog_err *err);

/* A text that grows; zeroed at first. */
struct catalog_text {
    char *at; /* NULL while empty */
    size_t len, room;
};
int catalog_text_add(struct catalog_text *text, const char *more, size_t len,
                     struct catalog_err *err);
/* Adds `more` as an item of a list: after `joint`, unless it is the first. NULL adds nothing. */
int catalog_text_join(struct catalog_text *text, char joint, const char *more,
                      struct catalog_err *err);
void catalog_text_release_at(struct catalog_text *text); /* for AUTO(catalog_text_release) */

#endif
