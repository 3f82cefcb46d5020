#include "probe/layout.h"

#include <string.h>

void layout_note_truncated(struct probe_report *report, const char *what, uint64_t claimed,
                           uint64_t there)
{
    report_add_issue(report, "truncated", "%s claims %llu bytes, %llu are there", what,
                     (unsigned long long)claimed, (unsigned long long)there);
}

void layout_note_trailing(struct probe_report *report, uint64_t bytes, uint64_t at)
{
    report_add_issue(report, "trailing-bytes", "%llu bytes behind the end of the recording at %llu",
                     (unsigned long long)bytes, (unsigned long long)at);
}

const char *layout_check(struct probe_input *input, struct probe_report *report)
{
    static const char *(*const layouts[])(struct probe_input *, struct probe_report *) = {
        layout_boxes, layout_riff,      layout_matroska, layout_asf,
        layout_flash, layout_transport, layout_picture,
    };
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const char *format = layouts[i](input, report);
        if (format != NULL) {
            report->is_media = true;
            return format;
        }
    }
    return NULL;
}
