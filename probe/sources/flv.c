/* Flash video: the creation date in onMetaData. Source: Adobe FLV and AMF0 specifications. */
#include "probe/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/scan.h"
#include "probe/sources/stamp.h"

enum {
    TAGS_MAX = 16, /* onMetaData is the first or nearly */
    SCRIPT_BYTES_MAX = 256 << 10,
    TAG_SCRIPT = 18,
    DEPTH_MAX = 8,
    VALUES_MAX = 100000,
    AMF_NUMBER = 0,
    AMF_BOOLEAN = 1,
    AMF_STRING = 2,
    AMF_OBJECT = 3,
    AMF_NULL = 5,
    AMF_UNDEFINED = 6,
    AMF_REFERENCE = 7,
    AMF_ARRAY_BY_NAME = 8,
    AMF_OBJECT_END = 9,
    AMF_ARRAY = 10,
    AMF_DATE = 11,
    AMF_LONG_STRING = 12,
};

struct amf {
    struct probe_bytes rest;
    struct probe_report *report;
    unsigned values;
};

static bool skip(struct amf *amf, size_t count)
{
    if (amf->rest.len < count)
        return false;
    amf->rest.at += count;
    amf->rest.len -= count;
    return true;
}

static bool take(struct amf *amf, size_t count, struct probe_bytes *part)
{
    *part = (struct probe_bytes){amf->rest.at, count};
    return skip(amf, count);
}

/* A length of two octets and the text. */
static bool take_text(struct amf *amf, struct probe_bytes *text)
{
    struct probe_bytes len;
    return take(amf, 2, &len) && take(amf, read_be16(len.at), text);
}

static void date_report(struct amf *amf, struct probe_bytes date)
{
    uint64_t bits = read_be64(date.at);
    double ms;
    memcpy(&ms, &bits, sizeof ms);
    if (isfinite(ms) && fabs(ms) < 1e14)
        report_add_time(amf->report, "flv-creationdate", (int64_t)(ms * 1000), 0,
                        PROBE_DEFINED_UTC);
}

static bool value(struct amf *amf, struct probe_bytes name, int depth);

/* Names and values up to an empty name and the end mark. */
static bool members(struct amf *amf, int depth)
{
    struct probe_bytes name;
    while (take_text(amf, &name)) {
        if (name.len == 0 && amf->rest.len > 0 && amf->rest.at[0] == AMF_OBJECT_END)
            return skip(amf, 1);
        if (!value(amf, name, depth + 1))
            return false;
    }
    return false;
}

static bool array(struct amf *amf, int depth)
{
    struct probe_bytes count;
    if (!take(amf, 4, &count))
        return false;
    for (uint32_t i = 0; i < read_be32(count.at); i++) {
        if (!value(amf, (struct probe_bytes){0}, depth + 1))
            return false;
    }
    return true;
}

static bool value(struct amf *amf, struct probe_bytes name, int depth)
{
    struct probe_bytes type;
    struct probe_bytes part;
    bool wanted = depth == 1 && scan_is(name, "creationdate");
    if (depth > DEPTH_MAX || ++amf->values > VALUES_MAX || !take(amf, 1, &type))
        return false;
    switch (type.at[0]) {
    case AMF_NUMBER:
        return skip(amf, 8);
    case AMF_BOOLEAN:
        return skip(amf, 1);
    case AMF_STRING:
        if (!take_text(amf, &part))
            return false;
        if (wanted)
            (void)stamp_add_text(amf->report, "flv-creationdate", part);
        return true;
    case AMF_OBJECT:
        return members(amf, depth);
    case AMF_NULL:
    case AMF_UNDEFINED:
        return true;
    case AMF_REFERENCE:
        return skip(amf, 2);
    case AMF_ARRAY_BY_NAME:
        return skip(amf, 4) && members(amf, depth);
    case AMF_ARRAY:
        return array(amf, depth);
    case AMF_DATE: /* milliseconds, and a zone that is to be 0 */
        if (!take(amf, 10, &part))
            return false;
        if (wanted)
            date_report(amf, part);
        return true;
    case AMF_LONG_STRING:
        return take(amf, 4, &part) && skip(amf, read_be32(part.at));
    default:
        return false;
    }
}

static void script_read(struct probe_bytes script, struct probe_report *report)
{
    struct amf amf = {.rest = script, .report = report};
    struct probe_bytes name;
    if (skip(&amf, 1) && take_text(&amf, &name) && scan_is(name, "onMetaData"))
        (void)value(&amf, (struct probe_bytes){0}, 0);
}

static void flv_scan(struct probe_input *input, struct probe_report *report)
{
    uint8_t header[9];
    if (input_read(input, 0, header, sizeof header) != sizeof header ||
        memcmp(header, "FLV", 3) != 0)
        return;
    uint64_t at = (uint64_t)read_be32(header + 5) + 4;
    for (int i = 0; i < TAGS_MAX; i++) {
        uint8_t tag[11];
        if (input_read(input, at, tag, sizeof tag) != sizeof tag)
            return;
        size_t len = (size_t)(read_be32(tag) & 0xffffff);
        if ((tag[0] & 0x1f) == TAG_SCRIPT && len <= SCRIPT_BYTES_MAX) {
            uint8_t *script = malloc(len > 0 ? len : 1);
            if (script == NULL)
                return;
            size_t got = input_read(input, at + sizeof tag, script, len);
            script_read((struct probe_bytes){script, got}, report);
            free(script);
        }
        at += sizeof tag + len + 4;
    }
}

const struct source source_flv = {.name = "flv", .scan = flv_scan};
