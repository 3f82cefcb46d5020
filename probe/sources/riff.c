/*
 * RIFF files: AVI, WAV (and its 64-bit kin), WebP. Dates stand in them as text without a zone; the
 * camera in INFO, exif or maker's chunks.
 */
#include "probe/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/scan.h"
#include "probe/sources/exif.h"
#include "probe/sources/id3.h"
#include "probe/sources/load.h"
#include "probe/sources/riff_gps.h"
#include "probe/sources/stamp.h"
#include "probe/sources/xmp.h"

enum {
    CHUNKS_MAX = 20000,
    DEPTH_MAX = 5,
    TEXT_BYTES = 256,
    XML_BYTES = 64 << 10,
    JUNK_BYTES = 4 << 20, /* of all junk together */
};

struct riff {
    struct probe_input *input;
    struct probe_report *report;
    unsigned chunks;
    uint64_t data_size; /* of RF64, where the chunk's own says all ones */
    char form[5];       /* "AVI ", "WAVE", "WEBP" */
    /* kept until all chunks are seen */
    char created_day[TEXT_BYTES];  /* ICRD */
    char created_time[TEXT_BYTES]; /* etim */
    char software[TEXT_BYTES];     /* ISFT */
    bool pentax;                   /* a maker's chunk says so */
    struct riff_gps gps;
    size_t junk_seen;
    uint64_t xmp, xmp_end; /* read last; 0: there is none */
};

struct chunk {
    char name[5];
    char list[5]; /* the name of the list it stands in, or the form */
    uint64_t content;
    uint64_t len; /* cut to what there is */
    bool cut;
};

static struct probe_bytes bytes_of(const char *text)
{
    return (struct probe_bytes){(const uint8_t *)text, strlen(text)};
}

/* A chunk's text up to its NUL; empty where the file ends within it: half a date is another. */
static struct probe_bytes chunk_text(struct riff *riff, const struct chunk *chunk,
                                     char text[static TEXT_BYTES])
{
    size_t want = chunk->len < TEXT_BYTES - 1 ? (size_t)chunk->len : TEXT_BYTES - 1;
    size_t got = input_read(riff->input, chunk->content, text, want);
    text[chunk->cut ? 0 : got] = '\0';
    return bytes_of(text);
}

static size_t chunk_octets(struct riff *riff, const struct chunk *chunk, uint8_t *octets,
                           size_t len)
{
    return input_read(riff->input, chunk->content, octets,
                      chunk->len < len ? (size_t)chunk->len : len);
}

static bool is_chunk(const struct chunk *chunk, const char *list, const char *name)
{
    return strcmp(chunk->name, name) == 0 && strcmp(chunk->list, list) == 0;
}

/* EXIF behind a maker's mark of eight octets in place of the TIFF header; offsets count from it. */
static void maker_exif(struct riff *riff, const struct chunk *chunk, const uint8_t header[static 8])
{
    uint8_t *octets = malloc(EXIF_BYTES_MAX);
    if (octets == NULL)
        return;
    size_t got = chunk_octets(riff, chunk, octets, EXIF_BYTES_MAX);
    if (got > 8) {
        memcpy(octets, header, 8);
        exif_read((struct probe_bytes){octets, got}, riff->report);
    }
    free(octets);
}

/* What camera makers put into chunks that readers pass over. */
static void maker_read(struct riff *riff, const struct chunk *chunk)
{
    static const uint8_t little_8[8] = {'I', 'I', '*', 0, 8, 0, 0, 0};
    static const uint8_t big_10[8] = {'M', 'M', 0, '*', 0, 0, 0, 10};
    uint8_t head[0xb5] = {0};
    size_t len = chunk_octets(riff, chunk, head, sizeof head);
    struct probe_report *report = riff->report;
    if (strcmp(chunk->name, "strd") == 0 && memcmp(head, "AVIF", 4) == 0) {
        maker_exif(riff, chunk, little_8);
    } else if (memcmp(head, "QVMI", 4) == 0) {
        maker_exif(riff, chunk, big_10);
    } else if (len == sizeof head && (memcmp(head, "OLYMDigital Camera", 18) == 0 ||
                                      memcmp(head, "PENTDigital Camera", 18) == 0)) {
        report_set_text(report, REPORT_MAKE,
                        (struct probe_bytes){head + 0x12, strnlen((char *)head + 0x12, 24)});
        report_set_text(report, REPORT_MODEL,
                        (struct probe_bytes){head + 0x2c, strnlen((char *)head + 0x2c, 24)});
        (void)stamp_add_text(report, "riff-maker", (struct probe_bytes){head + 0x83, 24});
    } else if (memcmp(head, "IIII\1\0", 6) == 0 && len > 0x0c + 32) {
        report_set_text(report, REPORT_MODEL,
                        (struct probe_bytes){head + 0x0c, strnlen((char *)head + 0x0c, 32)});
    }
}

