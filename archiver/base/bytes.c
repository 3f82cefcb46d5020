#include "base/bytes.h"

#include <string.h>

#include "base/banned.h"

struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

struct bytes bytes_cut(struct bytes text, uint8_t separator, struct bytes *rest)
{
    const uint8_t *found = text.len == 0 ? NULL : memchr(text.at, separator, text.len);
    if (found == NULL) {
        *rest = text.len == 0 ? text : (struct bytes){text.at + text.len, 0};
        return text;
    }
    size_t len = (size_t)(found - text.at);
    *rest = (struct bytes){found + 1, text.len - len - 1};
    return (struct bytes){text.at, len};
}

int bytes_parse_u64(struct bytes text, uint64_t *number)
{
    uint64_t value = 0;
    if (text.len == 0)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (c < '0' || c > '9')
            return -1;
        if (ckd_mul(&value, value, 10U) || ckd_add(&value, value, (uint64_t)(c - '0')))
            return -1;
    }
    *number = value;
    return 0;
}

void bytes_to_hex(const uint8_t *octets, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15U];
    }
    text[2 * len] = '\0';
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int bytes_from_hex(struct bytes text, uint8_t *octets, size_t len)
{
    if (text.len != 2 * len)
        return -1;
    for (size_t i = 0; i < len; i++) {
        int high = digit_value(text.at[2 * i]);
        int low = digit_value(text.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        octets[i] = (uint8_t)(high * 16 + low);
    }
    return 0;
}
