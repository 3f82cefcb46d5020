#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void bytes_of_nothing_equal_each_other(void **state)
{
    (void)state;
    assert_true(bytes_equal((struct bytes){NULL, 0}, bytes_of("")));
    assert_false(bytes_equal(bytes_of("a"), bytes_of("")));
    assert_false(bytes_equal(bytes_of("ab"), bytes_of("ac")));
    assert_true(bytes_equal(bytes_of("ab"), bytes_of("ab")));
}

static void cutting_gives_what_is_before_and_after_the_first_separator(void **state)
{
    (void)state;
    static const struct {
        const char *text, *before, *after;
    } cases[] = {
        {"a=b=c", "a", "b=c"}, {"abc", "abc", ""}, {"=b", "", "b"}, {"a=", "a", ""}, {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes rest;
        struct bytes before = bytes_cut(bytes_of(cases[i].text), '=', &rest);
        assert_true(bytes_equal(before, bytes_of(cases[i].before)));
        assert_true(bytes_equal(rest, bytes_of(cases[i].after)));
    }
}

static void cutting_no_bytes_at_all_gives_none(void **state)
{
    (void)state;
    struct bytes rest;
    struct bytes before = bytes_cut((struct bytes){NULL, 0}, '\n', &rest);
    assert_int_equal(before.len, 0);
    assert_int_equal(rest.len, 0);
}

static void a_decimal_number_is_digits_alone_within_64_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        uint64_t number;
    } cases[] = {
        {"0", 0, 0},
        {"007", 0, 7},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", -1, 0},
        {"99999999999999999999999", -1, 0},
        {"", -1, 0},
        {"-1", -1, 0},
        {"+1", -1, 0},
        {" 1", -1, 0},
        {"1 ", -1, 0},
        {"0x10", -1, 0},
        {"1.0", -1, 0},
        {"１", -1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t number = 0;
        assert_int_equal(bytes_parse_u64(bytes_of(cases[i].text), &number), cases[i].result);
        assert_int_equal(number, cases[i].number);
    }
}

static void hexadecimal_goes_there_and_back(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0x00, 0x7F, 0xAB, 0xFF};
    char text[9];
    uint8_t back[4];
    bytes_to_hex(octets, sizeof octets, text);
    assert_string_equal(text, "007fabff");
    assert_int_equal(bytes_from_hex(bytes_of(text), back, sizeof back), 0);
    assert_memory_equal(back, octets, sizeof octets);
    assert_int_equal(bytes_from_hex(bytes_of("007FABFF"), back, sizeof back), 0);
    assert_memory_equal(back, octets, sizeof octets);
}

static void what_is_not_exactly_that_much_hexadecimal_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",          "0",        "00",      "0000000",
                                        "000000000", "0000000g", " 0000000"};
    uint8_t octets[4];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(bytes_from_hex(bytes_of(wrong[i]), octets, sizeof octets), -1);
}

static void checked_sums_and_products_tell_when_they_do_not_fit(void **state)
{
    (void)state;
    uint64_t sum;
    int64_t narrow;
    assert_false(ckd_add(&sum, UINT64_MAX, UINT64_C(0)));
    assert_true(ckd_add(&sum, UINT64_MAX, UINT64_C(1)));
    assert_true(ckd_add(&narrow, UINT64_MAX, UINT64_C(0)));
    assert_true(ckd_mul(&sum, UINT64_C(1) << 32, UINT64_C(1) << 32));
    assert_true(ckd_sub(&sum, UINT64_C(0), UINT64_C(1)));
}

/* RFC 4648, 10. */
static void base64_of_the_standard_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *octets, *text;
    } cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[BYTES_BASE64(6)];
        uint8_t octets[6];
        size_t len;
        struct bytes from = bytes_of(cases[i].octets);
        bytes_to_base64(from, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(bytes_from_base64(bytes_of(text), octets, sizeof octets, &len), 0);
        assert_true(bytes_equal((struct bytes){octets, len}, from));
        if (from.len > 0)
            assert_int_equal(bytes_from_base64(bytes_of(text), octets, from.len - 1, &len), -1);
    }
}

static void base64_in_another_form_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",        "Zg",     "Zg=",  "Zg===", "=",    "====", "Z===", "Zh==",     "Zm9=",
        "Zg==Zg==", "Zm9v\n", " Zm9", "Zm 9",  "Zm9_", "Zm9-", "Z=g=", "Zm9vZ=g=",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint8_t octets[12];
        size_t len;
        if (bytes_from_base64(bytes_of(texts[i]), octets, sizeof octets, &len) != -1)
            fail_msg("taken for base64: %s", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_nothing_equal_each_other),
        cmocka_unit_test(cutting_gives_what_is_before_and_after_the_first_separator),
        cmocka_unit_test(cutting_no_bytes_at_all_gives_none),
        cmocka_unit_test(a_decimal_number_is_digits_alone_within_64_bits),
        cmocka_unit_test(hexadecimal_goes_there_and_back),
        cmocka_unit_test(what_is_not_exactly_that_much_hexadecimal_is_refused),
        cmocka_unit_test(checked_sums_and_products_tell_when_they_do_not_fit),
        cmocka_unit_test(base64_of_the_standard_both_ways),
        cmocka_unit_test(base64_in_another_form_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
