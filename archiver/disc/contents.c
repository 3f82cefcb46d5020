/*
 * As in sealing, two things go on at once: the pool copies files and checks them, and behind it the
 * digest of the whole image follows in the image's order, reading what was just written from the
 * page cache. The caller's thread moves both on.
 */
#include "disc/contents.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/progress.h"
#include "disc/cargo.h"
#include "disc/disc.h"

#include "base/banned.h"

enum {
    SLOTS_MAX = 64,
    FOLLOW_BYTES = 256 << 10,
    WRITEBACK_BYTES = 8 << 20, /* handed to the disk at a time, so that the flush is short */
};

AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);

/* A file and its place in the image. */
struct placed {
    const struct cargo_file *file;
    uint64_t offset;
    bool is_written;
};

/* A file under way. */
struct slot {
    struct digest_job job;
    struct err err;
    struct placed *placed;
    bool is_used;
};

struct writing {
    const struct cargo *cargo;
    const struct contents_target *target;
    struct digest_pool *pool;
    EVP_MD_CTX *whole;
    uint8_t *buffer;
    struct slot *slots;
    size_t slot_count;
    struct placed *placed; /* in the image's order */
    size_t next;           /* the file to be put next */
    size_t first_open;     /* the first file that is not written: the image is whole up to it */
    uint64_t followed;     /* how far the digest of the whole has come */
    uint64_t handed_on;    /* how far the disk was asked to write */
};

static const char *archive_of(const struct writing *writing, const struct cargo_file *file)
{
    return file->content != NULL ? file->path : writing->cargo->bags[file->archive].tar;
}

/* ---- places ---- */

