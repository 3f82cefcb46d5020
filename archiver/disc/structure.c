#include "disc/disc.h"

#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { SYSTEM_AREA = 32768, GATHER_BYTES = 65536 };

/* Small gaps are gathered, so that the digests' threads are woken for something. */
struct gather {
    int fd;
    const char *object;
    struct digest *digest;
    uint8_t *buffer;
    size_t len;
};

static int gather_flush(struct gather *gather, struct err *err)
{
    if (gather->len > 0 &&
        digest_feed(gather->digest, (struct bytes){gather->buffer, gather->len}, err) < 0)
        return -1;
    gather->len = 0;
    return 0;
}

/* Adds the bytes [from, to) of the image; those of the system area as zeros. */
static int gather_range(struct gather *gather, uint64_t from, uint64_t to, struct err *err)
{
    while (from < to) {
        if (gather->len == GATHER_BYTES && gather_flush(gather, err) < 0)
            return -1;
        const uint64_t end = from < SYSTEM_AREA && to > SYSTEM_AREA ? SYSTEM_AREA : to;
        const size_t room = GATHER_BYTES - gather->len;
        const size_t piece = end - from < room ? (size_t)(end - from) : room;
        if (from < SYSTEM_AREA)
            memset(gather->buffer + gather->len, 0, piece);
        else if (file_read_exact(gather->fd, gather->object, from, gather->buffer + gather->len,
                                 piece, err) < 0)
            return -1;
        gather->len += piece;
        from += piece;
    }
    return 0;
}

static int by_offset(const void *a, const void *b)
{
    const struct disc_extent *one = a;
    const struct disc_extent *other = b;
    return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/* All extents in the order of the image; *extents is the caller's. */
static int sorted_extents(const struct disc_listing *listing, const char *object,
                          struct disc_extent **extents, size_t *count, struct err *err)
{
    size_t total = 0;
    for (size_t i = 0; i < listing->count; i++)
        total += listing->files[i].extent_count;
    struct disc_extent *all = calloc(total + 1, sizeof *all);
    if (all == NULL)
        return err_memory(err, object);
    size_t next = 0;
    for (size_t i = 0; i < listing->count; i++) {
        for (size_t k = 0; k < listing->files[i].extent_count; k++)
            all[next++] = listing->files[i].extents[k];
    }
    qsort(all, total, sizeof *all, by_offset);
    *extents = all;
    *count = total;
    return 0;
}

int disc_structure(int fd, const char *object, const struct disc_listing *listing,
                   uint64_t image_bytes, struct digest_pair *structure, struct err *err)
{
    if (listing->size < image_bytes)
        return err_set(err, ERR_DAMAGED, object, _("cut off at byte %llu of %llu"),
                       (unsigned long long)listing->size, (unsigned long long)image_bytes);
    AUTO(free) struct disc_extent *extents = NULL;
    size_t count = 0;
    if (sorted_extents(listing, object, &extents, &count, err) < 0)
        return -1;
    AUTO(free) uint8_t *buffer = malloc(GATHER_BYTES);
    if (buffer == NULL)
        return err_memory(err, object);
    AUTO(digest_free) struct digest *digest = NULL;
    if (digest_open(&digest, err) < 0)
        return -1;

    struct gather gather = {.fd = fd, .object = object, .digest = digest, .buffer = buffer};
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t from = extents[i].offset < image_bytes ? extents[i].offset : image_bytes;
        if (from > at && gather_range(&gather, at, from, err) < 0)
            return -1;
        const uint64_t end = extents[i].offset + extents[i].size; /* sectors of 32 bits: fits */
        if (end > at)
            at = end;
    }
    if (gather_range(&gather, at, image_bytes, err) < 0 || gather_flush(&gather, err) < 0)
        return -1;
    return digest_finish(digest, structure, err);
}
