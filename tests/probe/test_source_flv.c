#include "source_run.h"

static void text(struct octets *o, const char *at)
{
    put_be(o, strlen(at), 2);
    put_text(o, at);
}

/* onMetaData with a width, a cue point that has a date of its own, then the value given. */
static void flv_of(struct octets *o, const char *value, size_t len)
{
    struct octets script = {0};
    put_be(&script, 2, 1);
    text(&script, "onMetaData");
    put_be(&script, 8, 1);
    put_be(&script, 3, 4);
    text(&script, "width");
    put(&script, "\0\x40\x74\0\0\0\0\0\0", 9);
    text(&script, "cuePoints");
    put(&script, "\x0a\0\0\0\1\3", 6);
    text(&script, "creationdate");
    put_be(&script, 2, 1);
    text(&script, "2001-01-01 00:00:00");
    put(&script, "\0\0\x09", 3);
    text(&script, "creationdate");
    put(&script, value, len);
    put(&script, "\0\0\x09", 3);

    put(o, "FLV\1\5\0\0\0\x09\0\0\0\0", 13);
    put_be(o, 18, 1);
    put_be(o, script.len, 3);
    put_be(o, 0, 7);
    put(o, script.at, script.len);
    put_be(o, script.len + 11, 4);
}

static void a_date_as_text_is_read(void **state)
{
    (void)state;
    struct octets o = {0};
    flv_of(&o, "\2\0\x18Thu Oct 25 10:22:11 2007", 27);
    struct probe_report *report = scan_octets("flv", o.at, o.len);
    assert_int_equal(report->time_count, 1);
    assert_time(report, "flv-creationdate", "2007-10-25T10:22:11+08:00", PROBE_ZONE_ASSUMED);
    probe_report_free(report);
    assert_cuts_hold("flv", "flv-creationdate", o.at, o.len);
}

static void a_date_as_a_number_is_read(void **state)
{
    (void)state;
    struct octets o = {0};
    /* 1193307731000 ms */
    flv_of(&o, "\x0b\x42\x71\x5d\x6a\xef\x43\x80\x00\0\0", 11);
    struct probe_report *report = scan_octets("flv", o.at, o.len);
    assert_time(report, "flv-creationdate", "2007-10-25T10:22:11Z", PROBE_DEFINED_UTC);
    probe_report_free(report);
}

static void objects_within_objects_end_somewhere(void **state)
{
    (void)state;
    struct octets script = {0};
    struct octets o = {0};
    put_be(&script, 2, 1);
    text(&script, "onMetaData");
    while (script.len + 8 <= 8000)
        put(&script, "\3\0\1x", 4);
    put(&o, "FLV\1\5\0\0\0\x09\0\0\0\0", 13);
    put_be(&o, 18, 1);
    put_be(&o, script.len, 3);
    put_be(&o, 0, 7);
    put(&o, script.at, script.len);
    struct probe_report *report = scan_octets("flv", o.at, o.len);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

static void the_real_files_injected_date_is_no_time_of_capture(void **state)
{
    (void)state;
    struct probe_report *report = scan_file("flv", sample("flash.flv"));
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_as_text_is_read),
        cmocka_unit_test(a_date_as_a_number_is_read),
        cmocka_unit_test(objects_within_objects_end_somewhere),
        cmocka_unit_test(the_real_files_injected_date_is_no_time_of_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
