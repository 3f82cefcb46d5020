#ifndef SHILU_PROBE_WHEN_H
#define SHILU_PROBE_WHEN_H

#include "probe/report.h"

/* A date and time of day as a file writes it, in the Gregorian calendar. */
struct when_fields {
    uint32_t year, month, day, hour, minute, second, micro;
};

/* Microseconds since 1970 of that clock reading as if it were UTC. false where there is no such
 * date (month 13, 30 February, year before 1900 or after 2200). A second of 60 is let pass. */
bool when_civil(const struct when_fields *fields, int64_t *us);

/* A time read from a text. */
struct when {
    int64_t wall_us; /* the clock reading as if it were UTC */
    bool zoned;
    int32_t offset_minutes; /* 0 unless zoned */
};

/*
 * Reads "2026-01-15T12:00:00+08:00" and its relatives: ":", "/" or "." in the date, a space for
 * the T, none of the marks at all (20260115120000), a fraction, "Z", "+0800", "+08" or no zone.
 * What follows the time is passed over. false where there is no date with a time of day.
 */
bool when_parse(struct probe_bytes text, struct when *out);

/* Adds it to the report, as CERTAIN with its zone, or as a local time. */
void when_report(struct probe_report *report, const char *source, const struct when *when);

/* A wall clock in the process's zone (TZ) as a point in time. */
int64_t when_from_local(int64_t wall_us);

#endif
