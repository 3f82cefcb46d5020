#include "probe/boxes.h"
#include "probe/source.h"

/*
 * The times in mvhd, tkhd and mdhd (ISO/IEC 14496-12, 8.2.2, 8.3.2, 8.4.2): seconds since
 * 1904-01-01 in UTC. Zero is unknown. Some writers count from 1970 instead; such a value, read as
 * the format has it, lies before 1990 and is taken for what it can only be.
 */

enum { TRACKS_MAX = 64 };

static const uint64_t SECONDS_1904_TO_1970 = 2082844800;
static const uint64_t SECONDS_1990 = 631152000;

static bool read_creation(struct probe_input *input, const struct box *box, uint64_t *seconds)
{
    uint8_t head[12];
    uint64_t size = box->end - box->content;
    if (size < 8 || input_read(input, box->content, head, sizeof head) < 8)
        return false;
    if (head[0] == 1) {
        if (size < 12)
            return false;
        *seconds = read_be64(head + 4);
    } else {
        *seconds = read_be32(head + 4);
    }
    return *seconds != 0;
}

static bool report_creation(struct probe_input *input, const struct box *box, const char *source,
                            struct probe_report *report)
{
    uint64_t seconds = 0;
    if (!read_creation(input, box, &seconds))
        return false;
    if (seconds >= SECONDS_1904_TO_1970)
        seconds -= SECONDS_1904_TO_1970;
    if (seconds < SECONDS_1990 || seconds > UINT32_MAX)
        return false;
    report_add_time(report, source, (int64_t)seconds * 1000000, 0, PROBE_DEFINED_UTC);
    return true;
}

/* The first track that has a time. */
static void scan_tracks(struct probe_input *input, const struct box *moov,
                        struct probe_report *report)
{
    struct box trak;
    uint64_t at = moov->content;
    for (unsigned i = 0; i < TRACKS_MAX && box_find(input, at, moov->end, "trak", &trak); i++) {
        struct box box;
        at = trak.end;
        if (box_find(input, trak.content, trak.end, "tkhd", &box) &&
            report_creation(input, &box, "tkhd", report))
            return;
        if (box_find(input, trak.content, trak.end, "mdia", &box) &&
            box_find(input, box.content, box.end, "mdhd", &box) &&
            report_creation(input, &box, "mdhd", report))
            return;
    }
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    struct box moov;
    struct box mvhd;
    if (!box_path(input, "moov", &moov))
        return;
    if (box_find(input, moov.content, moov.end, "mvhd", &mvhd) &&
        report_creation(input, &mvhd, "mvhd", report))
        return;
    scan_tracks(input, &moov, report);
}

const struct source source_movie_header = {.name = "movie-header", .scan = scan};
