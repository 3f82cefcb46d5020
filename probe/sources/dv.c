/*
 * DV tape's recording date and time: packs 62 and 63 in the VAUX and subcode blocks of each frame.
 * The date pack has a zone octet too, which few cameras set to what it means; the time is taken as
 * a local one. Source: IEC 61834-4, packs 62h and 63h; 61834-2 for the blocks.
 */
#include "probe/source.h"

#include <string.h>

#include "probe/sources/stamp.h"

enum {
    BLOCK = 80,
    FRAME_MAX = 12 * 150 * BLOCK, /* 625 lines at 25 Mb/s; more only repeats it */
    PACKETS_MAX = 50,
    PACK_DATE = 0x62,
    PACK_TIME = 0x63,
};

struct dv_state {
    unsigned packets;
    bool found;
};

struct recorded {
    struct when_fields fields;
    bool has_date;
    bool has_time;
};

/* A pack: its number and four octets. One of all FF says nothing. */
static void pack_read(const uint8_t *pack, struct recorded *recorded)
{
    struct when_fields *f = &recorded->fields;
    if (pack[0] == PACK_DATE && !recorded->has_date) {
        uint32_t year = stamp_bcd(pack[4]);
        f->day = stamp_bcd(pack[2] & 0x3f);
        f->month = stamp_bcd(pack[3] & 0x1f);
        f->year = year < 90 ? 2000 + year : 1900 + year;
        recorded->has_date = year <= 99 && f->day <= 31 && f->month <= 12;
    } else if (pack[0] == PACK_TIME && !recorded->has_time) {
        f->second = stamp_bcd(pack[2] & 0x7f);
        f->minute = stamp_bcd(pack[3] & 0x7f);
        f->hour = stamp_bcd(pack[4] & 0x3f);
        recorded->has_time = f->second <= 59 && f->minute <= 59 && f->hour <= 23;
    }
}

/* A DIF block: subcode holds six packs behind three octets each, VAUX fifteen in a row. */
static void block_read(const uint8_t *block, struct recorded *recorded)
{
    unsigned section = block[0] >> 5;
    if (section == 1) {
        for (size_t i = 0; i < 6; i++)
            pack_read(block + 3 + i * 8 + 3, recorded);
    } else if (section == 2) {
        for (size_t i = 0; i < 15; i++)
            pack_read(block + 3 + i * 5, recorded);
    }
}

static bool dv_wants(const struct source_stream *stream)
{
    return stream->type == PROBE_VIDEO && stream->codec != NULL &&
           strcmp(stream->codec, "dvvideo") == 0;
}

static bool dv_packet(void *at, const struct source_stream *stream,
                      const struct source_packet *packet, struct probe_report *report)
{
    (void)stream;
    struct dv_state *state = at;
    struct recorded recorded = {0};
    size_t end = packet->data.len < FRAME_MAX ? packet->data.len : FRAME_MAX;
    for (size_t i = 0; end - i >= BLOCK && !(recorded.has_date && recorded.has_time); i += BLOCK)
        block_read(packet->data.at + i, &recorded);

    int64_t wall_us;
    if (recorded.has_date && recorded.has_time && when_civil(&recorded.fields, &wall_us)) {
        report_add_local(report, "dv-pack", wall_us);
        state->found = true;
    }
    return !state->found && ++state->packets < PACKETS_MAX;
}

const struct source source_dv = {
    .name = "dv-pack",
    .wants = dv_wants,
    .packet = dv_packet,
    .state_bytes = sizeof(struct dv_state),
};
