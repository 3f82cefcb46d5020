#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void a_text_grows_to_its_ceiling_and_no_further(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 8); /* seven characters and the NUL */
    text_append(&text, "abc");
    text_printf(&text, "%d", 4567);
    assert_false(text_failed(&text));
    assert_string_equal(text.at, "abc4567");
    text_append(&text, "");
    assert_false(text_failed(&text));
    text_append(&text, "8");
    assert_true(text_failed(&text));
    text_append(&text, "");
    assert_true(text_failed(&text));
    assert_null(text_take(&text));
}

static void a_long_text_keeps_all_of_it(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, SIZE_MAX);
    for (int i = 0; i < 10000; i++)
        text_printf(&text, "%04d", i);
    char *taken = text_take(&text);
    assert_non_null(taken);
    assert_int_equal(strlen(taken), 40000);
    assert_memory_equal(taken + 4 * 1234, "1234", 4);
    free(taken);
}

static void an_empty_text_can_be_taken(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 100);
    char *taken = text_take(&text);
    assert_string_equal(taken, "");
    free(taken);
    text_release(&text);
}

static void only_whole_and_shortest_characters_are_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "街",
                                       "\xF0\x9F\x98\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xC2\x80"};
    static const char *const bad[] = {
        "\x80",     /* a continuation alone */
        "\xC0\x80", /* overlong */
        "\xC1\xBF",
        "\xE0\x9F\xBF",
        "\xF0\x8F\xBF\xBF",
        "\xED\xA0\x80",     /* a surrogate */
        "\xF4\x90\x80\x80", /* beyond U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFF",
        "\xE8\xA1",
        "a\xE8",
        "\xE8\x41\x97",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_is_utf8(bytes_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_is_utf8(bytes_of(bad[i])));
    assert_false(text_is_utf8((struct bytes){(const uint8_t *)"a\0b", 3}));
}

static void what_could_mislead_a_reader_is_shown_as_hexadecimal(void **state)
{
    (void)state;
    static const struct {
        const char *octets, *shown;
    } cases[] = {
        {"R12 街.mp4", "R12 街.mp4"},
        {"a\nb", "a\\x0Ab"},
        {"\x1B[31m", "\\x1B[31m"},
        {"a\\b", "a\\x5Cb"},
        {"\xB0\xA1.avi", "\\xB0\\xA1.avi"},                /* GBK */
        {"gpj\xE2\x80\xAE.exe", "gpj\\xE2\\x80\\xAE.exe"}, /* right-to-left override */
        {"\xC2\x9B", "\\xC2\\x9B"},                        /* C1 control */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = text_shown(bytes_of(cases[i].octets));
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

static void every_octet_comes_back_from_what_is_shown(void **state)
{
    (void)state;
    uint8_t octets[3 * 256];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7 + i / 256);
    char *shown = text_shown((struct bytes){octets, sizeof octets});
    assert_true(text_is_utf8(bytes_of(shown)));
    uint8_t *back;
    size_t len;
    assert_int_equal(text_shown_bytes(shown, &back, &len), 0);
    assert_int_equal(len, sizeof octets);
    assert_memory_equal(back, octets, sizeof octets);
    free(back);
    free(shown);
}

static void a_broken_escape_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"\\", "\\x", "\\x4", "\\xg0", "\\n41", "ab\\x1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t *octets;
        size_t len;
        assert_int_equal(text_shown_bytes(wrong[i], &octets, &len), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_grows_to_its_ceiling_and_no_further),
        cmocka_unit_test(a_long_text_keeps_all_of_it),
        cmocka_unit_test(an_empty_text_can_be_taken),
        cmocka_unit_test(only_whole_and_shortest_characters_are_utf8),
        cmocka_unit_test(what_could_mislead_a_reader_is_shown_as_hexadecimal),
        cmocka_unit_test(every_octet_comes_back_from_what_is_shown),
        cmocka_unit_test(a_broken_escape_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
