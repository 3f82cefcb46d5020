#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

void text_init(struct text *text, size_t ceiling)
{
    *text = (struct text){.ceiling = ceiling};
}

void text_release(struct text *text)
{
    free(text->at);
    text_init(text, text->ceiling);
}

static bool make_room(struct text *text, size_t more)
{
    size_t need;
    if (text->failed || ckd_add(&need, text->len, more) || ckd_add(&need, need, (size_t)1) ||
        need > text->ceiling) {
        text->failed = true;
        return false;
    }
    if (need <= text->room) {
        assert(text->at != NULL); /* no room without it */
        return true;
    }
    size_t room = text->room < 64 ? 64 : text->room;
    while (room < need && room <= text->ceiling / 2)
        room *= 2;
    if (room < need)
        room = text->ceiling;
    char *at = realloc(text->at, room);
    if (at == NULL) {
        text->failed = true;
        return false;
    }
    text->at = at;
    text->room = room;
    return true;
}

void text_append_bytes(struct text *text, struct bytes more)
{
    if (!make_room(text, more.len))
        return;
    if (more.len > 0)
        memcpy(text->at + text->len, more.at, more.len);
    text->len += more.len;
    text->at[text->len] = '\0';
}

void text_append(struct text *text, const char *more)
{
    text_append_bytes(text, bytes_of(more));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        text->failed = true;
    else if (make_room(text, (size_t)len)) {
        (void)vsnprintf(text->at + text->len, (size_t)len + 1, format, again); /* measured above */
        text->len += (size_t)len;
    }
    va_end(again);
}

bool text_failed(const struct text *text)
{
    return text->failed;
}

char *text_take(struct text *text)
{
    char *at = NULL;
    if (make_room(text, 0)) {
        text->at[text->len] = '\0';
        at = text->at;
        text->at = NULL;
    }
    text_release(text);
    return at;
}

/* The length of the UTF-8 character at the start, 0 if there is none. */
static size_t character_length(struct bytes text)
{
    uint8_t c = text.at[0];
    if (c == 0)
        return 0;
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || text.len < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((text.at[i] & 0xC0U) != 0x80)
            return 0;
    uint8_t second = text.at[1];
    bool overlong = (c == 0xE0 && second < 0xA0) || (c == 0xF0 && second < 0x90);
    bool surrogate = c == 0xED && second > 0x9F;
    bool beyond = c == 0xF4 && second > 0x8F;
    return overlong || surrogate || beyond ? 0 : len;
}

char *text_readable(const char *text)
{
    union {
        const char *in;
        char *out;
    } both = {.in = text};
    return both.out;
}

bool text_is_utf8(struct bytes text)
{
    while (text.len > 0) {
        size_t len = character_length(text);
        if (len == 0)
            return false;
        text = (struct bytes){text.at + len, text.len - len};
    }
    return true;
}

static bool is_control(struct bytes character, size_t len)
{
    uint8_t c = character.at[0];
    if (len == 1)
        return c < 0x20 || c == 0x7F || c == '\\';
    if (len == 2)
        return c == 0xC2 && character.at[1] < 0xA0; /* C1 controls */
    /* U+2028, U+2029 and the bidirectional overrides U+202A–202E, U+2066–2069: they reorder or
     * break what is shown */
    if (len == 3 && c == 0xE2 && character.at[1] == 0x80)
        return character.at[2] >= 0xA8 && character.at[2] <= 0xAE;
    return len == 3 && c == 0xE2 && character.at[1] == 0x81 && character.at[2] >= 0xA6 &&
           character.at[2] <= 0xA9;
}

void text_shown_next(struct bytes *octets, char shown[static TEXT_SHOWN_NEXT])
{
    size_t len = character_length(*octets);
    size_t taken = len == 0 ? 1 : len;
    if (len == 0 || is_control(*octets, len)) {
        for (size_t i = 0; i < taken; i++)
            (void)snprintf(shown + 4 * i, 5, "\\x%02X", octets->at[i]);
    } else {
        memcpy(shown, octets->at, len);
        shown[len] = '\0';
    }
    *octets = (struct bytes){octets->at + taken, octets->len - taken};
}

char *text_shown(struct bytes octets)
{
    struct text shown;
    text_init(&shown, SIZE_MAX);
    while (octets.len > 0 && !text_failed(&shown)) {
        char next[TEXT_SHOWN_NEXT];
        text_shown_next(&octets, next);
        text_append(&shown, next);
    }
    return text_take(&shown);
}

int text_shown_bytes(const char *shown, uint8_t **octets, size_t *len)
{
    size_t room = strlen(shown);
    uint8_t *made = malloc(room + 1);
    if (made == NULL)
        return -1;
    size_t count = 0;
    for (size_t i = 0; i < room; i++) {
        if (shown[i] != '\\') {
            made[count++] = (uint8_t)shown[i];
            continue;
        }
        if (room - i < 4 || shown[i + 1] != 'x' ||
            bytes_from_hex((struct bytes){(const uint8_t *)shown + i + 2, 2}, made + count, 1) <
                0) {
            free(made);
            return -1;
        }
        count++;
        i += 3;
    }
    made[count] = 0;
    *octets = made;
    *len = count;
    return 0;
}
