#ifndef SHILU_CUSTODY_SEAL_VALUE_H
#define SHILU_CUSTODY_SEAL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct err;

/*
 * The one value that covers all of a thing which Shilu hands on:
 *
 *   archive   SHA-256 of tagmanifest-sha256.txt: through it the index, which holds the digest of
 *             the tar's structure, and all digests
 *   disc      SHA-256 of the image's first 32 KiB: the signed record, which holds the digests of
 *             the structure and of SHA256SUMS
 *   receipt   SHA-256 of the file
 *
 * In full it is "archive:" and 64 hexadecimal digits, on paper, in a QR code and on the screen.
 * Short, for the telephone, it is 20 digits: the digest's remainder modulo 10^18 and two check
 * digits. These are 59 bits: enough to tell any two archives apart, and to find a wrong one; who
 * makes both of two things himself can make their short values the same, so evidence is the full
 * value. A check digit finds each digit that was misheard and all swaps of two neighbours.
 * Source: ISO/IEC 7064:2003, MOD 97-10.
 */

enum seal_kind { SEAL_ARCHIVE, SEAL_DISC, SEAL_RECEIPT, SEAL_KINDS };

struct seal_value {
    enum seal_kind kind;
    uint8_t sha256[32];
};

enum {
    SEAL_DIGITS = 20,
    SEAL_FULL_TEXT = 80,                                /* with its NUL */
    SEAL_SHORT_TEXT = SEAL_DIGITS + SEAL_DIGITS / 4 + 1 /* with spaces and the NUL */
};

/* The value of a thing: these bytes are what stands above. ERR_SYSTEM, ERR_MEMORY of OpenSSL. */
int seal_value_of(enum seal_kind kind, struct bytes bytes, struct seal_value *value,
                  struct err *err);

/* "archive:3f0c…" */
void seal_value_full(const struct seal_value *value, char text[static SEAL_FULL_TEXT]);

/* "1234 5678 9012 3456 7890" */
void seal_value_short(const struct seal_value *value, char text[static SEAL_SHORT_TEXT]);

/* A value as somebody gives it. */
struct seal_given {
    bool is_full;
    struct seal_value full;
    char digits[SEAL_DIGITS + 1]; /* of a short one */
};

/* Reads either form; spaces and hyphens between digits do not count. ERR_USAGE: it is none, or its
 * check digits say that one is wrong. */
int seal_given_parse(struct bytes text, struct seal_given *given, struct err *err);

bool seal_given_is(const struct seal_given *given, const struct seal_value *value);

#endif
