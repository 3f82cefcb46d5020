#include "probe/input.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/track.h"
#include "probe/when.h"

#include <math.h>
#include <string.h>

/*
 * Tracks of fixed records that dash cameras write once a second or more: Vueroid ("mp4s" of 72
 * octets), SigmaStar's chips ("ssmd" of 40 octets, Neoline), Wolfbox ("gpmd" that is no GPMF),
 * Google's Camera Motion Metadata ("camm"), and what RegistratorViewer exports ("RVMI").
 */

enum { VUEROID_BYTES = 72, SIGMASTAR_BYTES = 40, BLANK_PACKETS = 6000 };

struct binary_track {
    struct track track;
    unsigned blank;
};

static bool wants(const struct source_stream *stream)
{
    static const char *const TAGS[] = {"mp4s", "ssmd", "gpmd", "camm", "RVMI"};
    for (size_t i = 0; i < sizeof TAGS / sizeof TAGS[0]; i++)
        if (strcmp(stream->tag, TAGS[i]) == 0)
            return true;
    return false;
}

/* At 52: whether north, whether east, altitude, speed, dddmm.mmmm twice, seconds since 1970 of the
 * camera's local clock. The last record is all zeros. */
static bool read_vueroid(struct track *track, struct probe_bytes data, struct probe_report *report)
{
    track->source = "gps-vueroid";
    if (data.len != VUEROID_BYTES || data.at[52] > 1 || data.at[53] > 1)
        return false;
    struct probe_fix fix = {.latitude = track_degrees((double)read_le_float(data.at + 60)),
                            .longitude = track_degrees((double)read_le_float(data.at + 64)),
                            .altitude_m = read_le16(data.at + 54)};
    if (!(fix.latitude > 0) || !(fix.longitude > 0))
        return false;
    fix.latitude *= data.at[52] == 0 ? -1 : 1;
    fix.longitude *= data.at[53] == 0 ? -1 : 1;
    uint32_t clock = read_le32(data.at + 68);
    track_add(track, report, fix, clock > 0 ? TRACK_LOCAL : TRACK_NO_CLOCK,
              (int64_t)clock * 1000000);
    return true;
}

/* Degrees twice, altitude, speed, flags of which 0x0100 says that there is a fix, then day of the
 * month and time of day: without month and year that is no time. */
static bool read_sigmastar(struct track *track, struct probe_bytes data,
                           struct probe_report *report)
{
    track->source = "gps-sigmastar";
    if (data.len != SIGMASTAR_BYTES || (read_le16(data.at + 22) & 0x0100) == 0)
        return false;
    struct probe_fix fix = {.latitude = read_le_double(data.at),
                            .longitude = read_le_double(data.at + 8),
                            .altitude_m = NAN}; /* the field drifts: not taken */
    if (!(fabs(fix.latitude) <= 90 && fabs(fix.longitude) <= 180))
        return false;
    track_add(track, report, fix, TRACK_NO_CLOCK, 0);
    return true;
}

/* A value and its scale, 64 bits each. */
static double scaled_at(const uint8_t *at)
{
    double value = (double)(int64_t)read_le64(at);
    double scale = (double)(int64_t)read_le64(at + 8);
    return scale > 0 ? value / scale : NAN;
}

/* Wolfbox and Redtiger, under GoPro's tag: day, month, year at 0x68, the time of day at 0xa0 in
 * UTC, dddmm.mmmm at 0xb0 and 0xc0, altitude at 0xe8. */
static bool read_wolfbox(struct track *track, struct probe_bytes data, struct probe_report *report)
{
    const uint8_t *at = data.at;
    track->source = "gps-wolfbox";
    if (data.len < 0xf8 || memcmp(at, "DEVC", 4) == 0)
        return false;
    struct when_fields date = {.day = read_le32(at + 0x68),
                               .month = read_le32(at + 0x6c),
                               .year = read_le32(at + 0x70),
                               .hour = read_le32(at + 0xa0),
                               .minute = read_le32(at + 0xa4),
                               .second = read_le32(at + 0xa8)};
    struct probe_fix fix = {.latitude = track_degrees(scaled_at(at + 0xb0)),
                            .longitude = track_degrees(scaled_at(at + 0xc0)),
                            .altitude_m = scaled_at(at + 0xe8)};
    int64_t us = 0;
    if (date.year < 100)
        date.year += 2000;
    if (!when_civil(&date, &us) || isnan(fix.latitude) || isnan(fix.longitude))
        return false;
    track_add(track, report, fix, TRACK_UTC, us);
    return true;
}

/*
 * Google's Camera Motion Metadata: a type, then for 5 latitude, longitude and altitude, for 6 a
 * time, the kind of fix and these. Its time counts from 1980 by the text and from 1970 by many
 * cameras: it is not taken.
 */
static bool read_camm(struct track *track, struct probe_bytes data, struct probe_report *report)
{
    enum { LOCK_2D = 2 };
    const uint8_t *at = data.at;
    struct probe_fix fix = {.altitude_m = NAN};
    track->source = "gps-camm";
    if (data.len >= 28 && read_le16(at + 2) == 5) {
        fix.latitude = read_le_double(at + 4);
        fix.longitude = read_le_double(at + 12);
        fix.altitude_m = read_le_double(at + 20);
    } else if (data.len >= 36 && read_le16(at + 2) == 6 && read_le32(at + 12) >= LOCK_2D) {
        fix.latitude = read_le_double(at + 16);
        fix.longitude = read_le_double(at + 24);
        fix.altitude_m = (double)read_le_float(at + 32);
    } else {
        return false;
    }
    track_add(track, report, fix, TRACK_NO_CLOCK, 0);
    return true;
}

/* What RegistratorViewer exports: "gReV", longitude and latitude in millionths of a degree. */
static bool read_rvmi(struct track *track, struct probe_bytes data, struct probe_report *report)
{
    bool found = false;
    track->source = "gps-rvmi";
    for (size_t at = 0; (at = scan_find(data, at, "gReV")) < data.len; at += 4) {
        if (data.len - at < 21)
            break;
        struct probe_fix fix = {.longitude = (int32_t)read_le32(data.at + at + 4) / 1e6,
                                .latitude = (int32_t)read_le32(data.at + at + 8) / 1e6,
                                .altitude_m = NAN};
        track_add(track, report, fix, TRACK_NO_CLOCK, 0);
        found = true;
    }
    return found;
}

static bool packet(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report)
{
    struct binary_track *self = state;
    bool found = false;
    if (strcmp(stream->tag, "mp4s") == 0)
        found = read_vueroid(&self->track, packet->data, report);
    else if (strcmp(stream->tag, "ssmd") == 0)
        found = read_sigmastar(&self->track, packet->data, report);
    else if (strcmp(stream->tag, "gpmd") == 0)
        found = read_wolfbox(&self->track, packet->data, report);
    else if (strcmp(stream->tag, "camm") == 0)
        found = read_camm(&self->track, packet->data, report);
    else
        found = read_rvmi(&self->track, packet->data, report);
    self->blank = found ? 0 : self->blank + 1;
    return self->blank < BLANK_PACKETS;
}

const struct source source_binary_track = {.name = "binary-track",
                                           .wants = wants,
                                           .packet = packet,
                                           .state_bytes = sizeof(struct binary_track)};
