#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/name.h"
#include "probe/pattern.h"

static struct probe_report *read_with(const char *name, const struct probe_pattern *patterns,
                                      size_t count)
{
    struct probe_report *report = NULL;
    struct probe_err err;
    assert_int_equal(report_new(&report, &err), 0);
    name_read(name, patterns, count, report);
    return report;
}

static struct probe_report *read_default(const char *name)
{
    size_t count = 0;
    const struct probe_pattern *patterns = probe_default_patterns(&count);
    return read_with(name, patterns, count);
}

static void assert_text(const char *name, const char *found, const char *should)
{
    if (should == NULL ? found != NULL : found == NULL || strcmp(found, should) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", name, found != NULL ? found : "(null)",
                 should != NULL ? should : "(null)");
}

/* The tests run with TZ=Asia/Shanghai. */
static void names_of_common_devices_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *name, *pattern, *time, *device, *officer, *sequence, *channel;
    } cases[] = {
        {"NO20260101-120000-000001F.MP4", "70mai", "2026-01-01T12:00:00+08:00", NULL, NULL,
         "000001", "F"},
        {"EV20260101-120000-000042B.MP4", "70mai", "2026-01-01T12:00:00+08:00", NULL, NULL,
         "000042", "B"},
        {"2026_0101_120000_001F.MP4", "novatek", "2026-01-01T12:00:00+08:00", NULL, NULL, "001",
         "F"},
        {"2026_0101_120000_001.MOV", "novatek", "2026-01-01T12:00:00+08:00", NULL, NULL, "001",
         NULL},
        {"20260101120000_000123R.MP4", "viofo", "2026-01-01T12:00:00+08:00", NULL, NULL, "000123",
         "R"},
        {"20260101_120000_NF.mp4", "blackvue", "2026-01-01T12:00:00+08:00", NULL, NULL, NULL, "NF"},
        {"REC_2026_01_01_12_00_00_F.MP4", "thinkware", "2026-01-01T12:00:00+08:00", NULL, NULL,
         NULL, "F"},
        {"GX010123.MP4", "gopro", NULL, NULL, NULL, "0123", NULL},
        {"GOPR0042.MP4", "gopro", NULL, NULL, NULL, "0042", NULL},
        {"DJI_20260101120000_0001_D.MP4", "dji", "2026-01-01T12:00:00+08:00", NULL, NULL, "0001",
         "D"},
        {"DJI_0001.MP4", "dji", NULL, NULL, NULL, "0001", NULL},
        {"PXL_20231006_063909898.LS.mp4", "pixel", "2023-10-06T06:39:09Z", NULL, NULL, NULL, NULL},
        {"VID_20260101_120000.mp4", "android", "2026-01-01T12:00:00+08:00", NULL, NULL, NULL, NULL},
        {"IMG_20260101_120000_HDR.jpg", "android", "2026-01-01T12:00:00+08:00", NULL, NULL, NULL,
         NULL},
        {"20260101_120000.mp4", "samsung", "2026-01-01T12:00:00+08:00", NULL, NULL, NULL, NULL},
        {"IMG_1234.MOV", "iphone", NULL, NULL, NULL, "1234", NULL},
        {"Axon_Body_3_Video_2021-03-26_1503.mp4", "axon", "2021-03-26T15:03:00+08:00", NULL, NULL,
         NULL, NULL},
        {"WGV3-012345@20200528135800.mp4", "watchguard", "2020-05-28T13:58:00+08:00", "WGV3-012345",
         NULL, NULL, NULL},
        {"DSJ_1234567_654321_20260101120000_0001.MP4", "dsj", "2026-01-01T12:00:00+08:00",
         "1234567", "654321", "0001", NULL},
        {"0000012_010203_20260101120000_0007.mp4", "recorder", "2026-01-01T12:00:00+08:00",
         "0000012", "010203", "0007", NULL},
        {"A5_010203_20260101_120000_0007.mp4", "recorder", "2026-01-01T12:00:00+08:00", "A5",
         "010203", "0007", NULL},
        {"0000012_20260101_120000_0007.mp4", "recorder", "2026-01-01T12:00:00+08:00", "0000012",
         NULL, "0007", NULL},
        {"V20260101120000.mp4", "recorder", "2026-01-01T12:00:00+08:00", NULL, NULL, NULL, NULL},
        {"P20260101_120000_0003.JPG", "recorder", "2026-01-01T12:00:00+08:00", NULL, NULL, NULL,
         NULL},
        {"Screen_Recording_20260101_120000.mp4", "dated", "2026-01-01T12:00:00+08:00", NULL, NULL,
         NULL, NULL},
        {"meeting_room_20260101120000_final.mp4", "dated", "2026-01-01T12:00:00+08:00", NULL, NULL,
         NULL, NULL},
        {"20260101120000_final_cut.mp4", "dated", "2026-01-01T12:00:00+08:00", NULL, NULL, NULL,
         NULL},
        {"192.168.1.64_01_20260101120000123_MOTION.mp4", "hikvision", "2026-01-01T12:00:00+08:00",
         NULL, NULL, NULL, "01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct probe_report *report = read_default(cases[i].name);
        char time[40] = "";
        if (report->time_count > 0)
            probe_time_print(&report->times[0], time);
        assert_text(cases[i].name, report->name.pattern, cases[i].pattern);
        assert_text(cases[i].name, time[0] != '\0' ? time : NULL, cases[i].time);
        assert_text(cases[i].name, report->name.device, cases[i].device);
        assert_text(cases[i].name, report->name.officer, cases[i].officer);
        assert_text(cases[i].name, report->name.sequence, cases[i].sequence);
        assert_text(cases[i].name, report->name.channel, cases[i].channel);
        if (cases[i].time != NULL)
            assert_int_equal(strncmp(report->times[0].source, "name:", 5), 0);
        probe_report_free(report);
    }
}

