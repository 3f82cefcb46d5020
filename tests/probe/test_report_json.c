#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "probe/report.h"

static const int64_t NOON = 1767240000000000; /* 2026-01-01T12:00:00+08:00 */

static struct probe_bytes bytes(const char *text)
{
    return (struct probe_bytes){(const uint8_t *)text, strlen(text)};
}

static struct probe_report *full_report(void)
{
    struct probe_report *report = NULL;
    struct probe_err err;
    assert_int_equal(report_new(&report, &err), 0);
    report->size_bytes = 4134647;
    report->is_media = true;
    report->container = report_keep(report, bytes("avi"));
    report->duration_s = 12.078733;
    report_set_text(report, REPORT_MAKE, bytes("GoPro"));
    report_set_text(report, REPORT_MODEL, bytes("HERO5 \"Black\" \xe6\xb3\x95"));
    report_set_text(report, REPORT_SERIAL, bytes("C3161325750003"));
    report_set_text(report, REPORT_FIRMWARE, bytes("HD5.02"));
    report->name = (struct probe_name){.pattern = report_keep(report, bytes("dsj")),
                                       .officer = report_keep(report, bytes("654321"))};
    report_add_stream(report, &(struct probe_stream){.type = PROBE_VIDEO,
                                                     .codec = "h264",
                                                     .profile = "Main",
                                                     .language = "eng",
                                                     .width = 854,
                                                     .height = 480,
                                                     .rotation_degrees = 90,
                                                     .frame_rate = 29.97,
                                                     .bit_rate = 2524115});
    report_add_stream(
        report, &(struct probe_stream){.type = PROBE_AUDIO, .sample_rate = 48000, .channels = 2});
    report_add_local(report, "idit", NOON + INT64_C(8) * 3600 * 1000000);
    report_add_time(report, "mvhd", NOON + 1, 0, PROBE_DEFINED_UTC);
    struct probe_fix fix = {.latitude = 33.1253688,
                            .longitude = -117.3310668,
                            .altitude_m = NAN,
                            .has_time = true,
                            .us = NOON};
    report_add_position(report, "gpmf", fix);
    report_add_fix(report, "gpmf", fix);
    fix.has_time = false;
    fix.altitude_m = 12.5;
    report_add_fix(report, "gpmf", fix);
    report_add_issue(report, "truncated", "by 4: and more");
    report_add_issue(report, "no-audio", NULL);
    report_add_content(report, "gopro-gpmf", "telemetry track");
    report_add_content(report, "c2pa", NULL);
    return report;
}

static void assert_same(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void a_report_comes_back_as_it_was(void **state)
{
    (void)state;
    struct probe_report *report = full_report();
    struct probe_report *back = NULL;
    struct probe_err err;
    char *text = NULL;
    char *again = NULL;
    assert_int_equal(probe_report_to_json(report, &text, &err), 0);
    assert_int_equal(probe_report_from_json(text, strlen(text), &back, &err), 0);
    assert_int_equal(probe_report_to_json(back, &again, &err), 0);
    assert_string_equal(text, again);

    assert_int_equal(back->size_bytes, 4134647);
    assert_true(back->is_media);
    assert_same(back->container, "avi");
    assert_true(fabs(back->duration_s - 12.078733) < 1e-9);
    assert_same(back->model, report->model);
    assert_same(back->firmware, "HD5.02");
    assert_same(back->name.officer, "654321");
    assert_same(back->name.device, NULL);
    assert_int_equal(back->stream_count, 2);
    assert_int_equal(back->streams[0].rotation_degrees, 90);
    assert_int_equal(back->streams[0].bit_rate, 2524115);
    assert_same(back->streams[0].profile, "Main");
    assert_same(back->streams[1].codec, NULL);
    assert_int_equal(back->streams[1].type, PROBE_AUDIO);
    assert_int_equal(back->time_count, 2);
    assert_int_equal(back->times[0].certainty, PROBE_ZONE_ASSUMED);
    assert_int_equal(back->times[0].offset_minutes, 480);
    assert_true(back->times[1].us == NOON + 1);
    assert_int_equal(back->position_count, 1);
    assert_true(fabs(back->positions[0].fix.latitude - 33.1253688) < 1e-9);
    assert_true(isnan(back->positions[0].fix.altitude_m));
    assert_true(back->positions[0].fix.us == NOON);
    assert_int_equal(back->track_count, 2);
    assert_false(back->track[1].has_time);
    assert_same(back->track_source, "gpmf");
    assert_same(back->issues[0].code, "truncated");
    assert_same(back->issues[0].detail, "by 4: and more");
    assert_same(back->issues[1].detail, NULL);
    assert_same(back->contents[1].name, "c2pa");
    free(text);
    free(again);
    probe_report_free(report);
    probe_report_free(back);
}

static void the_fields_are_those_of_the_command_line(void **state)
{
    (void)state;
    struct probe_report *report = full_report();
    struct probe_err err;
    char *text = NULL;
    assert_int_equal(probe_report_to_json(report, &text, &err), 0);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_same(json_string_value(json_object_get(root, "captured_at")),
                "2026-01-01T12:00:00+08:00");
    assert_same(json_string_value(json_object_get(root, "captured_at_source")),
                "idit (zone assumed)");
    assert_same(json_string_value(json_object_get(root, "location_source")), "gpmf");
    assert_true(json_is_null(json_object_get(root, "altitude_m")));
    assert_same(json_string_value(json_array_get(json_object_get(root, "issues"), 0)),
                "truncated: by 4: and more");
    assert_non_null(strstr(text, "\"latitude\":33.1253688,"));
    json_decref(root);
    free(text);
    probe_report_free(report);
}

static void what_is_unknown_is_null(void **state)
{
    (void)state;
    struct probe_report *report = NULL;
    struct probe_report *back = NULL;
    struct probe_err err;
    char *text = NULL;
    assert_int_equal(report_new(&report, &err), 0);
    assert_int_equal(probe_report_to_json(report, &text, &err), 0);
    assert_non_null(strstr(text, "\"duration_s\":null"));
    assert_non_null(strstr(text, "\"captured_at\":null"));
    assert_non_null(strstr(text, "\"latitude\":null"));
    assert_int_equal(probe_report_from_json(text, strlen(text), &back, &err), 0);
    assert_true(isnan(back->duration_s));
    free(text);
    probe_report_free(report);
    probe_report_free(back);
}

/* Each field in turn replaced by values of other types: refused, or taken as unknown. */
static void a_field_of_another_type_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {"-1",
                                         "1e999",
                                         "true",
                                         "\"x\"",
                                         "[]",
                                         "{}",
                                         "[[]]",
                                         "[{}]",
                                         "[1]",
                                         "1.5",
                                         "99999999999999999999"};
    struct probe_report *report = full_report();
    struct probe_err err;
    char *text = NULL;
    assert_int_equal(probe_report_to_json(report, &text, &err), 0);
    json_t *root = json_loads(text, 0, NULL);
    unsigned refused = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(root, key, value)
    {
        (void)value;
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            json_t *other = json_loads(values[i], JSON_DECODE_ANY, NULL);
            if (other == NULL)
                continue;
            json_t *copy = json_copy(root);
            assert_int_equal(json_object_set_new(copy, key, other), 0);
            char *changed = json_dumps(copy, 0);
            struct probe_report *back = NULL;
            if (probe_report_from_json(changed, strlen(changed), &back, &err) < 0) {
                assert_int_equal(err.kind, PROBE_ERR_DAMAGED);
                assert_null(back);
                refused++;
            }
            probe_report_free(back);
            free(changed);
            json_decref(copy);
        }
    }
    assert_true(refused > 80);
    json_decref(root);
    free(text);
    probe_report_free(report);
}

