#include "probe/timeline.h"

#include <math.h>

enum { STEPS_BEFORE_JUDGING = 10, USUAL_STEPS = 8 };
static const double GAP_S = 1.5;

void timeline_add(struct timeline *timeline, double time_s)
{
    if (!isfinite(time_s))
        return;
    double step = time_s - timeline->last_s;
    uint64_t steps = timeline->steps++;
    timeline->last_s = time_s;
    if (steps == 0)
        return;
    double usual = steps > 1 ? timeline->total_s / (double)(steps - 1) : 0;
    if (step < -GAP_S) {
        if (timeline->jumps++ == 0) {
            timeline->back_s = -step;
            timeline->back_at_s = time_s - step;
        }
        return;
    }
    if (steps > STEPS_BEFORE_JUDGING && step > GAP_S && step > USUAL_STEPS * usual) {
        timeline->gaps++;
        if (step > timeline->longest_s) {
            timeline->longest_s = step;
            timeline->longest_at_s = time_s - step;
        }
        return;
    }
    timeline->total_s += step;
}

void timeline_report(const struct timeline *timeline, const char *what, struct probe_report *report)
{
    if (timeline->gaps > 0)
        report_add_issue(report, "gap", "%s: %u, the longest of %.1f s at %.1f s", what,
                         timeline->gaps, timeline->longest_s, timeline->longest_at_s);
    if (timeline->jumps > 0)
        report_add_issue(report, "jump",
                         "%s: timestamps go back %u times, first by %.1f s at %.1f s", what,
                         timeline->jumps, timeline->back_s, timeline->back_at_s);
}
