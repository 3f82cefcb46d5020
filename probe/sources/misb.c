/*
 * MISB ST 0604: a time stamp for each frame in SEI, with a status octet (ST 0603): 80 set means
 * that the clock is not known to be locked to a reference, 40 a discontinuity.
 */
#include "probe/sources/sei.h"
#include "probe/sources/stamp.h"

#include <math.h>
#include <string.h>

static const uint8_t h264_micro[16] = "MISPmicrosectime";
static const uint8_t h265_micro[16] = {0xa8, 0x68, 0x7d, 0xd4, 0xd7, 0x59, 0x37, 0x58,
                                       0xa5, 0xce, 0xf0, 0x33, 0x8b, 0x65, 0x45, 0xf1};
static const uint8_t h265_nano[16] = {0xcf, 0x84, 0x82, 0x78, 0xee, 0x23, 0x30, 0x6c,
                                      0x92, 0x65, 0xe8, 0xfe, 0xf2, 0x2f, 0xb8, 0xb8};

enum { PACKETS_WITHOUT_MAX = 100, STATUS_UNLOCKED = 0x80, STATUS_DISCONTINUITY = 0x40 };

struct misb_state {
    unsigned packets;
    uint64_t count;
    uint64_t locked;
    uint64_t discontinuities;
    uint8_t first_status;
    int64_t first_us;
    int64_t last_us;
    bool has_start; /* of the first stamp under lock */
    int64_t start_us;
};

/* A status octet, then eight of time with FF after the second, fourth and sixth. */
static bool stamp_read(struct probe_bytes data, bool nano, uint8_t *status, int64_t *us)
{
    if (data.len < 12 || data.at[3] != 0xff || data.at[6] != 0xff || data.at[9] != 0xff)
        return false;
    uint64_t value = 0;
    for (size_t i = 1; i < 12; i++) {
        if (i % 3 != 0)
            value = value << 8 | data.at[i];
    }
    if (nano)
        value /= 1000;
    if (value == 0 || value > INT64_MAX)
        return false;
    *status = data.at[0];
    *us = (int64_t)value;
    return true;
}

struct visit {
    struct misb_state *state;
    double time_s;
};

static void note(const struct visit *visit, uint8_t status, int64_t us)
{
    struct misb_state *state = visit->state;
    if (state->count == 0) {
        state->first_us = us;
        state->first_status = status;
    }
    state->last_us = us;
    state->count++;
    if ((status & STATUS_DISCONTINUITY) != 0)
        state->discontinuities++;
    if ((status & STATUS_UNLOCKED) != 0)
        return;
    state->locked++;
    if (!state->has_start) {
        bool late = isfinite(visit->time_s) && visit->time_s > 0 && visit->time_s < 3600;
        state->start_us = us - (late ? (int64_t)(visit->time_s * 1e6) : 0);
        state->has_start = true;
    }
}

static bool misb_visit(void *user, unsigned type, struct probe_bytes payload)
{
    const struct visit *visit = user;
    struct probe_bytes data;
    bool nano = sei_user_data(type, payload, h265_nano, &data);
    uint8_t status;
    int64_t us;
    if (!nano && !sei_user_data(type, payload, h264_micro, &data) &&
        !sei_user_data(type, payload, h265_micro, &data))
        return true;
    if (!stamp_read(data, nano, &status, &us))
        return true;
    note(visit, status, us);
    return false; /* one a frame */
}

static bool misb_packet(void *at, const struct source_stream *stream,
                        const struct source_packet *packet, struct probe_report *report)
{
    (void)report;
    struct misb_state *state = at;
    struct visit visit = {state, packet->time_s};
    sei_walk(stream, packet->data, misb_visit, &visit);
    return state->count > 0 || ++state->packets < PACKETS_WITHOUT_MAX;
}

static void misb_finish(void *at, struct probe_report *report)
{
    const struct misb_state *state = at;
    if (state->count == 0)
        return;
    char first[32];
    char last[32];
    stamp_print_utc(state->first_us, first);
    stamp_print_utc(state->last_us, last);
    report_add_content(report, "misb-st0604",
                       "%llu stamps, %llu locked, %llu discontinuities, first %s (status 0x%02x), "
                       "last %s",
                       (unsigned long long)state->count, (unsigned long long)state->locked,
                       (unsigned long long)state->discontinuities, first, state->first_status,
                       last);
    if (state->has_start)
        report_add_time(report, "misb-st0604", state->start_us, 0, PROBE_CERTAIN);
}

const struct source source_misb = {
    .name = "misb-st0604",
    .wants = sei_stream,
    .packet = misb_packet,
    .finish = misb_finish,
    .state_bytes = sizeof(struct misb_state),
};
