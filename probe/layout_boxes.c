/* MP4 and QuickTime: ISO/IEC 14496-12. */
#include <ctype.h>
#include <string.h>

#include "probe/boxes.h"
#include "probe/heif.h"
#include "probe/layout.h"

struct shape {
    bool file_type, movie, fragments, data;
};

static bool is_type(const struct box *box, const char *type)
{
    return memcmp(box->type, type, 4) == 0;
}

/* Types that stand at the top of a file. */
static bool is_top_type(const struct box *box)
{
    static const char types[] = "ftypmoovmoofmdatfreeskipwidepnotstypsidxssixmframetauuidPICTjunk"
                                "prflbloccaltemsgprftpdinmecomeredataidataimdaGPS udtafma1thumskip"
                                "SCOVfregMETAgpsafreampvdaxteIDITgps0gseagsen";
    for (size_t i = 0; i + 4 < sizeof types; i += 4) {
        if (memcmp(box->type, types + i, 4) == 0)
            return true;
    }
    return false;
}

/* A box of a type that is not known, whole and with a name of letters and digits; what is not one
 * lies behind the end of the recording. */
static bool is_plausible(const struct box *box)
{
    for (size_t i = 0; i < 4; i++) {
        if (!isalnum((unsigned char)box->type[i]) && box->type[i] != ' ' && box->type[i] != '_')
            return false;
    }
    return !box->cut;
}

static void note_type(struct shape *shape, const struct box *box)
{
    shape->file_type = shape->file_type || is_type(box, "ftyp");
    shape->movie = shape->movie || is_type(box, "moov");
    shape->fragments = shape->fragments || is_type(box, "moof");
    shape->data = shape->data || is_type(box, "mdat");
}

static uint64_t claimed_size(struct probe_input *input, const struct box *box)
{
    uint8_t head[16] = {0};
    (void)input_read(input, box->offset, head, sizeof head); /* short: the rest stays 0 */
    uint32_t size = read_be32(head);
    return size == 1 ? read_be64(head + 8) : size;
}

static void check_cut(struct probe_input *input, const struct box *box, struct probe_report *report)
{
    if (!box->cut)
        return;
    if (is_type(box, "moov"))
        report_add_issue(report, "not-finalised", "the index (moov) is cut off");
    layout_note_truncated(report, box->type, claimed_size(input, box), box->end - box->offset);
}

/* What follows the last box. Samsung's own trailer, which ends in its mark, is named by the source
 * of attachments. */
static void check_tail(struct probe_input *input, uint64_t at, struct probe_report *report)
{
    uint64_t size = input_size(input);
    uint8_t mark[4];
    if (at >= size)
        return;
    if (input_read(input, size - 4, mark, 4) != 4 || memcmp(mark, "SEFT", 4) != 0)
        layout_note_trailing(report, size - at, at);
}

/* The sample entries of all tracks. */
static void check_encrypted(struct probe_input *input, struct probe_report *report)
{
    static const char path[] = "mdiaminfstblstsd";
    struct box movie;
    struct box track;
    if (!box_path(input, "moov", &movie))
        return;
    uint64_t at = movie.content;
    while (box_next(input, &at, movie.end, &track)) {
        struct box box = track;
        bool found = is_type(&track, "trak");
        for (size_t i = 0; found && i + 4 < sizeof path; i += 4)
            found = box_find(input, box.content, box.end, path + i, &box);
        uint64_t entry = box.content + 8; /* version, flags, count */
        if (found && box_next(input, &entry, box.end, &box) &&
            (memcmp(box.type, "enc", 3) == 0 || is_type(&box, "drmi") || is_type(&box, "drms")))
            report_add_issue(report, "encrypted", "a track is of type \"%s\"", box.type);
    }
}

const char *layout_boxes(struct probe_input *input, struct probe_report *report)
{
    struct shape shape = {0};
    struct box box;
    uint64_t at = 0;
    if (!box_next(input, &at, input_size(input), &box) || !is_top_type(&box))
        return NULL;
    uint64_t last = 0;
    do {
        note_type(&shape, &box);
        check_cut(input, &box, report);
        last = at;
    } while (box_next(input, &at, input_size(input), &box) &&
             (is_top_type(&box) || is_plausible(&box)));

    bool film = shape.movie || shape.fragments;
    bool picture = !film && heif_is_picture(input);
    if (!film && !picture && (shape.data || shape.file_type))
        report_add_issue(report, "not-finalised", "there is no index (moov)");
    check_tail(input, last, report);
    check_encrypted(input, report);
    if (picture)
        return LAYOUT_HEIF;
    return film || shape.file_type || shape.data ? "mov" : NULL;
}
