#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "probe/boxes.h"
#include "tests/probe/made.h"

static struct probe_input *input_of(const struct made *made)
{
    struct probe_input *input = input_from_bytes(made_bytes(made));
    assert_non_null(input);
    return input;
}

static void boxes_follow_each_other_to_the_end(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "ftyp");
    made_text(&made, "isom");
    made_end(&made);
    made_box(&made, "mdat");
    made_zero(&made, 100);
    made_end(&made);
    struct probe_input *input = input_of(&made);
    uint64_t at = 0;
    struct box box;
    assert_true(box_next(input, &at, made.len, &box));
    assert_string_equal(box.type, "ftyp");
    assert_int_equal(box.content, 8);
    assert_int_equal(box.end, 12);
    assert_true(box_next(input, &at, made.len, &box));
    assert_string_equal(box.type, "mdat");
    assert_int_equal(box.end - box.content, 100);
    assert_false(box.cut);
    assert_int_equal(at, made.len);
    assert_false(box_next(input, &at, made.len, &box));
    input_free(input);
}

static void a_size_of_64_bits_and_one_to_the_end_are_read(void **state)
{
    (void)state;
    struct made made = {0};
    made_be(&made, 1, 4);
    made_text(&made, "mdat");
    made_be(&made, 16 + 5, 8);
    made_zero(&made, 5);
    made_be(&made, 0, 4);
    made_text(&made, "free");
    made_zero(&made, 7);
    struct probe_input *input = input_of(&made);
    uint64_t at = 0;
    struct box box;
    assert_true(box_next(input, &at, made.len, &box));
    assert_int_equal(box.content, 16);
    assert_int_equal(box.end, 21);
    assert_true(box_next(input, &at, made.len, &box));
    assert_int_equal(box.end, made.len);
    assert_false(box.cut);
    input_free(input);
}

static void a_box_that_claims_more_than_its_parent_is_cut_to_it(void **state)
{
    (void)state;
    static const uint64_t claims[] = {100, UINT32_MAX};
    for (size_t i = 0; i < 2; i++) {
        struct made made = {0};
        made_be(&made, claims[i], 4);
        made_text(&made, "moov");
        made_zero(&made, 8);
        struct probe_input *input = input_of(&made);
        uint64_t at = 0;
        struct box box;
        assert_true(box_next(input, &at, UINT64_MAX, &box));
        assert_true(box.cut);
        assert_int_equal(box.end, made.len);
        input_free(input);
    }
    struct made made = {0};
    made_be(&made, 1, 4);
    made_text(&made, "moov");
    made_be(&made, UINT64_MAX, 8);
    struct probe_input *input = input_of(&made);
    uint64_t at = 0;
    struct box box;
    assert_true(box_next(input, &at, made.len, &box));
    assert_true(box.cut);
    assert_int_equal(at, made.len);
    input_free(input);
}

static void what_is_no_header_stops_the_walk_where_it_is(void **state)
{
    (void)state;
    static const struct {
        uint32_t size;
        const char *type;
    } cases[] = {{7, "free"}, {1, "free"}, {8, "\0\0\0\0"}};
    for (size_t i = 0; i < 3; i++) {
        struct made made = {0};
        made_be(&made, cases[i].size, 4);
        made_put(&made, cases[i].type, 4);
        made_zero(&made, 2);
        struct probe_input *input = input_of(&made);
        uint64_t at = 0;
        struct box box;
        assert_false(box_next(input, &at, made.len, &box));
        assert_int_equal(at, 0);
        input_free(input);
    }
}

static void a_uuid_box_shows_its_identifier(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "uuid");
    made_text(&made, "0123456789abcdef");
    made_text(&made, "x");
    made_end(&made);
    struct probe_input *input = input_of(&made);
    uint64_t at = 0;
    struct box box;
    assert_true(box_next(input, &at, made.len, &box));
    assert_memory_equal(box.uuid, "0123456789abcdef", 16);
    assert_int_equal(box.end - box.content, 1);
    input_free(input);
}

/* Two udta, of which the second has what is sought, inside a "meta" of either kind. */
static void a_path_is_followed_through_each_box_of_its_name(void **state)
{
    (void)state;
    for (size_t full = 0; full < 2; full++) {
        struct made made = {0};
        made_box(&made, "moov");
        made_box(&made, "udta");
        made_end(&made);
        made_box(&made, "udta");
        made_box(&made, "meta");
        made_zero(&made, full * 4);
        made_box(&made, "hdlr");
        made_zero(&made, 4);
        made_end(&made);
        made_box(&made, "ilst");
        made_zero(&made, 9);
        made_end(&made);
        made_end(&made);
        made_end(&made);
        made_end(&made);
        struct probe_input *input = input_of(&made);
        struct box box;
        assert_true(box_path(input, "moov/udta/meta/ilst", &box));
        assert_int_equal(box.end - box.content, 9);
        assert_false(box_path(input, "moov/udta/meta/keys", &box));
        assert_false(box_path(input, "moo", &box));
        assert_true(box_find(input, 0, made.len, "moov", &box));
        assert_false(box_find(input, 0, made.len, "udta", &box));
        input_free(input);
    }
}

static void millions_of_tiny_boxes_are_not_walked(void **state)
{
    (void)state;
    enum { BOXES = INPUT_HEADERS_MAX + 1000 };
    uint8_t *bytes = malloc((size_t)BOXES * 8);
    assert_non_null(bytes);
    for (size_t i = 0; i < BOXES; i++)
        memcpy(bytes + 8 * i, "\0\0\0\x08skip", 8);
    struct probe_input *input = input_from_bytes((struct probe_bytes){bytes, (size_t)BOXES * 8});
    uint64_t at = 0;
    struct box box;
    size_t count = 0;
    while (box_next(input, &at, input_size(input), &box))
        count++;
    assert_int_equal(count, INPUT_HEADERS_MAX);
    input_free(input);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_follow_each_other_to_the_end),
        cmocka_unit_test(a_size_of_64_bits_and_one_to_the_end_are_read),
        cmocka_unit_test(a_box_that_claims_more_than_its_parent_is_cut_to_it),
        cmocka_unit_test(what_is_no_header_stops_the_walk_where_it_is),
        cmocka_unit_test(a_uuid_box_shows_its_identifier),
        cmocka_unit_test(a_path_is_followed_through_each_box_of_its_name),
        cmocka_unit_test(millions_of_tiny_boxes_are_not_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
