#include "keep/calendar.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "keep/keep.h"

#include "base/banned.h"

enum { DAY_S = 86400, US = 1000000 };

/* The day of a date; its parts need not be in their ranges. */
static int64_t day_of(struct tm date)
{
    date.tm_hour = date.tm_min = date.tm_sec = 0;
    return (int64_t)timegm(&date) / DAY_S; /* midnight UTC: whole days, also before 1970 */
}

static struct tm date_of(int64_t day)
{
    time_t seconds = (time_t)(day * DAY_S);
    struct tm date = {0};
    (void)gmtime_r(&seconds, &date); /* fails beyond the year 2^31 alone */
    return date;
}

int64_t calendar_day(int64_t us)
{
    time_t seconds = (time_t)(us / US - (us % US < 0 ? 1 : 0));
    struct tm local = {0};
    (void)localtime_r(&seconds, &local);
    return day_of(local);
}

int64_t calendar_last_day(int64_t from, uint32_t count, enum rule_unit unit)
{
    if (unit == RULE_DAYS)
        return from + count;
    struct tm date = date_of(from);
    const int day = date.tm_mday;
    date.tm_mon += (int)count * (unit == RULE_YEARS ? 12 : 1);
    date.tm_mday = 1;
    struct tm next = date;
    next.tm_mon++;
    int64_t first = day_of(date);
    int64_t length = day_of(next) - first;
    return first + (day <= length ? day : length) - 1;
}

void keep_day_print(int64_t day, char text[static KEEP_DAY_TEXT])
{
    const struct tm date = date_of(day);
    (void)snprintf(text, KEEP_DAY_TEXT, "%04d-%02d-%02d", date.tm_year + 1900, date.tm_mon + 1,
                   date.tm_mday);
}
