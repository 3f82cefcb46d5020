#ifndef SHILU_PROBE_SOURCES_RIFF_GPS_H
#define SHILU_PROBE_SOURCES_RIFF_GPS_H

#include "probe/sources/track.h"

/* Fixes that dash cameras hide in the JUNK chunks of AVI, over all of a file. Zeroed at first. */
struct riff_gps {
    struct track nmea, lucas;
    struct nmea_reader reader;
    bool has_day;
    int64_t day_us; /* midnight UTC of the last date that Lucas gave */
};

/*
 * Reads one chunk's content: NMEA sentences (source "nmea-riff"), or Lucas' records "0GPS" with
 * sentences of their own, "$GC,052350,180914,…" and "$GA,052351,A,0949.6626,07635.4439,049,N,E"
 * (source "gps-lucas").
 */
void riff_gps_read(struct riff_gps *gps, struct probe_bytes chunk, struct probe_report *report);

#endif
