#include "probe/when.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/iso6709.h"
#include "probe/made.h"

static struct probe_bytes bytes(const char *text)
{
    return (struct probe_bytes){(const uint8_t *)text, strlen(text)};
}

static void the_ways_in_which_cameras_write_a_time_are_read(void **state)
{
    (void)state;
    /* seconds from date -u -d */
    static const struct {
        const char *text;
        int64_t wall_s;
        int32_t micro;
        bool zoned;
        int32_t offset;
    } cases[] = {
        {"2019-02-12T15:27:12+08:00", 1549985232, 0, true, 480},
        {"2019-02-12T15:27:12+0800", 1549985232, 0, true, 480},
        {"2019:02:12 15:27:12", 1549985232, 0, false, 0},
        {"2019/02/12 15:27:12.250-0330", 1549985232, 250000, true, -210},
        {"20190212152712", 1549985232, 0, false, 0},
        {"20190212T152712.5Z", 1549985232, 500000, true, 0},
        {" 2019-02-12 15:27 Z", 1549985220, 0, true, 0},
        {"2000-02-29T00:00:00Z", 951782400, 0, true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct when when;
        if (!when_parse(bytes(cases[i].text), &when))
            fail_msg("not read: %s", cases[i].text);
        assert_int_equal(when.wall_us, cases[i].wall_s * 1000000 + cases[i].micro);
        assert_int_equal(when.zoned, cases[i].zoned);
        assert_int_equal(when.offset_minutes, cases[i].offset);
    }
}

static void what_is_no_time_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",           "2010",       "2019-02-12",          "2019-13-12T15:27:12",
        "2019-02-30", "0000-00-00", "2019-02-29T00:00:00", "2019-02-12T24:00:00",
        "now",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct when when;
        if (when_parse(bytes(texts[i]), &when))
            fail_msg("read: %s", texts[i]);
    }
}

static void a_local_time_gets_the_zone_of_the_process(void **state)
{
    (void)state;
    assert_int_equal(when_from_local(INT64_C(1549985232000000)), INT64_C(1549956432000000));
}

static void positions_of_iso_6709_are_read_in_their_three_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double latitude, longitude, altitude;
    } cases[] = {
        {"+27.1281+100.2508+000.000/", 27.1281, 100.2508, 0},
        {"+48.8789+002.3376/", 48.8789, 2.3376, NAN},
        {"-33.8568+151.2153+012.5/CRSWGS_84/", -33.8568, 151.2153, 12.5},
        {"+4012.22-07500.25+350.517", 40.203667, -75.004167, 350.517}, /* ISO 6709, H */
        {"+401213.1-0750015.1+2.79", 40.203639, -75.004194, 2.79},     /* ISO 6709, H */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct probe_fix fix;
        if (!iso6709_parse(bytes(cases[i].text), &fix))
            fail_msg("not read: %s", cases[i].text);
        assert_near(fix.latitude, cases[i].latitude, 1e-6);
        assert_near(fix.longitude, cases[i].longitude, 1e-6);
        if (isnan(cases[i].altitude))
            assert_true(isnan(fix.altitude_m));
        else
            assert_near(fix.altitude_m, cases[i].altitude, 1e-6);
    }
    static const char *const bad[] = {"", "+", "27+100", "+91+000/", "+27.1+181/", "+27.1", "+1-"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct probe_fix fix;
        if (iso6709_parse(bytes(bad[i]), &fix))
            fail_msg("read: %s", bad[i]);
    }
}

int main(void)
{
    (void)setenv("TZ", "Asia/Shanghai", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ways_in_which_cameras_write_a_time_are_read),
        cmocka_unit_test(what_is_no_time_is_none),
        cmocka_unit_test(a_local_time_gets_the_zone_of_the_process),
        cmocka_unit_test(positions_of_iso_6709_are_read_in_their_three_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