static void a_report_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct probe_report *report = full_report();
    struct probe_err err;
    char *text = NULL;
    assert_int_equal(probe_report_to_json(report, &text, &err), 0);
    for (size_t len = 0; len < strlen(text); len++) {
        struct probe_report *back = NULL;
        assert_int_equal(probe_report_from_json(text, len, &back, &err), -1);
        assert_int_equal(err.kind, PROBE_ERR_DAMAGED);
    }
    free(text);
    probe_report_free(report);
}

static void a_report_too_long_or_too_deep_is_refused(void **state)
{
    (void)state;
    struct probe_report *back = NULL;
    struct probe_err err;
    size_t len = PROBE_REPORT_BYTES_MAX + 1;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, '[', len);
    assert_int_equal(probe_report_from_json(text, len, &back, &err), -1);
    assert_int_equal(err.kind, PROBE_ERR_DAMAGED);
    assert_int_equal(probe_report_from_json(text, len - 1, &back, &err), -1);
    assert_int_equal(err.kind, PROBE_ERR_DAMAGED);
    free(text);
}

static void the_longest_report_fits(void **state)
{
    (void)state;
    struct probe_report *report = full_report();
    struct probe_report *back = NULL;
    struct probe_err err;
    char *text = NULL;
    char detail[1001];
    memset(detail, '"', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    for (int i = 0; i < PROBE_LIST_MAX; i++) {
        report_add_issue(report, "gap", "%d %s", i, detail);
        report_add_content(report, "gap", "%d %s", i, detail);
    }
    for (int i = 0; i < PROBE_TRACK_MAX - 2; i++)
        report_add_fix(report, "gpmf",
                       (struct probe_fix){.latitude = -33.123456789 - i * 1e-7,
                                          .longitude = -117.123456789,
                                          .altitude_m = -1234.56789,
                                          .has_time = true,
                                          .us = NOON + 1});
    assert_int_equal(report->track_count, PROBE_TRACK_MAX);
    assert_int_equal(probe_report_to_json(report, &text, &err), 0);
    assert_true(strlen(text) < PROBE_REPORT_BYTES_MAX);
    assert_int_equal(probe_report_from_json(text, strlen(text), &back, &err), 0);
    assert_int_equal(back->track_count, PROBE_TRACK_MAX);
    free(text);
    probe_report_free(report);
    probe_report_free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_comes_back_as_it_was),
        cmocka_unit_test(the_fields_are_those_of_the_command_line),
        cmocka_unit_test(what_is_unknown_is_null),
        cmocka_unit_test(a_field_of_another_type_is_refused),
        cmocka_unit_test(a_report_cut_anywhere_is_refused),
        cmocka_unit_test(a_report_too_long_or_too_deep_is_refused),
        cmocka_unit_test(the_longest_report_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
