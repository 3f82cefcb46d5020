#include "base/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Expected microseconds by `date -u -d TEXT +%s`. */
static void rfc_3339_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
        int offset;
        bool zoned;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, 0, true},
        {"2026-01-01T12:00:00+08:00", 1767240000000000, 480, true},
        {"2026-01-01T12:00:00.5+08:00", 1767240000500000, 480, true},
        {"2026-01-01t12:00:00,123456789z", 1767268800123456, 0, true},
        {"2026-01-01T00:00:00-03:30", 1767238200000000, -210, true},
        {"1969-12-31T23:59:59Z", -1000000, 0, true},
        {"2024-02-29T00:00:00Z", 1709164800000000, 0, true},
        {"9999-12-31T23:59:59Z", 253402300799000000, 0, true},
        {"0001-01-01T00:00:00Z", -62135596800000000, 0, true},
        {"2016-12-31T23:59:60Z", 1483228800000000, 0, true},
        {"2026-01-01 12:00", 1767240000000000, 480, false}, /* the process's zone */
        {"2026-01-01", 1767196800000000, 480, false},
        {"1988-07-01T12:00:00", 583729200000000, 540, false}, /* China had summer time then */
    };
    assert_int_equal(instant_set_zone("Asia/Shanghai"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct instant at;
        bool zoned;
        assert_int_equal(instant_parse(bytes_of(cases[i].text), &at, &zoned), 0);
        assert_int_equal(at.us, cases[i].us);
        assert_int_equal(at.offset_minutes, cases[i].offset);
        assert_int_equal(zoned, cases[i].zoned);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-1-1",
        "2026-13-01",
        "2026-00-01",
        "2026-04-31",
        "2026-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T12:60:00Z",
        "2026-01-01T12:00:61Z",
        "2026-01-01T12:00:00+24:00",
        "2026-01-01T12:00:00+08:60",
        "2026-01-01T12:00:00Z ",
        "2026-01-01T12:00:00.Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01T",
        "2026-01-01T12",
        "-026-01-01T12:00:00Z",
        "2026-01-01T12:00:00+08:00x",
        "20260101T120000Z",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct instant at;
        if (instant_parse(bytes_of(wrong[i]), &at, NULL) != -1)
            fail_msg("taken for a time: \"%s\"", wrong[i]);
    }
}

static void times_are_written_with_their_offset_and_only_the_fraction_they_have(void **state)
{
    (void)state;
    static const struct {
        struct instant at;
        const char *text;
    } cases[] = {
        {{0, 0}, "1970-01-01T00:00:00Z"},
        {{1767240000000000, 480}, "2026-01-01T12:00:00+08:00"},
        {{1767240000500000, 480}, "2026-01-01T12:00:00.5+08:00"},
        {{1767240000000001, 480}, "2026-01-01T12:00:00.000001+08:00"},
        {{1767238200000000, -210}, "2026-01-01T00:00:00-03:30"},
        {{-1, 0}, "1969-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[INSTANT_TEXT];
        struct instant back;
        instant_print(cases[i].at, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(instant_parse(bytes_of(text), &back, NULL), 0);
        assert_int_equal(back.us, cases[i].at.us);
        assert_int_equal(back.offset_minutes, cases[i].at.offset_minutes);
    }
}

static void the_far_ends_of_time_are_written_without_harm(void **state)
{
    (void)state;
    char text[INSTANT_TEXT];
    instant_print((struct instant){INT64_MAX, INT16_MAX}, text);
    assert_in_range(strlen(text), 1, INSTANT_TEXT - 1);
    instant_print((struct instant){INT64_MIN, INT16_MIN}, text);
    assert_in_range(strlen(text), 1, INSTANT_TEXT - 1);
}

static void now_is_the_clock_s_time_in_the_process_s_zone(void **state)
{
    (void)state;
    assert_int_equal(instant_set_zone("Asia/Kathmandu"), 0);
    time_t before = time(NULL);
    struct instant now = instant_now();
    assert_true(now.us / 1000000 >= before && now.us / 1000000 <= time(NULL) + 1);
    assert_int_equal(now.offset_minutes, 345);
}

static void a_zone_that_the_machine_does_not_know_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "Asia/Nowhere", "/etc/passwd", "../../../etc/passwd", "Asia", "Asia/"};
    assert_int_equal(instant_set_zone("Asia/Shanghai"), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (instant_set_zone(wrong[i]) != -1)
            fail_msg("taken for a zone: \"%s\"", wrong[i]);
    assert_string_equal(getenv("TZ"), "Asia/Shanghai");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_3339_is_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(times_are_written_with_their_offset_and_only_the_fraction_they_have),
        cmocka_unit_test(the_far_ends_of_time_are_written_without_harm),
        cmocka_unit_test(now_is_the_clock_s_time_in_the_process_s_zone),
        cmocka_unit_test(a_zone_that_the_machine_does_not_know_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
