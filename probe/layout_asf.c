/* ASF (WMV, WMA): objects of a GUID and a little-endian size. */
#include <string.h>

#include "probe/layout.h"

static const uint8_t header_guid[16] = {0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11,
                                        0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C};
static const uint8_t properties_guid[16] = {0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11,
                                            0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65};
static const uint8_t encryption_guid[16] = {0xFB, 0xB3, 0x11, 0x22, 0x23, 0xBD, 0xD2, 0x11,
                                            0xB4, 0xB7, 0x00, 0xA0, 0xC9, 0x55, 0xFC, 0x6E};
static const uint8_t encryption_more_guid[16] = {0x14, 0xE6, 0x8A, 0x29, 0x22, 0x26, 0x17, 0x4C,
                                                 0xB9, 0x35, 0xDA, 0xE0, 0x7E, 0xE9, 0x28, 0x9C};

enum { HEADER_BYTES = 30, OBJECT_BYTES = 24, OBJECTS_MAX = 1000, BROADCAST = 1 };

/* The file properties object: its size of the whole file, unless the stream was live. */
static void check_properties(struct probe_input *input, uint64_t at, struct probe_report *report)
{
    uint8_t object[92];
    if (input_read(input, at, object, sizeof object) != sizeof object)
        return;
    uint64_t claimed = read_le64(object + 40);
    uint64_t size = input_size(input);
    if ((read_le32(object + 88) & BROADCAST) != 0 || claimed == 0)
        report_add_issue(report, "not-finalised", "the header is that of a live stream");
    else if (claimed > size)
        layout_note_truncated(report, "the header", claimed, size);
    else if (claimed < size)
        layout_note_trailing(report, size - claimed, claimed);
}

const char *layout_asf(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[OBJECT_BYTES];
    if (input_read(input, 0, head, sizeof head) != sizeof head ||
        memcmp(head, header_guid, 16) != 0)
        return NULL;
    uint64_t end = read_le64(head + 16);
    uint64_t at = HEADER_BYTES;
    for (unsigned i = 0; i < OBJECTS_MAX && at < end; i++) {
        if (input_read(input, at, head, sizeof head) != sizeof head)
            break;
        uint64_t length = read_le64(head + 16);
        if (memcmp(head, properties_guid, 16) == 0)
            check_properties(input, at, report);
        if (memcmp(head, encryption_guid, 16) == 0 || memcmp(head, encryption_more_guid, 16) == 0)
            report_add_issue(report, "encrypted", "the header names a licence");
        if (length < OBJECT_BYTES || length > end - at)
            break;
        at += length;
    }
    return "asf";
}