static int by_offset(const void *a, const void *b)
{
    const struct placed *one = a;
    const struct placed *other = b;
    return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/* A file above 4 GiB has several extents; libisofs lays them one behind the other. */
static int place_of(const struct disc_listing *listing, const struct cargo_file *file,
                    const struct contents_target *target, struct placed *placed, struct err *err)
{
    const struct disc_file *there = disc_listing_find(listing, file->path);
    bool is_sound =
        there != NULL && there->size == file->size && (there->size == 0 || there->extent_count > 0);
    for (size_t i = 1; is_sound && i < there->extent_count; i++)
        is_sound =
            there->extents[i].offset == there->extents[i - 1].offset + there->extents[i - 1].size;
    uint64_t offset = is_sound && there->extent_count > 0 ? there->extents[0].offset : 0;
    if (!is_sound || offset > target->bytes || file->size > target->bytes - offset)
        return err_set(err, ERR_DAMAGED, target->path, _("%s was not laid out as planned"),
                       file->path);
    *placed = (struct placed){.file = file, .offset = offset, .is_written = file->size == 0};
    return 0;
}

static int place_all(const struct writing *writing, const struct disc_listing *listing,
                     struct err *err)
{
    const struct cargo *cargo = writing->cargo;
    for (size_t i = 0; i < cargo->file_count; i++)
        if (place_of(listing, &cargo->files[i], writing->target, &writing->placed[i], err) < 0)
            return -1;
    qsort(writing->placed, cargo->file_count, sizeof *writing->placed, by_offset);
    return 0;
}

/* ---- the pool's side ---- */

static struct slot *free_slot(const struct writing *writing)
{
    for (size_t i = 0; i < writing->slot_count; i++)
        if (!writing->slots[i].is_used)
            return &writing->slots[i];
    return NULL;
}

static void slot_release(struct slot *slot)
{
    if (slot->is_used)
        (void)close(slot->job.from); /* only read from */
    slot->is_used = false;
}

static void mark_written(struct writing *writing, struct placed *placed)
{
    placed->is_written = true;
    while (writing->first_open < writing->cargo->file_count &&
           writing->placed[writing->first_open].is_written)
        writing->first_open++;
}

static int put_next(struct writing *writing, struct slot *slot, struct err *err)
{
    struct placed *placed = &writing->placed[writing->next++];
    const struct cargo_file *file = placed->file;
    const struct contents_target *target = writing->target;
    if (file->content != NULL) {
        if (file_write_at(target->fd, target->path, placed->offset, file->content,
                          (size_t)file->size, err) < 0)
            return -1;
        mark_written(writing, placed);
        return 0;
    }
    int from = file_open_regular(writing->cargo->root, archive_of(writing, file), err);
    if (from < 0)
        return err_wrap(err, "%s", file->path);
    *slot = (struct slot){.placed = placed, .is_used = true};
    slot->job = (struct digest_job){.from = from,
                                    .offset = file->offset,
                                    .size = file->size,
                                    .object = archive_of(writing, file),
                                    .to = target->fd,
                                    .to_offset = placed->offset,
                                    .to_object = target->path,
                                    .only_sha256 = true,
                                    .context = slot,
                                    .err = &slot->err};
    digest_pool_put(writing->pool, &slot->job);
    return 0;
}

static int settle(struct writing *writing, struct slot *slot, struct err *err)
{
    const struct cargo_file *file = slot->placed->file;
    if (slot->job.failed) {
        *err = slot->err;
        return slot->job.write_failed ? -1 : err_wrap(err, "%s", file->path);
    }
    if (memcmp(slot->job.pair.sha256, file->sha256, sizeof file->sha256) != 0) {
        (void)err_set(err, ERR_DAMAGED, archive_of(writing, file),
                      _("its SHA-256 is not the one that was sealed"));
        return err_wrap(err, "%s", file->path);
    }
    mark_written(writing, slot->placed);
    slot_release(slot);
    return 0;
}

/* ---- behind it ---- */

/* Up to where the image is whole. */
static uint64_t whole_to(const struct writing *writing)
{
    return writing->first_open < writing->cargo->file_count
               ? writing->placed[writing->first_open].offset
               : writing->target->bytes;
}

static int follow(struct writing *writing, struct err *err)
{
    const struct contents_target *target = writing->target;
    uint64_t left = whole_to(writing) - writing->followed;
    size_t len = left < FOLLOW_BYTES ? (size_t)left : FOLLOW_BYTES;
    if (file_read_exact(target->fd, target->path, writing->followed, writing->buffer, len, err) < 0)
        return -1;
    if (EVP_DigestUpdate(writing->whole, writing->buffer, len) != 1)
        return err_memory(err, target->path);
    writing->followed += len;
    if (writing->followed - writing->handed_on >= WRITEBACK_BYTES) {
        /* only a hint: what it cannot do is left to the fsync */
        (void)sync_file_range(target->fd, (off64_t)writing->handed_on,
                              (off64_t)(writing->followed - writing->handed_on),
                              SYNC_FILE_RANGE_WRITE);
        writing->handed_on = writing->followed;
    }
    return 0;
}

static int step(struct writing *writing, struct err *err)
{
    struct slot *slot = free_slot(writing);
    while (writing->next < writing->cargo->file_count && writing->placed[writing->next].is_written)
        writing->next++; /* empty */
    if (slot != NULL && writing->next < writing->cargo->file_count)
        return put_next(writing, slot, err);
    bool can_follow = writing->followed < whole_to(writing);
    struct digest_job *job = digest_pool_take(writing->pool, can_follow ? 0 : -1, NULL);
    if (job != NULL)
        return settle(writing, job->context, err);
    return can_follow ? follow(writing, err) : 0;
}

static int write_all(struct writing *writing, const struct progress *progress, struct err *err)
{
    const struct contents_target *target = writing->target;
    uint64_t shown = 0;
    while (writing->followed < target->bytes) {
        if (step(writing, err) < 0)
            return -1;
        if (writing->followed - shown >= WRITEBACK_BYTES || writing->followed == target->bytes) {
            shown = writing->followed;
            progress_update(progress, target->name, shown, target->bytes);
        }
    }
    return 0;
}

static int run(struct writing *writing, const struct disc_listing *listing,
               const struct progress *progress, uint8_t sha256[static 32], struct err *err)
{
    const char *path = writing->target->path;
    AUTO(free) uint8_t *buffer = malloc(FOLLOW_BYTES);
    AUTO(free) struct slot *slots = calloc(SLOTS_MAX, sizeof *slots);
    AUTO(free) struct placed *placed = calloc(writing->cargo->file_count + 1, sizeof *placed);
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *whole = EVP_MD_CTX_new();
    if (buffer == NULL || slots == NULL || placed == NULL || whole == NULL ||
        EVP_DigestInit_ex(whole, EVP_sha256(), NULL) != 1)
        return err_memory(err, path);
    writing->buffer = buffer;
    writing->slots = slots;
    writing->placed = placed;
    writing->whole = whole;
    struct digest_pool *pool = NULL;
    if (place_all(writing, listing, err) < 0 || digest_pool_open(&pool, err) < 0)
        return -1;
    writing->pool = pool;
    size_t room = digest_pool_room(pool);
    writing->slot_count = room < SLOTS_MAX ? room : SLOTS_MAX;
    while (writing->first_open < writing->cargo->file_count &&
           placed[writing->first_open].is_written)
        writing->first_open++;
    int done = write_all(writing, progress, err);
    digest_pool_free(pool); /* nobody reads or writes the slots' descriptors from here on */
    for (size_t i = 0; i < writing->slot_count; i++)
        slot_release(&slots[i]);
    if (done == 0 && EVP_DigestFinal_ex(whole, sha256, NULL) != 1)
        return err_memory(err, path);
    return done;
}

int contents_write(const struct cargo *cargo, const struct disc_listing *listing,
                   const struct contents_target *target, const struct progress *progress,
                   uint8_t sha256[static 32], struct err *err)
{
    struct writing writing = {.cargo = cargo, .target = target};
    return run(&writing, listing, progress, sha256, err);
}
