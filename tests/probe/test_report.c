#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "probe/report.h"
#include "probe/time.h"

static const int64_t NOON = 1767240000000000; /* 2026-01-01T04:00:00Z, noon in Shanghai */

static struct probe_report *report_made(void)
{
    struct probe_report *report = NULL;
    struct probe_err err;
    assert_int_equal(report_new(&report, &err), 0);
    return report;
}

static const char *model_of(const char *octets, size_t len)
{
    static char text[2048];
    struct probe_report *report = report_made();
    report_set_text(report, REPORT_MODEL, (struct probe_bytes){(const uint8_t *)octets, len});
    (void)snprintf(text, sizeof text, "%s", report->model != NULL ? report->model : "(none)");
    probe_report_free(report);
    return text;
}

#define MODEL(octets) model_of(octets, sizeof(octets) - 1)

static void texts_of_any_encoding_become_clean_utf8(void **state)
{
    (void)state;
    assert_string_equal(MODEL("HERO5 Black"), "HERO5 Black");
    assert_string_equal(MODEL("\xe6\x89\xa7\xe6\xb3\x95"), "\xe6\x89\xa7\xe6\xb3\x95");
    /* 执法 in GB 18030 */
    assert_string_equal(MODEL("\xd6\xb4\xb7\xa8"), "\xe6\x89\xa7\xe6\xb3\x95");
    /* neither UTF-8 nor GB 18030: Latin-1 */
    assert_string_equal(MODEL("caf\xe9"), "caf\xc3\xa9");
    assert_string_equal(MODEL("a\x1b[31mb\r\n"), "a[31mb");
    assert_string_equal(MODEL("Canon   \0\0\0"), "Canon");
    assert_string_equal(MODEL("one\0two"), "one");
    assert_string_equal(MODEL("\xc2\x9b"), "(none)");
    assert_string_equal(MODEL("   "), "(none)");
    assert_string_equal(MODEL(""), "(none)");
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    char octets[3000];
    for (size_t i = 0; i < sizeof octets; i += 3)
        memcpy(octets + i, "\xe6\x89\xa7", 3);
    const char *text = model_of(octets, sizeof octets);
    assert_true(strlen(text) > 1000 && strlen(text) % 3 == 0);
    assert_memory_equal(text, octets, strlen(text));
}

static void the_first_source_of_a_text_wins(void **state)
{
    (void)state;
    struct probe_report *report = report_made();
    report_set_text(report, REPORT_MAKE, (struct probe_bytes){(const uint8_t *)" ", 1});
    report_set_text(report, REPORT_MAKE, (struct probe_bytes){(const uint8_t *)"Apple", 5});
    report_set_text(report, REPORT_MAKE, (struct probe_bytes){(const uint8_t *)"Other", 5});
    assert_string_equal(report->make, "Apple");
    probe_report_free(report);
}

static void epochs_and_impossible_times_are_unknown(void **state)
{
    (void)state;
    static const int64_t none[] = {0,         -2082844800000000, 315964800000000, 4102444800000000,
                                   INT64_MIN, INT64_MAX};
    struct probe_report *report = report_made();
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        report_add_time(report, "mvhd", none[i], 0, PROBE_DEFINED_UTC);
        report_add_local(report, "idit", none[i]);
    }
    report_add_time(report, "mvhd", NOON, 1440, PROBE_CERTAIN);
    assert_int_equal(report->time_count, 0);
    report_add_time(report, "mvhd", NOON, 480, PROBE_CERTAIN);
    report_add_time(report, "mvhd", NOON, 480, PROBE_CERTAIN);
    assert_int_equal(report->time_count, 1);
    probe_report_free(report);
}

/* The tests run with TZ=Asia/Shanghai. */
static void a_wall_clock_gets_the_zone_of_the_process(void **state)
{
    (void)state;
    struct probe_report *report = report_made();
    report_add_local(report, "idit", NOON + INT64_C(8) * 3600 * 1000000);
    /* in 1990 Shanghai kept summer time */
    report_add_local(report, "old", INT64_C(646833600) * 1000000);
    assert_int_equal(report->time_count, 2);
    assert_true(report->times[0].us == NOON);
    assert_int_equal(report->times[0].offset_minutes, 480);
    assert_int_equal(report->times[0].certainty, PROBE_ZONE_ASSUMED);
    assert_int_equal(report->times[1].offset_minutes, 540);
    probe_report_free(report);
}

