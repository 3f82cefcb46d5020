#include "base/instant.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"

#include "base/banned.h"

enum { US = 1000000 };

static int16_t offset_at(int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm local;
    if (localtime_r(&when, &local) == NULL)
        return 0;
    return (int16_t)(local.tm_gmtoff / 60);
}

struct instant instant_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    return (struct instant){
        .us = (int64_t)now.tv_sec * US + now.tv_nsec / 1000,
        .offset_minutes = offset_at(now.tv_sec),
    };
}

void instant_print(struct instant at, char text[static INSTANT_TEXT])
{
    int64_t seconds = at.us / US;
    int fraction = (int)(at.us % US);
    if (fraction < 0) { /* before 1970: seconds are counted from below */
        fraction += US;
        seconds--;
    }
    time_t local = (time_t)(seconds + (int64_t)at.offset_minutes * 60);
    struct tm day = {0};
    (void)gmtime_r(&local, &day); /* fails only beyond the year 2^31 */

    int len = snprintf(text, INSTANT_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", day.tm_year + 1900,
                       day.tm_mon + 1, day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec);
    size_t used = len > 0 && len < INSTANT_TEXT ? (size_t)len : 0;
    if (fraction != 0) {
        len = snprintf(text + used, INSTANT_TEXT - used, ".%06d", fraction);
        used += len > 0 ? (size_t)len : 0;
        while (text[used - 1] == '0')
            used--;
    }
    int offset = at.offset_minutes;
    if (offset == 0)
        (void)snprintf(text + used, INSTANT_TEXT - used, "Z");
    else
        (void)snprintf(text + used, INSTANT_TEXT - used, "%c%02d:%02d", offset < 0 ? '-' : '+',
                       abs(offset) / 60 % 100, abs(offset) % 60);
}

/* Takes `digits` digits from the front. 0, or -1. */
static int take_number(struct bytes *text, size_t digits, int *number)
{
    uint64_t value;
    if (text->len < digits || bytes_parse_u64((struct bytes){text->at, digits}, &value) < 0)
        return -1;
    *text = (struct bytes){text->at + digits, text->len - digits};
    *number = (int)value;
    return 0;
}

static bool take_one_of(struct bytes *text, const char *characters)
{
    if (text->len == 0 || text->at[0] == 0 || strchr(characters, text->at[0]) == NULL)
        return false;
    *text = (struct bytes){text->at + 1, text->len - 1};
    return true;
}

static int take_fraction(struct bytes *text, int *us)
{
    int scale = US / 10;
    size_t taken = 0;
    for (; text->len > 0 && text->at[0] >= '0' && text->at[0] <= '9' && taken < 12; taken++) {
        *us += (text->at[0] - '0') * scale;
        scale /= 10;
        *text = (struct bytes){text->at + 1, text->len - 1};
    }
    return taken > 0 ? 0 : -1;
}

static int take_offset(struct bytes *text, int *minutes)
{
    if (take_one_of(text, "Zz")) {
        *minutes = 0;
        return 0;
    }
    int sign = text->len > 0 && text->at[0] == '-' ? -1 : 1;
    int hour;
    int minute;
    if (!take_one_of(text, "+-") || take_number(text, 2, &hour) < 0)
        return -1;
    (void)take_one_of(text, ":");
    if (take_number(text, 2, &minute) < 0 || hour > 23 || minute > 59)
        return -1;
    *minutes = sign * (hour * 60 + minute);
    return 0;
}

int instant_parse(struct bytes text, struct instant *at, bool *zoned)
{
    struct tm day = {.tm_isdst = -1};
    int us = 0;
    if (take_number(&text, 4, &day.tm_year) < 0 || !take_one_of(&text, "-") ||
        take_number(&text, 2, &day.tm_mon) < 0 || !take_one_of(&text, "-") ||
        take_number(&text, 2, &day.tm_mday) < 0)
        return -1;
    if (text.len > 0) {
        if (!take_one_of(&text, "Tt ") || take_number(&text, 2, &day.tm_hour) < 0 ||
            !take_one_of(&text, ":") || take_number(&text, 2, &day.tm_min) < 0)
            return -1;
        if (take_one_of(&text, ":") && take_number(&text, 2, &day.tm_sec) < 0)
            return -1;
        if (take_one_of(&text, ".,") && take_fraction(&text, &us) < 0)
            return -1;
    }
    bool has_zone = text.len > 0;
    int offset = 0;
    if (has_zone && (take_offset(&text, &offset) < 0 || text.len > 0))
        return -1;
    if (day.tm_year < 1 || day.tm_mon < 1 || day.tm_mon > 12 || day.tm_mday < 1 ||
        day.tm_mday > 31 || day.tm_hour > 23 || day.tm_min > 59 || day.tm_sec > 60)
        return -1;
    day.tm_year -= 1900;
    day.tm_mon -= 1;

    struct tm date = {.tm_year = day.tm_year, .tm_mon = day.tm_mon, .tm_mday = day.tm_mday};
    int64_t seconds = (int64_t)timegm(&date);
    if (date.tm_mon != day.tm_mon) /* 31 April */
        return -1;
    seconds += ((int64_t)day.tm_hour * 60 + day.tm_min) * 60 + day.tm_sec;
    if (!has_zone) {
        seconds = (int64_t)mktime(&day);
        offset = (int)(day.tm_gmtoff / 60);
    } else {
        seconds -= (int64_t)offset * 60;
    }
    *at = (struct instant){.us = seconds * US + us, .offset_minutes = (int16_t)offset};
    if (zoned != NULL)
        *zoned = has_zone;
    return 0;
}

/* Folders and tables lie among the zones: only a file that begins as RFC 8536 says is one. */
static bool is_zone_file(const char *path)
{
    char magic[4] = {0};
    AUTO(close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
           memcmp(magic, "TZif", sizeof magic) == 0;
}

int instant_set_zone(const char *name)
{
    char path[512];
    int len = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL || len < 0 ||
        (size_t)len >= sizeof path || !is_zone_file(path))
        return -1;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
    if (setenv("TZ", name, 1) < 0)
        return -1;
    tzset();
    return 0;
}
