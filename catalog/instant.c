#include "catalog/instant.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads exactly `count` digits. */
static bool digits(const char **at, int count, int *value)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        if (**at < '0' || **at > '9')
            return false;
        sum = sum * 10 + (*(*at)++ - '0');
    }
    *value = sum;
    return true;
}

static bool literal(const char **at, const char *any_of)
{
    for (; *any_of != '\0'; any_of++)
        if (**at == *any_of) {
            (*at)++;
            return true;
        }
    return false;
}

static int64_t days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * 146097 + day_of_era - 719468;
}

static bool read_day(const char **at, int64_t *days)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 0, month = 0, day = 0;
    if (!digits(at, 4, &year) || !literal(at, "-") || !digits(at, 2, &month) || !literal(at, "-") ||
        !digits(at, 2, &day))
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] ||
        (month == 2 && day == 29 && !leap))
        return false;
    *days = days_from_civil(year, month, day);
    return true;
}

/* Digits beyond the microsecond are passed over. */
static bool read_fraction(const char **at, int *us)
{
    *us = 0;
    if (!literal(at, "."))
        return true;
    int unit = 100000;
    const char *first = *at;
    for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        *us += (**at - '0') * unit;
    return *at > first;
}

static bool read_zone(const char **at, int *minutes)
{
    *minutes = 0;
    if (literal(at, "Zz"))
        return true;
    int sign = **at == '-' ? -1 : 1, hour = 0, minute = 0;
    if (!literal(at, "+-") || !digits(at, 2, &hour) || !literal(at, ":") ||
        !digits(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *minutes = sign * (hour * 60 + minute);
    return true;
}

int catalog_instant_parse(const char *text, int64_t *us)
{
    int64_t days = 0;
    int hour = 0, minute = 0, second = 0, fraction = 0, offset = 0;
    const char *at = text;
    if (!read_day(&at, &days) || !literal(&at, "Tt ") || !digits(&at, 2, &hour) ||
        !literal(&at, ":") || !digits(&at, 2, &minute) || !literal(&at, ":") ||
        !digits(&at, 2, &second) || !read_fraction(&at, &fraction) || !read_zone(&at, &offset) ||
        *at != '\0' || hour > 23 || minute > 59 || second > 60)
        return -1;
    int64_t seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    *us = seconds * 1000000 + fraction;
    return 0;
}

int catalog_day_check(const char *text)
{
    int64_t days = 0;
    return read_day(&text, &days) && *text == '\0' ? 0 : -1;
}