static void positions_that_are_none_are_dropped(void **state)
{
    (void)state;
    static const double none[][2] = {{0, 0}, {91, 1}, {-91, 1}, {1, 181}, {NAN, 1}, {1, INFINITY}};
    struct probe_report *report = report_made();
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct probe_fix fix = {.latitude = none[i][0], .longitude = none[i][1]};
        report_add_position(report, "gpmf", fix);
        report_add_fix(report, "gpmf", fix);
    }
    assert_int_equal(report->position_count, 0);
    assert_int_equal(report->track_count, 0);
    report_add_position(report, "gpmf",
                        (struct probe_fix){.latitude = 0, .longitude = 117, .altitude_m = 1e9});
    assert_int_equal(report->position_count, 1);
    assert_true(isnan(report->positions[0].fix.altitude_m));
    probe_report_free(report);
}

static void a_track_longer_than_the_most_is_thinned_to_its_end(void **state)
{
    (void)state;
    enum { FIXES = 130000 };
    struct probe_report *report = report_made();
    for (int i = 0; i < FIXES; i++)
        report_add_fix(report, "gpmf",
                       (struct probe_fix){.latitude = 1 + i * 1e-5, .longitude = 117});
    report_add_fix(report, "nmea", (struct probe_fix){.latitude = 5, .longitude = 117});
    assert_true(report->track_count <= PROBE_TRACK_MAX && report->track_count >= 10000);
    assert_string_equal(report->track_source, "gpmf");
    double first = report->track[1].latitude - report->track[0].latitude;
    for (size_t i = 1; i < report->track_count; i++)
        assert_true(fabs(report->track[i].latitude - report->track[i - 1].latitude - first) < 1e-9);
    assert_true(report->track[report->track_count - 1].latitude > 1 + (FIXES - 16) * 1e-5);
    assert_int_equal(report->issue_count, 0);
    probe_report_free(report);
}

static void lists_end_at_their_ceiling_with_one_note(void **state)
{
    (void)state;
    struct probe_report *report = report_made();
    for (int i = 0; i < 1000; i++) {
        report_add_issue(report, "gap", "number %d", i);
        report_add_content(report, "thing", "number %d", i);
        report_add_stream(report, &(struct probe_stream){.codec = "h264"});
    }
    assert_int_equal(report->issue_count, PROBE_LIST_MAX);
    assert_true(report->content_count < PROBE_LIST_MAX && report->content_count > 200);
    assert_true(report->stream_count < PROBE_LIST_MAX && report->stream_count > 200);
    unsigned notes = 0;
    for (size_t i = 0; i < report->issue_count; i++)
        notes += strcmp(report->issues[i].code, "probe") == 0 ? 1 : 0;
    assert_int_equal(notes, 1);
    probe_report_free(report);
}

static void the_same_issue_is_noted_once(void **state)
{
    (void)state;
    struct probe_report *report = report_made();
    report_add_issue(report, "truncated", "by %d", 4);
    report_add_issue(report, "truncated", "by %d", 4);
    report_add_issue(report, "truncated", NULL);
    report_add_issue(report, "truncated", NULL);
    assert_int_equal(report->issue_count, 2);
    probe_report_free(report);
}

static void the_source_with_a_zone_wins_and_the_name_comes_last(void **state)
{
    (void)state;
    static const char *const worst_first[] = {"name:70mai", "companion:nmea", "nmea-track",
                                              "mvhd",       "something-new",  "apple-creationdate"};
    struct probe_report *report = report_made();
    for (int i = 0; i < 6; i++)
        report_add_time(report, worst_first[i], NOON + i, 0, PROBE_CERTAIN);
    report_add_position(report, "companion:gpx", (struct probe_fix){.latitude = 1, .longitude = 2});
    report_add_position(report, "apple-location-iso6709",
                        (struct probe_fix){.latitude = 3, .longitude = 4});
    report_rank(report);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(report->times[i].source, worst_first[5 - i]);
    assert_string_equal(report->positions[0].source, "apple-location-iso6709");
    assert_int_equal(report->issue_count, 0);
    probe_report_free(report);
}

static void times_of_the_file_that_differ_are_noted_and_those_beside_it_are_not(void **state)
{
    (void)state;
    struct probe_report *report = report_made();
    report_add_time(report, "name:x", NOON - 9000000, 0, PROBE_CERTAIN);
    report_add_time(report, "mvhd", NOON + 2500000, 0, PROBE_DEFINED_UTC);
    report_add_time(report, "mdhd", NOON + 1000000, 0, PROBE_DEFINED_UTC);
    report_add_time(report, "apple-creationdate", NOON, 480, PROBE_CERTAIN);
    report_rank(report);
    assert_int_equal(report->issue_count, 1);
    assert_string_equal(report->issues[0].code, "times-disagree");
    assert_string_equal(report->issues[0].detail,
                        "apple-creationdate says 2026-01-01T12:00:00+08:00, mvhd says "
                        "2026-01-01T04:00:02.500000Z");
    probe_report_free(report);
}