/* Nikon's tags: number, length, value. */
static void nikon_read(struct riff *riff, const struct chunk *chunk)
{
    uint8_t octets[4096];
    struct probe_bytes rest = {octets, chunk_octets(riff, chunk, octets, sizeof octets)};
    while (rest.len >= 4) {
        unsigned tag = read_le16(rest.at);
        size_t len = read_le16(rest.at + 2);
        if (len > rest.len - 4)
            return;
        struct probe_bytes value = {rest.at + 4, strnlen((const char *)rest.at + 4, len)};
        if (tag == 0x03)
            report_set_text(riff->report, REPORT_MAKE, value);
        else if (tag == 0x04)
            report_set_text(riff->report, REPORT_MODEL, value);
        else if (tag == 0x05)
            report_set_text(riff->report, REPORT_FIRMWARE, value);
        else if (tag == 0x13)
            (void)stamp_add_text(riff->report, "riff-nikon", value);
        rest = (struct probe_bytes){rest.at + 4 + len, rest.len - 4 - len};
    }
}

/* Broadcast WAV: date and time of origination at a fixed place. Source: EBU Tech 3285. */
static void bext_read(struct riff *riff, const struct chunk *chunk)
{
    uint8_t octets[338];
    if (chunk_octets(riff, chunk, octets, sizeof octets) != sizeof octets)
        return;
    uint8_t text[19];
    memcpy(text, octets + 320, 10);
    text[10] = ' ';
    memcpy(text + 11, octets + 330, 8);
    (void)stamp_add_text(riff->report, "wav-bext", (struct probe_bytes){text, sizeof text});
}

/* What stands between <name> and the next tag. */
static struct probe_bytes xml_value(struct probe_bytes xml, const char *open)
{
    size_t at = scan_find(xml, 0, open);
    if (at >= xml.len)
        return (struct probe_bytes){0};
    at += strlen(open);
    struct probe_bytes value = {xml.at + at, xml.len - at};
    struct probe_bytes part = {0};
    return scan_until(&value, '<', &part) ? part : (struct probe_bytes){0};
}

/* iXML: "52.1, -0.9" in LOCATION_GPS. */
static void ixml_read(struct riff *riff, const struct chunk *chunk)
{
    uint8_t *octets = malloc(XML_BYTES);
    if (octets == NULL)
        return;
    struct probe_bytes xml = {octets, chunk_octets(riff, chunk, octets, XML_BYTES)};
    struct probe_bytes place = xml_value(xml, "<LOCATION_GPS>");
    struct probe_bytes height = xml_value(xml, "<LOCATION_ALTITUDE>");
    struct probe_fix fix = {.altitude_m = NAN};
    scan_space(&place);
    if (scan_decimal(&place, &fix.latitude)) {
        scan_space(&place);
        (void)scan_char(&place, ',');
        scan_space(&place);
        if (scan_decimal(&place, &fix.longitude)) {
            (void)scan_decimal(&height, &fix.altitude_m);
            report_add_position(riff->report, "wav-ixml", fix);
        }
    }
    free(octets);
}

static void exif_chunk(struct riff *riff, const struct chunk *chunk)
{
    uint8_t *octets = malloc(EXIF_BYTES_MAX);
    if (octets == NULL)
        return;
    struct probe_bytes block = {octets, chunk_octets(riff, chunk, octets, EXIF_BYTES_MAX)};
    if (block.len > 6 && memcmp(octets, "Exif\0\0", 6) == 0)
        block = (struct probe_bytes){octets + 6, block.len - 6};
    exif_read(block, riff->report);
    free(octets);
}

static void junk_read(struct riff *riff, const struct chunk *chunk)
{
    struct probe_bytes junk;
    uint8_t *loaded = load_range(riff->input, chunk->content, chunk->content + chunk->len,
                                 JUNK_BYTES - riff->junk_seen, &junk);
    riff->junk_seen += junk.len;
    if (loaded != NULL)
        riff_gps_read(&riff->gps, junk, riff->report);
    free(loaded);
}

static void xmp_keep(struct riff *riff, const struct chunk *chunk)
{
    riff->xmp = chunk->content;
    riff->xmp_end = chunk->content + chunk->len;
}

static void xmp_chunk(struct riff *riff)
{
    struct probe_bytes packet;
    uint8_t *loaded = load_range(riff->input, riff->xmp, riff->xmp_end, XMP_BYTES_MAX, &packet);
    if (loaded != NULL)
        xmp_read(packet, riff->report);
    free(loaded);
}

