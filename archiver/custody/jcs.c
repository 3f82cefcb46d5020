#include "custody/jcs.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"

#include "base/banned.h"

/* The largest whole number that every reader holds exactly. Source: RFC 7493, 2.2. */
#define EXACT_MAX ((INT64_C(1) << 53) - 1)

/* ---- numbers ---- */

/* digits × 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* Written without a decimal point, which strtod takes from the locale. */
static bool reads_as(struct decimal decimal, double number)
{
    char text[48];
    (void)snprintf(text, sizeof text, "%" PRIu64 "e%d", decimal.digits, decimal.exponent);
    return strtod(text, NULL) == number;
}

/* The decimal of this many digits that is nearest to the number. Of what printf writes only digits
 * and exponent are looked at: the point between them may be the locale's. */
static struct decimal nearest(double number, int count)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", count - 1, number);
    struct decimal decimal = {0};
    const char *at = text;
    for (; *at != '\0' && *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9')
            decimal.digits = decimal.digits * 10 + (uint64_t)(*at - '0');
    }
    uint64_t exponent = 0;
    bool below = at[0] == 'e' && at[1] == '-';
    if (at[0] == 'e')
        (void)bytes_parse_u64(bytes_of(at + 2), &exponent); /* two or three digits */
    decimal.exponent = (below ? -(int)exponent : (int)exponent) - (count - 1);
    return decimal;
}

/*
 * The shortest decimal that reads as `number`, which is above 0. At a power of two the doubles
 * below lie closer than those above: the nearest decimal may then read as the neighbour below
 * while the next one above it, a little further off, still reads as the number (2^-44). Seventeen
 * digits always do.
 */
static struct decimal shortest(double number)
{
    struct decimal decimal = {0};
    for (int count = 1; count <= 17; count++) {
        decimal = nearest(number, count);
        if (reads_as(decimal, number))
            break;
        decimal.digits++;
        if (reads_as(decimal, number))
            break;
    }
    while (decimal.digits != 0 && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

int jcs_number(double number, char text[static JCS_NUMBER_TEXT])
{
    static const char zeros[] = "000000000000000000000";
    if (!isfinite(number))
        return -1;
    if (number == 0) { /* also -0 */
        (void)snprintf(text, JCS_NUMBER_TEXT, "0");
        return 0;
    }
    const struct decimal decimal = shortest(fabs(number));
    char digits[24];
    const int count = snprintf(digits, sizeof digits, "%" PRIu64, decimal.digits);
    const int point = count + decimal.exponent; /* digits before it; k and n in ECMA-262 */
    const char *sign = number < 0 ? "-" : "";
    if (count <= point && point <= 21)
        (void)snprintf(text, JCS_NUMBER_TEXT, "%s%s%.*s", sign, digits, point - count, zeros);
    else if (0 < point && point <= 21)
        (void)snprintf(text, JCS_NUMBER_TEXT, "%s%.*s.%s", sign, point, digits, digits + point);
    else if (-6 < point && point <= 0)
        (void)snprintf(text, JCS_NUMBER_TEXT, "%s0.%.*s%s", sign, -point, zeros, digits);
    else
        (void)snprintf(text, JCS_NUMBER_TEXT, "%s%c%s%se%+d", sign, digits[0], count > 1 ? "." : "",
                       digits + 1, point - 1);
    return 0;
}

/* ---- printing ---- */

struct printing {
    struct text text;
    enum err_kind
        kind; /* what a value without a canonical form is: the caller's fault, or damage */
    const char *object;
    struct err *err;
};

static int print_value(struct printing *printing, json_t *value, unsigned depth);

static int refuse(const struct printing *printing, const char *what)
{
    return err_set(printing->err, printing->kind, printing->object, "%s", what);
}

static int refuse_number(const struct printing *printing)
{
    return refuse(printing, _("a number that not every reader holds exactly"));
}

static int print_integer(struct printing *printing, json_int_t number)
{
    if (number > EXACT_MAX || number < -EXACT_MAX)
        return refuse_number(printing);
    text_printf(&printing->text, "%" JSON_INTEGER_FORMAT, number);
    return 0;
}

static int print_real(struct printing *printing, double number)
{
    char text[JCS_NUMBER_TEXT];
    const double size = fabs(number);
    const bool looks_whole = size > (double)EXACT_MAX && size < 1e21;
    if (looks_whole || jcs_number(number, text) < 0)
        return refuse_number(printing);
    text_append(&printing->text, text);
    return 0;
}

/* How RFC 8785, 3.2.2.2, has the character escaped; NULL where it stands for itself. */
static const char *escape_of(uint8_t c, char room[static 8])
{
    switch (c) {
    case '\b':
        return "\\b";
    case '\t':
        return "\\t";
    case '\n':
        return "\\n";
    case '\f':
        return "\\f";
    case '\r':
        return "\\r";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    default:
        break;
    }
    if (c >= 0x20)
        return NULL;
    (void)snprintf(room, 8, "\\u%04x", (unsigned)c);
    return room;
}

static int print_text(struct printing *printing, struct bytes text)
{
    if (!text_is_utf8(text))
        return refuse(printing, _("a text that is not UTF-8, or has a zero byte"));
    text_append(&printing->text, "\"");
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        char room[8];
        const char *escape = escape_of(text.at[i], room);
        if (escape == NULL)
            continue;
        text_append_bytes(&printing->text, (struct bytes){text.at + from, i - from});
        text_append(&printing->text, escape);
        from = i + 1;
    }
    text_append_bytes(&printing->text, (struct bytes){text.at + from, text.len - from});
    text_append(&printing->text, "\"");
    return 0;
}

static int print_list(struct printing *printing, json_t *list, unsigned depth)
{
    text_append(&printing->text, "[");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0)
            text_append(&printing->text, ",");
        if (print_value(printing, json_array_get(list, i), depth) < 0)
            return -1;
    }
    text_append(&printing->text, "]");
    return 0;
}

