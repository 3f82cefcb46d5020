#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "command/log.h"

#include "base/banned.h"

enum { DETAIL_BYTES_MAX = 1 << 20, DIGEST_DIGITS = 64, DIGEST_SHOWN = 8 };

static bool is_digest(const char *text)
{
    size_t len = strspn(text, "0123456789abcdef");
    return len == DIGEST_DIGITS && (text[len] == '\0' || text[len] == '.');
}

static void print_value(const json_t *value, struct text *text);

static void print_list(const json_t *list, struct text *text)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (i > 0)
            text_append(text, ", ");
        print_value(item, text);
    }
}

/* A tag: its field names its value. */
static bool print_tag(const json_t *object, struct text *text)
{
    const json_t *value = json_object_get(object, "value");
    const json_t *values = json_object_get(object, "values");
    const char *field = json_string_value(json_object_get(object, "field"));
    if (field == NULL || (value == NULL && values == NULL))
        return false;
    text_printf(text, "%s ", field);
    print_value(value != NULL ? value : values, text);
    return true;
}

static void print_object(const json_t *object, struct text *text)
{
    const char *between = "";
    const char *key;
    json_t *value;
    if (print_tag(object, text))
        return;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
            continue;
        text_printf(text, "%s%s ", between, key);
        print_value(value, text);
        between = "; ";
    }
}

static void print_value(const json_t *value, struct text *text)
{
    if (json_is_object(value)) {
        print_object(value, text);
    } else if (json_is_array(value)) {
        print_list(value, text);
    } else if (json_is_string(value) && is_digest(json_string_value(value))) {
        text_printf(text, "%.*s…", DIGEST_SHOWN, json_string_value(value));
    } else if (json_is_string(value)) { /* of a document its first line */
        const char *whole = json_string_value(value);
        size_t len = strcspn(whole, "\n");
        text_append_bytes(text, (struct bytes){(const uint8_t *)whole, len});
        text_append(text, whole[len] != '\0' ? " …" : "");
    } else {
        AUTO(free) char *other = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        text_append(text, other != NULL ? other : "");
    }
}

char *log_detail_shown(const json_t *detail)
{
    struct text text;
    text_init(&text, DETAIL_BYTES_MAX);
    print_value(detail, &text);
    return text_take(&text);
}
