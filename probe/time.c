#include "probe/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t SECOND = 1000000;

bool time_is_valid(int year, int month, int day, int hour, int minute, int second)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int last = days[month - 1] + (month == 2 && leap ? 1 : 0);
    return day <= last && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
           second < 60;
}

int64_t time_from_parts(int year, int month, int day, int hour, int minute, int second)
{
    struct tm parts = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second};
    return (int64_t)timegm(&parts) * SECOND;
}

void probe_time_print(const struct probe_time *time, char text[static 40])
{
    int64_t local = time->us + (int64_t)time->offset_minutes * 60 * SECOND;
    int64_t fraction = local % SECOND;
    if (fraction < 0)
        fraction += SECOND;
    time_t seconds = (time_t)((local - fraction) / SECOND);
    struct tm parts;
    text[0] = '\0';
    if (gmtime_r(&seconds, &parts) == NULL || parts.tm_year < -1899 || parts.tm_year > 8099)
        return;
    size_t len = strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &parts);
    if (fraction != 0)
        len += (size_t)snprintf(text + len, 40 - len, ".%06d", (int)fraction);
    if (time->offset_minutes == 0) {
        (void)snprintf(text + len, 40 - len, "Z");
        return;
    }
    unsigned offset = (unsigned)(time->offset_minutes < 0 ? -(int64_t)time->offset_minutes
                                                          : (int64_t)time->offset_minutes);
    (void)snprintf(text + len, 40 - len, "%c%02u:%02u", time->offset_minutes < 0 ? '-' : '+',
                   offset / 60 % 100, offset % 60);
}

/* `count` digits at *at, which is moved behind them; -1 when there are fewer. */
static int digits(const char **at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
        (*at)++;
    }
    return value;
}

static bool literal(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool parse_offset(const char *at, int32_t *offset)
{
    *offset = 0;
    if (strcmp(at, "Z") == 0)
        return true;
    int sign = *at == '+' ? 1 : *at == '-' ? -1 : 0;
    if (sign == 0)
        return false;
    at++;
    int hours = digits(&at, 2);
    bool colon = literal(&at, ':');
    int minutes = digits(&at, 2);
    if (!colon || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || *at != '\0')
        return false;
    *offset = sign * (hours * 60 + minutes);
    return true;
}

bool time_parse(const char *text, int64_t *us, int32_t *offset_minutes)
{
    static const char separators[] = "--T::";
    int parts[6];
    for (int i = 0; i < 6; i++) {
        parts[i] = digits(&text, i == 0 ? 4 : 2);
        if (parts[i] < 0 || (i < 5 && !literal(&text, separators[i])))
            return false;
    }
    if (!time_is_valid(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]))
        return false;
    int64_t fraction = 0;
    if (literal(&text, '.')) {
        fraction = digits(&text, 6);
        if (fraction < 0)
            return false;
    }
    int32_t offset = 0;
    if (!parse_offset(text, &offset))
        return false;
    *us = time_from_parts(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]) + fraction -
          (int64_t)offset * 60 * SECOND;
    *offset_minutes = offset;
    return true;
}
