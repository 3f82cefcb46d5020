#include "command/given.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/text.h"
#include "command/say.h"

#include "base/banned.h"

void given_tags_release(struct given_tags *tags)
{
    for (size_t i = 0; i < CATALOG_FIELDS; i++)
        words_release(&tags->values[i]);
}

const char *given_field_shown(enum catalog_field field)
{
    switch (field) {
    case CATALOG_CASE:
        return _("case");
    case CATALOG_CAPTURED_AT:
        return _("captured");
    case CATALOG_PLACE:
        return _("place");
    case CATALOG_PURPOSE:
        return _("purpose");
    case CATALOG_COLLECTOR:
        return _("collector");
    case CATALOG_DEVICE:
        return _("device");
    case CATALOG_MAKER:
        return _("maker");
    case CATALOG_METHOD:
        return _("method");
    case CATALOG_STAGE:
        return _("stage");
    case CATALOG_FIELDS:
        break;
    }
    return "";
}

bool given_tags_take(void *context, int option, char *argument)
{
    struct given_tags *tags = context;
    enum catalog_field field = (enum catalog_field)(option - TAGS_OPTION);
    struct words *values = &tags->values[field];
    AUTO(free) char *owned = argument;
    if (values->count > 0 && !catalog_field_is_list(field)) {
        say_note(_("%s: takes one value, but two were given"), given_field_shown(field));
        return false;
    }
    if (owned == NULL || !text_is_utf8(bytes_of(owned))) {
        say_note(_("%s: the value is not UTF-8 text"), given_field_shown(field));
        return false;
    }
    char *word = owned;
    owned = NULL;
    return words_add(values, word);
}

int given_tags_settle(struct given_tags *tags, struct err *err)
{
    struct words *captured = &tags->values[CATALOG_CAPTURED_AT];
    if (captured->count == 0 || captured->at[0][0] == '\0') /* empty: the value is taken back */
        return 0;
    struct instant at;
    if (instant_parse(bytes_of(captured->at[0]), &at, NULL) < 0)
        return err_set(err, ERR_USAGE, captured->at[0], "%s",
                       _("not a time such as 2026-01-01T12:00:00+08:00"));
    char *text = malloc(INSTANT_TEXT);
    if (text == NULL)
        return err_memory(err, NULL);
    instant_print(at, text);
    free(captured->at[0]);
    captured->at[0] = text;
    return 0;
}

bool given_time(const char *text, bool is_end, int64_t *us)
{
    enum { DAY_ALONE = sizeof "2026-01-01" - 1 };
    struct instant at;
    if (instant_parse(bytes_of(text), &at, NULL) < 0)
        return false;
    *us = at.us + (is_end && strlen(text) == DAY_ALONE ? INT64_C(86400000000) : 0);
    return true;
}
