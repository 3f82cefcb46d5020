/* FLV: each tag is followed by its length, so the end can be checked backwards. */
#include <string.h>

#include "probe/layout.h"

enum { TAG_HEAD = 11 };

const char *layout_flash(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[9];
    uint64_t size = input_size(input);
    if (input_read(input, 0, head, sizeof head) != sizeof head || memcmp(head, "FLV\x01", 4) != 0)
        return NULL;
    if (size < sizeof head + 4 + TAG_HEAD + 4) {
        report_add_issue(report, "truncated", "there is no whole tag");
        return "flv";
    }
    uint8_t tail[4];
    uint8_t tag[TAG_HEAD];
    (void)input_read(input, size - 4, tail, sizeof tail); /* short reads show below */
    uint64_t length = read_be32(tail);
    bool whole = length >= TAG_HEAD && length <= size - sizeof head - 8 &&
                 input_read(input, size - 4 - length, tag, sizeof tag) == sizeof tag &&
                 (read_be32(tag) & 0xFFFFFF) == length - TAG_HEAD;
    if (!whole)
        report_add_issue(report, "truncated", "the last tag is cut off");
    return "flv";
}
