#include "probe/sources/tiff.h"

#include <string.h>

enum {
    DIRECTORIES = 3,
    FOUND_MAX = 16,     /* in a directory */
    ENTRIES_MAX = 1024, /* looked at in a directory */
    VALUE_MAX = 1024,
    TYPE_LONG = 4,
    TAG_EXIF = 0x8769,
    TAG_GPS = 0x8825,
};

/* Ends with 0. What report_exif in exif.c asks for, and the pointers to the other directories. */
static const uint16_t wanted[DIRECTORIES][FOUND_MAX] = {
    {0x010f, 0x0110, 0x0131, TAG_EXIF, TAG_GPS},
    {0x9003, 0x9004, 0x9011, 0x9012, 0x9291, 0x9292, 0xa431},
    {0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x0007, 0x0009, 0x001d},
};

static const uint8_t little_mark[] = {'I', 'I', '*', 0};
static const uint8_t big_mark[] = {'M', 'M', 0, '*'};

struct found {
    uint16_t tag, type;
    uint32_t count;
    size_t len;
    uint8_t inside[4]; /* the value, or its offset */
    uint64_t value;    /* where in the input it stands; 0: in `inside` */
};

struct tiff {
    struct probe_input *input;
    uint64_t base, end;
    bool little;
    struct found found[DIRECTORIES][FOUND_MAX];
    size_t count[DIRECTORIES];
};

static uint16_t get16(const struct tiff *tiff, const uint8_t *at)
{
    return tiff->little ? read_le16(at) : read_be16(at);
}

static uint32_t get32(const struct tiff *tiff, const uint8_t *at)
{
    return tiff->little ? read_le32(at) : read_be32(at);
}

static void set16(const struct tiff *tiff, uint8_t *at, uint16_t value)
{
    at[tiff->little ? 0 : 1] = (uint8_t)value;
    at[tiff->little ? 1 : 0] = (uint8_t)(value >> 8);
}

static void set32(const struct tiff *tiff, uint8_t *at, uint32_t value)
{
    set16(tiff, at + (tiff->little ? 0 : 2), (uint16_t)value);
    set16(tiff, at + (tiff->little ? 2 : 0), (uint16_t)(value >> 16));
}

/* Octets of one value of a type; 0 for types that are not of use here. */
static size_t type_size(uint16_t type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 0, 1, 0, 4, 8, 0, 0, 4};
    return type < sizeof sizes ? sizes[type] : 0;
}

static bool is_wanted(int directory, uint16_t tag)
{
    for (size_t i = 0; i < FOUND_MAX && wanted[directory][i] != 0; i++) {
        if (wanted[directory][i] == tag)
            return true;
    }
    return false;
}

static void entry_take(struct tiff *tiff, int directory, const uint8_t raw[static 12])
{
    struct found entry = {.tag = get16(tiff, raw), .type = get16(tiff, raw + 2)};
    size_t size = type_size(entry.type);
    entry.count = get32(tiff, raw + 4);
    if (!is_wanted(directory, entry.tag) || size == 0 || entry.count == 0 ||
        entry.count > VALUE_MAX / size || tiff->count[directory] == FOUND_MAX)
        return;
    entry.len = size * entry.count;
    memcpy(entry.inside, raw + 8, 4);
    if (entry.len > 4) {
        uint64_t offset = get32(tiff, raw + 8);
        if (offset == 0 || offset > tiff->end - tiff->base ||
            entry.len > tiff->end - tiff->base - offset)
            return;
        entry.value = tiff->base + offset;
    }
    tiff->found[directory][tiff->count[directory]++] = entry;
}

static void directory_read(struct tiff *tiff, int directory, uint64_t offset)
{
    uint8_t octets[12];
    if (offset < 8 || offset > tiff->end - tiff->base)
        return;
    uint64_t at = tiff->base + offset;
    if (input_read(tiff->input, at, octets, 2) != 2)
        return;
    unsigned count = get16(tiff, octets);
    at += 2;
    for (unsigned i = 0; i < count && i < ENTRIES_MAX; i++, at += sizeof octets) {
        if (input_read(tiff->input, at, octets, sizeof octets) != sizeof octets)
            return;
        entry_take(tiff, directory, octets);
    }
}

