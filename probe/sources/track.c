#include "probe/sources/track.h"

#include "probe/scan.h"
#include "probe/when.h"

#include <math.h>

enum { FIXES_MAX = 20000 };

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

size_t track_add_nmea(struct track *track, struct nmea_reader *reader, struct probe_bytes text,
                      struct probe_report *report)
{
    struct probe_fix fix;
    size_t count = 0;
    for (; count < FIXES_MAX && nmea_next(reader, &text, &fix); count++)
        track_add(track, report, fix, fix.has_time ? TRACK_UTC : TRACK_NO_CLOCK, fix.us);
    if (reader->unsound)
        report_add_issue(report, "nmea-checksum", "no NMEA sentence has a right checksum");
    return count;
}

/* " N:22.5417" */
static bool scan_side(struct probe_bytes *at, char negative, char positive, double *degrees)
{
    scan_space(at);
    bool below = scan_char(at, negative);
    if ((!below && !scan_char(at, positive)) || !scan_char(at, ':') || !scan_decimal(at, degrees))
        return false;
    if (below)
        *degrees = -fabs(*degrees);
    return true;
}

size_t track_add_ligo(struct track *track, struct probe_bytes text, struct probe_report *report)
{
    enum { CLOCK = 19 };
    size_t count = 0;
    for (size_t at = 0; count < FIXES_MAX && (at = scan_find(text, at, "/")) < text.len; at++) {
        if (at < 4 || text.len - (at - 4) < CLOCK)
            continue;
        struct probe_bytes rest = {text.at + at - 4, text.len - (at - 4)};
        struct when when;
        if (!when_parse((struct probe_bytes){rest.at, CLOCK}, &when))
            continue;
        rest.at += CLOCK;
        rest.len -= CLOCK;
        struct probe_fix fix = {.altitude_m = NAN};
        if (!scan_side(&rest, 'S', 'N', &fix.latitude) ||
            !scan_side(&rest, 'W', 'E', &fix.longitude))
            continue;
        track_add(track, report, fix, TRACK_LOCAL, when.wall_us);
        count++;
    }
    return count;
}

double track_degrees(double packed)
{
    if (!(fabs(packed) < 18100))
        return NAN;
    double degrees = trunc(packed / 100);
    double minutes = packed - degrees * 100;
    return fabs(minutes) < 60 ? degrees + minutes / 60 : NAN;
}
