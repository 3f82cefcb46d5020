#ifndef SHILU_CUSTODY_JCS_H
#define SHILU_CUSTODY_JCS_H

#include <jansson.h>
#include <stddef.h>

#include "base/bytes.h"

struct err;

/*
 * JSON in the one form that the JSON Canonicalization Scheme gives it, so that the same value has
 * the same bytes whoever writes it, and a digest of them means something: members sorted by the
 * UTF-16 code units of their names, no blanks, the fewest escapes, numbers as ECMAScript prints
 * them. Any number of threads may ask at once.
 * Source: RFC 8785; ECMA-262, Number::toString.
 */

enum {
    JCS_DEPTH_MAX = 32,   /* lists and objects one within the other */
    JCS_NUMBER_TEXT = 48, /* holds whatever jcs_number writes, with its NUL */
};

/*
 * Prints `value`.
 *
 *   text   NUL-terminated; the caller's
 *   len    its bytes, without the NUL
 *
 * ERR_USAGE: a text is not UTF-8 or holds U+0000; a whole number that is written without an
 * exponent lies beyond ±(2^53-1), where readers that take numbers for doubles would see another
 * one (RFC 7493, 2.2); or it is nested deeper than JCS_DEPTH_MAX. ERR_MEMORY.
 */
int jcs_print(json_t *value, char **text, size_t *len, struct err *err);

/*
 * Reads an object or a list that a stranger wrote, and refuses it unless jcs_print would write it
 * with these very bytes. *root is the caller's. ERR_DAMAGED names `object`; ERR_MEMORY.
 */
int jcs_read(struct bytes text, const char *object, json_t **root, struct err *err);

/* Whether jcs_read would take the text. Errors as there. */
int jcs_check(struct bytes text, const char *object, struct err *err);

/*
 * Prints a number as ECMAScript does: the fewest digits that read as this double again, of these
 * the nearest to it. 0, or -1 where it is not finite.
 */
int jcs_number(double number, char text[static JCS_NUMBER_TEXT]);

#endif
