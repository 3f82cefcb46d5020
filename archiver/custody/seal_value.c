#include "custody/seal_value.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "digest/hash.h"

#include "base/banned.h"

enum { GROUP = 4, CHECK_DIGITS = 2, CHECK_MODULUS = 97 };
#define REMAINDER UINT64_C(1000000000000000000) /* SEAL_DIGITS - CHECK_DIGITS digits */

static const char *const kinds[SEAL_KINDS] = {
    [SEAL_ARCHIVE] = "archive:", [SEAL_DISC] = "disc:", [SEAL_RECEIPT] = "receipt:"};

int seal_value_of(enum seal_kind kind, struct bytes bytes, struct seal_value *value,
                  struct err *err)
{
    value->kind = kind;
    return hash_of(HASH_SHA256, bytes, value->sha256, err);
}

void seal_value_full(const struct seal_value *value, char text[static SEAL_FULL_TEXT])
{
    char hex[65];
    bytes_to_hex(value->sha256, sizeof value->sha256, hex);
    (void)snprintf(text, SEAL_FULL_TEXT, "%s%s", kinds[value->kind], hex);
}

/* ---- short ---- */

/* Bit by bit: no number on the way is larger than 64 bits hold. */
static uint64_t remainder_of(const uint8_t sha256[static 32])
{
    uint64_t rest = 0;
    for (unsigned bit = 0; bit < 256; bit++)
        rest = (rest * 2 + ((unsigned)sha256[bit / 8] >> (7 - bit % 8) & 1U)) % REMAINDER;
    return rest;
}

/* What all digits give modulo 97; 1 where the last two fit the others. */
static unsigned check_sum(const char *digits)
{
    unsigned sum = 0;
    for (; *digits != '\0'; digits++)
        sum = (sum * 10 + (unsigned)(*digits - '0')) % CHECK_MODULUS;
    return sum;
}

static void digits_of(const struct seal_value *value, char digits[static SEAL_DIGITS + 1])
{
    char at[SEAL_DIGITS + 1];
    (void)snprintf(at, sizeof at, "%018llu00", (unsigned long long)remainder_of(value->sha256));
    const unsigned check = CHECK_MODULUS + 1 - check_sum(at);
    at[SEAL_DIGITS - 2] = (char)('0' + check / 10);
    at[SEAL_DIGITS - 1] = (char)('0' + check % 10);
    memcpy(digits, at, sizeof at);
}

void seal_value_short(const struct seal_value *value, char text[static SEAL_SHORT_TEXT])
{
    char digits[SEAL_DIGITS + 1];
    digits_of(value, digits);
    for (size_t i = 0; i < SEAL_DIGITS; i++) {
        if (i > 0 && i % GROUP == 0)
            *text++ = ' ';
        *text++ = digits[i];
    }
    *text = '\0';
}

/* ---- as somebody gives it ---- */

static bool full_parse(struct bytes text, struct seal_value *value)
{
    for (unsigned i = 0; i < SEAL_KINDS; i++) {
        const size_t len = strlen(kinds[i]);
        if (text.len < len || memcmp(text.at, kinds[i], len) != 0)
            continue;
        value->kind = (enum seal_kind)i;
        return bytes_from_hex((struct bytes){text.at + len, text.len - len}, value->sha256,
                              sizeof value->sha256) == 0;
    }
    return false;
}

static bool short_parse(struct bytes text, char digits[static SEAL_DIGITS + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == ' ' || text.at[i] == '-')
            continue;
        if (text.at[i] < '0' || text.at[i] > '9' || count == SEAL_DIGITS)
            return false;
        digits[count++] = (char)text.at[i];
    }
    digits[count] = '\0';
    return count == SEAL_DIGITS;
}

int seal_given_parse(struct bytes text, struct seal_given *given, struct err *err)
{
    struct seal_given parsed = {.is_full = full_parse(text, &parsed.full)};
    if (!parsed.is_full && !short_parse(text, parsed.digits))
        return err_set(err, ERR_USAGE, NULL,
                       _("not a seal value: it is archive:, disc: or receipt: and 64 hexadecimal "
                         "digits, or %d digits"),
                       SEAL_DIGITS);
    if (!parsed.is_full && check_sum(parsed.digits) != 1)
        return err_set(err, ERR_USAGE, NULL, "%s",
                       _("a digit of the short seal value is wrong: its check digits do not fit"));
    *given = parsed;
    return 0;
}

bool seal_given_is(const struct seal_given *given, const struct seal_value *value)
{
    char digits[SEAL_DIGITS + 1];
    if (given->is_full)
        return given->full.kind == value->kind &&
               memcmp(given->full.sha256, value->sha256, sizeof value->sha256) == 0;
    digits_of(value, digits);
    return strcmp(given->digits, digits) == 0;
}
