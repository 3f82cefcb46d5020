#ifndef SHILU_BASE_TEXT_H
#define SHILU_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/*
 * A text that grows up to a ceiling. After a failed append it stays failed, so that a row of
 * appends is checked once at its end with text_failed.
 *   struct text t; text_init(&t, LIMIT); AUTO-free with text_release.
 */
struct text {
    char *at; /* NUL-terminated once anything was appended; may be NULL before */
    size_t len;
    size_t room;
    size_t ceiling;
    bool failed;
};

void text_init(struct text *text, size_t ceiling);
void text_release(struct text *text);
void text_append(struct text *text, const char *more);
void text_append_bytes(struct text *text, struct bytes more);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* True when memory or the ceiling was reached: what is in it is then cut and not to be used. */
bool text_failed(const struct text *text);
/* The text, never NULL; it is the caller's, to be freed, and the struct is empty. NULL if failed.
 */
char *text_take(struct text *text);

static inline void text_release_at(struct text *text)
{
    text_release(text);
}

/* A text for a member of a struct that is written elsewhere, so that it is not const, and only read
 * where it goes now. */
char *text_readable(const char *text);

/* Whether these are whole, shortest-form UTF-8 characters without NUL. Source: RFC 3629. */
bool text_is_utf8(struct bytes text);

/*
 * The octets made safe to show and to store as text: control characters, bidirectional overrides,
 * bad UTF-8 and the backslash become \xHH, so that names of any bytes can be turned back by
 * text_shown_bytes. The result is the caller's; NULL when memory is out.
 */
char *text_shown(struct bytes octets);

enum { TEXT_SHOWN_NEXT = 17 }; /* four octets, each as \xHH, and the NUL */

/* Takes the first character off `octets`, which are not empty, and gives it as text_shown does. */
void text_shown_next(struct bytes *octets, char shown[static TEXT_SHOWN_NEXT]);

/* The bytes behind what text_shown wrote, and a NUL after them. *octets is the caller's. 0, or -1
 * if it is no such text or memory is out. */
int text_shown_bytes(const char *shown, uint8_t **octets, size_t *len);

#endif
