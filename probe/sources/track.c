#include "probe/sources/track.h"

#include "probe/when.h"

#include <math.h>

static void add_time(struct track *track, struct probe_report *report, enum track_clock clock,
                     int64_t clock_us)
{
    size_t before = report->time_count;
    if (clock == TRACK_UTC)
        report_add_time(report, track->source, clock_us, 0, PROBE_CERTAIN);
    else
        report_add_local(report, track->source, clock_us);
    track->timed = report->time_count > before;
}

void track_add(struct track *track, struct probe_report *report, struct probe_fix fix,
               enum track_clock clock, int64_t clock_us)
{
    if (!(fabs(fix.latitude) <= 90 && fabs(fix.longitude) <= 180) ||
        (fabs(fix.latitude) < 1e-9 && fabs(fix.longitude) < 1e-9))
        return;
    fix.has_time = clock != TRACK_NO_CLOCK;
    fix.us = clock == TRACK_LOCAL ? when_from_local(clock_us) : clock_us;
    if (!track->placed)
        report_add_position(report, track->source, fix);
    track->placed = true;
    if (fix.has_time && !track->timed)
        add_time(track, report, clock, clock_us);
    report_add_fix(report, track->source, fix);
}

double track_degrees(double packed)
{
    if (!(fabs(packed) < 18100))
        return NAN;
    double degrees = trunc(packed / 100);
    double minutes = packed - degrees * 100;
    return fabs(minutes) < 60 ? degrees + minutes / 60 : NAN;
}
