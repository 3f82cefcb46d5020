#include "command/span.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/instant.h"

#include "base/banned.h"

static const int64_t second_us = 1000000;

bool span_parse(const char *text, uint64_t *seconds)
{
    static const struct {
        char letter;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    static const uint64_t most = UINT64_C(1) << 32; /* above a century: no one means that */
    char *end;
    if (*text < '1' || *text > '9')
        return false;
    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (end[0] == units[i].letter && end[1] == '\0' && errno == 0 &&
            count <= most / units[i].seconds) {
            *seconds = count * units[i].seconds;
            return true;
        }
    return false;
}

bool span_since(const char *text, int64_t *us)
{
    struct instant at;
    uint64_t seconds;
    if (span_parse(text, &seconds)) {
        *us = instant_now().us - (int64_t)seconds * second_us;
        return true;
    }
    if (instant_parse(bytes_of(text), &at, NULL) < 0)
        return false;
    *us = at.us;
    return true;
}

int64_t span_day_of(int64_t us)
{
    struct tm day;
    const time_t at = us / second_us;
    (void)localtime_r(&at, &day); /* fails beyond the year 2^31 alone */
    day.tm_hour = 0;
    day.tm_min = 0;
    day.tm_sec = 0;
    day.tm_isdst = -1;
    return (int64_t)mktime(&day) * second_us;
}
