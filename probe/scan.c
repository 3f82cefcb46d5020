#include "probe/scan.h"

#include <string.h>

enum { DIGITS_MAX = 18 };

static void pass(struct probe_bytes *at, size_t count)
{
    at->at += count;
    at->len -= count;
}

static bool is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

bool scan_char(struct probe_bytes *at, char wanted)
{
    if (at->len == 0 || at->at[0] != (uint8_t)wanted)
        return false;
    pass(at, 1);
    return true;
}

bool scan_text(struct probe_bytes *at, const char *wanted)
{
    size_t len = strlen(wanted);
    if (at->len < len || memcmp(at->at, wanted, len) != 0)
        return false;
    pass(at, len);
    return true;
}

bool scan_digits(struct probe_bytes *at, unsigned count, uint32_t *value)
{
    if (count == 0 || count > 9 || at->len < count)
        return false;
    uint32_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!is_digit(at->at[i]))
            return false;
        sum = sum * 10 + (uint32_t)(at->at[i] - '0');
    }
    pass(at, count);
    *value = sum;
    return true;
}

bool scan_decimal(struct probe_bytes *at, double *value)
{
    struct probe_bytes rest = *at;
    bool negative = scan_char(&rest, '-');
    if (!negative)
        scan_char(&rest, '+');

    double sum = 0;
    unsigned digits = 0;
    for (; rest.len > 0 && is_digit(rest.at[0]); pass(&rest, 1)) {
        if (++digits > DIGITS_MAX)
            return false;
        sum = sum * 10 + (rest.at[0] - '0');
    }
    if (digits == 0)
        return false;

    if (rest.len > 1 && rest.at[0] == '.' && is_digit(rest.at[1])) {
        pass(&rest, 1);
        double unit = 1;
        for (; rest.len > 0 && is_digit(rest.at[0]); pass(&rest, 1)) {
            if (++digits > DIGITS_MAX)
                continue;
            sum = sum * 10 + (rest.at[0] - '0');
            unit *= 10;
        }
        sum /= unit;
    } else {
        scan_char(&rest, '.');
    }
    *value = negative ? -sum : sum;
    *at = rest;
    return true;
}

bool scan_until(struct probe_bytes *at, char end, struct probe_bytes *part)
{
    if (at->len == 0)
        return false;
    const uint8_t *stop = memchr(at->at, end, at->len);
    size_t len = stop == NULL ? at->len : (size_t)(stop - at->at);
    *part = (struct probe_bytes){at->at, len};
    pass(at, stop == NULL ? len : len + 1);
    return true;
}

void scan_space(struct probe_bytes *at)
{
    while (at->len > 0 && memchr(" \t\r\n", at->at[0], 5) != NULL) /* 5: the NUL counts */
        pass(at, 1);
}

bool scan_is(struct probe_bytes bytes, const char *text)
{
    return scan_text(&bytes, text) && bytes.len == 0;
}

size_t scan_find(struct probe_bytes bytes, size_t from, const char *text)
{
    if (from >= bytes.len)
        return bytes.len;
    const uint8_t *found = memmem(bytes.at + from, bytes.len - from, text, strlen(text));
    return found == NULL ? bytes.len : (size_t)(found - bytes.at);
}
