#ifndef SHILU_PROBE_TIME_H
#define SHILU_PROBE_TIME_H

#include "probe/probe.h"

/* Whether the parts are a day of the calendar and a time of day (a leap second is not). */
bool time_is_valid(int year, int month, int day, int hour, int minute, int second);

/* Microseconds since 1970 of valid parts, taken as UTC. */
int64_t time_from_parts(int year, int month, int day, int hour, int minute, int second);

/* Reads what probe_time_print writes. */
bool time_parse(const char *text, int64_t *us, int32_t *offset_minutes);

#endif
