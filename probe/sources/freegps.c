#include "probe/sources/freegps.h"

#include "probe/boxes.h"
#include "probe/scan.h"
#include "probe/source.h"

#include <stdlib.h>
#include <string.h>

/*
 * Where the blocks of freegps_record.c lie: at the offsets that a "gps " box in moov lists, or
 * between the media data about once a second; in MPEG-TS in packets of a private stream, which the
 * program map does not name.
 */

enum {
    ENTRIES_MAX = 20000,
    CHUNK_BYTES = 256 << 10,
    QUIET_BYTES = 4 << 20,   /* so far without a block, and there is none */
    SEARCH_BYTES = 96 << 20, /* so far in all */
    TRANSPORT_BYTES = 188,
    TRANSPORT_QUIET_BYTES = 24 << 20, /* the first may come a second late, at a high rate */
    PRIVATE_BYTES = 256,              /* so much of a packet is put together */
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

/* Bytes of one packet of the private stream, put together from its transport packets. */
struct private_packet {
    unsigned pid; /* 0: none begun */
    size_t len;
    uint8_t bytes[PRIVATE_BYTES];
};

/* The payload of a transport packet; empty where it has none. */
static struct probe_bytes transport_payload(const uint8_t *packet)
{
    size_t start = 4;
    if ((packet[3] & 0x10) == 0)
        return (struct probe_bytes){0};
    if ((packet[3] & 0x20) != 0)
        start += 1U + packet[4];
    if (start >= TRANSPORT_BYTES)
        return (struct probe_bytes){0};
    return (struct probe_bytes){packet + start, TRANSPORT_BYTES - start};
}

/* true where the packet so far holds a record. */
static bool take_transport(struct private_packet *own, struct freegps *state, const uint8_t *packet,
                           struct probe_report *report)
{
    static const uint8_t START[] = {0, 0, 1, 0xbf}; /* private_stream_2: no header but a length */
    unsigned pid = (packet[1] & 0x1fU) << 8 | packet[2];
    struct probe_bytes payload = transport_payload(packet);
    if ((packet[1] & 0x40) != 0) {
        if (payload.len < 6 || memcmp(payload.at, START, sizeof START) != 0)
            return false;
        *own = (struct private_packet){.pid = pid};
        payload.at += 6;
        payload.len -= 6;
    } else if (pid != own->pid || own->pid == 0) {
        return false;
    }
    if (payload.len > sizeof own->bytes - own->len)
        payload.len = sizeof own->bytes - own->len;
    if (payload.len > 0) /* else at may be NULL */
        memcpy(own->bytes + own->len, payload.at, payload.len);
    own->len += payload.len;
    bool found = freegps_packet(state, (struct probe_bytes){own->bytes, own->len}, report);
    if (found || own->len == sizeof own->bytes)
        own->pid = 0;
    return found;
}

/* 188 octets a packet, or 192 with a time before each (AVCHD); 0 where it is no transport stream.
 */
static size_t transport_stride(const uint8_t *head, size_t len, size_t *skip)
{
    static const size_t STRIDES[] = {TRANSPORT_BYTES, TRANSPORT_BYTES + 4};
    for (size_t i = 0; i < 2; i++) {
        *skip = STRIDES[i] - TRANSPORT_BYTES;
        if (len > *skip + 2 * STRIDES[i] && head[*skip] == 0x47 &&
            head[*skip + STRIDES[i]] == 0x47 && head[*skip + 2 * STRIDES[i]] == 0x47)
            return STRIDES[i];
    }
    return 0;
}

static size_t search_transport(struct freegps *state, struct probe_input *input, size_t stride,
                               size_t skip, struct probe_report *report)
{
    struct private_packet own = {0};
    size_t chunk_bytes = CHUNK_BYTES - CHUNK_BYTES % stride;
    uint8_t *chunk = malloc(chunk_bytes);
    uint64_t limit = TRANSPORT_QUIET_BYTES;
    size_t found = 0;
    for (uint64_t at = 0; chunk != NULL && at < limit && at < SEARCH_BYTES; at += chunk_bytes) {
        size_t len = input_read(input, at, chunk, chunk_bytes);
        for (size_t i = 0; i + stride <= len; i += stride) {
            if (chunk[i + skip] == 0x47 && take_transport(&own, state, chunk + i + skip, report)) {
                found++;
                limit = at + TRANSPORT_QUIET_BYTES;
            }
        }
        if (len < chunk_bytes)
            break;
    }
    free(chunk);
    return found;
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    struct freegps state = {0};
    uint8_t head[1024];
    size_t skip = 0;
    size_t found = 0;
    size_t len = input_read(input, 0, head, sizeof head);
    size_t stride = transport_stride(head, len, &skip);
    if (stride > 0) {
        found = search_transport(&state, input, stride, skip, report);
    } else if (len >= 12 && memcmp(head + 4, "ftyp", 4) == 0) {
        found = read_index(&state, input, report);
        if (found == 0)
            found = search(&state, input, report);
    }
    if (found > 0)
        report_add_content(report, "freegps", "%zu blocks", found);
}

const struct source source_freegps = {.name = "freegps", .scan = scan};
