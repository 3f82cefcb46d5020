/* Still pictures: where JPEG, PNG, TIFF and HEIF keep their EXIF block, and C2PA manifests. */
#include "probe/source.h"

#include <stdlib.h>
#include <string.h>

#include "probe/boxes.h"
#include "probe/scan.h"
#include "probe/sources/exif.h"

enum { SEGMENTS_MAX = 1024, CHUNKS_MAX = 1024, ITEMS_MAX = 4096, C2PA_LOOK = 64 };

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

/* A JPEG segment from behind its length on. */
static void segment_read(struct probe_input *input, unsigned marker, uint64_t at, uint64_t len,
                         struct probe_report *report)
{
    uint8_t head[C2PA_LOOK];
    struct probe_bytes start = {
        head, input_read(input, at, head, len < sizeof head ? (size_t)len : sizeof head)};
    if (marker == 0xe1 && start.len >= 6 && memcmp(head, "Exif\0\0", 6) == 0)
        exif_at(input, at + 6, len - 6, report);
    else if (marker == 0xeb && start.len >= 2 && memcmp(head, "JP", 2) == 0 &&
             scan_find(start, 0, "c2pa") < start.len)
        report_add_content(report, "c2pa", "%s", "JUMBF in APP11");
}

static void jpeg_scan(struct probe_input *input, struct probe_report *report)
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
        segment_read(input, header[1], at + 4, len - 2, report);
        at += 2 + len;
    }
}

static void png_scan(struct probe_input *input, struct probe_report *report)
{
    uint64_t at = 8;
    for (int i = 0; i < CHUNKS_MAX; i++) {
        uint8_t header[8];
        if (input_read(input, at, header, sizeof header) != sizeof header)
            return;
        uint64_t len = read_be32(header);
        if (memcmp(header + 4, "eXIf", 4) == 0)
            exif_at(input, at + 8, len, report);
        else if (memcmp(header + 4, "caBX", 4) == 0)
            report_add_content(report, "c2pa", "%s", "caBX chunk");
        at += 12 + len;
    }
}

/* A number of 0, 4 or 8 octets (or 2, for ids) at *at; false past the end. */
static bool sized_read(struct probe_input *input, uint64_t *at, uint64_t end, unsigned size,
                       uint64_t *value)
{
    uint8_t octets[8];
    *value = 0;
    if (size > sizeof octets || *at > end || end - *at < size ||
        input_read(input, *at, octets, size) != size)
        return false;
    for (unsigned i = 0; i < size; i++)
        *value = *value << 8 | octets[i];
    *at += size;
    return true;
}

/* The id of the item of type "Exif" in an item information box. */
static bool exif_item(struct probe_input *input, const struct box *iinf, uint64_t *id)
{
    uint64_t at = iinf->content;
    uint64_t version;
    uint64_t count;
    if (!sized_read(input, &at, iinf->end, 4, &version) ||
        !sized_read(input, &at, iinf->end, version >> 24 == 0 ? 2 : 4, &count))
        return false;
    struct box infe;
    for (uint64_t i = 0; i < count && i < ITEMS_MAX && box_next(input, &at, iinf->end, &infe);
         i++) {
        uint64_t in = infe.content;
        uint64_t flags;
        uint64_t protection;
        uint64_t type;
        if (strcmp(infe.type, "infe") != 0 || !sized_read(input, &in, infe.end, 4, &flags) ||
            flags >> 24 < 2 || !sized_read(input, &in, infe.end, flags >> 24 == 2 ? 2 : 4, id) ||
            !sized_read(input, &in, infe.end, 2, &protection) ||
            !sized_read(input, &in, infe.end, 4, &type))
            continue;
        if (type == 0x45786966) /* "Exif" */
            return true;
    }
    return false;
}

struct place {
    uint64_t method; /* 0: in the file; 1: in the item data box */
    uint64_t offset;
    uint64_t len;
};

/* The sizes of an item location box's fields. */
struct iloc {
    unsigned version, offset_size, length_size, base_size, index_size;
};

