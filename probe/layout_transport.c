/* MPEG transport streams: packets of 188 octets, or 192 with a time code (AVCHD). */
#include "probe/layout.h"

enum { SYNC = 0x47, LOOK_PACKETS = 5, SCRAMBLE_PACKETS = 2000 };

static bool is_stream_of(struct probe_input *input, uint64_t packet, uint64_t skip)
{
    for (uint64_t i = 0; i < LOOK_PACKETS; i++) {
        uint8_t sync = 0;
        if (input_read(input, i * packet + skip, &sync, 1) != 1 || sync != SYNC)
            return false;
    }
    return true;
}

/* Two bits of each packet say whether its content is scrambled. */
static void check_scrambled(struct probe_input *input, uint64_t packet, uint64_t skip,
                            struct probe_report *report)
{
    unsigned seen = 0;
    unsigned scrambled = 0;
    for (uint64_t i = 0; i < SCRAMBLE_PACKETS; i++) {
        uint8_t head[4];
        if (input_read(input, i * packet + skip, head, 4) != 4)
            break;
        if (head[0] != SYNC)
            continue;
        seen++;
        scrambled += (head[3] & 0xC0) != 0 ? 1 : 0;
    }
    if (scrambled > 0)
        report_add_issue(report, "encrypted", "%u of the first %u packets are scrambled", scrambled,
                         seen);
}

const char *layout_transport(struct probe_input *input, struct probe_report *report)
{
    bool timed = !is_stream_of(input, 188, 0) && is_stream_of(input, 192, 4);
    if (!timed && !is_stream_of(input, 188, 0))
        return NULL;
    uint64_t packet = timed ? 192 : 188;
    uint64_t rest = input_size(input) % packet;
    if (rest > 0)
        report_add_issue(report, "truncated", "the last packet has %llu of %llu bytes",
                         (unsigned long long)rest, (unsigned long long)packet);
    check_scrambled(input, packet, timed ? 4 : 0, report);
    return "mpegts";
}
