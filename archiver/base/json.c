#include "base/json.h"

#include <string.h>

#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

#define EXACT_LIMIT (UINT64_C(1) << 53)

int json_read(struct bytes text, const char *object, json_t **root, struct err *err)
{
    json_error_t at;
    json_t *value = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &at);
    if (value == NULL)
        return err_set(err,
                       json_error_code(&at) == json_error_out_of_memory ? ERR_MEMORY : ERR_DAMAGED,
                       object, _("not valid JSON: line %d: %s"), at.line, at.text);
    *root = value;
    return 0;
}

static int wrong(const char *key, const char *object, const char *wanted, struct err *err)
{
    return err_set(err, ERR_DAMAGED, object, _("\"%s\" is not %s"), key, wanted);
}

int json_take_text_or_null(const json_t *from, const char *key, const char *object,
                           const char **text, struct err *err)
{
    const json_t *member = json_object_get(from, key);
    if (member != NULL && !json_is_null(member) && !json_is_string(member))
        return wrong(key, object, _("a text"), err);
    *text = json_string_value(member);
    return 0;
}

int json_take_text(const json_t *from, const char *key, const char *object, const char **text,
                   struct err *err)
{
    const char *found;
    if (json_take_text_or_null(from, key, object, &found, err) < 0)
        return -1;
    if (found == NULL)
        return wrong(key, object, _("a text"), err);
    *text = found;
    return 0;
}

int json_take_u64(const json_t *from, const char *key, const char *object, uint64_t *number,
                  struct err *err)
{
    const json_t *member = json_object_get(from, key);
    if (json_is_string(member)) {
        if (bytes_parse_u64(bytes_of(json_string_value(member)), number) == 0)
            return 0;
    } else if (json_is_integer(member) && json_integer_value(member) >= 0) {
        *number = (uint64_t)json_integer_value(member);
        return 0;
    }
    return wrong(key, object, _("a number from 0"), err);
}

int json_take_array(const json_t *from, const char *key, const char *object, json_t **array,
                    struct err *err)
{
    json_t *member = json_object_get(from, key);
    if (!json_is_array(member))
        return wrong(key, object, _("a list"), err);
    *array = member;
    return 0;
}

int json_take_hex(const json_t *from, const char *key, const char *object, uint8_t *octets,
                  size_t len, struct err *err)
{
    const char *text;
    if (json_take_text(from, key, object, &text, err) < 0)
        return -1;
    if (bytes_from_hex(bytes_of(text), octets, len) < 0)
        return wrong(key, object, _("a digest in hexadecimal"), err);
    return 0;
}

json_t *json_text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

json_t *json_append(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) == 0)
        return list;
    json_decref(list);
    return NULL;
}

json_t *json_u64(uint64_t number)
{
    if (number <= EXACT_LIMIT)
        return json_integer((json_int_t)number);
    return json_sprintf("%llu", (unsigned long long)number);
}
