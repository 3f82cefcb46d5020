#include "probe/when.h"

#include <time.h>

#include "probe/scan.h"

static const int64_t SECOND_US = 1000000;

static bool is_leap(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_in(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool when_civil(const struct when_fields *fields, int64_t *us)
{
    const struct when_fields *f = fields;
    if (f->year < 1900 || f->year > 2200 || f->month < 1 || f->month > 12 || f->day < 1)
        return false;
    if (f->day > days_in(f->year, f->month) || f->hour > 23 || f->minute > 59 || f->second > 60 ||
        f->micro > 999999)
        return false;

    /* Days since 1970, counting years from March so that the leap day is the last of its year. */
    int64_t year = (int64_t)f->year - (f->month <= 2);
    int64_t month = (f->month + 9) % 12;
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 +
                   (int64_t)f->day - 1 - 719468;
    int64_t seconds = ((days * 24 + f->hour) * 60 + f->minute) * 60 + f->second;
    *us = seconds * SECOND_US + f->micro;
    return true;
}

static bool scan_mark(struct probe_bytes *at, const char *marks)
{
    for (; *marks != '\0'; marks++)
        if (scan_char(at, *marks))
            return true;
    return false;
}

static uint32_t scan_fraction(struct probe_bytes *at)
{
    struct probe_bytes rest = *at;
    uint32_t micro = 0;
    uint32_t unit = 100000;
    uint32_t digit = 0;
    if (!scan_mark(&rest, ".,") || !scan_digits(&rest, 1, &digit))
        return 0;
    do {
        micro += digit * unit;
        unit /= 10;
    } while (scan_digits(&rest, 1, &digit));
    *at = rest;
    return micro;
}

static void scan_zone(struct probe_bytes *at, struct when *when)
{
    struct probe_bytes rest = *at;
    scan_char(&rest, ' ');
    if (scan_char(&rest, 'Z')) {
        when->zoned = true;
        return;
    }
    bool west = scan_char(&rest, '-');
    if (!west && !scan_char(&rest, '+'))
        return;
    uint32_t hours = 0;
    uint32_t minutes = 0;
    if (!scan_digits(&rest, 2, &hours))
        return;
    scan_char(&rest, ':');
    if (!scan_digits(&rest, 2, &minutes))
        minutes = 0;
    if (hours > 15 || minutes > 59)
        return;
    when->zoned = true;
    when->offset_minutes = (int32_t)(hours * 60 + minutes) * (west ? -1 : 1);
}

bool when_parse(struct probe_bytes text, struct when *out)
{
    struct when_fields f = {0};
    scan_space(&text);
    if (!scan_digits(&text, 4, &f.year))
        return false;
    scan_mark(&text, "-:/.");
    if (!scan_digits(&text, 2, &f.month))
        return false;
    scan_mark(&text, "-:/.");
    if (!scan_digits(&text, 2, &f.day))
        return false;
    scan_mark(&text, "T -_");
    if (!scan_digits(&text, 2, &f.hour))
        return false;
    scan_mark(&text, ":-.");
    if (!scan_digits(&text, 2, &f.minute))
        return false;
    scan_mark(&text, ":-.");
    if (scan_digits(&text, 2, &f.second))
        f.micro = scan_fraction(&text);

    struct when when = {0};
    if (!when_civil(&f, &when.wall_us))
        return false;
    scan_zone(&text, &when);
    *out = when;
    return true;
}

void when_report(struct probe_report *report, const char *source, const struct when *when)
{
    if (when->zoned)
        report_add_time(report, source,
                        when->wall_us - (int64_t)when->offset_minutes * 60 * SECOND_US,
                        when->offset_minutes, PROBE_CERTAIN);
    else
        report_add_local(report, source, when->wall_us);
}

int64_t when_from_local(int64_t wall_us)
{
    int64_t seconds = wall_us / SECOND_US - (wall_us % SECOND_US < 0);
    int64_t micro = wall_us - seconds * SECOND_US;
    time_t as_utc = (time_t)seconds;
    struct tm wall;
    if (gmtime_r(&as_utc, &wall) == NULL)
        return wall_us;
    wall.tm_isdst = -1;
    return (int64_t)mktime(&wall) * SECOND_US + micro;
}
