#include "probe/sources/freegps.h"

#include "probe/input.h"
#include "probe/scan.h"
#include "probe/when.h"

#include <math.h>
#include <string.h>

static const char SOURCE[] = "gps-freegps";

enum number { FLOAT, DOUBLE };

/*
 * Where a layout of the record has its parts, counted from the mark: status ("A" or "V"), the
 * letters of the hemispheres, latitude and longitude as dddmm.mmmm, hour-minute-second and
 * year-month-day as 32-bit numbers, all little-endian.
 */
struct layout {
    uint8_t status, north, east, latitude, longitude, clock, date;
    enum number number;
};

static const struct layout LAYOUTS[] = {
    {68, 69, 70, 72, 76, 44, 56, FLOAT},   /* most */
    {40, 41, 42, 44, 48, 16, 28, FLOAT},   /* older Viofo */
    {36, 37, 38, 40, 44, 12, 24, FLOAT},   /* Viofo A119 V3, A129 Plus */
    {84, 85, 86, 88, 92, 60, 72, FLOAT},   /* Kenwood, behind its banner */
    {56, 64, 72, 60, 68, 44, 84, FLOAT},   /* Akaso */
    {56, 68, 84, 60, 76, 44, 108, DOUBLE}, /* "20130815.01" */
    {24, 36, 52, 28, 44, 12, 76, DOUBLE},  /* Vantrue N4 */
    {60, 61, 62, 92, 88, 76, 64, FLOAT},   /* Vantrue S1 "horsontech" */
};

static const struct layout BARE = {24, 25, 26, 28, 32, 0, 12, FLOAT};

static bool read_clock(const uint8_t *clock, const uint8_t *date, int64_t *us)
{
    struct when_fields fields = {
        .hour = read_le32(clock),
        .minute = read_le32(clock + 4),
        .second = read_le32(clock + 8),
        .year = read_le32(date),
        .month = read_le32(date + 4),
        .day = read_le32(date + 8),
    };
    if (fields.year < 100)
        fields.year += 2000;
    return when_civil(&fields, us);
}

static bool is_one_of(uint8_t octet, const char *letters)
{
    return octet != 0 && strchr(letters, octet) != NULL;
}

/* Most write dddmm.mmmm, Transcend's degrees. What can be both as a number would lie within a
 * degree and a half of 0,0 in the first form: open sea. */
static void to_degrees(struct probe_fix *fix)
{
    if (fix->latitude <= 90 && fix->longitude <= 180)
        return;
    fix->latitude = track_degrees(fix->latitude);
    fix->longitude = track_degrees(fix->longitude);
}

/* A valid record of this layout; *found says that one stands there, valid or not. */
static bool read_record(struct probe_bytes block, const struct layout *layout, bool *found,
                        struct probe_fix *fix, int64_t *clock_us)
{
    size_t width = layout->number == FLOAT ? 4 : 8;
    const uint8_t *at = block.at;
    *found = false;
    if (block.len < layout->latitude + width || block.len < layout->longitude + width ||
        block.len < layout->clock + 12U || block.len < layout->date + 12U ||
        block.len <= layout->east)
        return false;
    if (!is_one_of(at[layout->status], "AV") ||
        !read_clock(at + layout->clock, at + layout->date, clock_us))
        return false;
    *found = true;
    if (at[layout->status] != 'A' || !is_one_of(at[layout->north], "NS") ||
        !is_one_of(at[layout->east], "EW"))
        return false;

    const uint8_t *latitude = at + layout->latitude;
    const uint8_t *longitude = at + layout->longitude;
    *fix = (struct probe_fix){.altitude_m = NAN};
    if (layout == LAYOUTS && scan_find(block, 0, "IQS") == 12) {
        fix->latitude = fabs((int32_t)read_le32(latitude) / 1e7);
        fix->longitude = fabs((int32_t)read_le32(longitude) / 1e7);
    } else {
        bool single = layout->number == FLOAT;
        fix->latitude = fabs(single ? (double)read_le_float(latitude) : read_le_double(latitude));
        fix->longitude =
            fabs(single ? (double)read_le_float(longitude) : read_le_double(longitude));
        to_degrees(fix);
    }
    /* A latitude of nothing and a longitude: Akaso and Redtiger encrypt theirs, in another place.
     */
    if (!(fix->latitude > 1e-6) || !(fix->longitude > 1e-6))
        return false;
    if (at[layout->north] == 'S')
        fix->latitude = -fix->latitude;
    if (at[layout->east] == 'W')
        fix->longitude = -fix->longitude;
    return true;
}

