/* JPEG and PNG: the end is marked. */
#include <string.h>

#include "probe/layout.h"

enum { TAIL_BYTES = 65536 };

/* Whether the mark stands near the end; cameras put previews and gain maps behind it. */
static bool ends_with(struct probe_input *input, const char *mark, size_t len)
{
    static uint8_t tail[TAIL_BYTES];
    uint64_t size = input_size(input);
    uint64_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    size_t got = input_read(input, from, tail, sizeof tail);
    return memmem(tail, got, mark, len) != NULL;
}

const char *layout_picture(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[8];
    if (input_read(input, 0, head, sizeof head) != sizeof head)
        return NULL;
    bool jpeg = memcmp(head, "\xFF\xD8\xFF", 3) == 0;
    bool png = memcmp(head, "\x89PNG\r\n\x1A\n", 8) == 0;
    if (!jpeg && !png)
        return NULL;
    if (jpeg ? !ends_with(input, "\xFF\xD9", 2) : !ends_with(input, "IEND", 4))
        report_add_issue(report, "truncated", "the end of the picture is missing");
    return jpeg ? "jpeg_pipe" : "png_pipe";
}
