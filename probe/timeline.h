#ifndef SHILU_PROBE_TIMELINE_H
#define SHILU_PROBE_TIMELINE_H

#include "probe/report.h"

/*
 * Follows the timestamps of one stream and finds where it stands still or jumps back. A step is a
 * gap when it is both longer than a second and a half and far longer than this stream's usual
 * step, so that a slow camera's or a time lapse's own pace is none.
 */
struct timeline {
    uint64_t steps;
    double last_s;
    double total_s; /* of the steps that are no gaps */
    uint32_t gaps, jumps;
    double longest_s, longest_at_s; /* the longest gap */
    double back_s, back_at_s;       /* the first jump */
};

/* In the order of the file; a time that is not a number is passed over. */
void timeline_add(struct timeline *timeline, double time_s);

/* Notes "gap" and "jump" for the stream called `what`. */
void timeline_report(const struct timeline *timeline, const char *what,
                     struct probe_report *report);

#endif
