/*
 * Matroska and WebM: DateUTC, and the simple tags in which writers and remuxers keep dates, the
 * place and the camera. Source: RFC 9559; EBML: RFC 8794.
 */
#include "probe/source.h"

#include <string.h>

#include "probe/iso6709.h"
#include "probe/scan.h"
#include "probe/sources/stamp.h"

enum {
    ID_EBML = 0x1a45dfa3,
    ID_SEGMENT = 0x18538067,
    ID_SEEK_HEAD = 0x114d9b74,
    ID_SEEK = 0x4dbb,
    ID_SEEK_ID = 0x53ab,
    ID_SEEK_POSITION = 0x53ac,
    ID_INFO = 0x1549a966,
    ID_DATE_UTC = 0x4461,
    ID_CLUSTER = 0x1f43b675,
    ID_TAGS = 0x1254c367,
    ID_TAG = 0x7373,
    ID_SIMPLE_TAG = 0x67c8,
    ID_TAG_NAME = 0x45a3,
    ID_TAG_STRING = 0x4487,
    ID_TRACKS = 0x1654ae6b,
    ID_TRACK = 0xae,
    ID_ENCODINGS = 0x6d80,
    ID_ENCODING = 0x6240,
    ID_ENCRYPTION = 0x5035,
};

enum {
    TOP_LEVEL_MAX = 4096, /* elements of the segment looked at */
    ELEMENTS_MAX = 20000, /* of all levels */
    DEPTH_MAX = 8,
    NAME_BYTES = 64,
    VALUE_BYTES = 256,
};

struct element {
    uint32_t id;
    uint64_t content;
    uint64_t end; /* cut to its parent's end */
    bool unknown_size;
    bool cut; /* it claims more than its parent holds */
};

struct reader {
    struct probe_input *input;
    struct probe_report *report;
    uint64_t segment; /* where its content starts */
    uint64_t end;
    unsigned elements;
    bool tags_read;
    uint64_t tags_at; /* from the seek head; 0 where it has none */
};

/* A number whose length the leading zeros of its first octet give; the mark stays for an id. */
static size_t vint(const uint8_t *at, size_t len, size_t len_max, bool keep_mark, uint64_t *value)
{
    if (len == 0 || at[0] == 0)
        return 0;
    size_t octets = (size_t)__builtin_clz(at[0]) - 23; /* of 32 bits, 24 stand before it */
    if (octets > len_max || octets > len)
        return 0;
    uint64_t sum = keep_mark ? at[0] : at[0] & ((1U << (8 - octets)) - 1);
    bool ones = sum == (1U << (8 - octets)) - 1;
    for (size_t i = 1; i < octets; i++) {
        sum = sum << 8 | at[i];
        ones = ones && at[i] == 0xff;
    }
    *value = !keep_mark && ones ? UINT64_MAX : sum;
    return octets;
}

static bool element_next(struct reader *reader, uint64_t *at, uint64_t end, struct element *element)
{
    uint8_t header[12];
    if (*at >= end || ++reader->elements > ELEMENTS_MAX)
        return false;
    size_t len = input_read(reader->input, *at, header, sizeof header);
    uint64_t id;
    uint64_t size;
    size_t id_len = vint(header, len, 4, true, &id);
    if (id_len == 0)
        return false;
    size_t size_len = vint(header + id_len, len - id_len, 8, false, &size);
    if (size_len == 0 || id_len + size_len > end - *at)
        return false;
    element->id = (uint32_t)id;
    element->content = *at + id_len + size_len;
    element->unknown_size = size == UINT64_MAX;
    element->cut = size > end - element->content;
    element->end = element->cut ? end : element->content + size;
    *at = element->end;
    return true;
}

static size_t content_read(struct reader *reader, const struct element *element, uint8_t *octets,
                           size_t len)
{
    uint64_t size = element->end - element->content;
    return input_read(reader->input, element->content, octets, size < len ? (size_t)size : len);
}

static uint64_t unsigned_read(struct reader *reader, const struct element *element)
{
    uint8_t octets[8];
    size_t len = content_read(reader, element, octets, sizeof octets);
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = sum << 8 | octets[i];
    return sum;
}

static void info_read(struct reader *reader, const struct element *info)
{
    uint64_t at = info->content;
    struct element element;
    while (element_next(reader, &at, info->end, &element)) {
        uint8_t octets[8];
        if (element.id != ID_DATE_UTC ||
            content_read(reader, &element, octets, sizeof octets) != sizeof octets)
            continue;
        int64_t ns;
        uint64_t bits = read_be64(octets);
        memcpy(&ns, &bits, sizeof ns);
        if (ns != 0) /* 2001-01-01T00:00:00Z, its epoch */
            report_add_time(reader->report, "matroska-dateutc",
                            ns / 1000 + INT64_C(978307200) * 1000000, 0, PROBE_DEFINED_UTC);
    }
}

static void seek_head_read(struct reader *reader, const struct element *head)
{
    uint64_t at = head->content;
    struct element seek;
    while (element_next(reader, &at, head->end, &seek)) {
        if (seek.id != ID_SEEK)
            continue;
        uint64_t inner = seek.content;
        uint64_t id = 0;
        uint64_t position = 0;
        struct element element;
        while (element_next(reader, &inner, seek.end, &element)) {
            if (element.id == ID_SEEK_ID)
                id = unsigned_read(reader, &element);
            else if (element.id == ID_SEEK_POSITION)
                position = unsigned_read(reader, &element);
        }
        if (id == ID_TAGS && position < reader->end - reader->segment)
            reader->tags_at = reader->segment + position;
    }
}