static size_t disagreements(double duration_s, const struct probe_time *one,
                            const struct probe_time *other)
{
    struct probe_report *report = report_made();
    report->duration_s = duration_s;
    report_add_time(report, one->source, one->us, one->offset_minutes, one->certainty);
    report_add_time(report, other->source, other->us, other->offset_minutes, other->certainty);
    report_rank(report);
    size_t count = report->issue_count;
    probe_report_free(report);
    return count;
}

static void times_that_a_zone_or_the_end_of_a_film_explains_agree(void **state)
{
    (void)state;
    static const int64_t MINUTE = 60000000;
    const struct probe_time camera = {"exif-datetimeoriginal", NOON, 480, PROBE_ZONE_ASSUMED};
    const struct probe_time sure = {"apple-creationdate", NOON, 480, PROBE_CERTAIN};
    struct probe_time fix = {"exif-gps", NOON + 330 * MINUTE - 20000000, 0, PROBE_CERTAIN};
    assert_int_equal(disagreements(NAN, &camera, &fix), 0); /* the zone was another */
    fix.us = NOON + 338 * MINUTE;
    assert_int_equal(disagreements(NAN, &camera, &fix), 1);
    fix.us = NOON + 30 * 60 * MINUTE;
    assert_int_equal(disagreements(NAN, &camera, &fix), 1); /* no zones are a day apart */
    fix.us = NOON - 3 * MINUTE;
    assert_int_equal(disagreements(NAN, &sure, &fix), 0); /* an old fix */
    fix.us = NOON + 60 * MINUTE;
    assert_int_equal(disagreements(NAN, &sure, &fix), 1);

    struct probe_time header = {"mvhd", NOON + 95000000, 0, PROBE_DEFINED_UTC};
    assert_int_equal(disagreements(94, &sure, &header), 0); /* written when the film ended */
    assert_int_equal(disagreements(60, &sure, &header), 1);
    assert_int_equal(disagreements(NAN, &sure, &header), 1);
    header.us = NOON + 480 * MINUTE; /* a clock set to local time */
    assert_int_equal(disagreements(10, &sure, &header), 0);
    header.us = NOON + 500 * MINUTE;
    assert_int_equal(disagreements(10, &sure, &header), 1);
}

static void times_are_printed_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        int32_t offset;
        const char *text;
    } cases[] = {
        {NOON, 480, "2026-01-01T12:00:00+08:00"},
        {NOON, 0, "2026-01-01T04:00:00Z"},
        {NOON + 1, -570, "2025-12-31T18:30:00.000001-09:30"},
        {-1, 0, "1969-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < 4; i++) {
        char text[40];
        int64_t us = 0;
        int32_t offset = 0;
        probe_time_print(&(struct probe_time){.us = cases[i].us, .offset_minutes = cases[i].offset},
                         text);
        assert_string_equal(text, cases[i].text);
        assert_true(time_parse(text, &us, &offset));
        assert_true(us == cases[i].us);
        assert_int_equal(offset, cases[i].offset);
    }
    static const char *const bad[] = {"",
                                      "2026-01-01",
                                      "2026-02-30T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:00:00",
                                      "2026-01-01T00:00:00+8:00",
                                      "2026-01-01T00:00:00.5Z",
                                      "2026-01-01T00:00:00Zx"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = 0;
        int32_t offset = 0;
        assert_false(time_parse(bad[i], &us, &offset));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_any_encoding_become_clean_utf8),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(the_first_source_of_a_text_wins),
        cmocka_unit_test(epochs_and_impossible_times_are_unknown),
        cmocka_unit_test(a_wall_clock_gets_the_zone_of_the_process),
        cmocka_unit_test(positions_that_are_none_are_dropped),
        cmocka_unit_test(a_track_longer_than_the_most_is_thinned_to_its_end),
        cmocka_unit_test(lists_end_at_their_ceiling_with_one_note),
        cmocka_unit_test(the_same_issue_is_noted_once),
        cmocka_unit_test(the_source_with_a_zone_wins_and_the_name_comes_last),
        cmocka_unit_test(times_of_the_file_that_differ_are_noted_and_those_beside_it_are_not),
        cmocka_unit_test(times_that_a_zone_or_the_end_of_a_film_explains_agree),
        cmocka_unit_test(times_are_printed_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
