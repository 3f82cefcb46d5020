#include "probe/sources/freegps.h"

#include "probe/boxes.h"
#include "probe/scan.h"
#include "probe/source.h"

#include <stdlib.h>
#include <string.h>

/*
 * Where the blocks of freegps_record.c lie: at the offsets that a "gps " box in moov lists, or
 * between the media data about once a second; in MPEG-TS in packets of a private stream.
 */

enum {
    ENTRIES_MAX = 20000,
    CHUNK_BYTES = 256 << 10,
    QUIET_BYTES = 4 << 20,   /* so far without a block, and there is none */
    SEARCH_BYTES = 96 << 20, /* so far in all */
    BLANK_PACKETS = 8,
};

static bool read_block(struct freegps *state, struct probe_input *input, uint64_t offset,
                       struct probe_report *report)
{
    uint8_t block[FREEGPS_WINDOW];
    size_t len = input_read(input, offset, block, sizeof block);
    if (len < 16 || memcmp(block, "freeGPS ", 8) != 0)
        return false;
    freegps_block(state, (struct probe_bytes){block, len}, report);
    return true;
}

/* version, count, then offset and size of each block */
static size_t read_index(struct freegps *state, struct probe_input *input,
                         struct probe_report *report)
{
    struct box index;
    size_t found = 0;
    if (!box_path(input, "moov/gps ", &index))
        return 0;
    uint64_t at = index.content + 8;
    for (unsigned i = 0; i < ENTRIES_MAX && at + 8 <= index.end; i++, at += 8) {
        uint8_t entry[8];
        if (input_read(input, at, entry, sizeof entry) < sizeof entry)
            break;
        uint64_t offset = read_be32(entry);
        if (offset != 0 && read_block(state, input, offset + 4, report))
            found++;
    }
    return found;
}

/* Searches from the front; far behind the last block, or in a file without any, it gives up. */
static size_t search(struct freegps *state, struct probe_input *input, struct probe_report *report)
{
    uint8_t *chunk = malloc(CHUNK_BYTES);
    uint64_t limit = QUIET_BYTES;
    uint64_t at = 0;
    size_t found = 0;
    while (chunk != NULL && at < limit && at < SEARCH_BYTES) {
        struct probe_bytes bytes = {chunk, input_read(input, at, chunk, CHUNK_BYTES)};
        size_t from = 0;
        while (found < ENTRIES_MAX && (from = scan_find(bytes, from, "freeGPS ")) < bytes.len) {
            found += read_block(state, input, at + from, report);
            limit = at + from + QUIET_BYTES;
            from += 8;
        }
        if (bytes.len < CHUNK_BYTES)
            break;
        at += CHUNK_BYTES - 7; /* a mark may lie across the edge */
    }
    free(chunk);
    return found;
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    struct freegps state = {0};
    uint8_t head[12];
    if (input_read(input, 0, head, sizeof head) < sizeof head || memcmp(head + 4, "ftyp", 4) != 0)
        return;
    size_t found = read_index(&state, input, report);
    if (found == 0)
        found = search(&state, input, report);
    if (found > 0)
        report_add_content(report, "freegps", "%zu blocks", found);
}

static bool wants(const struct source_stream *stream)
{
    bool known = stream->codec != NULL && strcmp(stream->codec, "none") != 0 &&
                 strcmp(stream->codec, "unknown") != 0 && strcmp(stream->codec, "bin_data") != 0;
    return !known && stream->type == PROBE_DATA && strcmp(stream->tag, "gpmd") != 0;
}

struct packets {
    struct freegps freegps;
    unsigned blank;
    bool found;
};

static bool packet(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report)
{
    struct packets *self = state;
    (void)stream;
    if (freegps_packet(&self->freegps, packet->data, report)) {
        if (!self->found)
            report_add_content(report, "freegps", "packets");
        self->found = true;
        return true;
    }
    return self->found || ++self->blank < BLANK_PACKETS;
}

const struct source source_freegps = {.name = "freegps",
                                      .scan = scan,
                                      .wants = wants,
                                      .packet = packet,
                                      .state_bytes = sizeof(struct packets)};
