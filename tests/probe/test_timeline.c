#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "probe/timeline.h"

static void add_steps(struct timeline *timeline, double *time_s, unsigned count, double step_s)
{
    for (unsigned i = 0; i < count; i++) {
        timeline_add(timeline, *time_s);
        *time_s += step_s;
    }
}

static void an_even_pace_has_no_gap_however_slow(void **state)
{
    (void)state;
    static const double paces[] = {0.02, 0.04, 1, 30};
    for (size_t i = 0; i < 4; i++) {
        struct timeline timeline = {0};
        double time_s = 100;
        add_steps(&timeline, &time_s, 200, paces[i]);
        assert_int_equal(timeline.gaps, 0);
        assert_int_equal(timeline.jumps, 0);
    }
}

static void a_stand_still_is_a_gap_with_its_place(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    double time_s = 0;
    add_steps(&timeline, &time_s, 100, 0.04);
    time_s += 3;
    add_steps(&timeline, &time_s, 100, 0.04);
    time_s += 12.4;
    add_steps(&timeline, &time_s, 100, 0.04);
    assert_int_equal(timeline.gaps, 2);
    assert_true(fabs(timeline.longest_s - 12.44) < 0.001);
    assert_true(fabs(timeline.longest_at_s - 10.96) < 0.001);
}

static void a_step_back_is_a_jump_but_reordered_frames_are_not(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    double time_s = 0;
    add_steps(&timeline, &time_s, 50, 0.04);
    time_s -= 0.12;
    add_steps(&timeline, &time_s, 50, 0.04);
    assert_int_equal(timeline.jumps, 0);
    time_s -= 3;
    add_steps(&timeline, &time_s, 50, 0.04);
    timeline_add(&timeline, NAN);
    assert_int_equal(timeline.jumps, 1);

    struct probe_report *report = NULL;
    struct probe_err err;
    assert_int_equal(report_new(&report, &err), 0);
    timeline_report(&timeline, "video", report);
    assert_int_equal(report->issue_count, 1);
    assert_string_equal(report->issues[0].code, "jump");
    probe_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_even_pace_has_no_gap_however_slow),
        cmocka_unit_test(a_stand_still_is_a_gap_with_its_place),
        cmocka_unit_test(a_step_back_is_a_jump_but_reordered_frames_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
