#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "vault/vault.h"

#include "base/banned.h"

enum {
    NUMBERS_TEXT_MAX = 1 << 20, /* far beyond what an entry holds */
    NUMBERS_MAX = 1 << 22,      /* of a list: a run may be written shorter than it is */
};

void subject_print(char letter, int64_t number, char subject[static SUBJECT_NUMBER])
{
    (void)snprintf(subject, SUBJECT_NUMBER, "%c%lld", letter, (long long)number);
}

/* Whether the text begins with a number from 1 on, as it is printed; *end is behind it. */
static bool parse_number(const char *text, int64_t *number, const char **end)
{
    if (*text < '1' || *text > '9')
        return false;
    char *behind;
    errno = 0;
    *number = strtoll(text, &behind, 10);
    *end = behind;
    return errno == 0;
}

int subject_number(const struct apply *apply, char letter, int64_t *number, struct err *err)
{
    const char *subject = apply->entry->subject;
    const char *end;
    if (subject[0] != letter || !parse_number(subject + 1, number, &end) || *end != '\0')
        return err_set(err, ERR_DAMAGED, apply->object,
                       _("its subject is \"%s\", not a number such as %c12"), subject, letter);
    return 0;
}

json_t *detail_hex(const uint8_t digest[static 32])
{
    char text[65];
    bytes_to_hex(digest, 32, text);
    return json_string(text);
}

json_t *detail_time(const struct vault *vault, int64_t us)
{
    char text[INSTANT_TEXT];
    instant_print((struct instant){us, vault_act(vault)->at.offset_minutes}, text);
    return json_string(text);
}

int detail_wrong(const struct apply *apply, const char *key, struct err *err)
{
    return err_set(err, ERR_DAMAGED, apply->object, _("\"%s\" is not what its action asks for"),
                   key);
}

int detail_take_time(const struct apply *apply, const char *key, int64_t *us, struct err *err)
{
    const char *text;
    struct instant at;
    if (json_take_text(apply->entry->detail, key, apply->object, &text, err) < 0)
        return -1;
    if (instant_parse(bytes_of(text), &at, NULL) < 0)
        return detail_wrong(apply, key, err);
    *us = at.us;
    return 0;
}

int detail_take_text_or_null(const struct apply *apply, const char *key, char **text,
                             struct err *err)
{
    const char *found;
    if (json_take_text_or_null(apply->entry->detail, key, apply->object, &found, err) < 0)
        return -1;
    *text = text_readable(found);
    return 0;
}

int detail_take_text(const struct apply *apply, const char *key, char **text, struct err *err)
{
    if (detail_take_text_or_null(apply, key, text, err) < 0)
        return -1;
    return *text != NULL ? 0 : detail_wrong(apply, key, err);
}

int detail_take_real(const struct apply *apply, const char *key, double *value, struct err *err)
{
    const json_t *member = json_object_get(apply->entry->detail, key);
    if (member != NULL && !json_is_number(member))
        return detail_wrong(apply, key, err);
    *value = member != NULL ? json_number_value(member) : (double)NAN;
    return 0;
}

json_t *detail_numbers(const int64_t *numbers, size_t count)
{
    AUTO(text_release) struct text text;
    text_init(&text, NUMBERS_TEXT_MAX);
    for (size_t i = 0; i < count;) {
        size_t last = i;
        while (last + 1 < count && numbers[last + 1] == numbers[last] + 1)
            last++;
        text_printf(&text, "%s%lld", i > 0 ? "," : "", (long long)numbers[i]);
        if (last > i)
            text_printf(&text, "-%lld", (long long)numbers[last]);
        i = last + 1;
    }
    AUTO(free) char *whole = text_take(&text);
    return whole != NULL ? json_string(whole) : NULL;
}

struct numbers {
    int64_t *at;
    size_t count;
};

static void numbers_release_at(struct numbers *numbers)
{
    free(numbers->at);
}

/* One run; false where memory is out. */
static bool numbers_add(struct numbers *numbers, int64_t first, int64_t last)
{
    size_t more = (size_t)(last - first) + 1;
    int64_t *grown = realloc(numbers->at, (numbers->count + more) * sizeof *grown);
    if (grown == NULL)
        return false;
    numbers->at = grown;
    for (int64_t number = first; number <= last; number++)
        grown[numbers->count++] = number;
    return true;
}

int detail_take_numbers(const struct apply *apply, const char *key, int64_t **numbers,
                        size_t *count, struct err *err)
{
    const char *text;
    AUTO(numbers_release) struct numbers list = {.at = NULL};
    if (json_take_text(apply->entry->detail, key, apply->object, &text, err) < 0)
        return -1;
    while (*text != '\0') {
        int64_t first;
        int64_t last;
        if (!parse_number(text, &first, &text))
            return detail_wrong(apply, key, err);
        last = first;
        if (*text == '-' && (!parse_number(text + 1, &last, &text) || last <= first))
            return detail_wrong(apply, key, err);
        if (last - first >= NUMBERS_MAX - (int64_t)list.count ||
            (*text != '\0' && (*text != ',' || *++text == '\0')))
            return detail_wrong(apply, key, err);
        if (!numbers_add(&list, first, last))
            return err_memory(err, apply->object);
    }
    *numbers = list.at;
    *count = list.count;
    list.at = NULL;
    return 0;
}

bool detail_numbers_any(const json_t *member,
                        bool (*is_it)(void *context, int64_t first, int64_t last), void *context)
{
    const char *text = json_string_value(member);
    while (text != NULL && *text != '\0') {
        int64_t first;
        if (!parse_number(text, &first, &text))
            return false;
        int64_t last = first;
        if (*text == '-' && !parse_number(text + 1, &last, &text))
            return false;
        if (is_it(context, first, last))
            return true;
        if (*text == ',')
            text++;
    }
    return false;
}
