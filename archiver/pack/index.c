#include "pack/index.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "pack/scan.h"

#include "base/banned.h"

/* What is being read, where, and into what. */
struct reading {
    struct scan scan;
    const char *object;
    struct index *index;
    size_t room; /* of index->entries */
    struct err *err;
};

enum head_key {
    HEAD_FORMAT,
    HEAD_UNIT,
    HEAD_CASE,
    HEAD_VOLUME,
    HEAD_PREVIOUS,
    HEAD_SEALED_AT,
    HEAD_STRUCTURE,
    HEAD_SIZE,
    HEAD_RECORDINGS,
    HEAD_ATTACHMENTS,
    HEAD_KEYS
};

static const char *const head_keys[HEAD_KEYS] = {
    "format",           "unit",         "case",       "volume",      "previous", "sealed_at",
    "structure_sha256", "archive_size", "recordings", "attachments",
};

enum entry_key {
    ENTRY_ID,
    ENTRY_NAME,
    ENTRY_ORIGINAL,
    ENTRY_OFFSET,
    ENTRY_SIZE,
    ENTRY_SHA256,
    ENTRY_SM3,
    ENTRY_RECORDING_KEYS, /* those below are an attachment's */
    ENTRY_RECORDING = ENTRY_RECORDING_KEYS,
    ENTRY_KIND,
    ENTRY_KEYS
};

static const char *const entry_keys[ENTRY_KEYS] = {
    "id", "name", "original_name", "offset", "size", "sha256", "sm3", "recording", "kind",
};

enum { PREVIOUS_NAME, PREVIOUS_SHA256, PREVIOUS_KEYS };
static const char *const previous_keys[PREVIOUS_KEYS] = {"name", "sha256"};

void index_release(struct index *index)
{
    free(index->entries);
    memset(index, 0, sizeof *index);
}

static void index_release_at(struct index *index)
{
    index_release(index);
}

static int lies(const struct reading *reading, const char *entry, const char *what)
{
    return err_set(reading->err, ERR_DAMAGED, reading->object, _("index.json: %s: %s"), entry,
                   what);
}

/* The last call of a row did not fit; its position is lost, the entry is not. */
static int no_json(const struct reading *reading, const char *entry)
{
    return lies(reading, entry, _("not as an index is written"));
}

/* The number of a key among those known, or `count`; a second time is a failure. */
static int key_find(const struct reading *reading, const char *key, const char *const *keys,
                    unsigned count, unsigned *seen, unsigned *found)
{
    for (*found = 0; *found < count; (*found)++) {
        if (strcmp(keys[*found], key) != 0)
            continue;
        if ((*seen & 1U << *found) != 0)
            return lies(reading, key, _("stands twice"));
        *seen |= 1U << *found;
        return 0;
    }
    return 0;
}

static int all_seen(const struct reading *reading, const char *const *keys, unsigned count,
                    unsigned seen)
{
    for (unsigned i = 0; i < count; i++) {
        if ((seen & 1U << i) == 0)
            return lies(reading, keys[i], _("is missing"));
    }
    return 0;
}

static bool has_control(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return true;
    }
    return false;
}

/* data/ and one file name that stays in its folder wherever it is unpacked. */
static bool name_is_plain(const char *name)
{
    if (strncmp(name, "data/", 5) != 0)
        return false;
    const char *last = name + 5;
    size_t len = strlen(last);
    return len > 0 && len <= INDEX_NAME_MAX && strcmp(last, ".") != 0 && strcmp(last, "..") != 0 &&
           strpbrk(last, "/\\") == NULL && !has_control(last);
}

static bool id_is_plain(const char *id, char letter)
{
    uint64_t number;
    return id[0] == letter && id[1] != '0' && bytes_parse_u64(bytes_of(id + 1), &number) == 0;
}

static void digest_take(struct scan *scan, uint8_t digest[static 32])
{
    const char *hex = scan_text(scan);
    if (bytes_from_hex(bytes_of(hex), digest, 32) < 0)
        scan->failed = true;
}

/* ---- entries ---- */

static void entry_value(struct scan *scan, unsigned key, struct pack_entry *entry)
{
    switch ((enum entry_key)key) {
    case ENTRY_ID:
        entry->own_id = scan_text(scan);
        break;
    case ENTRY_NAME:
        entry->name = scan_text(scan);
        break;
    case ENTRY_ORIGINAL:
        entry->original_name = scan_text(scan);
        break;
    case ENTRY_OFFSET:
        entry->offset = scan_u64(scan);
        break;
    case ENTRY_SIZE:
        entry->size = scan_u64(scan);
        break;
    case ENTRY_SHA256:
        digest_take(scan, entry->digests.sha256);
        break;
    case ENTRY_SM3:
        digest_take(scan, entry->digests.sm3);
        break;
    case ENTRY_RECORDING:
        entry->id = scan_text(scan);
        break;
    case ENTRY_KIND:
        entry->attachment = scan_text(scan);
        break;
    case ENTRY_KEYS:
        scan_skip(scan);
        break;
    }
}

