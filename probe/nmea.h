#ifndef SHILU_PROBE_NMEA_H
#define SHILU_PROBE_NMEA_H

#include "probe/report.h"

/*
 * NMEA 0183 sentences RMC and GGA of any talker, with "$" before them or (Thinkware) without, alone
 * or inside other text. One without a checksum counts. One whose checksum is wrong is damaged or
 * was edited: it counts only in a stretch that has no right one at all, and the reader says so.
 * Times are UTC, as the standard has it.
 */

enum nmea_kind { NMEA_RMC, NMEA_GGA };

struct nmea_sentence {
    enum nmea_kind kind;
    bool sound;           /* its checksum is right, or there is none */
    bool valid;           /* RMC: status A; GGA: a fix quality other than 0 */
    bool has_position;    /* only where valid */
    struct probe_fix fix; /* us only with a date: RMC */
    bool has_clock;       /* the time of day stands in it */
    int64_t clock_us;     /* since midnight UTC */
};

/*
 * The sentence at the front of the text: from "$" or the talker to its checksum or line end.
 * false where there is none that can be read.
 */
bool nmea_parse(struct probe_bytes text, struct nmea_sentence *out);

/* Fixes over a stretch of text, or over many packets of one stream. Zeroed before the first use. */
struct nmea_reader {
    bool sound_seen; /* a sentence with a right checksum */
    bool unsound;    /* a fix was given from one with a wrong checksum */
    bool has_date;
    int64_t day_us;   /* midnight UTC of the last date */
    int64_t clock_us; /* the last time of day */
    bool has_altitude;
    int64_t altitude_clock_us;
    double altitude_m;
    unsigned waiting; /* GGA passed over since the last RMC */
    bool has_last;
    int64_t last_clock_us; /* of the last fix given, so that RMC and GGA of one moment are one */
};

/*
 * The next fix in *text, which is moved behind it; false at the end. RMC and GGA of the same moment
 * are one fix, with the altitude of the GGA where that came first. A fix without any date has no
 * time.
 */
bool nmea_next(struct nmea_reader *reader, struct probe_bytes *text, struct probe_fix *out);

#endif
