#include "probe/sources/id3.h"

#include <stdio.h>
#include <string.h>

#include "probe/source.h"
#include "probe/sources/stamp.h"

enum { FRAMES_MAX = 512, TEXT_BYTES = 64 };

struct id3 {
    unsigned version; /* 2, 3 or 4 */
    char year[TEXT_BYTES], day[TEXT_BYTES], time[TEXT_BYTES], recorded[TEXT_BYTES];
};

/* Seven bits an octet. */
static uint32_t synchsafe(const uint8_t *at)
{
    return (uint32_t)(at[0] & 0x7f) << 21 | (uint32_t)(at[1] & 0x7f) << 14 |
           (uint32_t)(at[2] & 0x7f) << 7 | (at[3] & 0x7f);
}

/* A text frame's ASCII letters: dates have no others, in whichever of the encodings. */
static void text_read(struct probe_input *input, uint64_t at, uint32_t len,
                      char text[static TEXT_BYTES])
{
    uint8_t octets[TEXT_BYTES * 2];
    size_t want = len < sizeof octets ? len : sizeof octets;
    size_t got = input_read(input, at, octets, want);
    if (got < want)
        return; /* half a date is another */
    size_t n = 0;
    for (size_t i = 1; i < got && n + 1 < TEXT_BYTES; i++) {
        if (octets[i] >= 0x20 && octets[i] < 0x7f)
            text[n++] = (char)octets[i];
    }
    text[n] = '\0';
}

static void frame_read(struct id3 *id3, struct probe_input *input, const char *name, uint64_t at,
                       uint32_t len)
{
    const struct {
        const char *old, *name;
        char *text;
    } frames[] = {
        {"TYE", "TYER", id3->year},
        {"TDA", "TDAT", id3->day},
        {"TIM", "TIME", id3->time},
        {"", "TDRC", id3->recorded},
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        if (strcmp(name, id3->version == 2 ? frames[i].old : frames[i].name) == 0)
            text_read(input, at, len, frames[i].text);
    }
}

static void report_times(const struct id3 *id3, struct probe_report *report)
{
    struct when when;
    struct probe_bytes recorded = {(const uint8_t *)id3->recorded, strlen(id3->recorded)};
    if (stamp_parse(recorded, &when)) {
        if (when.zoned)
            when_report(report, "id3-tdrc", &when);
        else
            report_add_time(report, "id3-tdrc", when.wall_us, 0, PROBE_DEFINED_UTC);
        return;
    }
    /* "2026", "1501" (day, month), "1200" */
    if (strlen(id3->year) != 4 || strlen(id3->day) != 4 || strlen(id3->time) != 4)
        return;
    char text[32];
    (void)snprintf(text, sizeof text, "%.4s-%.2s-%.2s %.2s:%.2s", id3->year, id3->day + 2, id3->day,
                   id3->time, id3->time + 2);
    (void)stamp_add_text(report, "id3-time",
                         (struct probe_bytes){(const uint8_t *)text, strlen(text)});
}

void id3_read(struct probe_input *input, uint64_t at, struct probe_report *report)
{
    uint8_t header[10];
    if (input_read(input, at, header, sizeof header) != sizeof header ||
        memcmp(header, "ID3", 3) != 0 || header[3] < 2 || header[3] > 4)
        return;
    struct id3 id3 = {.version = header[3]};
    at += sizeof header;
    uint64_t end = at + synchsafe(header + 6);
    uint8_t frame[10];
    if (id3.version > 2 && (header[5] & 0x40) != 0) { /* an extended header */
        if (input_read(input, at, frame, 4) != 4)
            return;
        at += id3.version == 3 ? (uint64_t)read_be32(frame) + 4 : synchsafe(frame);
    }
    size_t frame_len = id3.version == 2 ? 6 : 10;
    for (int i = 0; i < FRAMES_MAX && at < end && end - at > frame_len; i++) {
        if (input_read(input, at, frame, frame_len) != frame_len || frame[0] == 0)
            break;
        char name[5] = {0};
        memcpy(name, frame, id3.version == 2 ? 3 : 4);
        uint32_t len = id3.version == 2   ? (uint32_t)frame[3] << 16 | read_be16(frame + 4)
                       : id3.version == 3 ? read_be32(frame + 4)
                                          : synchsafe(frame + 4);
        at += frame_len;
        frame_read(&id3, input, name, at, len);
        at += len;
    }
    report_times(&id3, report);
}

static void id3_scan(struct probe_input *input, struct probe_report *report)
{
    id3_read(input, 0, report);
}

const struct source source_id3 = {.name = "id3", .scan = id3_scan};