/* Where the main directory says that another one is; 0 where it says nothing. */
static uint64_t directory_at(const struct tiff *tiff, uint16_t pointer)
{
    for (size_t i = 0; i < tiff->count[TIFF_MAIN]; i++) {
        const struct found *entry = &tiff->found[TIFF_MAIN][i];
        if (entry->tag == pointer && entry->len == 4 && entry->value == 0)
            return get32(tiff, entry->inside);
    }
    return 0;
}

static size_t directory_len(const struct tiff *tiff, int directory)
{
    return 2 + 12 * tiff->count[directory] + 4;
}

/* Writes one directory at `from` of the block and its long values from *free on. */
static void directory_write(const struct tiff *tiff, int directory,
                            const size_t starts[static DIRECTORIES], uint8_t *block, size_t *free)
{
    uint8_t *at = block + starts[directory];
    set16(tiff, at, (uint16_t)tiff->count[directory]);
    at += 2;
    for (size_t i = 0; i < tiff->count[directory]; i++, at += 12) {
        const struct found *entry = &tiff->found[directory][i];
        set16(tiff, at, entry->tag);
        set16(tiff, at + 2, entry->type);
        set32(tiff, at + 4, entry->count);
        if (entry->tag == TAG_EXIF || entry->tag == TAG_GPS) {
            int pointed = entry->tag == TAG_EXIF ? TIFF_EXIF : TIFF_GPS;
            set16(tiff, at + 2, TYPE_LONG); /* some write the later type of offsets */
            set32(tiff, at + 8, (uint32_t)starts[pointed]);
        } else if (entry->value == 0) {
            memcpy(at + 8, entry->inside, 4);
        } else {
            set32(tiff, at + 8, (uint32_t)*free);
            (void)input_read(tiff->input, entry->value, block + *free, entry->len);
            *free += entry->len + entry->len % 2;
        }
    }
}

/* The main directory that a file of another one lacks. */
static void main_make(struct tiff *tiff, enum tiff_directory first)
{
    tiff->found[TIFF_MAIN][0] = (struct found){
        .tag = first == TIFF_EXIF ? TAG_EXIF : TAG_GPS, .type = TYPE_LONG, .count = 1, .len = 4};
    tiff->count[TIFF_MAIN] = 1;
}

size_t tiff_collect(struct probe_input *input, uint64_t at, uint64_t end, enum tiff_directory first,
                    uint8_t block[static TIFF_COLLECTED_MAX])
{
    uint8_t head[8];
    if (at > end || end - at < sizeof head || input_read(input, at, head, sizeof head) != 8)
        return 0;
    struct tiff tiff = {.input = input, .base = at, .end = end, .little = head[0] == 'I'};
    if (memcmp(head, little_mark, 4) != 0 && memcmp(head, big_mark, 4) != 0 &&
        memcmp(head, "IIU\0", 4) != 0)
        return 0;
    directory_read(&tiff, (int)first, get32(&tiff, head + 4));
    if (tiff.count[first] == 0)
        return 0;
    if (first != TIFF_MAIN) {
        main_make(&tiff, first);
    } else {
        directory_read(&tiff, TIFF_EXIF, directory_at(&tiff, TAG_EXIF));
        directory_read(&tiff, TIFF_GPS, directory_at(&tiff, TAG_GPS));
    }

    /* three directories of 16 entries of at most a KiB: never above TIFF_COLLECTED_MAX */
    size_t starts[DIRECTORIES] = {8};
    for (int i = 1; i < DIRECTORIES; i++)
        starts[i] = starts[i - 1] + directory_len(&tiff, i - 1);
    size_t free = starts[TIFF_GPS] + directory_len(&tiff, TIFF_GPS);
    memset(block, 0, free);
    memcpy(block, tiff.little ? little_mark : big_mark, sizeof little_mark);
    set32(&tiff, block + 4, (uint32_t)starts[TIFF_MAIN]);
    for (int i = 0; i < DIRECTORIES; i++)
        directory_write(&tiff, i, starts, block, &free);
    return free;
}
