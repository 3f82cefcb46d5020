#ifndef SHILU_BASE_INSTANT_H
#define SHILU_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* A point in time: microseconds since 1970-01-01T00:00:00Z, and the zone it was given in. */
struct instant {
    int64_t us;
    int16_t offset_minutes; /* east of UTC; 480 for China */
};

/* What instant_print writes at most, with its NUL: 2026-01-01T12:00:00.123456+08:00 */
enum { INSTANT_TEXT = 40 };

/* Now, in the process's zone (TZ). */
struct instant instant_now(void);

/* RFC 3339 with the offset; a fraction only where there is one. UTC is written "Z". */
void instant_print(struct instant at, char text[static INSTANT_TEXT]);

/*
 * Reads RFC 3339 ("2026-01-01T12:00:00+08:00"; a space for T, missing seconds and a missing zone
 * are let pass). Where there is no zone, the process's (TZ) is applied and *zoned is false.
 * zoned may be NULL. 0, or -1 where it is no such time or outside years 1 to 9999.
 */
int instant_parse(struct bytes text, struct instant *at, bool *zoned);

/* Sets the process's zone to an IANA name ("Asia/Shanghai"), once, before any thread. 0, or -1
 * where the machine does not know it. */
int instant_set_zone(const char *name);

#endif
