#include "probe/text.h"

#include <iconv.h>
#include <string.h>

/* Length of the UTF-8 character at the start, 0 when there is none (RFC 3629). */
static size_t utf8_length(const uint8_t *at, size_t len)
{
    if (len == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;
    size_t need = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] < 0xC2 || at[0] > 0xF4 || len < need)
        return 0;
    for (size_t i = 1; i < need; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return need;
}

static bool is_utf8(struct probe_bytes bytes)
{
    while (bytes.len > 0) {
        size_t n = utf8_length(bytes.at, bytes.len);
        if (n == 0)
            return false;
        bytes.at += n;
        bytes.len -= n;
    }
    return true;
}

/* C0, DEL and C1; `at` starts a character of `n` octets. */
static bool is_control(const uint8_t *at, size_t n)
{
    return (n == 1 && (at[0] < 0x20 || at[0] == 0x7F)) || (n == 2 && at[0] == 0xC2 && at[1] < 0xA0);
}

/* Copies what is UTF-8 without control characters and trailing spaces. */
static size_t copy_utf8(struct probe_bytes bytes, char *text)
{
    size_t len = 0;
    while (bytes.len > 0) {
        size_t n = utf8_length(bytes.at, bytes.len);
        if (n == 0 || len + n >= TEXT_BYTES_MAX)
            break;
        if (!is_control(bytes.at, n)) {
            memcpy(text + len, bytes.at, n);
            len += n;
        }
        bytes.at += n;
        bytes.len -= n;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    text[len] = '\0';
    return len;
}

/* GB 18030 to UTF-8; 0 when it is not valid. */
static size_t convert_gb18030(struct probe_bytes bytes, char *out, size_t size)
{
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if ((intptr_t)converter == -1)
        return 0;
    char in[TEXT_BYTES_MAX]; /* iconv wants its input writable */
    memcpy(in, bytes.at, bytes.len);
    char *from = in;
    char *to = out;
    size_t left = bytes.len;
    size_t room = size;
    size_t done = iconv(converter, &from, &left, &to, &room);
    (void)iconv_close(converter); /* nothing was buffered */
    return done == (size_t)-1 ? 0 : size - room;
}

static size_t convert_latin1(struct probe_bytes bytes, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.at[i];
        if (c >= 0x80) {
            out[len++] = (char)(0xC0 | c >> 6);
            out[len++] = (char)(0x80 | (c & 0x3F));
        } else {
            out[len++] = (char)c;
        }
    }
    return len;
}

size_t text_clean(struct probe_bytes bytes, char text[static TEXT_BYTES_MAX])
{
    text[0] = '\0';
    if (bytes.at == NULL)
        return 0;
    const uint8_t *nul = memchr(bytes.at, 0, bytes.len);
    if (nul != NULL)
        bytes.len = (size_t)(nul - bytes.at);
    if (bytes.len >= TEXT_BYTES_MAX) {
        /* cut between characters, lest the cut make it look like another encoding */
        bytes.len = TEXT_BYTES_MAX - 1;
        for (size_t back = 0; back < 4 && !is_utf8(bytes); back++)
            bytes.len--;
    }
    if (is_utf8(bytes))
        return copy_utf8(bytes, text);

    char wide[4 * TEXT_BYTES_MAX] = {0};
    size_t len = convert_gb18030(bytes, wide, sizeof wide);
    if (len == 0)
        len = convert_latin1(bytes, wide);
    return copy_utf8((struct probe_bytes){(const uint8_t *)wide, len}, text);
}

void text_prepare(void)
{
    static iconv_t kept; /* an open descriptor keeps the C library's tables loaded */
    kept = iconv_open("UTF-8", "GB18030");
    if ((intptr_t)kept == -1)
        return;
    char in[] = "\xb1\xb1";
    char out[8];
    char *from = in;
    char *to = out;
    size_t left = 2;
    size_t room = sizeof out;
    (void)iconv(kept, &from, &left, &to, &room); /* its first use loads the rest */
}
