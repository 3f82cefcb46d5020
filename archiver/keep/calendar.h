#ifndef SHILU_KEEP_CALENDAR_H
#define SHILU_KEEP_CALENDAR_H

#include <stdint.h>

#include "vault/rule.h"

/* Days, counted from 1970-01-01, as the vault's zone has them. */

/* The day of an instant, in the process's zone. */
int64_t calendar_day(int64_t us);

/*
 * The last day of a period that begins on a day, which is not counted: of months and years the day
 * of the same number, or the month's last where it has no such day: 31 January and one month is 28
 * February, 29 in a leap year. Source: 民法典 201 to 203.
 */
int64_t calendar_last_day(int64_t from, uint32_t count, enum rule_unit unit);

#endif
