#ifndef SHILU_PACK_SCAN_H
#define SHILU_PACK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads JSON from front to back in place, building nothing: an index of 10,000 recordings is looked
 * through in the time that a tree of it would take for its first hundred. Strict as RFC 8259 has
 * it.
 *
 * Texts are decoded where they stand, so the buffer is changed. After anything that does not fit,
 * `failed` stays set, every call returns at once, and what was given out must not be used: a row of
 * calls is checked once.
 */
struct scan {
    char *at, *end; /* what is still to be read; *end is writable and NUL */
    bool failed;
};

enum { SCAN_DEPTH_MAX = 64 };

void scan_init(struct scan *scan, char *text, size_t len);

/* Whether the next value is an object, an array, a text, a number ('0') … : its first character, or
 * NUL at the end. */
char scan_peek(struct scan *scan);

/*
 * The next key of an object, or the next value of an array: true when there is one. Called first
 * with *begun false, which they set; reads the brackets too.
 *   while (scan_key(&scan, &begun, &key)) { … take or skip the value … }
 */
bool scan_key(struct scan *scan, bool *begun, char **key);
bool scan_item(struct scan *scan, bool *begun);

/* A text, NUL-terminated UTF-8 without NUL inside. */
char *scan_text(struct scan *scan);
/* A whole number from 0, written as a number or as a text. */
uint64_t scan_u64(struct scan *scan);
bool scan_null(struct scan *scan);
/* Any value. */
void scan_skip(struct scan *scan);
/* Only spaces follow. */
void scan_finish(struct scan *scan);

#endif
