#ifndef SHILU_PROBE_SOURCES_TRACK_H
#define SHILU_PROBE_SOURCES_TRACK_H

#include "probe/nmea.h"

/* What a record of positions says of time. */
enum track_clock {
    TRACK_NO_CLOCK, /* a position alone */
    TRACK_UTC,      /* the receiver's clock */
    TRACK_LOCAL,    /* the camera's clock, set by its owner: the process's zone (TZ) is applied */
};

/* The fixes of one source, as they come. Zeroed but for the source before the first. */
struct track {
    const char *source;
    bool placed; /* the first position was given */
    bool timed;  /* the first time was given */
};

/*
 * Adds a fix (its own time is not looked at): to the track, the first as the position too, and the
 * first time as a time of capture. clock_us is UTC or, for TRACK_LOCAL, a clock reading as if it
 * were UTC. 0,0 and what is no position on earth is no fix, nor is its time taken.
 */
void track_add(struct track *track, struct probe_report *report, struct probe_fix fix,
               enum track_clock clock, int64_t clock_us);

/* Adds the fixes of NMEA in a text, and notes the issue "nmea-checksum" where it is none that
 * holds. Gives how many there were. */
size_t track_add_nmea(struct track *track, struct nmea_reader *reader, struct probe_bytes text,
                      struct probe_report *report);

/*
 * Adds the fixes of a text of LigoGPS and its like, "2026/01/15 12:00:00 N:22.5417 E:114.0542", by
 * the camera's clock, degrees. Gives how many there were.
 */
size_t track_add_ligo(struct track *track, struct probe_bytes text, struct probe_report *report);

/* Degrees of "dddmm.mmmm" (NMEA's way); NAN where it is none. The sign is kept. */
double track_degrees(double packed);

#endif
