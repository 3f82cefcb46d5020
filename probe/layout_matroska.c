/* Matroska and WebM: RFC 8794 and 9559. */
#include <string.h>

#include "probe/layout.h"

/* A length of 1 to 8 octets; UINT64_MAX where it is left open. Gives its octets, 0 for none. */
static size_t length_read(const uint8_t *at, size_t have, uint64_t *length)
{
    size_t octets = 1;
    while (octets <= 8 && have > 0 && (at[0] & 0x80 >> (octets - 1)) == 0)
        octets++;
    if (octets > 8 || octets > have)
        return 0;
    uint64_t value = at[0] & (0xFFU >> octets);
    bool open = value == (0xFFU >> octets);
    for (size_t i = 1; i < octets; i++) {
        value = value << 8 | at[i];
        open = open && at[i] == 0xFF;
    }
    *length = open ? UINT64_MAX : value;
    return octets;
}

const char *layout_matroska(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[12];
    uint64_t length = 0;
    size_t have = input_read(input, 0, head, sizeof head);
    if (have < 5 || read_be32(head) != 0x1A45DFA3)
        return NULL;
    size_t octets = length_read(head + 4, have - 4, &length);
    if (octets == 0 || length > 4096)
        return "matroska";

    uint64_t at = 4 + octets + length;
    have = input_read(input, at, head, sizeof head);
    if (have < 5 || read_be32(head) != 0x18538067) {
        report_add_issue(report, "not-finalised", "there is no segment");
        return "matroska";
    }
    octets = length_read(head + 4, have - 4, &length);
    uint64_t content = at + 4 + octets;
    uint64_t size = input_size(input);
    if (octets == 0 || content > size)
        return "matroska";
    if (length == UINT64_MAX)
        report_add_issue(report, "not-finalised", "the segment's size is not filled in");
    else if (length > size - content)
        layout_note_truncated(report, "Segment", length, size - content);
    else if (length < size - content)
        layout_note_trailing(report, size - content - length, content + length);
    return "matroska";
}
