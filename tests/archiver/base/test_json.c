#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static json_t *read_text(const char *text)
{
    json_t *root = NULL;
    struct err err;
    assert_int_equal(json_read(bytes_of(text), "index.json", &root, &err), 0);
    return root;
}

static void what_two_readers_could_understand_differently_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "{",
        "{\"a\":1,\"a\":2}",
        "{\"a\":\"\xFF\"}",
        "{\"a\":\"\\u0000\"}",
        "{} x",
        "{\"a\":1e999}",
        "{'a':1}",
        "[1,]",
        "{\"a\":99999999999999999999}",
        "nul",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *root;
        struct err err;
        if (json_read(bytes_of(wrong[i]), "index.json", &root, &err) != -1)
            fail_msg("taken for JSON: %s", wrong[i]);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "index.json");
    }
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    size_t depth = 100000;
    char *deep = malloc(depth + 1);
    assert_non_null(deep);
    memset(deep, '[', depth);
    deep[depth] = '\0';
    json_t *root;
    struct err err;
    assert_int_equal(json_read(bytes_of(deep), "deep", &root, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    free(deep);
}

static void members_are_taken_when_they_have_their_type(void **state)
{
    (void)state;
    AUTO(json_decref)
    json_t *root = read_text(
        "{\"t\":\"x\",\"n\":7,\"s\":\"18446744073709551615\",\"l\":[1],\"z\":null,\"h\":\"00ff\"}");
    const char *text;
    uint64_t number;
    json_t *list;
    uint8_t octets[2];
    struct err err;
    assert_int_equal(json_take_text(root, "t", "o", &text, &err), 0);
    assert_string_equal(text, "x");
    assert_int_equal(json_take_u64(root, "n", "o", &number, &err), 0);
    assert_int_equal(number, 7);
    assert_int_equal(json_take_u64(root, "s", "o", &number, &err), 0);
    assert_int_equal(number, UINT64_MAX);
    assert_int_equal(json_take_array(root, "l", "o", &list, &err), 0);
    assert_int_equal(json_array_size(list), 1);
    assert_int_equal(json_take_hex(root, "h", "o", octets, 2, &err), 0);
    assert_int_equal(octets[1], 0xFF);
    assert_int_equal(json_take_text_or_null(root, "z", "o", &text, &err), 0);
    assert_null(text);
    assert_int_equal(json_take_text_or_null(root, "absent", "o", &text, &err), 0);
    assert_null(text);
}

static void members_of_another_type_are_refused_by_name(void **state)
{
    (void)state;
    AUTO(json_decref)
    json_t *root = read_text("{\"t\":1,\"n\":-7,\"f\":1.5,\"s\":\"1x\",\"h\":\"00f\"}");
    const char *text;
    uint64_t number;
    json_t *list;
    uint8_t octets[2];
    struct err err = {0};
    assert_int_equal(json_take_text(root, "t", "object", &text, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "object");
    assert_non_null(strstr(err.text, "\"t\""));
    assert_int_equal(json_take_text(root, "absent", "o", &text, &err), -1);
    assert_int_equal(json_take_text_or_null(root, "t", "o", &text, &err), -1);
    assert_int_equal(json_take_u64(root, "n", "o", &number, &err), -1);
    assert_int_equal(json_take_u64(root, "f", "o", &number, &err), -1);
    assert_int_equal(json_take_u64(root, "s", "o", &number, &err), -1);
    assert_int_equal(json_take_u64(root, "absent", "o", &number, &err), -1);
    assert_int_equal(json_take_array(root, "t", "o", &list, &err), -1);
    assert_int_equal(json_take_hex(root, "h", "o", octets, 2, &err), -1);
}

static void a_number_that_others_would_round_is_written_as_text(void **state)
{
    (void)state;
    const uint64_t exact = UINT64_C(1) << 53;
    AUTO(json_decref) json_t *small = json_u64(exact);
    AUTO(json_decref) json_t *large = json_u64(exact + 1);
    assert_true(json_is_integer(small));
    assert_string_equal(json_string_value(large), "9007199254740993");
}

static void a_list_that_cannot_grow_is_given_up(void **state)
{
    (void)state;
    json_t *list = json_append(json_append(json_array(), json_integer(1)), json_string("b"));
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_array_get(list, 1)), "b");
    assert_null(json_append(list, NULL));
    assert_null(json_append(NULL, json_integer(1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_that_cannot_grow_is_given_up),
        cmocka_unit_test(what_two_readers_could_understand_differently_is_refused),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(members_are_taken_when_they_have_their_type),
        cmocka_unit_test(members_of_another_type_are_refused_by_name),
        cmocka_unit_test(a_number_that_others_would_round_is_written_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