/* The sentence with each octet raised by 16: "$GPRMC," stands as "4W`b]S<". */
static bool read_shifted(struct freegps *state, struct probe_bytes block,
                         struct probe_report *report)
{
    enum { AT = 56, LEN = 128 };
    uint8_t text[LEN];
    if (block.len < AT + 16 || memcmp(block.at + AT, "4W`b]S<", 7) != 0)
        return false;
    size_t len = block.len - AT < LEN ? block.len - AT : LEN;
    for (size_t i = 0; i < len; i++)
        text[i] = block.at[AT + i] >= 16 ? (uint8_t)(block.at[AT + i] - 16) : 0;
    (void)track_add_nmea(&state->track, &state->nmea, (struct probe_bytes){text, len}, report);
    return true;
}

/* What follows the first `count` octets. */
static struct probe_bytes behind(struct probe_bytes bytes, size_t count)
{
    if (count > bytes.len)
        count = bytes.len;
    return (struct probe_bytes){bytes.at + count, bytes.len - count};
}

bool freegps_xored(struct freegps *state, struct probe_bytes data, struct probe_report *report)
{
    enum { LEN = 64, CLOCK = 8, PLACE = 38 };
    uint8_t text[LEN];
    if (data.len < LEN || data.at[6] != 0x54 || data.at[7] != 0x54 ||
        (memcmp(data.at + 2, "\xf2\xe1\xf0\xee", 4) != 0 && read_le16(data.at + 4) != 0xaaaa))
        return false;
    for (size_t i = 0; i < LEN; i++)
        text[i] = data.at[i] ^ 0xaa;
    state->track.source = SOURCE;

    struct when clock = {0};
    struct probe_bytes latitude = {text + PLACE + 1, 8};
    struct probe_bytes longitude = {text + PLACE + 10, 9};
    uint32_t angle[2];
    if (!scan_digits(&latitude, 8, &angle[0]) || !scan_digits(&longitude, 9, &angle[1]) ||
        !is_one_of(text[PLACE], "NS") || !is_one_of(text[PLACE + 9], "EW"))
        return true;
    bool timed = when_parse((struct probe_bytes){text + CLOCK, 14}, &clock);
    struct probe_fix fix = {.latitude = track_degrees(angle[0] / 1e4),
                            .longitude = track_degrees(angle[1] / 1e4),
                            .altitude_m = NAN};
    fix.latitude *= text[PLACE] == 'S' ? -1 : 1;
    fix.longitude *= text[PLACE + 9] == 'W' ? -1 : 1;
    track_add(&state->track, report, fix, timed ? TRACK_LOCAL : TRACK_NO_CLOCK, clock.wall_us);
    return true;
}

/* 70mai: its block tag twice, the status, degrees as integers; no clock. */
static bool read_70mai(struct freegps *state, struct probe_bytes block, struct probe_report *report)
{
    if (block.len < 35 || read_le16(block.at + 8) != read_le16(block.at + 14) ||
        read_le16(block.at + 10) != 0 || !is_one_of(block.at[26], "AV"))
        return false;
    struct probe_fix fix = {.latitude = (int32_t)read_le32(block.at + 27) / 1e7,
                            .longitude = (int32_t)read_le32(block.at + 31) / 1e7,
                            .altitude_m = NAN};
    if (block.at[26] == 'A')
        track_add(&state->track, report, fix, TRACK_NO_CLOCK, 0);
    return true;
}

