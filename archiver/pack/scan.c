#include "pack/scan.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

#include "base/banned.h"

// NOLINTNEXTLINE(readability-non-const-parameter): texts are decoded in it
void scan_init(struct scan *scan, char *text, size_t len)
{
    *scan = (struct scan){.at = text, .end = text + len};
    *scan->end = '\0'; /* ends every loop below */
}

static void scan_fail(struct scan *scan)
{
    scan->failed = true;
    scan->at = scan->end;
}

static void space_skip(struct scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t')
        scan->at++;
}

char scan_peek(struct scan *scan)
{
    space_skip(scan);
    char c = *scan->at;
    if (c == '-' || (c >= '0' && c <= '9'))
        return '0';
    return c;
}

/* The character, where it comes next. */
static bool take(struct scan *scan, char c)
{
    space_skip(scan);
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static void expect(struct scan *scan, char c)
{
    if (!take(scan, c))
        scan_fail(scan);
}

/* What stands between the members of an object or array: true when another member follows. */
static bool member_follows(struct scan *scan, bool *begun, char open, char close)
{
    bool first = !*begun;
    *begun = true;
    if (first)
        expect(scan, open);
    if (scan->failed || take(scan, close))
        return false;
    if (!first)
        expect(scan, ',');
    return !scan->failed;
}

bool scan_key(struct scan *scan, bool *begun, char **key)
{
    if (!member_follows(scan, begun, '{', '}'))
        return false;
    *key = scan_text(scan);
    expect(scan, ':');
    return !scan->failed;
}

bool scan_item(struct scan *scan, bool *begun)
{
    return member_follows(scan, begun, '[', ']');
}

/* ---- texts ---- */

static int unit_parse(const char *at, uint32_t *unit)
{
    uint8_t octets[2];
    if (bytes_from_hex((struct bytes){(const uint8_t *)at, 4}, octets, 2) < 0)
        return -1;
    *unit = (uint32_t)octets[0] << 8 | octets[1];
    return 0;
}

static char *character_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

/* What follows "\u": one character, or two halves of one. Its UTF-8 is never longer than that. */
static char *unicode_take(struct scan *scan, char *to)
{
    uint32_t c;
    uint32_t low;
    if (scan->end - scan->at < 4 || unit_parse(scan->at, &c) < 0 || c == 0 ||
        (c >= 0xdc00 && c < 0xe000))
        return NULL;
    scan->at += 4;
    if (c >= 0xd800 && c < 0xdc00) {
        if (scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u' ||
            unit_parse(scan->at + 2, &low) < 0 || low < 0xdc00 || low >= 0xe000)
            return NULL;
        scan->at += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    return character_put(to, c);
}

static char *escape_take(struct scan *scan, char *to)
{
    static const char written[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    char c = scan->at[1];
    scan->at += 2; /* at most onto the end: a backslash is not NUL */
    if (c == 'u')
        return unicode_take(scan, to);
    const char *found = c != '\0' ? strchr(written, c) : NULL;
    if (found == NULL)
        return NULL;
    *to = meant[found - written];
    return to + 1;
}

char *scan_text(struct scan *scan)
{
    static char nothing[] = "";
    expect(scan, '"');
    char *first = scan->at;
    char *to = first;
    unsigned char seen = 0;
    while (!scan->failed && *scan->at != '"') {
        unsigned char c = (unsigned char)*scan->at;
        if (c == '\\' && scan->end - scan->at >= 2) {
            to = escape_take(scan, to);
            if (to == NULL)
                scan_fail(scan);
            continue;
        }
        if (c < 0x20 || c == '\\') {
            scan_fail(scan);
            continue;
        }
        seen |= c;
        *to++ = (char)c;
        scan->at++;
    }
    if (scan->failed)
        return nothing;
    scan->at++;
    *to = '\0';
    if (seen >= 0x80 && !text_is_utf8((struct bytes){(uint8_t *)first, (size_t)(to - first)})) {
        scan_fail(scan);
        return nothing;
    }
    return first;
}

/* ---- numbers and the rest ---- */

static size_t digits_skip(struct scan *scan)
{
    const char *first = scan->at;
    while (*scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return (size_t)(scan->at - first);
}

static void number_skip(struct scan *scan)
{
    if (*scan->at == '-')
        scan->at++;
    bool zero = *scan->at == '0';
    size_t whole = digits_skip(scan);
    bool fits = whole > 0 && (!zero || whole == 1);
    if (fits && *scan->at == '.') {
        scan->at++;
        fits = digits_skip(scan) > 0;
    }
    if (fits && (*scan->at == 'e' || *scan->at == 'E')) {
        scan->at++;
        if (*scan->at == '+' || *scan->at == '-')
            scan->at++;
        fits = digits_skip(scan) > 0;
    }
    if (!fits)
        scan_fail(scan);
}

uint64_t scan_u64(struct scan *scan)
{
    struct bytes digits;
    uint64_t number = 0;
    if (scan_peek(scan) == '"') {
        const char *text = scan_text(scan);
        digits = bytes_of(text);
    } else {
        const char *first = scan->at;
        if (scan_peek(scan) == '0')
            number_skip(scan);
        digits = (struct bytes){(const uint8_t *)first, (size_t)(scan->at - first)};
    }
    if (scan->failed || bytes_parse_u64(digits, &number) < 0)
        scan_fail(scan);
    return number;
}

static bool word_take(struct scan *scan, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
        return false;
    scan->at += len;
    return true;
}

bool scan_null(struct scan *scan)
{
    return scan_peek(scan) == 'n' && word_take(scan, "null");
}

/* One value that is neither object nor array. */
static void plain_skip(struct scan *scan)
{
    char c = scan_peek(scan);
    if (c == '"')
        (void)scan_text(scan);
    else if (c == '0')
        number_skip(scan);
    else if (!word_take(scan, "null") && !word_take(scan, "true") && !word_take(scan, "false"))
        scan_fail(scan);
}

void scan_skip(struct scan *scan)
{
    bool is_object[SCAN_DEPTH_MAX];
    bool begun[SCAN_DEPTH_MAX];
    unsigned depth = 0;
    do {
        char c = scan_peek(scan);
        if ((c == '{' || c == '[') && depth < SCAN_DEPTH_MAX) {
            is_object[depth] = c == '{';
            begun[depth++] = false;
        } else {
            plain_skip(scan);
        }
        /* on to the next value, out of what has ended */
        while (depth > 0) {
            char *key;
            if (is_object[depth - 1] ? scan_key(scan, &begun[depth - 1], &key)
                                     : scan_item(scan, &begun[depth - 1]))
                break;
            depth--;
        }
    } while (depth > 0 && !scan->failed);
}

void scan_finish(struct scan *scan)
{
    space_skip(scan);
    if (scan->at != scan->end)
        scan_fail(scan);
}
