#ifndef SHILU_PROBE_REPORT_H
#define SHILU_PROBE_REPORT_H

#include "probe/probe.h"

/*
 * Builds a report, in the helper. Adding never fails for the caller: past a ceiling or without
 * memory the addition is dropped and the report notes "probe: report cut". Texts are copied;
 * octets that are not UTF-8 are taken as GB 18030 if they are valid there, else as Latin-1;
 * control characters are dropped; trailing spaces and NULs too; an empty text is unknown.
 */

/* octets of the file; not NUL-terminated, owns nothing */
struct probe_bytes {
    const uint8_t *at;
    size_t len;
};

int report_new(struct probe_report **out, struct probe_err *err);

/* A cleaned copy of a text that lives as long as the report; NULL when it is empty. */
const char *report_keep(struct probe_report *report, struct probe_bytes text);

enum report_text { REPORT_MAKE, REPORT_MODEL, REPORT_SERIAL, REPORT_FIRMWARE };

/* The first source that gives one wins; later ones are dropped. */
void report_set_text(struct probe_report *report, enum report_text which, struct probe_bytes text);

/*
 * Adds a time of capture. Unknown ones are dropped: 0 of the format's epoch (1904, 1970, 1980 GPS)
 * and before 1990-01-01 or after 2100 in `us`.
 *   report_add_time      a point in time, with the offset it was written with (0 for UTC)
 *   report_add_local     a wall clock without a zone: microseconds as if it were UTC; the
 *                        process's zone (TZ) is applied, certainty PROBE_ZONE_ASSUMED
 */
void report_add_time(struct probe_report *report, const char *source, int64_t us,
                     int32_t offset_minutes, enum probe_certainty certainty);
void report_add_local(struct probe_report *report, const char *source, int64_t wall_us);

/* Adds a position; 0,0 and what is out of range or not finite is dropped. */
void report_add_position(struct probe_report *report, const char *source, struct probe_fix fix);

/* Adds a fix to the track of `source`; the first source to add one keeps the track. A track longer
 * than PROBE_TRACK_MAX is thinned evenly. */
void report_add_fix(struct probe_report *report, const char *source, struct probe_fix fix);

/* detail as printf; NULL for none. The same code is noted once unless the detail differs. */
void report_add_issue(struct probe_report *report, const char *code, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
void report_add_content(struct probe_report *report, const char *name, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
void report_add_stream(struct probe_report *report, const struct probe_stream *stream);

/* Puts the best time and the best position first (probe/rank.c holds the order of sources), and
 * notes "times-disagree" where two sources of the file differ by more than two seconds. */
void report_rank(struct probe_report *report);

#endif
