#include "probe/heif.h"

#include <string.h>

#include "probe/boxes.h"

enum { ITEMS_MAX = 4096, PROPERTIES_MAX = 4096 };

/* A number of 0 to 8 octets at *at; false past the end. */
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

/* The entries of an item information box, one after the other. */
struct items {
    struct probe_input *input;
    uint64_t at, end, left;
};

struct item {
    uint64_t id;
    uint32_t type; /* four characters, big-endian; 0 in entries of the first versions */
};

static bool items_open(struct probe_input *input, struct items *items)
{
    struct box iinf;
    uint64_t version;
    if (!box_path(input, "meta/iinf", &iinf))
        return false;
    *items = (struct items){.input = input, .at = iinf.content, .end = iinf.end};
    if (!sized_read(input, &items->at, items->end, 4, &version) ||
        !sized_read(input, &items->at, items->end, version >> 24 == 0 ? 2 : 4, &items->left))
        return false;
    if (items->left > ITEMS_MAX)
        items->left = ITEMS_MAX;
    return true;
}

static bool items_next(struct items *items, struct item *item)
{
    struct box infe;
    if (items->left == 0 || !box_next(items->input, &items->at, items->end, &infe))
        return false;
    items->left--;
    *item = (struct item){0};
    uint64_t in = infe.content;
    uint64_t flags;
    uint64_t protection;
    uint64_t type;
    if (strcmp(infe.type, "infe") == 0 && sized_read(items->input, &in, infe.end, 4, &flags) &&
        flags >> 24 >= 2 &&
        sized_read(items->input, &in, infe.end, flags >> 24 == 2 ? 2 : 4, &item->id) &&
        sized_read(items->input, &in, infe.end, 2, &protection) &&
        sized_read(items->input, &in, infe.end, 4, &type))
        item->type = (uint32_t)type;
    return true;
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

static bool exif_id(struct probe_input *input, uint64_t *id)
{
    struct items items;
    struct item item;
    if (!items_open(input, &items))
        return false;
    while (items_next(&items, &item)) {
        if (item.type == 0x45786966) { /* "Exif" */
            *id = item.id;
            return true;
        }
    }
    return false;
}

bool heif_exif(struct probe_input *input, uint64_t *at, uint64_t *end)
{
    struct box location;
    struct box idat;
    uint64_t id;
    struct place place = {0};
    if (!exif_id(input, &id) || !box_path(input, "meta/iloc", &location) ||
        !item_place(input, &location, id, &place))
        return false;
    uint64_t from = place.offset;
    if (place.method == 1) {
        if (!box_path(input, "meta/idat", &idat) || from > idat.end - idat.content)
            return false;
        from += idat.content;
    }
    uint64_t size = input_size(input);
    if (from > size)
        return false;
    *at = from;
    *end = place.len < size - from ? from + place.len : size;
    return true;
}

static bool primary_id(struct probe_input *input, uint64_t *id)
{
    struct box pitm;
    uint64_t version;
    if (!box_path(input, "meta/pitm", &pitm))
        return false;
    uint64_t at = pitm.content;
    return sized_read(input, &at, pitm.end, 4, &version) &&
           sized_read(input, &at, pitm.end, version >> 24 == 0 ? 2 : 4, id);
}

bool heif_is_picture(struct probe_input *input)
{
    uint64_t id;
    return primary_id(input, &id);
}

/* libavcodec's name of an item's coding; NULL for derived items and unknown ones. */
static const char *codec_of(uint32_t type)
{
    static const struct {
        uint32_t type;
        const char *codec;
    } codings[] = {
        {0x68766331, "hevc"},     /* hvc1 */
        {0x68657631, "hevc"},     /* hev1 */
        {0x61763031, "av1"},      /* av01 */
        {0x61766331, "h264"},     /* avc1 */
        {0x6a706567, "mjpeg"},    /* jpeg */
        {0x76766331, "vvc"},      /* vvc1 */
        {0x6a326b31, "jpeg2000"}, /* j2k1 */
        {0x756e6369, "rawvideo"}, /* unci */
    };
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        if (codings[i].type == type)
            return codings[i].codec;
    }
    return NULL;
}

/* Of a picture put together from tiles the coding is that of the tiles. */
static const char *picture_codec(struct probe_input *input, uint64_t primary)
{
    struct items items;
    struct item item;
    const char *first = NULL;
    if (!items_open(input, &items))
        return NULL;
    while (items_next(&items, &item)) {
        const char *codec = codec_of(item.type);
        if (item.id == primary && codec != NULL)
            return codec;
        if (first == NULL)
            first = codec;
    }
    return first;
}

/* One property of the picture: its size, its rotation. */
static void property_read(struct probe_input *input, const struct box *properties, uint64_t number,
                          struct probe_stream *stream)
{
    struct box box;
    uint64_t at = properties->content;
    for (uint64_t i = 0; i < number; i++) {
        if (i == PROPERTIES_MAX || !box_next(input, &at, properties->end, &box))
            return;
    }
    uint64_t in = number > 0 ? box.content : 0;
    uint64_t flags;
    uint64_t width;
    uint64_t height;
    if (number == 0)
        return;
    if (strcmp(box.type, "ispe") == 0 && sized_read(input, &in, box.end, 4, &flags) &&
        sized_read(input, &in, box.end, 4, &width) && sized_read(input, &in, box.end, 4, &height)) {
        stream->width = (uint32_t)width;
        stream->height = (uint32_t)height;
    } else if (strcmp(box.type, "irot") == 0 && sized_read(input, &in, box.end, 1, &flags)) {
        stream->rotation_degrees = (int32_t)(360 - 90 * (flags & 3)) % 360; /* counter-clockwise */
    }
}

/* The properties that the association box gives to the item. */
static void properties_read(struct probe_input *input, uint64_t primary,
                            struct probe_stream *stream)
{
    struct box properties;
    struct box association;
    uint64_t head;
    uint64_t entries;
    if (!box_path(input, "meta/iprp/ipco", &properties) ||
        !box_path(input, "meta/iprp/ipma", &association))
        return;
    uint64_t at = association.content;
    if (!sized_read(input, &at, association.end, 4, &head) ||
        !sized_read(input, &at, association.end, 4, &entries))
        return;
    unsigned id_size = head >> 24 == 0 ? 2 : 4;
    unsigned index_size = (head & 1) != 0 ? 2 : 1;
    for (uint64_t i = 0; i < entries && i < ITEMS_MAX; i++) {
        uint64_t id;
        uint64_t count;
        if (!sized_read(input, &at, association.end, id_size, &id) ||
            !sized_read(input, &at, association.end, 1, &count))
            return;
        for (uint64_t j = 0; j < count; j++) {
            uint64_t index;
            if (!sized_read(input, &at, association.end, index_size, &index))
                return;
            if (id == primary) /* the first bit says whether it must be understood */
                property_read(input, &properties, index & (index_size == 2 ? 0x7fff : 0x7f),
                              stream);
        }
    }
}

void heif_describe(struct probe_input *input, struct probe_report *report)
{
    uint64_t primary;
    if (!primary_id(input, &primary))
        return;
    struct probe_stream stream = {.type = PROBE_PICTURE, .codec = picture_codec(input, primary)};
    properties_read(input, primary, &stream);
    report_add_stream(report, &stream);
}
