#include "source_run.h"

static void the_tapes_date_is_read_in_each_container_and_norm(void **state)
{
    (void)state;
    static const struct {
        const char *size, *rate, *format, *name;
    } cases[] = {
        {"720x576", "25", "yuv420p", "pal.dv"},
        {"720x480", "30000/1001", "yuv411p", "ntsc.dv"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run((const char *[]){FFMPEG, PICTURE, SOUND, "-c:v", "dvvideo", "-s", cases[i].size, "-r",
                             cases[i].rate, "-pix_fmt", cases[i].format, "-ar", "48000", "-ac", "2",
                             "-metadata", "creation_time=2010-05-06T07:08:09Z", cases[i].name,
                             NULL});
        static const char *const copies[] = {"copy.mov", "copy.avi"};
        struct probe_report *report = feed_file("dv-pack", cases[i].name);
        assert_time(report, "dv-pack", "2010-05-06T07:08:09+08:00", PROBE_ZONE_ASSUMED);
        probe_report_free(report);
        for (size_t j = 0; j < sizeof copies / sizeof copies[0]; j++) {
            run((const char *[]){FFMPEG, "-i", cases[i].name, "-c", "copy", copies[j], NULL});
            report = feed_file("dv-pack", copies[j]);
            assert_time(report, "dv-pack", "2010-05-06T07:08:09+08:00", PROBE_ZONE_ASSUMED);
            probe_report_free(report);
        }
    }
}

static const struct source_stream dv = {.type = PROBE_VIDEO, .codec = "dvvideo"};

/* Header, two subcode and three VAUX blocks; the packs in the second VAUX block. */
static void frame_of(uint8_t frame[static 480], const char *date, const char *time)
{
    static const uint8_t sections[] = {0x1f, 0x3f, 0x3f, 0x5f, 0x5f, 0x5f};
    memset(frame, 0xff, 480);
    for (size_t i = 0; i < 6; i++) {
        frame[i * 80] = sections[i];
        frame[i * 80 + 1] = 0x07;
        frame[i * 80 + 2] = (uint8_t)i;
    }
    memcpy(frame + 4 * 80 + 3 + 2 * 5, date, 5);
    memcpy(frame + 4 * 80 + 3 + 3 * 5, time, 5);
}

static void packs_are_read_bit_by_bit(void **state)
{
    (void)state;
    static const struct {
        const char *date, *time, *text;
    } cases[] = {
        {"\x62\xff\xc6\xe5\x10", "\x63\xff\x89\x88\xc7", "2010-05-06T07:08:09+08:00"},
        {"\x62\xff\xf1\x12\x99", "\x63\xff\x59\x59\x23", "1999-12-31T23:59:59+08:00"},
        {"\x62\xff\xff\xff\xff", "\x63\xff\xff\xff\xff", NULL},
        {"\x62\xff\x31\x02\x10", "\x63\xff\x59\x59\x23", NULL}, /* 31 February */
        {"\x62\xff\x0a\x02\x10", "\x63\xff\x59\x59\x23", NULL}, /* no decimal digit */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t frame[480];
        frame_of(frame, cases[i].date, cases[i].time);
        struct probe_report *report = feed_packet("dv-pack", &dv, frame, sizeof frame);
        if (cases[i].text == NULL)
            assert_int_equal(report->time_count, 0);
        else
            assert_time(report, "dv-pack", cases[i].text, PROBE_ZONE_ASSUMED);
        probe_report_free(report);
    }
}

static void a_frame_cut_anywhere_gives_its_time_or_none(void **state)
{
    (void)state;
    uint8_t frame[480];
    frame_of(frame, "\x62\xff\xc6\xe5\x10", "\x63\xff\x89\x88\xc7");
    for (size_t cut = 0; cut < sizeof frame; cut++) {
        struct probe_report *report = feed_packet("dv-pack", &dv, frame, cut);
        assert_int_equal(report->time_count, cut >= 400);
        probe_report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tapes_date_is_read_in_each_container_and_norm),
        cmocka_unit_test(packs_are_read_bit_by_bit),
        cmocka_unit_test(a_frame_cut_anywhere_gives_its_time_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
