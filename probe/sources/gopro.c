#include "probe/boxes.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/gpmf.h"
#include "probe/sources/load.h"

#include <stdlib.h>
#include <string.h>

/*
 * What GoPro cameras write about themselves outside the telemetry track: FIRM and GPMF in the user
 * data, and a record "GPRO" at the very start of the media data (HERO5 on; the layout as ExifTool's
 * table has it: firmware at 8, lens serial at 23, serial at 87, model at 102).
 */

enum { GPMF_MAX = 256 << 10, GPRO_BYTES = 134, SERIAL_AT = 87, MODEL_AT = 102 };

static const struct probe_bytes MAKER = {(const uint8_t *)"GoPro", 5};

/* A text field that ends at a NUL or its width. */
static struct probe_bytes text_at(const uint8_t *record, size_t at, size_t width)
{
    return (struct probe_bytes){record + at, strnlen((const char *)record + at, width)};
}

static void read_gpro(struct probe_input *input, struct probe_report *report)
{
    struct box mdat;
    uint8_t record[GPRO_BYTES];
    if (!box_path(input, "mdat", &mdat) || mdat.end - mdat.content < sizeof record ||
        input_read(input, mdat.content, record, sizeof record) < sizeof record)
        return;
    if (memcmp(record, "GPRO", 4) != 0 || read_le32(record + 4) < sizeof record)
        return;
    report_set_text(report, REPORT_MAKE, MAKER);
    report_set_text(report, REPORT_FIRMWARE, text_at(record, 8, 15));
    report_set_text(report, REPORT_SERIAL, text_at(record, SERIAL_AT, MODEL_AT - SERIAL_AT));
    report_set_text(report, REPORT_MODEL, text_at(record, MODEL_AT, GPRO_BYTES - MODEL_AT));
}

static void read_user_data(struct probe_input *input, struct probe_report *report)
{
    struct box box;
    struct probe_bytes bytes;
    if (box_path(input, "moov/udta/GPMF", &box)) {
        struct track track = {.source = "gpmf"};
        uint8_t *at = load_range(input, box.content, box.end, GPMF_MAX, &bytes);
        gpmf_read(bytes, &track, report);
        free(at);
    }
    if (box_path(input, "moov/udta/FIRM", &box)) {
        uint8_t *at = load_range(input, box.content, box.end, 64, &bytes);
        if (scan_find(bytes, 0, "HD") == 0 || scan_find(bytes, 0, "H1") == 0)
            report_set_text(report, REPORT_MAKE, MAKER);
        report_set_text(report, REPORT_FIRMWARE, bytes);
        free(at);
    }
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    read_user_data(input, report);
    read_gpro(input, report);
}

const struct source source_gopro = {.name = "gopro", .scan = scan};
