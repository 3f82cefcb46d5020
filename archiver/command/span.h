#ifndef SHILU_COMMAND_SPAN_H
#define SHILU_COMMAND_SPAN_H

#include <stdbool.h>
#include <stdint.h>

/* Spans of time and points in it, as people give them. */

/* "2h", "90m", "45s", "30d": a whole number above 0 and its unit. Gives seconds. */
bool span_parse(const char *text, uint64_t *seconds);

/* A span back from now, or a day or time (instant_parse). */
bool span_since(const char *text, int64_t *us);

/* When the day of the time began, in the process's zone. */
int64_t span_day_of(int64_t us);

#endif
