#include "probe/nmea.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/made.h"

static struct probe_bytes bytes(const char *text)
{
    return (struct probe_bytes){(const uint8_t *)text, strlen(text)};
}

/* The example of the NMEA 0183 standard's RMC and GGA, with their published checksums. */
static const char RMC[] = "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A";
static const char GGA[] = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47";

static void the_standards_examples_are_read(void **state)
{
    (void)state;
    struct nmea_sentence sentence;
    assert_true(nmea_parse(bytes(RMC), &sentence));
    assert_int_equal(sentence.kind, NMEA_RMC);
    assert_true(sentence.valid && sentence.has_position);
    assert_near(sentence.fix.latitude, 48.1173, 1e-6);
    assert_near(sentence.fix.longitude, 11.516667, 1e-6);
    assert_true(sentence.fix.has_time);
    assert_int_equal(sentence.fix.us,
                     INT64_C(764426119) * 1000000); /* date -d 1994-03-23T12:35:19Z */

    assert_true(nmea_parse(bytes(GGA), &sentence));
    assert_int_equal(sentence.kind, NMEA_GGA);
    assert_near(sentence.fix.altitude_m, 545.4, 1e-9);
    assert_false(sentence.fix.has_time);
}

static void sentences_that_say_no_fix_or_are_damaged_give_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "$GPRMC,123519,V,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*7D", /* void */
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6",  /* cut */
        "$GPRMC,123519,A,9907.038,N,01131.000,E,022.4,084.4,230394,003.1,W",    /* 99 degrees */
        "$GPRMC,123519,A,4860.038,N,01131.000,E,022.4,084.4,230394,003.1,W",    /* 60 minutes */
        "$GPRMC,123519,A,4807.038,X,01131.000,E,022.4,084.4,230394,003.1,W",
        "$GPRMC,123519,A,,,,,,,230394,,",
        "$GPRMC,123519,A",
        "$GPGGA,123519,4807.038,N,01131.000,E,0,08,0.9,545.4,M,46.9,M,,",
        "RMC,",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct nmea_reader reader = {0};
        struct probe_fix fix;
        struct probe_bytes text = bytes(texts[i]);
        if (nmea_next(&reader, &text, &fix))
            fail_msg("gave a fix: %s", texts[i]);
    }
}

static void a_wrong_checksum_counts_only_where_there_is_no_right_one_and_is_told(void **state)
{
    (void)state;
    static const char WRONG[] = "$GPRMC,123520,A,4807.038,N,01131.000,E,,,230394,,*00\r\n";
    char text[1024];
    struct nmea_reader reader = {0};
    struct probe_bytes rest = bytes(WRONG);
    struct probe_fix fix;
    assert_true(nmea_next(&reader, &rest, &fix));
    assert_true(reader.unsound);

    (void)snprintf(text, sizeof text, "%s\r\n%s", RMC, WRONG);
    reader = (struct nmea_reader){0};
    rest = bytes(text);
    assert_true(nmea_next(&reader, &rest, &fix));
    assert_false(nmea_next(&reader, &rest, &fix));
    assert_false(reader.unsound);
}

static void a_text_gives_one_fix_a_moment_with_the_height_of_its_gga(void **state)
{
    (void)state;
    char text[1024];
    (void)snprintf(text, sizeof text, "noise$$GP%s\r\n[1694563200123]%s\r\n%s\r\n", GGA, RMC, GGA);
    struct nmea_reader reader = {0};
    struct probe_bytes rest = bytes(text);
    struct probe_fix fix;
    assert_true(nmea_next(&reader, &rest, &fix));
    assert_true(fix.has_time);
    assert_near(fix.altitude_m, 545.4, 1e-9);
    assert_false(nmea_next(&reader, &rest, &fix));
}

static void thinkwares_sentence_without_a_dollar_is_read(void **state)
{
    (void)state;
    struct probe_bytes rest = bytes(
        "gsensori,4,512,-133,038,-08;GPRMC,041646.00,A,5000.00000,N,3000.00000,E,14.101,16.87,"
        "020626,,,A*54\n;CAR,0,0,0,0.0,0,0,0,0,0,0,0,0");
    struct nmea_reader reader = {0};
    struct probe_fix fix;
    assert_true(nmea_next(&reader, &rest, &fix));
    assert_near(fix.latitude, 50, 1e-9);
    assert_near(fix.longitude, 30, 1e-9);
    assert_int_equal(fix.us, INT64_C(1780373806) * 1000000); /* 2026-06-02T04:16:46Z */
}

static void gga_alone_gives_positions_without_a_time_and_after_rmc_past_midnight(void **state)
{
    (void)state;
    struct nmea_reader reader = {0};
    struct probe_bytes rest = bytes("$GPGGA,235958,4807.038,N,01131.000,E,1,08,0.9,1,M,,M,,\n"
                                    "$GPGGA,235959,4807.038,N,01131.000,E,1,08,0.9,1,M,,M,,\n"
                                    "$GPGGA,000000,4807.038,N,01131.000,E,1,08,0.9,1,M,,M,,\n");
    struct probe_fix fix;
    assert_true(nmea_next(&reader, &rest, &fix));
    assert_false(fix.has_time);

    reader = (struct nmea_reader){0};
    rest = bytes("$GPRMC,235959,A,4807.038,S,01131.000,W,022.4,084.4,230394,003.1,W\n"
                 "$GPGGA,000001,4807.038,S,01131.000,W,1,08,0.9,7,M,,M,,\n");
    assert_true(nmea_next(&reader, &rest, &fix));
    assert_true(fix.latitude < 0 && fix.longitude < 0);
    int64_t before = fix.us;
    assert_true(nmea_next(&reader, &rest, &fix));
    assert_int_equal(fix.us - before, 2000000);
}

static void a_text_cut_anywhere_is_read_within_its_length(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof RMC; len++) {
        uint8_t *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, RMC, len);
        struct nmea_reader reader = {0};
        struct probe_bytes rest = {copy, len};
        struct probe_fix fix;
        while (nmea_next(&reader, &rest, &fix))
            assert_true(isfinite(fix.latitude));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_examples_are_read),
        cmocka_unit_test(sentences_that_say_no_fix_or_are_damaged_give_none),
        cmocka_unit_test(a_wrong_checksum_counts_only_where_there_is_no_right_one_and_is_told),
        cmocka_unit_test(a_text_gives_one_fix_a_moment_with_the_height_of_its_gga),
        cmocka_unit_test(thinkwares_sentence_without_a_dollar_is_read),
        cmocka_unit_test(gga_alone_gives_positions_without_a_time_and_after_rmc_past_midnight),
        cmocka_unit_test(a_text_cut_anywhere_is_read_within_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