static void names_that_say_nothing_say_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        ".",
                                        ".mp4",
                                        "meeting.mp4",
                                        "NO20261301-120000-1F.MP4",
                                        "NO20260230-120000-1F.MP4",
                                        "20260101_250000.mp4",
                                        "\xff\xfe\x80.mp4",
                                        "现场录像.mp4",
                                        "20260101 报告.mp4",
                                        "20260101.mp4",
                                        "讯问笔录_20260101.mp4",
                                        "18990101_120000.mp4",
                                        "21000101_120000.mp4",
                                        "a_b_99990101120000_1.mp4",
                                        "GHOSTS.mp4",
                                        "IMG_test.jpg",
                                        "DJI_demo.mp4",
                                        "13800138000.mp4",
                                        "mmexport1767240000000.mp4",
                                        "VID-20260101-WA0001.mp4",
                                        "wx_camera_1767240000000.mp4",
                                        "VID_2026.mp4"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct probe_report *report = read_default(names[i]);
        assert_text(names[i], report->name.pattern, NULL);
        assert_int_equal(report->time_count, 0);
        probe_report_free(report);
    }
}

static void literal_text_matches_in_either_case_and_other_octets_as_they_are(void **state)
{
    (void)state;
    static const struct probe_pattern patterns[] = {{"局", "执法-cam{device:2}_{*}"}};
    struct probe_report *report = read_with("执法-CAM07_街道.MP4", patterns, 1);
    assert_string_equal(report->name.pattern, "局");
    assert_string_equal(report->name.device, "07");
    probe_report_free(report);
}

static void the_first_pattern_that_matches_wins(void **state)
{
    (void)state;
    static const struct probe_pattern patterns[] = {
        {"broken", "{nothing}"}, {"first", "{device}-{sequence}"}, {"second", "{*}"}};
    struct probe_report *report = read_with("a-b-7.mp4", patterns, 3);
    assert_string_equal(report->name.pattern, "first");
    assert_string_equal(report->name.device, "a");
    assert_string_equal(report->name.sequence, "b-7");
    probe_report_free(report);
}

static void patterns_that_cannot_be_read_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "{",
                                      "}",
                                      "a{device",
                                      "{device}{device}",
                                      "{unknown}",
                                      "{device:}",
                                      "{device:0}",
                                      "{device:1000}",
                                      "{time}",
                                      "{time:hhmmss}",
                                      "{time:YYMMDDhhmmss}",
                                      "{time:YYYYMMDDhhmmsshh}",
                                      "{*:3}",
                                      "{device{officer}}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct probe_err err = {0};
        if (probe_pattern_check(&(struct probe_pattern){"mine", bad[i]}, &err) == 0)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(err.kind, PROBE_ERR_USAGE);
        assert_string_equal(err.object, "mine");
    }
}

static void the_built_in_patterns_can_be_read(void **state)
{
    (void)state;
    size_t count = 0;
    const struct probe_pattern *patterns = probe_default_patterns(&count);
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        struct probe_err err = {0};
        if (probe_pattern_check(&patterns[i], &err) < 0)
            fail_msg("%s: %s: %s", patterns[i].name, patterns[i].pattern, err.text);
    }
}

static void a_pattern_made_to_be_slow_gives_up(void **state)
{
    (void)state;
    static const struct probe_pattern slow[] = {{"slow", "{*}a{*}a{*}a{*}a{*}a{*}a{*}a{*}a{*}b"}};
    char name[256];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct probe_report *report = read_with(name, slow, 1);
    assert_null(report->name.pattern);
    probe_report_free(report);
}

static void media_and_companions_are_told_by_extension(void **state)
{
    (void)state;
    assert_true(probe_is_media_name("a.MP4"));
    assert_true(probe_is_media_name("00001.MTS"));
    assert_false(probe_is_media_name("notes.txt"));
    assert_false(probe_is_media_name(".mp4"));
    assert_false(probe_is_media_name("mp4"));
    assert_true(probe_is_companion("NMEA"));
    assert_false(probe_is_companion("mp4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_common_devices_are_understood),
        cmocka_unit_test(names_that_say_nothing_say_nothing),
        cmocka_unit_test(literal_text_matches_in_either_case_and_other_octets_as_they_are),
        cmocka_unit_test(the_first_pattern_that_matches_wins),
        cmocka_unit_test(patterns_that_cannot_be_read_are_refused_by_name),
        cmocka_unit_test(the_built_in_patterns_can_be_read),
        cmocka_unit_test(a_pattern_made_to_be_slow_gives_up),
        cmocka_unit_test(media_and_companions_are_told_by_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
