#include "probe/input.h"
#include "probe/source.h"
#include "probe/sources/track.h"

#include <math.h>
#include <string.h>

/*
 * Tracks of fixed records that dash cameras write once a second or more: Vueroid ("mp4s" of 72
 * octets) and SigmaStar's chips ("ssmd" of 40 octets, Neoline).
 */

enum { VUEROID_BYTES = 72, SIGMASTAR_BYTES = 40, BLANK_PACKETS = 600 };

struct binary_track {
    struct track track;
    unsigned blank;
};

static bool wants(const struct source_stream *stream)
{
    return strcmp(stream->tag, "mp4s") == 0 || strcmp(stream->tag, "ssmd") == 0;
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

static bool packet(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report)
{
    struct binary_track *self = state;
    bool vueroid = strcmp(stream->tag, "mp4s") == 0;
    bool found = vueroid ? read_vueroid(&self->track, packet->data, report)
                         : read_sigmastar(&self->track, packet->data, report);
    self->blank = found ? 0 : self->blank + 1;
    return self->blank < BLANK_PACKETS;
}

const struct source source_binary_track = {.name = "binary-track",
                                           .wants = wants,
                                           .packet = packet,
                                           .state_bytes = sizeof(struct binary_track)};
