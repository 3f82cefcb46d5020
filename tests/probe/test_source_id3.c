#include "source_run.h"

static void dates_that_ffmpeg_wrote_are_read(void **state)
{
    (void)state;
    run((const char *[]){FFMPEG, SOUND, "-id3v2_version", "4", "-metadata",
                         "date=2021-02-03T04:05:06", "date.mp3", NULL});
    struct probe_report *report = scan_file("id3", "date.mp3");
    assert_time(report, "id3-tdrc", "2021-02-03T04:05:06Z", PROBE_DEFINED_UTC);
    probe_report_free(report);
}

static void frame(struct octets *o, const char *name, const char *text, size_t len)
{
    put_text(o, name);
    put_be(o, len, 4);
    put_be(o, 0, 2);
    put(o, text, len);
}

static void an_older_tags_day_and_time_are_put_together(void **state)
{
    (void)state;
    struct octets frames = {0};
    struct octets o = {0};
    frame(&frames, "TIT2", "\0long", 5);
    frame(&frames, "TYER",
          "\0"
          "2021",
          5);
    frame(&frames, "TDAT", "\1\xff\xfe\x30\0\x33\0\x30\0\x32\0", 11); /* UTF-16: 0302 */
    frame(&frames, "TIME",
          "\0"
          "0405",
          5);
    put(&o, "ID3\3\0\0", 6);
    put_be(&o, frames.len, 4);
    put(&o, frames.at, frames.len);
    struct probe_report *report = scan_octets("id3", o.at, o.len);
    assert_time(report, "id3-time", "2021-02-03T04:05:00+08:00", PROBE_ZONE_ASSUMED);
    probe_report_free(report);
    assert_cuts_hold("id3", "id3-time", o.at, o.len);
}

static void a_year_alone_is_no_time(void **state)
{
    (void)state;
    struct octets o = {0};
    put(&o, "ID3\4\0\0\0\0\0\x0f", 10);
    frame(&o, "TDRC",
          "\0"
          "2021",
          5);
    struct probe_report *report = scan_octets("id3", o.at, o.len);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_that_ffmpeg_wrote_are_read),
        cmocka_unit_test(an_older_tags_day_and_time_are_put_together),
        cmocka_unit_test(a_year_alone_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