static void chunk_read(struct riff *riff, const struct chunk *chunk)
{
    char text[TEXT_BYTES];
    if (strcmp(chunk->name, "JUNK") == 0 && strcmp(riff->form, "AVI ") == 0)
        junk_read(riff, chunk);
    if (strcmp(chunk->name, "IDIT") == 0)
        (void)stamp_add_text(riff->report, "riff-idit", chunk_text(riff, chunk, text));
    else if (is_chunk(chunk, "INFO", "ICRD"))
        (void)chunk_text(riff, chunk, riff->created_day);
    else if (is_chunk(chunk, "INFO", "ISFT"))
        (void)chunk_text(riff, chunk, riff->software);
    else if (is_chunk(chunk, "exif", "etim"))
        (void)chunk_text(riff, chunk, riff->created_time);
    else if (is_chunk(chunk, "exif", "ecor"))
        report_set_text(riff->report, REPORT_MAKE, chunk_text(riff, chunk, text));
    else if (is_chunk(chunk, "exif", "emdl"))
        report_set_text(riff->report, REPORT_MODEL, chunk_text(riff, chunk, text));
    else if (is_chunk(chunk, "hydt", "hymn"))
        riff->pentax = scan_is((struct probe_bytes){(const uint8_t *)text,
                                                    chunk_octets(riff, chunk, (uint8_t *)text, 7)},
                               "PENTAX ");
    else if (is_chunk(chunk, "ncdt", "nctg"))
        nikon_read(riff, chunk);
    else if (strcmp(chunk->name, "strd") == 0 || strcmp(chunk->name, "JUNK") == 0)
        maker_read(riff, chunk);
    else if (strcmp(chunk->name, "XMP ") == 0)
        xmp_keep(riff, chunk);
    else if (strcmp(chunk->name, "bext") == 0)
        bext_read(riff, chunk);
    else if (strcmp(chunk->name, "iXML") == 0)
        ixml_read(riff, chunk);
    else if (strcmp(chunk->name, "EXIF") == 0)
        exif_chunk(riff, chunk);
    else if (strcmp(chunk->name, "C2PA") == 0)
        report_add_content(riff->report, "c2pa", "%s", "C2PA chunk");
    else if (strcmp(chunk->name, "id3 ") == 0 || strcmp(chunk->name, "ID3 ") == 0)
        id3_read(riff->input, chunk->content, riff->report);
}

static void list_read(struct riff *riff, const char *list, uint64_t at, uint64_t end, int depth)
{
    while (at < end && end - at >= 8 && riff->chunks++ < CHUNKS_MAX) {
        uint8_t header[12];
        size_t got = input_read(riff->input, at, header, sizeof header);
        if (got < 8)
            return;
        struct chunk chunk = {.content = at + 8, .len = read_le32(header + 4)};
        memcpy(chunk.name, header, 4);
        memcpy(chunk.list, list, 4);
        if (strcmp(chunk.name, "ds64") == 0) {
            uint8_t sizes[16];
            if (chunk_octets(riff, &chunk, sizes, sizeof sizes) == sizeof sizes)
                riff->data_size = read_le64(sizes + 8);
        }
        if (strcmp(chunk.name, "data") == 0 && chunk.len == UINT32_MAX)
            chunk.len = riff->data_size;
        uint64_t whole = chunk.len;
        chunk.cut = whole > end - chunk.content;
        if (chunk.cut)
            chunk.len = end - chunk.content;
        bool is_list = strcmp(chunk.name, "LIST") == 0 && got == sizeof header && chunk.len >= 4;
        if (!is_list) {
            chunk_read(riff, &chunk);
        } else if (memcmp(header + 8, "movi", 4) != 0 && depth < DEPTH_MAX) {
            char name[5] = {0};
            memcpy(name, header + 8, 4);
            list_read(riff, name, chunk.content + 4, chunk.content + chunk.len, depth + 1);
        }
        if (chunk.cut)
            return;
        at = chunk.content + whole + (whole & 1);
    }
}

/* What only all chunks together say. */
static void summary(struct riff *riff)
{
    /* a day in INFO and the time of day in exif, or both in the one */
    char text[2 * TEXT_BYTES];
    size_t day = strlen(riff->created_day);
    memcpy(text, riff->created_day, day);
    text[day] = ' ';
    memcpy(text + day + 1, riff->created_time, strlen(riff->created_time) + 1);
    (void)stamp_add_text(riff->report, "riff-icrd", bytes_of(text));
    if (riff->pentax) {
        report_set_text(riff->report, REPORT_MAKE, bytes_of("PENTAX"));
        if (strncmp(riff->software, "PENTAX ", 7) == 0)
            report_set_text(riff->report, REPORT_MODEL, bytes_of(riff->software));
    }
}

static void riff_scan(struct probe_input *input, struct probe_report *report)
{
    uint8_t header[12];
    if (input_read(input, 0, header, sizeof header) != sizeof header ||
        (memcmp(header, "RIFF", 4) != 0 && memcmp(header, "RF64", 4) != 0 &&
         memcmp(header, "BW64", 4) != 0))
        return;
    struct riff riff = {.input = input, .report = report};
    memcpy(riff.form, header + 8, 4);
    /* to the end of the file, for writers that leave the size of the whole at 0; a second "RIFF" of
     * a long AVI is passed over as a chunk */
    list_read(&riff, riff.form, sizeof header, input_size(input), 0);
    summary(&riff);
    if (riff.xmp != 0)
        xmp_chunk(&riff);
}

const struct source source_riff = {.name = "riff", .scan = riff_scan};
