#include "probe/boxes.h"
#include "probe/source.h"

#include <stdio.h>
#include <string.h>

/*
 * What else stands in an MP4 file and is kept as it is: C2PA's manifest, XMP, other uuid boxes,
 * Samsung's trailer. It is named, not read.
 */

enum { BOXES_MAX = 4096, SEF_ENTRIES_MAX = 64, SEF_NAME_MAX = 64 };

static const uint8_t C2PA[16] = {0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c,
                                 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81};
static const uint8_t XMP[16] = {0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8,
                                0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac};

static void name_uuid(const struct box *box, struct probe_report *report)
{
    if (memcmp(box->uuid, C2PA, 16) == 0) {
        report_add_content(report, "c2pa", "not validated");
    } else if (memcmp(box->uuid, XMP, 16) == 0) {
        report_add_content(report, "xmp", NULL);
    } else {
        char text[33];
        for (size_t i = 0; i < 16; i++)
            (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)box->uuid[i]);
        report_add_content(report, "uuid-box", "%s", text);
    }
}

static void name_boxes(struct probe_input *input, uint64_t at, uint64_t end,
                       struct probe_report *report)
{
    struct box box;
    for (unsigned i = 0; i < BOXES_MAX && box_next(input, &at, end, &box); i++)
        if (strcmp(box.type, "uuid") == 0 && box.content - box.offset >= 24)
            name_uuid(&box, report);
}

/*
 * Samsung's trailer at the very end: entries, then "SEFH", version, count and 12 octets for each
 * (type, distance back from SEFH, size), the length of that, "SEFT". An entry is its type, the
 * length of its name, the name, the value.
 */
static void name_samsung(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[12];
    uint64_t size = input_size(input);
    if (size < 20 || input_read(input, size - 8, head, 8) < 8 || memcmp(head + 4, "SEFT", 4) != 0)
        return;
    uint64_t length = read_le32(head);
    if (length < 12 || length > size - 8)
        return;
    uint64_t table = size - 8 - length;
    if (input_read(input, table, head, 12) < 12 || memcmp(head, "SEFH", 4) != 0)
        return;
    uint32_t count = read_le32(head + 8);
    for (uint32_t i = 0; i < count && i < SEF_ENTRIES_MAX && 12 + 12 * (i + 1) <= length; i++) {
        uint8_t entry[12];
        char name[SEF_NAME_MAX];
        if (input_read(input, table + 12 + UINT64_C(12) * i, entry, 12) < 12)
            return;
        uint64_t back = read_le32(entry + 4);
        if (back < 8 || back > table || input_read(input, table - back, entry, 8) < 8)
            continue;
        uint32_t name_len = read_le32(entry + 4);
        if (name_len == 0 || name_len > sizeof name || name_len > back - 8)
            continue;
        size_t got = input_read(input, table - back + 8, name, name_len);
        report_add_content(report, "samsung-sef", "%.*s", (int)strnlen(name, got), name);
    }
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[12];
    struct box box;
    if (input_read(input, 0, head, sizeof head) < sizeof head || memcmp(head + 4, "ftyp", 4) != 0)
        return;
    name_boxes(input, 0, input_size(input), report);
    if (box_path(input, "moov", &box))
        name_boxes(input, box.content, box.end, report);
    name_samsung(input, report);
}

const struct source source_attachments = {.name = "attachments", .scan = scan};
