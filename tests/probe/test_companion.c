#include "source_run.h"

static struct probe_report *read_text(const char *text, const char *extension)
{
    struct probe_report *report = new_report();
    size_t len = strlen(text);
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, text, len);
    companion_read((struct probe_bytes){exact, len}, extension, report);
    free(exact);
    return report;
}

static void assert_fix(const struct probe_report *report, const char *source, double latitude,
                       double longitude)
{
    assert_int_equal(report->position_count, 1);
    assert_string_equal(report->positions[0].source, source);
    assert_float_equal(report->positions[0].fix.latitude, latitude, 1e-5);
    assert_float_equal(report->positions[0].fix.longitude, longitude, 1e-5);
}

static const char gpx[] =
    "<?xml version=\"1.0\"?><gpx><metadata><time>2020-01-01T00:00:00Z</time></metadata><trk><trkseg>\n"
    "<trkpt lat=\"0\" lon=\"0\"><time>2026-01-15T04:00:00Z</time></trkpt>\n"
    "<trkpt lon='121.4737' lat='31.2304'><ele> 12.5</ele><time>2026-01-15T04:00:01Z</time></trkpt>\n"
    "<trkpt lat=\"31.2305\" lon=\"121.4738\"/>\n"
    "</trkseg></trk></gpx>";

static void a_gpx_track_is_read(void **state)
{
    (void)state;
    struct probe_report *report = read_text(gpx, "GPX");
    assert_fix(report, "companion:gpx", 31.2304, 121.4737);
    assert_float_equal(report->positions[0].fix.altitude_m, 12.5, 1e-9);
    assert_time(report, "companion:gpx", "2026-01-15T04:00:00Z", PROBE_CERTAIN);
    assert_int_equal(report->track_count, 2);
    assert_string_equal(report->track_source, "companion:gpx");
    assert_false(report->track[1].has_time && report->track[1].us == 0);
    probe_report_free(report);
}

static void lines_with_wrong_checksums_are_told(void **state)
{
    (void)state;
    struct probe_report *report = read_text(
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230326,003.1,W*00\r\n", "nmea");
    assert_int_equal(report->position_count, 1);
    assert_int_equal(report->issue_count, 1);
    assert_string_equal(report->issues[0].code, "nmea-checksum");
    probe_report_free(report);
}

static void nmea_lines_are_read_under_any_name(void **state)
{
    (void)state;
    static const char nmea[] =
        "$GPRMC,123519,V,,,,,,,230326,,*00\r\n"
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230326,003.1,W\r\n"
        "$GPRMC,123520,A,4807.040,N,01131.002,E,022.4,084.4,230326,003.1,W\r\n";
    static const char *const extensions[] = {"nmea", "gps", "log"};
    for (size_t i = 0; i < 3; i++) {
        char source[32];
        (void)snprintf(source, sizeof source, "companion:%s", extensions[i]);
        struct probe_report *report = read_text(nmea, extensions[i]);
        assert_fix(report, source, 48.1173, 11.516667);
        assert_time(report, source, "2026-03-23T12:35:19Z", PROBE_CERTAIN);
        assert_int_equal(report->track_count, 2);
        probe_report_free(report);
    }
}

static void the_ways_in_which_cameras_write_subtitles_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *time;
        double altitude_m; /* NAN: unknown */
    } cases[] = {
        {"1\n00:00:00,000 --> 00:00:01,000\nHOME(121.1,31.1) 2017.08.05 14:11:51\n"
         "GPS(121.4737,31.2304,19) BAROMETER:1.9\n\n",
         "2017-08-05T14:11:51+08:00", NAN},
        {"1\n00:00:00,000 --> 00:00:00,033\n<font size=\"36\">FrameCnt : 1, DiffTime : 33ms\n"
         "2020-08-08 14:11:51,123,456\n[iso : 100] [shutter : 1/100.0] [latitude: 31.2304] "
         "[longtitude: 121.4737] [altitude: 60.100]</font>\n\n",
         "2020-08-08T14:11:51.123000+08:00", 60.1},
        {"1\r\n00:00:00,000 --> 00:00:00,016\r\n2023-05-01 10:11:12.500\r\n[latitude: 31.2304] "
         "[longitude: 121.4737] [rel_alt: 1.300 abs_alt: 60.100] \r\n\r\n",
         "2023-05-01T10:11:12.500000+08:00", 60.1},
        {"1\n00:00:00,000 --> 00:00:01,000\nF/2.8, SS 206.14, ISO 100, EV 0, "
         "GPS (121.4737, 31.2304, 15), D 24.50m, H 6.00m\n\n",
         NULL, NAN},
        {"1\n00:00:00,000 --> 00:00:01,000\n2026-01-15 12:00:00 经度：121.4737 纬度：31.2304\n\n",
         "2026-01-15T12:00:00+08:00", NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct probe_report *report = read_text(cases[i].text, "srt");
        assert_fix(report, "companion:srt", 31.2304, 121.4737);
        double altitude = report->positions[0].fix.altitude_m;
        if (isnan(cases[i].altitude_m))
            assert_true(isnan(altitude));
        else
            assert_float_equal(altitude, cases[i].altitude_m, 1e-9);
        if (cases[i].time == NULL)
            assert_int_equal(report->time_count, 0);
        else
            assert_time(report, "companion:srt", cases[i].time, PROBE_ZONE_ASSUMED);
        probe_report_free(report);
    }
}

