#ifndef SHILU_BASE_BYTES_H
#define SHILU_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets from outside, or part of something; passed by value, owns nothing. */
struct bytes {
    const uint8_t *at;
    size_t len;
};

/* C23's checked arithmetic until the compilers have it: true when the result does not fit. */
#define ckd_add(result, a, b) __builtin_add_overflow((a), (b), (result))
#define ckd_sub(result, a, b) __builtin_sub_overflow((a), (b), (result))
#define ckd_mul(result, a, b) __builtin_mul_overflow((a), (b), (result))

struct bytes bytes_of(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);

/* The text in front of the first `separator`; *rest is what follows it, or empty when there is
 * none. */
struct bytes bytes_cut(struct bytes text, uint8_t separator, struct bytes *rest);

/* A decimal number: digits alone, no sign, no spaces, no more than UINT64_MAX. 0, or -1. */
int bytes_parse_u64(struct bytes text, uint64_t *number);

/* Lower-case hexadecimal of `len` octets, NUL-terminated: `text` holds 2 × len + 1. */
void bytes_to_hex(const uint8_t *octets, size_t len, char *text);

/* `len` octets from exactly 2 × len hexadecimal digits. 0, or -1. */
int bytes_from_hex(struct bytes text, uint8_t *octets, size_t len);

/* Characters that base64 takes for `len` octets, and the NUL. */
#define BYTES_BASE64(len) (((size_t)(len) + 2) / 3 * 4 + 1)

/* Base64 with padding (RFC 4648, 4), NUL-terminated: `text` holds BYTES_BASE64(octets.len). */
void bytes_to_base64(struct bytes octets, char *text);

/* The octets of exactly what bytes_to_base64 writes: padded, without spaces, unused bits zero, at
 * most `room` octets. 0, or -1 with nothing to be read in `octets`. */
int bytes_from_base64(struct bytes text, uint8_t *octets, size_t room, size_t *len);

#endif