static int entry_check(const struct reading *reading, const struct pack_entry *entry,
                       bool is_attachment)
{
    const char *own_id = entry->own_id;
    if (!id_is_plain(entry->id, 'R') || !id_is_plain(own_id, is_attachment ? 'F' : 'R'))
        return lies(reading, _("an entry"), _("its id is none"));
    if (!name_is_plain(entry->name))
        return lies(reading, own_id, _("its name would not stay in its folder"));
    if (has_control(entry->original_name) || (is_attachment && has_control(entry->attachment)))
        return lies(reading, own_id, _("control characters in a text"));
    return 0;
}

static int entry_parse(struct reading *reading, bool is_attachment, struct pack_entry *entry)
{
    unsigned seen = 0;
    unsigned known = is_attachment ? ENTRY_KEYS : ENTRY_RECORDING_KEYS;
    char *key;
    memset(entry, 0, sizeof *entry);
    for (bool begun = false; scan_key(&reading->scan, &begun, &key);) {
        unsigned found;
        if (key_find(reading, key, entry_keys, known, &seen, &found) < 0)
            return -1;
        entry_value(&reading->scan, found < known ? found : ENTRY_KEYS, entry);
    }
    if (reading->scan.failed)
        return no_json(reading, _("an entry"));
    if (all_seen(reading, entry_keys, known, seen) < 0)
        return -1;
    if (!is_attachment)
        entry->id = entry->own_id;
    return entry_check(reading, entry, is_attachment);
}

static int entry_add(struct reading *reading, struct pack_entry **out)
{
    struct index *index = reading->index;
    if (index->count == INDEX_ENTRIES_MAX)
        return lies(reading, _("entries"), _("more than any archive holds"));
    if (index->count == reading->room) {
        size_t wanted = reading->room == 0 ? 256 : reading->room * 2;
        struct pack_entry *more = realloc(index->entries, wanted * sizeof *more);
        if (more == NULL)
            return err_memory(reading->err, reading->object);
        index->entries = more;
        reading->room = wanted;
    }
    *out = &index->entries[index->count++];
    return 0;
}

static int entries_parse(struct reading *reading, bool is_attachment)
{
    for (bool begun = false; scan_item(&reading->scan, &begun);) {
        struct pack_entry *entry;
        if (entry_add(reading, &entry) < 0 || entry_parse(reading, is_attachment, entry) < 0)
            return -1;
    }
    return 0;
}

/* ---- what only shows when the entries are seen beside each other ---- */

static int by_offset(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    return (left->size > right->size) - (left->size < right->size); /* empty ones first */
}

static int by_name(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    return strcasecmp(left->name, right->name);
}

static int by_id(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    bool left_added = left->attachment != NULL;
    bool right_added = right->attachment != NULL;
    if (left_added != right_added)
        return left_added ? 1 : -1;
    size_t left_len = strlen(left->own_id);
    size_t right_len = strlen(right->own_id);
    if (left_len != right_len)
        return left_len < right_len ? -1 : 1; /* R9 before R10: as they stand */
    return strcmp(left->own_id, right->own_id);
}

/* Sorts, unless they stand in that order already, as they mostly do. */
static void put_in_order(const struct pack_entry **order, size_t count,
                         int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < count; i++) {
        if (compare(&order[i - 1], &order[i]) > 0) {
            qsort(order, count, sizeof(*order), compare);
            return;
        }
    }
}

static int neighbours_check(const struct reading *reading)
{
    const struct index *index = reading->index;
    AUTO(free) const struct pack_entry **order = calloc(index->count + 1, sizeof(*order));
    if (order == NULL)
        return err_memory(reading->err, reading->object);
    for (size_t i = 0; i < index->count; i++)
        order[i] = &index->entries[i];

    put_in_order(order, index->count, by_offset);
    for (size_t i = 1; i < index->count; i++) {
        if (order[i]->offset < order[i - 1]->offset + order[i - 1]->size)
            return lies(reading, order[i]->name, _("it overlaps another entry"));
    }
    put_in_order(order, index->count, by_id);
    for (size_t i = 1; i < index->count; i++) {
        if (by_id(&order[i - 1], &order[i]) == 0)
            return lies(reading, order[i]->own_id, _("the id stands twice"));
    }
    put_in_order(order, index->count, by_name);
    for (size_t i = 1; i < index->count; i++) {
        if (by_name(&order[i - 1], &order[i]) == 0)
            return lies(reading, order[i]->name, _("the name stands twice"));
    }
    return 0;
}

