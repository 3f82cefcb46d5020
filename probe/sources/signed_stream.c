/* Video that its camera has signed, told by the SEI messages that carry the signatures. */
#include "probe/sources/sei.h"

#include <string.h>

/* Source: ONVIF Media Signing Specification; Axis signed-video-framework; ITU-T H.274, digitally
 * signed content. */
static const uint8_t onvif_uuid[16] = {0x00, 0x5b, 0xc9, 0x3f, 0x2d, 0x71, 0x5e, 0x95,
                                       0xad, 0xa4, 0x79, 0x6f, 0x90, 0x87, 0x7a, 0x6f};
static const uint8_t axis_uuid[16] = "Signed Video...0";

enum { PACKETS_MAX = 600, DSC_FIRST = 220, DSC_LAST = 222 };

struct signed_state {
    unsigned packets;
    bool found;
};

struct visit {
    struct signed_state *state;
    struct probe_report *report;
};

static bool signed_visit(void *user, unsigned type, struct probe_bytes payload)
{
    struct visit *visit = user;
    struct probe_bytes data;
    const char *which = NULL;
    if (type >= DSC_FIRST && type <= DSC_LAST)
        which = "digitally signed content (ITU-T H.274)";
    else if (sei_user_data(type, payload, onvif_uuid, &data))
        which = "ONVIF media signing";
    else if (sei_user_data(type, payload, axis_uuid, &data))
        which = "Axis signed video";
    if (which == NULL)
        return true;
    report_add_content(visit->report, "signed-stream", "%s", which);
    visit->state->found = true;
    return false;
}

static bool signed_packet(void *state, const struct source_stream *stream,
                          const struct source_packet *packet, struct probe_report *report)
{
    struct visit visit = {state, report};
    sei_walk(stream, packet->data, signed_visit, &visit);
    return !visit.state->found && ++visit.state->packets < PACKETS_MAX;
}

const struct source source_signed_stream = {
    .name = "signed-stream",
    .wants = sei_stream,
    .packet = signed_packet,
    .state_bytes = sizeof(struct signed_state),
};
