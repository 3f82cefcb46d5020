#ifndef SHILU_CATALOG_INSTANT_H
#define SHILU_CATALOG_INSTANT_H

#include <stdint.h>

/* Reads RFC 3339, zone and seconds included ("2026-01-01T12:00:00.5+08:00"): microseconds since
 * 1970-01-01T00:00:00Z. A second 60 counts as the next one's 0. 0, or -1 where it is no such time.
 * Source: RFC 3339, 5.6; days: Howard Hinnant, days_from_civil. */
int catalog_instant_parse(const char *text, int64_t *us);

/* Whether it is a day, YYYY-MM-DD. */
int catalog_day_check(const char *text);

#endif