/* INNOVV: records of 32 octets, "A", the letters, NUL, floats; no clock. */
static bool read_innovv(struct freegps *state, struct probe_bytes block,
                        struct probe_report *report)
{
    bool found = false;
    for (size_t at = 12; at + 32 <= block.len; at += 32) {
        const uint8_t *record = block.at + at;
        if (record[0] != 'A' || !is_one_of(record[1], "NS") || !is_one_of(record[2], "EW") ||
            record[3] != 0)
            break;
        found = true;
        struct probe_fix fix = {.latitude = track_degrees(fabs((double)read_le_float(record + 4))),
                                .longitude = track_degrees(fabs((double)read_le_float(record + 8))),
                                .altitude_m = NAN};
        fix.latitude *= record[1] == 'S' ? -1 : 1;
        fix.longitude *= record[2] == 'W' ? -1 : 1;
        track_add(&state->track, report, fix, TRACK_NO_CLOCK, 0);
    }
    return found;
}

/* Nextbase 512G: "$S" and big-endian records of 32 octets. */
static bool read_nextbase(struct freegps *state, struct probe_bytes block,
                          struct probe_report *report)
{
    bool found = false;
    for (size_t at = 44; at + 32 <= block.len; at += 32) {
        const uint8_t *record = block.at + at;
        unsigned tenths = read_be16(record + 12);
        struct when_fields date = {
            read_be16(record + 6), record[8],           record[9], record[10], record[11],
            tenths / 10,           tenths % 10 * 100000};
        int64_t us = 0;
        if (record[0] != '$' || record[1] != 'S' || !when_civil(&date, &us))
            break;
        found = true;
        struct probe_fix fix = {.latitude = (int32_t)read_be32(record + 15) / 1e7,
                                .longitude = (int32_t)read_be32(record + 19) / 1e7,
                                .altitude_m = NAN};
        track_add(&state->track, report, fix, TRACK_LOCAL, us);
    }
    return found;
}

static bool has_nmea(struct probe_bytes block)
{
    return scan_find(block, 0, "RMC,") < block.len || scan_find(block, 0, "GGA,") < block.len;
}

/* Whether it is the encrypted ring buffer that shares its header with others. */
static bool is_atc(struct probe_bytes block)
{
    return block.len > 68 && memcmp(block.at + 65, "ATC", 3) == 0;
}

void freegps_block(struct freegps *state, struct probe_bytes block, struct probe_report *report)
{
    struct probe_bytes mark = block;
    state->track.source = SOURCE;
    if (!scan_text(&mark, "freeGPS ") || is_atc(block))
        return;
    if (freegps_xored(state, behind(block, 14), report) || read_shifted(state, block, report))
        return;
    if (has_nmea(block)) {
        (void)track_add_nmea(&state->track, &state->nmea, block, report);
        return;
    }
    if (read_nextbase(state, block, report) || read_innovv(state, block, report) ||
        track_add_ligo(&state->track, block, report) > 0)
        return;
    for (size_t i = 0; i < sizeof LAYOUTS / sizeof LAYOUTS[0]; i++) {
        struct probe_fix fix;
        int64_t us = 0;
        bool found = false;
        if (read_record(block, &LAYOUTS[i], &found, &fix, &us))
            track_add(&state->track, report, fix, TRACK_LOCAL, us);
        if (found)
            return;
    }
    (void)read_70mai(state, block, report);
}

bool freegps_packet(struct freegps *state, struct probe_bytes packet, struct probe_report *report)
{
    static const size_t STARTS[] = {0, 164};
    state->track.source = SOURCE;
    for (size_t i = 0; i < 2; i++) {
        if (packet.len <= STARTS[i])
            break;
        struct probe_bytes record = {packet.at + STARTS[i], packet.len - STARTS[i]};
        struct probe_fix fix;
        int64_t us = 0;
        bool found = false;
        if (read_record(record, &BARE, &found, &fix, &us))
            track_add(&state->track, report, fix, TRACK_LOCAL, us);
        if (found)
            return true;
    }
    return track_add_ligo(&state->track, packet, report) > 0;
}
