/*
 * MISB ST 0601: the metadata of unmanned aircraft in a KLV stream of MPEG-TS. The time stamp, and
 * the place of the sensor. Source: MISB ST 0601, items 2, 13 to 15.
 */
#include "probe/source.h"

#include <math.h>
#include <string.h>

static const uint8_t local_set_key[16] = {0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01,
                                          0x0e, 0x01, 0x03, 0x01, 0x01, 0x00, 0x00, 0x00};

enum { ITEMS_MAX = 256, TAG_TIME = 2, TAG_LATITUDE = 13, TAG_LONGITUDE = 14, TAG_ALTITUDE = 15 };

struct klv_state {
    bool has_time;
    bool has_position;
};

/* A BER length: below 80 itself, else the count of octets that follow. */
static bool take_length(struct probe_bytes *at, size_t *len)
{
    if (at->len == 0)
        return false;
    size_t octets = at->at[0] < 0x80 ? 0 : at->at[0] & 0x7f;
    if (octets > 4 || at->len - 1 < octets)
        return false;
    *len = octets == 0 ? at->at[0] : 0;
    for (size_t i = 0; i < octets; i++)
        *len = *len << 8 | at->at[1 + i];
    at->at += 1 + octets;
    at->len -= 1 + octets;
    return true;
}

/* A tag in seven bits an octet. */
static bool take_tag(struct probe_bytes *at, uint32_t *tag)
{
    *tag = 0;
    for (int i = 0; i < 3 && at->len > 0; i++) {
        uint8_t octet = at->at[0];
        at->at++;
        at->len--;
        *tag = *tag << 7 | (octet & 0x7f);
        if ((octet & 0x80) == 0)
            return true;
    }
    return false;
}

/* A signed number over the whole range of 32 bits; the lowest is "no value". */
static double degrees(struct probe_bytes value, double range)
{
    if (value.len != 4)
        return NAN;
    int32_t number = (int32_t)read_be32(value.at);
    return number == INT32_MIN ? NAN : number * (range / 2147483647.0);
}

static void set_read(struct probe_bytes set, struct probe_fix *fix)
{
    uint32_t tag;
    size_t len;
    for (int i = 0; i < ITEMS_MAX && take_tag(&set, &tag) && take_length(&set, &len); i++) {
        if (len > set.len)
            return;
        struct probe_bytes value = {set.at, len};
        if (tag == TAG_TIME && len == 8 && read_be64(value.at) <= INT64_MAX) {
            fix->us = (int64_t)read_be64(value.at);
            fix->has_time = true;
        } else if (tag == TAG_LATITUDE) {
            fix->latitude = degrees(value, 90);
        } else if (tag == TAG_LONGITUDE) {
            fix->longitude = degrees(value, 180);
        } else if (tag == TAG_ALTITUDE && len == 2) {
            fix->altitude_m = read_be16(value.at) * (19900.0 / 65535) - 900;
        }
        set.at += len;
        set.len -= len;
    }
}

static bool klv_wants(const struct source_stream *stream)
{
    return stream->codec != NULL && strcmp(stream->codec, "klv") == 0;
}

static bool klv_packet(void *at, const struct source_stream *stream,
                       const struct source_packet *packet, struct probe_report *report)
{
    (void)stream;
    struct klv_state *state = at;
    struct probe_bytes rest = packet->data;
    const uint8_t *key =
        rest.len > 0 ? memmem(rest.at, rest.len, local_set_key, sizeof local_set_key) : NULL;
    if (key == NULL)
        return true;
    rest.len -= (size_t)(key - rest.at) + sizeof local_set_key;
    rest.at = key + sizeof local_set_key;
    size_t len;
    if (!take_length(&rest, &len))
        return true;
    struct probe_fix fix = {.latitude = NAN, .longitude = NAN, .altitude_m = NAN};
    set_read((struct probe_bytes){rest.at, len < rest.len ? len : rest.len}, &fix);
    if (fix.has_time && !state->has_time)
        report_add_time(report, "misb-st0601", fix.us, 0, PROBE_CERTAIN);
    state->has_time = state->has_time || fix.has_time;
    if (isfinite(fix.latitude) && isfinite(fix.longitude)) {
        if (!state->has_position)
            report_add_position(report, "misb-st0601", fix);
        state->has_position = true;
        report_add_fix(report, "misb-st0601", fix);
    }
    return true;
}

const struct source source_klv = {
    .name = "misb-st0601",
    .wants = klv_wants,
    .packet = klv_packet,
    .state_bytes = sizeof(struct klv_state),
};
