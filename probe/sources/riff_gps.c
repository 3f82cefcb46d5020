#include "probe/sources/riff_gps.h"

#include <math.h>

#include "probe/scan.h"
#include "probe/when.h"

enum { SENTENCES_MAX = 20000 };

/* "052351," after midnight */
static bool clock_read(struct probe_bytes *at, int64_t *us)
{
    uint32_t hour;
    uint32_t minute;
    uint32_t second;
    if (!scan_digits(at, 2, &hour) || !scan_digits(at, 2, &minute) ||
        !scan_digits(at, 2, &second) || !scan_char(at, ',') || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    *us = (int64_t)(hour * 3600 + minute * 60 + second) * 1000000;
    return true;
}

/* "180914": day, month, year */
static void date_read(struct riff_gps *gps, struct probe_bytes at)
{
    struct when_fields day = {0};
    if (!scan_digits(&at, 2, &day.day) || !scan_digits(&at, 2, &day.month) ||
        !scan_digits(&at, 2, &day.year))
        return;
    day.year += 2000;
    gps->has_day = when_civil(&day, &gps->day_us);
}

/* "A,0949.6626,07635.4439,049,N,E" */
static bool place_read(struct probe_bytes at, struct probe_fix *fix)
{
    double latitude;
    double longitude;
    double speed;
    if (!scan_text(&at, "A,") || !scan_decimal(&at, &latitude) || !scan_char(&at, ',') ||
        !scan_decimal(&at, &longitude) || !scan_char(&at, ',') || !scan_decimal(&at, &speed) ||
        !scan_char(&at, ','))
        return false;
    bool south = scan_char(&at, 'S');
    if ((!south && !scan_char(&at, 'N')) || !scan_char(&at, ','))
        return false;
    bool west = scan_char(&at, 'W');
    if (!west && !scan_char(&at, 'E'))
        return false;
    *fix = (struct probe_fix){.latitude = track_degrees(south ? -latitude : latitude),
                              .longitude = track_degrees(west ? -longitude : longitude),
                              .altitude_m = NAN};
    return true;
}

static void lucas_read(struct riff_gps *gps, struct probe_bytes chunk, struct probe_report *report)
{
    gps->lucas.source = "gps-lucas";
    size_t at = scan_find(chunk, 0, "$G");
    for (unsigned i = 0; i < SENTENCES_MAX && at < chunk.len; i++) {
        struct probe_bytes rest = {chunk.at + at, chunk.len - at};
        int64_t clock_us = 0;
        struct probe_fix fix;
        if (scan_text(&rest, "$GC,") && clock_read(&rest, &clock_us))
            date_read(gps, rest);
        else if (scan_text(&rest, "$GA,") && clock_read(&rest, &clock_us) && place_read(rest, &fix))
            track_add(&gps->lucas, report, fix, gps->has_day ? TRACK_UTC : TRACK_NO_CLOCK,
                      gps->day_us + clock_us);
        at = scan_find(chunk, at + 1, "$G");
    }
}

void riff_gps_read(struct riff_gps *gps, struct probe_bytes chunk, struct probe_report *report)
{
    if (scan_find(chunk, 0, "0GPS") < chunk.len) {
        lucas_read(gps, chunk, report);
    } else if (scan_find(chunk, 0, "$G") < chunk.len || scan_find(chunk, 0, "$BD") < chunk.len) {
        gps->nmea.source = "nmea-riff";
        (void)track_add_nmea(&gps->nmea, &gps->reader, chunk, report);
    }
}
