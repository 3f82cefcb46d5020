#include "source_run.h"

static const struct source_stream klv = {.type = PROBE_DATA, .codec = "klv"};

/* The example values of MISB ST 0601: items 2, 13, 14 and 15. */
static const uint8_t set[] = {
    0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01,
    0x03, 0x01, 0x01, 0x00, 0x00, 0x00, 0x1a,                   /* length */
    0x02, 0x08, 0x00, 0x04, 0x59, 0xf4, 0xa6, 0xaa, 0x4a, 0xa8, /* 2008-10-24 00:13:29.913 */
    0x0d, 0x04, 0x55, 0x95, 0xb6, 0x6d,                         /* 60.1768 degrees */
    0x0e, 0x04, 0x5b, 0x53, 0x60, 0xc4,                         /* 128.4268 degrees */
    0x0f, 0x02, 0xc2, 0x21,                                     /* 14190.7 m */
};

static void the_standards_example_is_read(void **state)
{
    (void)state;
    struct probe_report *report = feed_packet("misb-st0601", &klv, set, sizeof set);
    assert_time(report, "misb-st0601", "2008-10-24T00:13:29.913000Z", PROBE_CERTAIN);
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, 60.1768229669783, 1e-9);
    assert_float_equal(report->positions[0].fix.longitude, 128.426759042045, 1e-9);
    assert_float_equal(report->positions[0].fix.altitude_m, 14190.72, 0.01);
    assert_int_equal(report->track_count, 1);
    probe_report_free(report);
}

static void a_set_cut_anywhere_is_read_to_the_cut(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof set; cut++) {
        struct probe_report *report = feed_packet("misb-st0601", &klv, set, cut);
        assert_int_equal(report->time_count, cut >= 27);
        assert_int_equal(report->position_count, cut >= 39);
        probe_report_free(report);
    }
}

static void the_mark_of_no_value_is_no_position(void **state)
{
    (void)state;
    uint8_t none[sizeof set];
    memcpy(none, set, sizeof set);
    memcpy(none + 29, "\x80\0\0\0", 4);
    struct probe_report *report = feed_packet("misb-st0601", &klv, none, sizeof none);
    assert_int_equal(report->position_count, 0);
    probe_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_example_is_read),
        cmocka_unit_test(a_set_cut_anywhere_is_read_to_the_cut),
        cmocka_unit_test(the_mark_of_no_value_is_no_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
