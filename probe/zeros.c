#include "probe/zeros.h"

#include <string.h>

#include "probe/boxes.h"

enum {
    BLOCK_BYTES = 32768, /* no codec makes so many zeros in a row */
    BLOCKS_MAX = 96,
    RANGES_MAX = 64,
};

/* Parts of the file that hold media data. */
struct ranges {
    struct {
        uint64_t from, bytes;
    } list[RANGES_MAX];
    size_t count;
    uint64_t bytes;
};

static void ranges_add(struct ranges *ranges, uint64_t from, uint64_t end)
{
    if (ranges->count == RANGES_MAX || end <= from)
        return;
    ranges->list[ranges->count].from = from;
    ranges->list[ranges->count].bytes = end - from;
    ranges->count++;
    ranges->bytes += end - from;
}

/* The octets of an ID3v2 tag at the start, which its writers pad to be able to grow it. */
static uint64_t tag_bytes(struct probe_input *input)
{
    uint8_t head[10];
    if (input_read(input, 0, head, sizeof head) != sizeof head || memcmp(head, "ID3", 3) != 0)
        return 0;
    return 10 + ((uint64_t)(head[6] & 0x7f) << 21 | (uint64_t)(head[7] & 0x7f) << 14 |
                 (uint64_t)(head[8] & 0x7f) << 7 | (uint64_t)(head[9] & 0x7f));
}

/* The mdat boxes of MP4, where "free" boxes are rightly empty; else the whole file. */
static void find_media(struct probe_input *input, struct ranges *ranges)
{
    uint64_t at = 0;
    struct box box;
    while (box_next(input, &at, input_size(input), &box)) {
        if (strcmp(box.type, "mdat") == 0)
            ranges_add(ranges, box.content, box.end);
    }
    if (ranges->count == 0)
        ranges_add(ranges, tag_bytes(input), input_size(input));
}

/* Where the byte of that number of all ranges together stands. */
static uint64_t place(const struct ranges *ranges, uint64_t number)
{
    size_t i = 0;
    while (i + 1 < ranges->count && number >= ranges->list[i].bytes)
        number -= ranges->list[i++].bytes;
    return ranges->list[i].from + number;
}

static bool is_zero(const uint8_t *at, size_t len)
{
    return len > 0 && at[0] == 0 && memcmp(at, at + 1, len - 1) == 0;
}

/* Uncoded sound may be silence, and a still picture an even plane or padded between its parts. */
static bool may_be_zero(const struct probe_report *report)
{
    bool picture = false;
    bool plain = false;
    if (report->container != NULL && strcmp(report->container, "image2") == 0)
        return true;
    for (size_t i = 0; i < report->stream_count; i++) {
        const struct probe_stream *stream = &report->streams[i];
        picture = picture || stream->type == PROBE_VIDEO;
        plain = plain || (stream->codec != NULL && strncmp(stream->codec, "pcm_", 4) == 0);
    }
    return plain && !picture;
}

void zeros_check(struct probe_input *input, struct probe_report *report)
{
    if (!report->is_media || may_be_zero(report))
        return;
    struct ranges ranges = {0};
    find_media(input, &ranges);
    uint64_t blocks = ranges.bytes / BLOCK_BYTES;
    uint64_t look = blocks < BLOCKS_MAX ? blocks : BLOCKS_MAX;
    uint64_t zero = 0;
    uint64_t first = 0;
    for (uint64_t i = 0; i < look; i++) {
        uint8_t block[BLOCK_BYTES];
        /* spread evenly, the last one at the end, where cut recordings are empty */
        uint64_t number = look > 1 ? i * (blocks - 1) / (look - 1) : 0;
        uint64_t at = place(&ranges, number * BLOCK_BYTES);
        size_t got = input_read(input, at, block, sizeof block);
        if (got == sizeof block && is_zero(block, got) && zero++ == 0)
            first = at;
    }
    if (zero > 0)
        report_add_issue(report, "zero-run",
                         "%.0f %% of the media data is zero bytes, first seen at byte %llu; looked "
                         "at %llu of %llu blocks of 32 KiB",
                         100.0 * (double)zero / (double)look, (unsigned long long)first,
                         (unsigned long long)look, (unsigned long long)blocks);
}
