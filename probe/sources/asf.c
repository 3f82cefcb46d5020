/* The header of an ASF file (WMV, WMA): its creation date and what attributes add to it. */
#include "probe/source.h"

#include <string.h>

#include "probe/sources/stamp.h"

static const uint8_t header_guid[16] = {0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11,
                                        0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c};
static const uint8_t properties_guid[16] = {0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11,
                                            0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65};
static const uint8_t attributes_guid[16] = {0x40, 0xa4, 0xd0, 0xd2, 0x07, 0xe3, 0xd2, 0x11,
                                            0x97, 0xf0, 0x00, 0xa0, 0xc9, 0x5e, 0xa8, 0x50};

enum {
    OBJECT_HEADER = 24,
    OBJECTS_MAX = 256,
    ATTRIBUTES_MAX = 512,
    ATTRIBUTES_BYTES_MAX = 64 << 10,
    NAME_MAX_BYTES = 64,
};

/* Windows' 100 ns since 1601, as microseconds since 1970; false for the epoch itself. */
static bool filetime_us(uint64_t filetime, int64_t *us)
{
    if (filetime == 0 || filetime / 10 > INT64_MAX)
        return false;
    *us = (int64_t)(filetime / 10) - INT64_C(11644473600) * 1000000;
    return true;
}

static void properties_read(struct probe_input *input, uint64_t at, struct probe_report *report)
{
    uint8_t octets[8]; /* behind the object's header, a file id and the file's size */
    int64_t us;
    if (input_read(input, at + OBJECT_HEADER + 24, octets, sizeof octets) == sizeof octets &&
        filetime_us(read_le64(octets), &us))
        report_add_time(report, "asf-creation-date", us, 0, PROBE_DEFINED_UTC);
}

/* UTF-16LE name as ASCII; other letters become '?'. */
static void name_read(struct probe_bytes utf16, char name[static NAME_MAX_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i + 1 < utf16.len && n + 1 < NAME_MAX_BYTES; i += 2) {
        uint16_t unit = read_le16(utf16.at + i);
        if (unit == 0)
            break;
        name[n++] = (char)(unit < 0x80 ? unit : '?');
    }
    name[n] = '\0';
}

static void attribute_read(const char *name, unsigned type, struct probe_bytes value,
                           struct probe_report *report)
{
    enum { TYPE_TEXT = 0, TYPE_U64 = 4 };
    int64_t us;
    if (strcmp(name, "WM/EncodingTime") == 0 && type == TYPE_U64 && value.len >= 8) {
        if (filetime_us(read_le64(value.at), &us))
            report_add_time(report, "asf-encoding-time", us, 0, PROBE_DEFINED_UTC);
        return;
    }
    if (type != TYPE_TEXT)
        return;
    char text[NAME_MAX_BYTES];
    name_read(value, text);
    struct probe_bytes ascii = {(const uint8_t *)text, strlen(text)};
    if (strcmp(name, "DeviceManufacturer") == 0 || strcmp(name, "WM/DeviceManufacturer") == 0)
        report_set_text(report, REPORT_MAKE, ascii);
    else if (strcmp(name, "DeviceModel") == 0 || strcmp(name, "WM/DeviceModel") == 0)
        report_set_text(report, REPORT_MODEL, ascii);
}

/* name length, name, type, value length, value */
static void attributes_read(struct probe_bytes rest, struct probe_report *report)
{
    if (rest.len < 2)
        return;
    unsigned count = read_le16(rest.at);
    rest = (struct probe_bytes){rest.at + 2, rest.len - 2};
    for (unsigned i = 0; i < count && i < ATTRIBUTES_MAX && rest.len >= 2; i++) {
        size_t name_len = read_le16(rest.at);
        if (rest.len - 2 < name_len || rest.len - 2 - name_len < 4)
            return;
        char name[NAME_MAX_BYTES];
        name_read((struct probe_bytes){rest.at + 2, name_len}, name);
        const uint8_t *at = rest.at + 2 + name_len;
        size_t left = rest.len - 2 - name_len - 4;
        size_t value_len = read_le16(at + 2);
        if (value_len > left)
            return;
        attribute_read(name, read_le16(at), (struct probe_bytes){at + 4, value_len}, report);
        rest = (struct probe_bytes){at + 4 + value_len, left - value_len};
    }
}

static void asf_scan(struct probe_input *input, struct probe_report *report)
{
    uint8_t header[30];
    if (input_read(input, 0, header, sizeof header) != sizeof header ||
        memcmp(header, header_guid, 16) != 0)
        return;
    uint64_t size = read_le64(header + 16);
    uint64_t end = size < input_size(input) ? size : input_size(input);
    uint64_t at = sizeof header;
    for (int i = 0; i < OBJECTS_MAX && at < end && end - at >= OBJECT_HEADER; i++) {
        uint8_t object[OBJECT_HEADER];
        if (input_read(input, at, object, sizeof object) != sizeof object)
            return;
        uint64_t len = read_le64(object + 16);
        if (len < OBJECT_HEADER)
            return;
        if (memcmp(object, properties_guid, 16) == 0) {
            properties_read(input, at, report);
        } else if (memcmp(object, attributes_guid, 16) == 0) {
            uint8_t octets[ATTRIBUTES_BYTES_MAX];
            size_t want =
                len - OBJECT_HEADER < sizeof octets ? (size_t)(len - OBJECT_HEADER) : sizeof octets;
            size_t got = input_read(input, at + OBJECT_HEADER, octets, want);
            attributes_read((struct probe_bytes){octets, got}, report);
        }
        if (len > end - at)
            return;
        at += len;
    }
}

const struct source source_asf = {.name = "asf", .scan = asf_scan};