static void a_plain_subtitle_says_nothing(void **state)
{
    (void)state;
    struct probe_report *report =
        read_text("1\n00:00:01,000 --> 00:00:02,000\nHello, see plate: 20\n", "srt");
    assert_int_equal(report->time_count, 0);
    assert_int_equal(report->position_count, 0);
    probe_report_free(report);
}

static void known_keys_of_json_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *time;
        enum probe_certainty certainty;
    } cases[] = {
        {"{\"lat\": 31.2304, \"lng\": 121.4737, \"timestamp\": 1768449600}", "2026-01-15T04:00:00Z",
         PROBE_CERTAIN},
        {"{\"lat\": \"31.2304\", \"lon\": \"121.4737\", \"time\": 1768449600000}",
         "2026-01-15T04:00:00Z", PROBE_CERTAIN},
        {"{\"creation_time\": \"2026-01-15 12:00:00\", \"gps\": [{\"latitude\": 31.2304, "
         "\"longitude\": 121.4737}, {\"latitude\": 0, \"longitude\": 0}]}",
         "2026-01-15T12:00:00+08:00", PROBE_ZONE_ASSUMED},
        {"{\"upload\": {\"time\": \"2026-01-15 12:00:00\"}, \"lat\": 31.2304, \"lon\": 121.4737}",
         NULL, PROBE_CERTAIN},
        {"[{\"latitude\": 31.2304, \"longitude\": 121.4737, \"time\": 0.5}]", NULL, PROBE_CERTAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct probe_report *report = read_text(cases[i].text, "json");
        assert_fix(report, "companion:json", 31.2304, 121.4737);
        if (cases[i].time == NULL)
            assert_int_equal(report->time_count, 0);
        else
            assert_time(report, "companion:json", cases[i].time, cases[i].certainty);
        probe_report_free(report);
    }
}

static void what_cannot_be_read_is_passed_over(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "{",
                                        "[[[[",
                                        "<",
                                        "<trkpt",
                                        "<trkpt lat=\"91\" lon=\"3\"/>",
                                        "-->",
                                        "$GPRMC,",
                                        "{\"lat\": \"x\", \"lon\": null}",
                                        "GPS(",
                                        "{\"lat\": 1e400, \"lon\": 3}"};
    static const char *const extensions[] = {"nmea", "gpx", "srt", "gps", "log", "json"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t j = 0; j < sizeof extensions / sizeof extensions[0]; j++) {
            struct probe_report *report = read_text(texts[i], extensions[j]);
            assert_int_equal(report->time_count + report->position_count + report->track_count, 0);
            probe_report_free(report);
        }
    }
}

static void a_track_cut_anywhere_is_read_to_the_cut(void **state)
{
    (void)state;
    char text[sizeof gpx];
    for (size_t cut = 0; cut < sizeof gpx; cut++) {
        memcpy(text, gpx, cut);
        text[cut] = '\0';
        struct probe_report *report = read_text(text, "gpx");
        assert_true(report->track_count <= 2);
        probe_report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gpx_track_is_read),
        cmocka_unit_test(nmea_lines_are_read_under_any_name),
        cmocka_unit_test(lines_with_wrong_checksums_are_told),
        cmocka_unit_test(the_ways_in_which_cameras_write_subtitles_are_read),
        cmocka_unit_test(a_plain_subtitle_says_nothing),
        cmocka_unit_test(known_keys_of_json_are_read),
        cmocka_unit_test(what_cannot_be_read_is_passed_over),
        cmocka_unit_test(a_track_cut_anywhere_is_read_to_the_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
