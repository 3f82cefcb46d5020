#include "probe/sources/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void written_times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t wall_s; /* 0: no time */
        bool zoned;
        int32_t offset_minutes;
    } cases[] = {
        {"2009-10-27T12:14:34+08:00", 1256645674, true, 480},
        {"2009:10:27 12:14:34", 1256645674, false, 0},
        {"20091027T121434Z", 1256645674, true, 0},
        {"Tue Oct 27 12:14:34 2009", 1256645674, false, 0},
        {" tue oct 27 12:14:34 2009\r\n", 1256645674, false, 0},
        {"Tue Oct 27 12:14:34 UTC 2009", 1256645674, true, 0},
        {"Tue, 27 Oct 2009 12:14:34 +0800", 1256645674, true, 480},
        {"Tue, 27 Oct 2009 12:14:34 -0330", 1256645674, true, -210},
        {"27 October 2009 12:14:34 GMT", 1256645674, true, 0},
        {"2009/10/27/ 12:14", 1256645640, false, 0},
        {"2009/10/27 12:14:34 PM", 1256645674, false, 0},
        {"2009/10/27 12:14:34 AM", 1256602474, false, 0},
        {"2009. 1. 2. 3:04:05", 1230865445, false, 0},
        {"2009-10-27", 0, false, 0},
        {"Oct 27 2009", 0, false, 0},
        {"12:14:34", 0, false, 0},
        {"2009-10-32 12:14:34", 0, false, 0},
        {"Tue Oct 27 25:14:34 2009", 0, false, 0},
        {"::::", 0, false, 0},
        {"", 0, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct when when = {0};
        struct probe_bytes text = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};
        bool read = stamp_parse(text, &when);
        if (read != (cases[i].wall_s != 0))
            fail_msg("%s", cases[i].text);
        if (!read)
            continue;
        assert_int_equal(when.wall_us / 1000000, cases[i].wall_s);
        assert_int_equal(when.zoned, cases[i].zoned);
        assert_int_equal(when.offset_minutes, cases[i].offset_minutes);
    }
}

static void decimal_digits_in_four_bits_are_checked(void **state)
{
    (void)state;
    assert_int_equal(stamp_bcd(0x59), 59);
    assert_int_equal(stamp_bcd(0x00), 0);
    assert_int_equal(stamp_bcd(0x5a), UINT32_MAX);
    assert_int_equal(stamp_bcd(0xa5), UINT32_MAX);
}

static void a_time_out_of_the_calendar_prints_as_unknown(void **state)
{
    (void)state;
    char text[32];
    stamp_print_utc(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    stamp_print_utc(INT64_MAX, text);
    assert_string_equal(text, "?");
    stamp_print_utc(INT64_MIN, text);
    assert_string_equal(text, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_times_are_read),
        cmocka_unit_test(decimal_digits_in_four_bits_are_checked),
        cmocka_unit_test(a_time_out_of_the_calendar_prints_as_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