static int places_check(const struct reading *reading, uint64_t head_end)
{
    uint64_t size = reading->index->archive_size;
    for (size_t i = 0; i < reading->index->count; i++) {
        const struct pack_entry *entry = &reading->index->entries[i];
        if (entry->offset % 512 != 0 || entry->offset < head_end || entry->offset > size ||
            entry->size > size - entry->offset)
            return lies(reading, entry->name, _("its place in the archive is out of range"));
    }
    return 0;
}

/* ---- the whole ---- */

static int previous_parse(struct reading *reading)
{
    unsigned seen = 0;
    uint8_t digest[32];
    char *key;
    if (scan_null(&reading->scan))
        return 0;
    for (bool begun = false; scan_key(&reading->scan, &begun, &key);) {
        unsigned found;
        if (key_find(reading, key, previous_keys, PREVIOUS_KEYS, &seen, &found) < 0)
            return -1;
        if (found == PREVIOUS_NAME)
            (void)scan_text(&reading->scan);
        else if (found == PREVIOUS_SHA256)
            digest_take(&reading->scan, digest);
        else
            scan_skip(&reading->scan);
    }
    if (reading->scan.failed)
        return no_json(reading, "previous");
    return all_seen(reading, previous_keys, PREVIOUS_KEYS, seen);
}

static int format_check(struct reading *reading)
{
    const char *format = scan_text(&reading->scan);
    return reading->scan.failed || strcmp(format, INDEX_FORMAT) == 0
               ? 0
               : lies(reading, "format", _("not one that this version reads"));
}

static int volume_check(struct reading *reading)
{
    uint64_t volume = scan_u64(&reading->scan);
    return reading->scan.failed || (volume > 0 && volume <= UINT32_MAX)
               ? 0
               : lies(reading, "volume", _("no number of a volume"));
}

static int time_check(struct reading *reading)
{
    struct instant at;
    const char *text = scan_text(&reading->scan);
    return reading->scan.failed || instant_parse(bytes_of(text), &at, NULL) == 0
               ? 0
               : lies(reading, "sealed_at", _("not a time"));
}

static int plain_text(struct reading *reading, const char *key, const char **out)
{
    *out = scan_text(&reading->scan);
    return has_control(*out) ? lies(reading, key, _("control characters in a text")) : 0;
}

static int head_value(struct reading *reading, unsigned key)
{
    struct scan *scan = &reading->scan;
    struct index *index = reading->index;
    uint8_t digest[32];
    switch ((enum head_key)key) {
    case HEAD_FORMAT:
        return format_check(reading);
    case HEAD_UNIT:
        return plain_text(reading, "unit", &index->unit);
    case HEAD_CASE:
        return plain_text(reading, "case", &index->case_number);
    case HEAD_VOLUME:
        return volume_check(reading);
    case HEAD_PREVIOUS:
        return previous_parse(reading);
    case HEAD_SEALED_AT:
        return time_check(reading);
    case HEAD_STRUCTURE:
        digest_take(scan, digest);
        return 0;
    case HEAD_SIZE:
        index->archive_size = scan_u64(scan);
        return index->archive_size <= INT64_MAX
                   ? 0
                   : lies(reading, "archive_size", _("beyond any file"));
    case HEAD_RECORDINGS:
        return entries_parse(reading, false);
    case HEAD_ATTACHMENTS:
        return entries_parse(reading, true);
    case HEAD_KEYS:
        scan_skip(scan);
        return 0;
    }
    return 0;
}

static int whole_parse(struct reading *reading)
{
    unsigned seen = 0;
    char *key;
    for (bool begun = false; scan_key(&reading->scan, &begun, &key);) {
        unsigned found;
        if (key_find(reading, key, head_keys, HEAD_KEYS, &seen, &found) < 0)
            return -1;
        if (found == HEAD_ATTACHMENTS && (seen & 1U << HEAD_RECORDINGS) == 0)
            return lies(reading, "attachments", _("before the recordings"));
        if (head_value(reading, found) < 0)
            return -1;
        if (reading->scan.failed)
            return no_json(reading, found < HEAD_KEYS ? head_keys[found] : _("the whole"));
    }
    scan_finish(&reading->scan);
    if (reading->scan.failed)
        return no_json(reading, _("the whole"));
    return all_seen(reading, head_keys, HEAD_KEYS, seen);
}

int index_parse(char *text, size_t len, const char *object, uint64_t head_end, struct index *out,
                struct err *err)
{
    AUTO(index_release) struct index index = {.count = 0};
    struct reading reading = {.object = object, .index = &index, .err = err};
    scan_init(&reading.scan, text, len);
    if (whole_parse(&reading) < 0 || places_check(&reading, head_end) < 0 ||
        neighbours_check(&reading) < 0)
        return -1;
    *out = index;
    memset(&index, 0, sizeof index);
    return 0;
}
