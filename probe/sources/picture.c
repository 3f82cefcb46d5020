/* Still pictures: where JPEG, PNG, TIFF and HEIF keep their EXIF block, and C2PA manifests. */
#include "probe/source.h"

#include <stdlib.h>
#include <string.h>

#include "probe/boxes.h"
#include "probe/heif.h"
#include "probe/scan.h"
#include "probe/sources/exif.h"
#include "probe/sources/load.h"
#include "probe/sources/tiff.h"
#include "probe/sources/xmp.h"

enum { SEGMENTS_MAX = 1024, CHUNKS_MAX = 1024, C2PA_LOOK = 64 };

static void exif_at(struct probe_input *input, uint64_t at, uint64_t len,
                    struct probe_report *report)
{
    size_t want = len < EXIF_BYTES_MAX ? (size_t)len : EXIF_BYTES_MAX;
    uint8_t *octets = malloc(want > 0 ? want : 1);
    if (octets == NULL)
        return;
    size_t got = input_read(input, at, octets, want);
    exif_read((struct probe_bytes){octets, got}, report);
    free(octets);
}

static void tiff_read(struct probe_input *input, uint64_t at, uint64_t end,
                      enum tiff_directory first, struct probe_report *report)
{
    uint8_t *block = malloc(TIFF_COLLECTED_MAX);
    if (block == NULL)
        return;
    size_t len = tiff_collect(input, at, end, first, block);
    exif_read((struct probe_bytes){block, len}, report);
    free(block);
}

/* Canon's box in the movie box of CR3: each directory of EXIF in a TIFF file of its own. */
static void canon_scan(struct probe_input *input, struct probe_report *report)
{
    static const uint8_t canon[16] = {0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0,
                                      0x81, 0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48};
    static const struct {
        const char *type;
        enum tiff_directory first;
    } parts[] = {{"CMT1", TIFF_MAIN}, {"CMT2", TIFF_EXIF}, {"CMT4", TIFF_GPS}};
    struct box movie;
    struct box box;
    struct box part;
    if (!box_path(input, "moov", &movie))
        return;
    uint64_t at = movie.content;
    while (box_next(input, &at, movie.end, &box)) {
        if (strcmp(box.type, "uuid") != 0 || memcmp(box.uuid, canon, sizeof canon) != 0)
            continue;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            if (box_find(input, box.content, box.end, parts[i].type, &part))
                tiff_read(input, part.content, part.end, parts[i].first, report);
        }
        return;
    }
}

/* Where the picture's XMP lies, which is read last; from == end: nowhere. */
struct packet {
    uint64_t from, end;
};

static bool starts_with(struct probe_bytes start, const char *text, size_t len)
{
    return start.len >= len && memcmp(start.at, text, len) == 0;
}

/* A JPEG segment from behind its length on. */
static void segment_read(struct probe_input *input, unsigned marker, uint64_t at, uint64_t len,
                         struct packet *xmp, struct probe_report *report)
{
    static const char xmp_mark[] = "http://ns.adobe.com/xap/1.0/"; /* with its NUL */
    uint8_t head[C2PA_LOOK];
    struct probe_bytes start = {
        head, input_read(input, at, head, len < sizeof head ? (size_t)len : sizeof head)};
    if (marker == 0xe1 && start.len >= 6 && memcmp(head, "Exif\0\0", 6) == 0)
        exif_at(input, at + 6, len - 6, report);
    else if (marker == 0xe1 && xmp->end == 0 && starts_with(start, xmp_mark, sizeof xmp_mark))
        *xmp = (struct packet){at + sizeof xmp_mark, at + len};
    else if (marker == 0xeb && start.len >= 2 && memcmp(head, "JP", 2) == 0 &&
             scan_find(start, 0, "c2pa") < start.len)
        report_add_content(report, "c2pa", "%s", "JUMBF in APP11");
}

static void jpeg_scan(struct probe_input *input, struct packet *xmp, struct probe_report *report)
{
    uint64_t at = 2;
    for (int i = 0; i < SEGMENTS_MAX; i++) {
        uint8_t header[4];
        if (input_read(input, at, header, sizeof header) != sizeof header || header[0] != 0xff)
            return;
        if (header[1] == 0xff) { /* a fill octet */
            at++;
            continue;
        }
        uint64_t len = read_be16(header + 2);
        if (header[1] == 0xda || len < 2)
            return; /* the picture itself begins */
        segment_read(input, header[1], at + 4, len - 2, xmp, report);
        at += 2 + len;
    }
}

/* XMP in an international text chunk, not compressed. */
static bool is_png_xmp(struct probe_input *input, uint64_t at, uint64_t len)
{
    static const char mark[] = "XML:com.adobe.xmp\0\0\0\0"; /* and empty language and title */
    char start[22];
    return len > sizeof start && input_read(input, at, start, sizeof start) == sizeof start &&
           memcmp(start, mark, sizeof start) == 0;
}

static void png_scan(struct probe_input *input, struct packet *xmp, struct probe_report *report)
{
    uint64_t at = 8;
    for (int i = 0; i < CHUNKS_MAX; i++) {
        uint8_t header[8];
        if (input_read(input, at, header, sizeof header) != sizeof header)
            return;
        uint64_t len = read_be32(header);
        if (memcmp(header + 4, "eXIf", 4) == 0)
            exif_at(input, at + 8, len, report);
        else if (memcmp(header + 4, "iTXt", 4) == 0 && xmp->end == 0 &&
                 is_png_xmp(input, at + 8, len))
            *xmp = (struct packet){at + 8 + 22, at + 8 + len};
        else if (memcmp(header + 4, "caBX", 4) == 0)
            report_add_content(report, "c2pa", "%s", "caBX chunk");
        at += 12 + len;
    }
}

/* HEIC and AVIF: the Exif item begins with the distance to its TIFF header. */
static void heif_scan(struct probe_input *input, struct probe_report *report)
{
    uint8_t skip[4];
    uint64_t at;
    uint64_t end;
    if (!heif_exif(input, &at, &end) || end - at < 4 || input_read(input, at, skip, 4) != 4)
        return;
    at += 4;
    if (read_be32(skip) < end - at)
        exif_at(input, at + read_be32(skip), end - at - read_be32(skip), report);
}

static void xmp_packet_read(struct probe_input *input, const struct packet *xmp,
                            struct probe_report *report)
{
    struct probe_bytes packet;
    if (xmp->end == xmp->from || (report->time_count > 0 && report->position_count > 0))
        return;
    uint8_t *loaded = load_range(input, xmp->from, xmp->end, XMP_BYTES_MAX, &packet);
    if (loaded != NULL)
        xmp_read(packet, report);
    free(loaded);
}

static void picture_scan(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[12];
    struct packet xmp = {0};
    size_t len = input_read(input, 0, head, sizeof head);
    if (len < sizeof head)
        return;
    if (memcmp(head, "\xff\xd8\xff", 3) == 0)
        jpeg_scan(input, &xmp, report);
    else if (memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
        png_scan(input, &xmp, report);
    else if (memcmp(head + 4, "ftypcrx ", 8) == 0)
        canon_scan(input, report);
    else if (memcmp(head + 4, "ftyp", 4) == 0)
        heif_scan(input, report);
    else
        tiff_read(input, 0, input_size(input), TIFF_MAIN, report);
    xmp_packet_read(input, &xmp, report);
}

const struct source source_picture = {.name = "picture", .scan = picture_scan};
