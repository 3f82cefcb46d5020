#include "probe/boxes.h"
#include "probe/source.h"
#include "probe/sources/load.h"
#include "probe/sources/tag_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Metadata items ("ilst") of a meta box: under moov with their names in a keys box (QuickTime File
 * Format, "Metadata"; phones), or under the user data with names of four characters (iTunes).
 */

enum { ITEMS_MAX = 512, KEYS_BYTES_MAX = 64 << 10, VALUE_MAX = 1024, KEY_MAX = 256 };

/* Types of values (QTFF, "Well-known types"). */
enum { TYPE_UTF8 = 1, TYPE_UTF16 = 2, TYPE_SIGNED = 21, TYPE_UNSIGNED = 22, TYPE_FLOAT = 23 };

/* The name of key number `index`, counted from 1. */
static bool find_key(struct probe_bytes keys, uint32_t index, struct probe_bytes *name)
{
    size_t at = 8; /* version and flags, count */
    for (uint32_t i = 1; keys.len >= 8 && at <= keys.len - 8; i++) {
        uint32_t size = read_be32(keys.at + at);
        if (size < 8 || size > keys.len - at)
            return false;
        if (i == index) {
            *name = (struct probe_bytes){keys.at + at + 8, size - 8};
            return name->len <= KEY_MAX;
        }
        at += size;
    }
    return false;
}

/* UTF-16, big-endian: what is beyond Latin-1 in these values is not needed but kept as "?". */
static size_t narrow(const uint8_t *at, size_t len, char *text, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i + 2 <= len && count < room; i += 2) {
        uint16_t unit = read_be16(at + i);
        if (unit < 0x80)
            text[count++] = (char)unit;
        else if (unit != 0xfeff)
            text[count++] = '?';
    }
    return count;
}

static size_t print_number(const uint8_t *at, size_t len, uint32_t type, char *text, size_t room)
{
    int64_t number = 0;
    int count = 0;
    if (type == TYPE_FLOAT && len == 4) {
        uint32_t bits = read_be32(at);
        float value = 0;
        memcpy(&value, &bits, sizeof value);
        count = snprintf(text, room, "%g", (double)value);
    } else if (type == TYPE_FLOAT && len == 8) {
        uint64_t bits = read_be64(at);
        double value = 0;
        memcpy(&value, &bits, sizeof value);
        count = snprintf(text, room, "%g", value);
    } else if (len >= 1 && len <= 4) {
        for (size_t i = 0; i < len; i++)
            number = number << 8 | at[i];
        if (type == TYPE_SIGNED && at[0] >= 0x80)
            number -= (int64_t)1 << (8 * len);
        count = snprintf(text, room, "%lld", (long long)number);
    }
    return count > 0 && (size_t)count < room ? (size_t)count : 0;
}

/* A data box: type, locale, value. */
static void read_value(struct probe_report *report, struct probe_bytes key, struct probe_bytes data)
{
    char text[VALUE_MAX];
    if (data.len < 8)
        return;
    uint32_t type = read_be32(data.at) & 0xffffff;
    struct probe_bytes value = {data.at + 8, data.len - 8};
    if (type == TYPE_UTF16)
        value = (struct probe_bytes){(const uint8_t *)text,
                                     narrow(value.at, value.len, text, sizeof text)};
    else if (type == TYPE_SIGNED || type == TYPE_UNSIGNED || type == TYPE_FLOAT)
        value = (struct probe_bytes){(const uint8_t *)text,
                                     print_number(value.at, value.len, type, text, sizeof text)};
    else if (type > TYPE_UTF16)
        return;
    tag_value_report(report, key, value);
}

static void read_item(struct probe_input *input, const struct box *item, struct probe_bytes keys,
                      struct probe_report *report)
{
    struct box data;
    uint8_t bytes[VALUE_MAX];
    struct probe_bytes key = {(const uint8_t *)item->type, 4};
    uint32_t index = read_be32((const uint8_t *)item->type);
    if (keys.len > 0 && !find_key(keys, index, &key))
        return;
    if (!box_find(input, item->content, item->end, "data", &data))
        return;
    uint64_t len = data.end - data.content;
    size_t got = input_read(input, data.content, bytes, len < VALUE_MAX ? (size_t)len : VALUE_MAX);
    read_value(report, key, (struct probe_bytes){bytes, got});
}

static void read_list(struct probe_input *input, const char *list_path, const char *keys_path,
                      struct probe_report *report)
{
    struct box list;
    struct box item;
    struct probe_bytes keys = {0};
    uint8_t *loaded = NULL;
    if (!box_path(input, list_path, &list))
        return;
    if (box_path(input, keys_path, &item))
        loaded = load_range(input, item.content, item.end, KEYS_BYTES_MAX, &keys);
    uint64_t at = list.content;
    for (unsigned i = 0; i < ITEMS_MAX && box_next(input, &at, list.end, &item); i++)
        read_item(input, &item, keys, report);
    free(loaded);
}

static void scan(struct probe_input *input, struct probe_report *report)
{
    read_list(input, "moov/meta/ilst", "moov/meta/keys", report);
    read_list(input, "moov/udta/meta/ilst", "moov/udta/meta/keys", report);
}

const struct source source_item_list = {.name = "item-list", .scan = scan};
