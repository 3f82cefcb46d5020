#include "probe/boxes.h"
#include "probe/nmea.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/load.h"
#include "probe/sources/track.h"
#include "probe/when.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Boxes of their own in which dash cameras keep a whole recording's positions: BlackVue (NMEA in
 * "free/gps "), 70mai Pro ("GPS "), the "gps0" behind moov of Navitel, iBOX and others, and LigoGPS
 * behind the last box.
 */

enum { BOX_BYTES_MAX = 4 << 20, TRAILER_BYTES_MAX = 1 << 20, RECORDS_MAX = 20000 };

static void read_text(struct probe_bytes text, struct probe_report *report)
{
    struct track track = {.source = "nmea-blackvue"};
    struct nmea_reader reader = {0};
    (void)track_add_nmea(&track, &reader, text, report);
}

/* {"model":"DR900X Plus","ver":1.000,…} */
static void read_blackvue(struct probe_bytes text, struct probe_report *report)
{
    static const char MODEL[] = "\"model\":\"";
    size_t at = scan_find(text, 0, MODEL);
    struct probe_bytes model;
    if (at == text.len)
        return;
    at += sizeof MODEL - 1;
    struct probe_bytes rest = {text.at + at, text.len - at};
    if (scan_until(&rest, '"', &model))
        report_set_text(report, REPORT_MODEL, model);
}

/* A table of lines behind the last box, in degrees; its encrypted twin is passed over. */
static void read_trailer(struct probe_input *input, struct probe_report *report)
{
    struct box box;
    struct probe_bytes bytes;
    uint64_t at = 0;
    while (box_next(input, &at, input_size(input), &box))
        ;
    if (at == 0)
        return; /* no boxes at all */
    uint8_t *loaded = load_range(input, at, input_size(input), TRAILER_BYTES_MAX, &bytes);
    struct track track = {.source = "gps-ligo"};
    if (scan_find(bytes, 0, "LIGOGPSINFO") < bytes.len)
        (void)track_add_ligo(&track, bytes, report);
    free(loaded);
}

/* degrees * 100000 + minutes * 1000 */
static double packed_degrees(uint32_t packed)
{
    uint32_t whole = packed / 100000;
    return whole + packed % 100000 / 60000.0;
}

/* Records of 36 octets: whether there is a fix, seconds from the start, letters and angles. */
static void read_70mai(struct probe_bytes bytes, struct probe_report *report)
{
    enum { RECORD = 36 };
    struct track track = {.source = "gps-70mai"};
    for (size_t at = 0; at + RECORD <= bytes.len && at / RECORD < RECORDS_MAX; at += RECORD) {
        const uint8_t *record = bytes.at + at;
        if (read_le32(record + 4) != 1 || (record[16] != 'N' && record[16] != 'S') ||
            (record[21] != 'E' && record[21] != 'W'))
            continue;
        struct probe_fix fix = {.latitude = packed_degrees(read_le32(record + 17)),
                                .longitude = packed_degrees(read_le32(record + 22)),
                                .altitude_m = NAN};
        fix.latitude *= record[16] == 'S' ? -1 : 1;
        fix.longitude *= record[21] == 'W' ? -1 : 1;
        track_add(&track, report, fix, TRACK_NO_CLOCK, 0);
    }
}

/* Records of 32 octets: dddmm.mmmm twice, altitude, speed, year to second in UTC. */
static void read_gps0(struct probe_bytes bytes, struct probe_report *report)
{
    enum { RECORD = 32 };
    struct track track = {.source = "gps-gps0"};
    for (size_t at = 0; at + RECORD <= bytes.len && at / RECORD < RECORDS_MAX; at += RECORD) {
        const uint8_t *record = bytes.at + at;
        const uint8_t *part = record + 22;
        struct when_fields date = {2000U + part[0], part[1], part[2], part[3], part[4], part[5], 0};
        int64_t us = 0;
        bool timed = part[0] > 0 && when_civil(&date, &us);
        struct probe_fix fix = {.latitude = track_degrees(read_le_double(record)),
                                .longitude = track_degrees(read_le_double(record + 8)),
                                .altitude_m = (int32_t)read_le32(record + 16)};
        track_add(&track, report, fix, timed ? TRACK_UTC : TRACK_NO_CLOCK, us);
    }
}

static void read_box(struct probe_input *input, const char *path,
                     void (*read)(struct probe_bytes bytes, struct probe_report *report),
                     struct probe_report *report)
{
    struct box box;
    struct probe_bytes bytes;
    if (!box_path(input, path, &box))
        return;
    uint8_t *loaded = load_range(input, box.content, box.end, BOX_BYTES_MAX, &bytes);
    if (loaded != NULL)
        read(bytes, report);
    free(loaded);
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    read_box(input, "free/gps ", read_text, report);
    read_box(input, "free/cprt", read_blackvue, report);
    read_box(input, "GPS ", read_70mai, report);
    read_box(input, "gps0", read_gps0, report);
    read_trailer(input, report);
}

const struct source source_camera_boxes = {.name = "camera-boxes", .scan = scan};
