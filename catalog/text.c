#include "catalog/text.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/catalog_private.h"

uint32_t catalog_text_next(const char **at, const char *end)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)*at;
    size_t left = (size_t)(end - *at);
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (len == 0 || len > left || p[0] > 0xF4) {
        (*at)++;
        return 0xFFFD;
    }
    uint32_t c = len == 1 ? p[0] : p[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0U) != 0x80U) {
            (*at)++;
            return 0xFFFD;
        }
        c = c << 6 | (p[i] & 0x3FU);
    }
    if (c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        (*at)++;
        return 0xFFFD;
    }
    *at += len;
    return c;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/* Whether U+FFFD came from a byte that is no UTF-8 rather than from the text itself. */
static bool is_broken(uint32_t c, const char *from, const char *to)
{
    return c == 0xFFFD && to - from == 1;
}

int catalog_text_check(const char *text, size_t max_bytes, const char *what,
                       struct catalog_err *err)
{
    if (text == NULL)
        return 0;
    size_t len = strnlen(text, max_bytes + 1);
    if (len > max_bytes)
        return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what),
                               "longer than %zu bytes", max_bytes);
    const char *end = text + len;
    for (const char *at = text; at < end;) {
        const char *from = at;
        uint32_t c = catalog_text_next(&at, end);
        if (is_broken(c, from, at))
            return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what), "not UTF-8");
        if (is_control(c) && c != '\t' && c != '\n' && c != '\r')
            return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what),
                                   "holds a control character, U+%04X", (unsigned)c);
    }
    return 0;
}

int catalog_text_needed(const char *text, size_t max_bytes, const char *what,
                        struct catalog_err *err)
{
    if (text == NULL || text[0] == '\0')
        return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what), "empty");
    return catalog_text_check(text, max_bytes, what, err);
}

/* What is seen as nothing: of Unicode's White_Space what can be typed, and the byte order mark. */
static bool is_blank(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) ||
           c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

int catalog_text_said(const char *text, size_t max_bytes, const char *what, struct catalog_err *err)
{
    if (catalog_text_needed(text, max_bytes, what, err) < 0)
        return -1;
    const char *end = text + strlen(text);
    for (const char *at = text; at < end;)
        if (!is_blank(catalog_text_next(&at, end)))
            return 0;
    return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what), "blank");
}

int catalog_text_number(const char *number, const char *what, struct catalog_err *err)
{
    if (catalog_text_said(number, CATALOG_TEXT_MAX, what, err) < 0)
        return -1;
    size_t count = 0;
    const char *end = number + strlen(number);
    bool blank_before = true;
    for (const char *at = number; at < end; count++) {
        const uint32_t c = catalog_text_next(&at, end);
        if (is_blank(c) && (blank_before || at == end))
            return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what),
                                   "a space stands at its beginning or end, or two together");
        blank_before = is_blank(c);
        if (is_control(c))
            return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what),
                                   "holds a control character");
    }
    if (count > CATALOG_NUMBER_MAX)
        return catalog_err_set(err, CATALOG_ERR_USAGE, catalog_err_word(what),
                               "%zu characters, at most %d are taken", count, CATALOG_NUMBER_MAX);
    return 0;
}

enum { GROWN_MAX = 64 << 20 }; /* bytes of a text put together from many */

int catalog_text_add(struct catalog_text *text, const char *more, size_t len,
                     struct catalog_err *err)
{
    if (len > (size_t)GROWN_MAX - text->len)
        return catalog_err_set(err, CATALOG_ERR_USAGE, NULL, "longer than %d bytes", GROWN_MAX);
    if (text->len + len >= text->room) {
        size_t room = (text->len + len + 1) * 2;
        char *at = realloc(text->at, room);
        if (at == NULL)
            return catalog_err_memory(err);
        text->at = at;
        text->room = room;
    }
    memcpy(text->at + text->len, more, len);
    text->len += len;
    text->at[text->len] = '\0';
    return 0;
}

int catalog_text_join(struct catalog_text *text, char joint, const char *more,
                      struct catalog_err *err)
{
    if (more == NULL)
        return 0;
    if (text->len > 0 && catalog_text_add(text, &joint, 1, err) < 0)
        return -1;
    return catalog_text_add(text, more, strlen(more), err);
}

void catalog_text_release_at(struct catalog_text *text)
{
    free(text->at);
}
