#ifndef SHILU_VAULT_PASSWORD_H
#define SHILU_VAULT_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { PASSWORD_TEXT = 20, PASSWORD_ENCODED = 128 };

/* A new password of 79 random bits, "k7mw-…-…-…": lower-case letters and digits that cannot be
 * taken for one another. Wiped by the caller. */
int password_make(char password[static PASSWORD_TEXT], struct err *err);

/*
 * The form in which an account keeps a password: "$scrypt$ln=15,r=8,p=3$SALT$HASH", salt (16
 * octets, random) and hash (32) in Base64 without padding. Takes 32 MiB while it runs.
 * Source: RFC 7914; the PHC string format.
 */
int password_encode(const char *password, char encoded[static PASSWORD_ENCODED], struct err *err);

/* What the custody log tells of a password: the SHA-256 of its encoded form, whose salt keeps it
 * from telling more. */
int password_digest(const char *encoded, uint8_t sha256[static 32], struct err *err);

/*
 * Whether it is the password that was encoded so, with any parameters up to PASSWORD_COST_MAX.
 *   encoded   NULL: nobody's. Takes as long as another, so that the time does not tell which
 *             accounts there are; never *right
 * ERR_DAMAGED: it is no such form; ERR_MEMORY.
 */
enum { PASSWORD_COST_MAX = 20 }; /* ln */
int password_check(const char *password, const char *encoded, bool *right, struct err *err);

#endif