struct member {
    struct bytes name;
    json_t *value;
};

/* The first byte of a character as it ranks in UTF-16, where U+E000 to U+FFFF (EE and EF in UTF-8)
 * come after the surrogates that U+10000 and above (F0 to F4) are written with. All else has the
 * same order in both. */
static unsigned utf16_rank(uint8_t c)
{
    return c == 0xEE || c == 0xEF ? c + 0x10U : c;
}

static int by_utf16(const void *a, const void *b)
{
    const struct bytes left = ((const struct member *)a)->name;
    const struct bytes right = ((const struct member *)b)->name;
    for (size_t i = 0; i < left.len && i < right.len; i++) {
        if (left.at[i] != right.at[i])
            return utf16_rank(left.at[i]) < utf16_rank(right.at[i]) ? -1 : 1;
    }
    return (left.len > right.len) - (left.len < right.len);
}

static size_t take_members(json_t *object, struct member *members)
{
    size_t count = 0;
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        members[count++] = (struct member){
            .name = {(const uint8_t *)json_object_iter_key(at), json_object_iter_key_len(at)},
            .value = json_object_iter_value(at),
        };
    }
    return count;
}

static int print_object(struct printing *printing, json_t *object, unsigned depth)
{
    AUTO(free) struct member *members = calloc(json_object_size(object) + 1, sizeof *members);
    if (members == NULL)
        return err_memory(printing->err, printing->object);
    const size_t count = take_members(object, members);
    qsort(members, count, sizeof *members, by_utf16);
    text_append(&printing->text, "{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_append(&printing->text, ",");
        if (print_text(printing, members[i].name) < 0)
            return -1;
        text_append(&printing->text, ":");
        if (print_value(printing, members[i].value, depth) < 0)
            return -1;
    }
    text_append(&printing->text, "}");
    return 0;
}

static int print_value(struct printing *printing, json_t *value, unsigned depth)
{
    const json_type type = json_typeof(value);
    if ((type == JSON_OBJECT || type == JSON_ARRAY) && depth == JCS_DEPTH_MAX)
        return refuse(printing, _("nested too deeply"));
    switch (type) {
    case JSON_OBJECT:
        return print_object(printing, value, depth + 1);
    case JSON_ARRAY:
        return print_list(printing, value, depth + 1);
    case JSON_STRING:
        return print_text(printing, (struct bytes){(const uint8_t *)json_string_value(value),
                                                   json_string_length(value)});
    case JSON_INTEGER:
        return print_integer(printing, json_integer_value(value));
    case JSON_REAL:
        return print_real(printing, json_real_value(value));
    case JSON_TRUE:
        text_append(&printing->text, "true");
        return 0;
    case JSON_FALSE:
        text_append(&printing->text, "false");
        return 0;
    case JSON_NULL:
        break;
    }
    text_append(&printing->text, "null");
    return 0;
}

static int print_whole(struct printing *printing, json_t *value, char **text, size_t *len)
{
    text_init(&printing->text, SIZE_MAX);
    if (print_value(printing, value, 0) < 0) {
        text_release(&printing->text);
        return -1;
    }
    const size_t made_len = printing->text.len;
    char *made = text_take(&printing->text);
    if (made == NULL)
        return err_memory(printing->err, printing->object);
    *text = made;
    *len = made_len;
    return 0;
}

int jcs_print(json_t *value, char **text, size_t *len, struct err *err)
{
    struct printing printing = {.kind = ERR_USAGE, .err = err};
    return print_whole(&printing, value, text, len);
}

/* ---- reading ---- */

int jcs_read(struct bytes text, const char *object, json_t **root, struct err *err)
{
    AUTO(json_decref) json_t *value = NULL;
    if (json_read(text, object, &value, err) < 0)
        return -1;
    struct printing printing = {.kind = ERR_DAMAGED, .object = object, .err = err};
    AUTO(free) char *again = NULL;
    size_t len;
    if (print_whole(&printing, value, &again, &len) < 0)
        return -1;
    if (!bytes_equal(text, (struct bytes){(const uint8_t *)again, len}))
        return err_set(err, ERR_DAMAGED, object, "%s", _("JSON not in canonical form (RFC 8785)"));
    *root = value;
    value = NULL;
    return 0;
}

int jcs_check(struct bytes text, const char *object, struct err *err)
{
    AUTO(json_decref) json_t *root = NULL;
    return jcs_read(text, object, &root, err);
}