/* One entry; *place is its first extent. false at a fault. */
static bool iloc_item(struct probe_input *input, uint64_t *at, uint64_t end,
                      const struct iloc *iloc, uint64_t *id, struct place *place)
{
    uint64_t method = 0;
    uint64_t reference;
    uint64_t base;
    uint64_t extents;
    *place = (struct place){0}; /* an item may have no extent */
    if (!sized_read(input, at, end, iloc->version < 2 ? 2 : 4, id) ||
        (iloc->version > 0 && !sized_read(input, at, end, 2, &method)) ||
        !sized_read(input, at, end, 2, &reference) ||
        !sized_read(input, at, end, iloc->base_size, &base) ||
        !sized_read(input, at, end, 2, &extents))
        return false;
    for (uint64_t i = 0; i < extents; i++) {
        uint64_t index;
        uint64_t offset;
        uint64_t len;
        if ((iloc->version > 0 && !sized_read(input, at, end, iloc->index_size, &index)) ||
            !sized_read(input, at, end, iloc->offset_size, &offset) ||
            !sized_read(input, at, end, iloc->length_size, &len))
            return false;
        if (iloc->index_size + iloc->offset_size + iloc->length_size == 0)
            return false; /* an extent of no octets never ends the box */
        if (i == 0)
            *place = (struct place){method & 0x0f, base + offset, len};
    }
    return true;
}

static bool item_place(struct probe_input *input, const struct box *box, uint64_t wanted,
                       struct place *place)
{
    uint64_t at = box->content;
    uint64_t head;
    uint64_t sizes;
    uint64_t count;
    if (!sized_read(input, &at, box->end, 4, &head) || !sized_read(input, &at, box->end, 2, &sizes))
        return false;
    const struct iloc iloc = {
        .version = (unsigned)(head >> 24),
        .offset_size = (unsigned)(sizes >> 12) & 0x0f,
        .length_size = (unsigned)(sizes >> 8) & 0x0f,
        .base_size = (unsigned)(sizes >> 4) & 0x0f,
        .index_size = head >> 24 > 0 ? (unsigned)sizes & 0x0f : 0,
    };
    if (!sized_read(input, &at, box->end, iloc.version < 2 ? 2 : 4, &count))
        return false;
    for (uint64_t i = 0; i < count && i < ITEMS_MAX; i++) {
        uint64_t id;
        if (!iloc_item(input, &at, box->end, &iloc, &id, place))
            return false;
        if (id == wanted)
            return true;
    }
    return false;
}

/* HEIC and AVIF: the Exif item begins with the distance to its TIFF header. */
static void heif_scan(struct probe_input *input, struct probe_report *report)
{
    struct box iinf;
    struct box location;
    struct box idat;
    uint64_t id;
    struct place place = {0};
    if (!box_path(input, "meta/iinf", &iinf) || !box_path(input, "meta/iloc", &location) ||
        !exif_item(input, &iinf, &id) || !item_place(input, &location, id, &place))
        return;
    uint64_t at = place.offset;
    if (place.method == 1) {
        if (!box_path(input, "meta/idat", &idat) || at > idat.end - idat.content)
            return;
        at += idat.content;
    }
    uint64_t size = input_size(input);
    uint64_t skip;
    if (at > size)
        return;
    uint64_t end = place.len < size - at ? at + place.len : size;
    if (sized_read(input, &at, end, 4, &skip) && skip < end - at)
        exif_at(input, at + skip, end - at - skip, report);
}

static void picture_scan(struct probe_input *input, struct probe_report *report)
{
    uint8_t head[12];
    size_t len = input_read(input, 0, head, sizeof head);
    if (len < sizeof head)
        return;
    if (memcmp(head, "\xff\xd8\xff", 3) == 0)
        jpeg_scan(input, report);
    else if (memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
        png_scan(input, report);
    else if (memcmp(head, "II*\0", 4) == 0 || memcmp(head, "MM\0*", 4) == 0)
        exif_at(input, 0, input_size(input), report);
    else if (memcmp(head + 4, "ftyp", 4) == 0)
        heif_scan(input, report);
}

const struct source source_picture = {.name = "picture", .scan = picture_scan};