/* In either case; "_" and "." of remuxers' spellings are as written. */
static bool named(const char *name, const char *want)
{
    for (; *name != '\0' && *want != '\0'; name++, want++) {
        int upper = *name >= 'a' && *name <= 'z' ? *name - 32 : *name;
        if (upper != *want)
            return false;
    }
    return *name == *want;
}

static void tag_report(struct reader *reader, const char *name, struct probe_bytes value)
{
    static const struct {
        const char *tag;
        const char *source;
    } dates[] = {
        {"COM.APPLE.QUICKTIME.CREATIONDATE", "apple-creationdate"},
        {"DATE_RECORDED", "matroska-date-recorded"},
        {"CREATION_TIME", "matroska-creation-time"},
        {"DATE", "matroska-date"},
    };
    static const struct {
        const char *tag;
        enum report_text which;
    } texts[] = {
        {"COM.APPLE.QUICKTIME.MAKE", REPORT_MAKE},
        {"MAKE", REPORT_MAKE},
        {"COM.ANDROID.MANUFACTURER", REPORT_MAKE},
        {"COM.APPLE.QUICKTIME.MODEL", REPORT_MODEL},
        {"MODEL", REPORT_MODEL},
        {"COM.ANDROID.MODEL", REPORT_MODEL},
        {"COM.APPLE.QUICKTIME.SOFTWARE", REPORT_FIRMWARE},
        {"FIRMWARE", REPORT_FIRMWARE},
        {"SERIAL_NUMBER", REPORT_SERIAL},
    };
    static const struct {
        const char *tag;
        const char *source;
    } places[] = {
        {"COM.APPLE.QUICKTIME.LOCATION.ISO6709", "apple-location-iso6709"},
        {"LOCATION", "matroska-location"},
        {"RECORDING_LOCATION", "matroska-location"},
    };
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        if (named(name, dates[i].tag))
            (void)stamp_add_text(reader->report, dates[i].source, value);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (named(name, texts[i].tag))
            report_set_text(reader->report, texts[i].which, value);
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct probe_fix fix;
        if (named(name, places[i].tag) && iso6709_parse(value, &fix))
            report_add_position(reader->report, places[i].source, fix);
    }
}

/* A tag or a simple tag: name and value of its own, and simple tags in it. */
static void tag_read(struct reader *reader, const struct element *tag, int depth)
{
    uint64_t at = tag->content;
    struct element element;
    uint8_t name[NAME_BYTES] = {0};
    uint8_t value[VALUE_BYTES];
    size_t len = 0;
    while (element_next(reader, &at, tag->end, &element)) {
        if (element.id == ID_TAG_NAME)
            (void)content_read(reader, &element, name, sizeof name - 1);
        else if (element.id == ID_TAG_STRING && !element.cut)
            len = content_read(reader, &element, value, sizeof value);
        else if (element.id == ID_SIMPLE_TAG && depth < DEPTH_MAX)
            tag_read(reader, &element, depth + 1);
    }
    if (len > 0)
        tag_report(reader, (const char *)name, (struct probe_bytes){value, len});
}

static void tags_read(struct reader *reader, const struct element *tags)
{
    uint64_t at = tags->content;
    struct element tag;
    while (element_next(reader, &at, tags->end, &tag)) {
        if (tag.id == ID_TAG)
            tag_read(reader, &tag, 0);
    }
    reader->tags_read = true;
}

/* Goes down `path` of ids, which ends with 0, from `at` on: true where all of it is there. */
static bool holds_path(struct reader *reader, uint64_t at, uint64_t end, const uint32_t *path)
{
    struct element element;
    if (*path == 0)
        return true;
    while (element_next(reader, &at, end, &element)) {
        if (element.id == *path && holds_path(reader, element.content, element.end, path + 1))
            return true;
    }
    return false;
}

static void tracks_read(struct reader *reader, const struct element *tracks)
{
    static const uint32_t encryption[] = {ID_TRACK, ID_ENCODINGS, ID_ENCODING, ID_ENCRYPTION, 0};
    if (holds_path(reader, tracks->content, tracks->end, encryption))
        report_add_issue(reader->report, "encrypted", "a track's content is");
}

/* The segment's elements up to its tags; clusters are leapt over, unless the seek head knows
 * where the tags are. */
static void segment_read(struct reader *reader)
{
    uint64_t at = reader->segment;
    struct element element;
    for (int i = 0; i < TOP_LEVEL_MAX; i++) {
        if (!element_next(reader, &at, reader->end, &element))
            break;
        if (element.id == ID_INFO)
            info_read(reader, &element);
        else if (element.id == ID_SEEK_HEAD)
            seek_head_read(reader, &element);
        else if (element.id == ID_TAGS)
            tags_read(reader, &element);
        else if (element.id == ID_TRACKS)
            tracks_read(reader, &element);
        else if (element.id == ID_CLUSTER && (element.unknown_size || reader->tags_at != 0))
            break;
    }
    at = reader->tags_at;
    if (!reader->tags_read && at != 0 && element_next(reader, &at, reader->end, &element) &&
        element.id == ID_TAGS)
        tags_read(reader, &element);
}

static void matroska_scan(struct probe_input *input, struct probe_report *report)
{
    struct reader reader = {.input = input, .report = report, .end = input_size(input)};
    uint64_t at = 0;
    struct element element;
    if (!element_next(&reader, &at, reader.end, &element) || element.id != ID_EBML)
        return;
    while (element_next(&reader, &at, reader.end, &element)) {
        if (element.id == ID_SEGMENT) {
            reader.segment = element.content;
            reader.end = element.end;
            segment_read(&reader);
            return;
        }
    }
}

const struct source source_matroska = {.name = "matroska", .scan = matroska_scan};
