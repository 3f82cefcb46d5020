#include "probe/sources/user_data.h"

#include "probe/boxes.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/load.h"
#include "probe/sources/stamp.h"
#include "probe/sources/tag_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 512, ITEM_BYTES_MAX = 16 << 10, LISTS_MAX = 4 };

static struct probe_bytes behind(struct probe_bytes bytes, size_t count)
{
    if (count > bytes.len)
        count = bytes.len;
    return (struct probe_bytes){bytes.at + count, bytes.len - count};
}

/*
 * A text with its length and language before it, as QTFF has it; several may follow each other,
 * the first is taken. Some cameras write the text alone.
 */
static struct probe_bytes international_text(struct probe_bytes content)
{
    if (content.len < 4)
        return content;
    size_t len = read_be16(content.at);
    if (len > content.len - 4)
        return content.at[0] < ' ' ? (struct probe_bytes){0} : content;
    return (struct probe_bytes){content.at + 4, len};
}

/* Passes over a string of UTF-8 or, with a byte order mark, UTF-16, and its terminator. */
static bool pass_string(struct probe_bytes *at)
{
    bool wide = at->len >= 2 && ((at->at[0] == 0xfe && at->at[1] == 0xff) ||
                                 (at->at[0] == 0xff && at->at[1] == 0xfe));
    size_t unit = wide ? 2 : 1;
    for (size_t i = 0; i + unit <= at->len; i += unit) {
        if (at->at[i] == 0 && (!wide || at->at[i + 1] == 0)) {
            *at = behind(*at, i + unit);
            return true;
        }
    }
    return false;
}

static double fixed_at(const uint8_t *at)
{
    return (int32_t)read_be32(at) / 65536.0;
}

/* version and flags, language, name, role, longitude, latitude, altitude, body, notes */
static void read_loci(struct probe_report *report, struct probe_bytes content)
{
    enum { FICTIONAL = 2 };
    struct probe_bytes at = behind(content, 6);
    if (content.len < 6 || !pass_string(&at) || at.len < 13)
        return;
    struct probe_bytes body = behind(at, 13);
    bool earth = body.len == 0 || body.at[0] == 0 || scan_find(body, 0, "earth") == 0 ||
                 scan_find(body, 0, "Earth") == 0;
    if (at.at[0] == FICTIONAL || !earth)
        return;
    struct probe_fix fix = {.longitude = fixed_at(at.at + 1),
                            .latitude = fixed_at(at.at + 5),
                            .altitude_m = fixed_at(at.at + 9)};
    report_add_position(report, "loci", fix);
}

/* The binary tags of many older cameras open with the maker's name. */
static void read_tags(struct probe_report *report, struct probe_bytes content)
{
    size_t len = strnlen((const char *)content.at, content.len < 32 ? content.len : 32);
    for (size_t i = 0; i < len; i++)
        if (content.at[i] < ' ' || content.at[i] > '~')
            return;
    if (len >= 4)
        report_set_text(report, REPORT_MAKE, (struct probe_bytes){content.at, len});
}

/* Nikon: NCDT holds NCTG, records of tag, type, count, value, big-endian. */
static void read_nikon(struct probe_report *report, struct probe_bytes content)
{
    enum { TEXT = 2, MAKE = 1, MODEL = 2, SOFTWARE = 3, ORIGINAL = 0x12 };
    size_t start = scan_find(content, 0, "NCTG");
    struct probe_bytes at = behind(content, start + 4);
    for (unsigned i = 0; i < ITEMS_MAX && at.len >= 8; i++) {
        static const uint8_t widths[] = {1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
        uint32_t tag = read_be32(at.at);
        uint16_t type = read_be16(at.at + 4);
        size_t len = read_be16(at.at + 6);
        if (type >= sizeof widths)
            return;
        len *= widths[type];
        at = behind(at, 8);
        if (len > at.len)
            return;
        struct probe_bytes value = {at.at, len};
        at = behind(at, len);
        if (type != TEXT)
            continue;
        if (tag == MAKE)
            report_set_text(report, REPORT_MAKE, value);
        else if (tag == MODEL)
            report_set_text(report, REPORT_MODEL, value);
        else if (tag == SOFTWARE)
            report_set_text(report, REPORT_FIRMWARE, value);
        else if (tag == ORIGINAL)
            (void)stamp_add_text(report, "udta-nikon", value);
    }
}

/* Samsung: smta is version and flags, then boxes, among them the model. */
static void read_samsung(struct probe_report *report, struct probe_bytes content)
{
    size_t at = scan_find(content, 0, "mdln");
    if (at < 4 || at >= content.len)
        return;
    size_t size = read_be32(content.at + at - 4);
    struct probe_bytes value = behind(content, at + 4);
    if (size < 8 || size - 8 > value.len)
        return;
    value.len = size - 8;
    tag_value_report(report, (struct probe_bytes){content.at + at, 4}, value);
}

/* Canon puts six octets before the text: NULs and a language. */
static struct probe_bytes maker_text(struct probe_bytes content)
{
    if (content.len > 6 && read_be32(content.at) == 0)
        return behind(content, 6);
    return content;
}

void user_data_item(struct probe_report *report, const char type[static 4],
                    struct probe_bytes content)
{
    struct probe_bytes key = {(const uint8_t *)type, 4};
    if (content.len == 0)
        return;
    if (type[0] == '\251' || type[0] == '@')
        tag_value_report(report, key, international_text(content));
    else if (memcmp(type, "loci", 4) == 0)
        read_loci(report, content);
    else if (memcmp(type, "TAGS", 4) == 0)
        read_tags(report, content);
    else if (memcmp(type, "NCDT", 4) == 0)
        read_nikon(report, content);
    else if (memcmp(type, "smta", 4) == 0)
        read_samsung(report, content);
    else if (memcmp(type, "date", 4) == 0)
        (void)stamp_add_text(report, "udta-date", content); /* Apple's Voice Memos */
    else
        tag_value_report(report, key, maker_text(content));
}

static void read_list(struct probe_input *input, const struct box *list,
                      struct probe_report *report)
{
    struct box item;
    uint64_t at = list->content;
    for (unsigned i = 0; i < ITEMS_MAX && box_next(input, &at, list->end, &item); i++) {
        struct probe_bytes content;
        if (strcmp(item.type, "meta") == 0)
            continue;
        uint8_t *loaded = load_range(input, item.content, item.end, ITEM_BYTES_MAX, &content);
        user_data_item(report, item.type, content);
        free(loaded);
    }
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    struct box moov;
    struct box list;
    if (!box_path(input, "moov", &moov))
        return;
    uint64_t at = moov.content;
    for (unsigned i = 0; i < LISTS_MAX && box_find(input, at, moov.end, "udta", &list); i++) {
        read_list(input, &list, report);
        at = list.end;
    }
}

const struct source source_user_data = {.name = "user-data", .scan = scan};
