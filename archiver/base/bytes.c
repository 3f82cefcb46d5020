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

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

enum { BASE64_PADDING = 64 };

void bytes_to_base64(struct bytes octets, char *text)
{
    for (size_t i = 0; i < octets.len; i += 3, text += 4) {
        size_t left = octets.len - i;
        uint32_t group = (uint32_t)octets.at[i] << 16;
        if (left > 1)
            group |= (uint32_t)octets.at[i + 1] << 8;
        if (left > 2)
            group |= octets.at[i + 2];
        text[0] = base64_digits[group >> 18];
        text[1] = base64_digits[group >> 12 & 63U];
        text[2] = base64_digits[left > 1 ? group >> 6 & 63U : BASE64_PADDING];
        text[3] = base64_digits[left > 2 ? group & 63U : BASE64_PADDING];
    }
    *text = '\0';
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* The 24 bits of four characters of which `digits` are no padding. 0, or -1. */
static int base64_group(const uint8_t *text, size_t digits, uint32_t *group)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < digits; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return -1;
        bits |= (uint32_t)value << (18 - 6 * i);
    }
    uint32_t unused = (1U << (24 - 8 * (digits - 1))) - 1; /* one text for the same octets only */
    if ((bits & unused) != 0)
        return -1;
    *group = bits;
    return 0;
}

int bytes_from_base64(struct bytes text, uint8_t *octets, size_t room, size_t *len)
{
    size_t made = 0;
    if (text.len % 4 != 0)
        return -1;
    for (size_t i = 0; i < text.len; i += 4) {
        const uint8_t *at = text.at + i;
        size_t digits = 4;
        if (i + 4 == text.len && at[3] == '=')
            digits = at[2] == '=' ? 2 : 3;
        uint32_t group;
        if (base64_group(at, digits, &group) < 0 || room - made < digits - 1)
            return -1;
        for (size_t k = 0; k < digits - 1; k++)
            octets[made++] = (uint8_t)(group >> (16 - 8 * k));
    }
    *len = made;
    return 0;
}
