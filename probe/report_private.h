#ifndef SHILU_PROBE_REPORT_PRIVATE_H
#define SHILU_PROBE_REPORT_PRIVATE_H

#include "probe/report.h"

enum { TEXT_BLOCK_BYTES = 4096, TEXT_TOTAL_MAX = 1 << 20 };

/* Texts live as long as the report: they are cut from blocks that are freed together. */
struct report_block {
    struct report_block *next;
    size_t used;
    char bytes[TEXT_BLOCK_BYTES];
};

struct own_report {
    struct probe_report report; /* first: a report of ours is one of these */
    struct report_block *blocks;
    size_t text_bytes;
    uint32_t fix_stride; /* every so many-th fix is kept */
    uint32_t fix_seen;
    struct probe_fix *track;
    size_t track_room;
    struct probe_stream streams[PROBE_LIST_MAX];
    struct probe_time times[PROBE_LIST_MAX];
    struct probe_position positions[PROBE_LIST_MAX];
    struct probe_issue issues[PROBE_LIST_MAX];
    struct probe_content contents[PROBE_LIST_MAX];
};

/* Every report comes from report_new, so it is the first member of one of these. */
static inline struct own_report *report_own(struct probe_report *report)
{
    return (struct own_report *)report;
}

#endif
