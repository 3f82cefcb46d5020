/*
 * The image is one stream. The caller's thread composes it in order: the head that is there, files
 * from the archives, zeros between them. Three consumers get every buffer: one checks the files
 * against their digests, one computes the digest of the whole, one writes, past the page cache
 * where the file system can: what is written once and read back from the medium later does not
 * belong there, and to copy it costs as much as to hash it.
 */
#include "disc/contents.h"

#include <errno.h>
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
#include "digest/ring.h"
#include "disc/cargo.h"
#include "disc/disc.h"

#include "base/banned.h"

enum { SLOT_BYTES = 1 << 20 };

AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);

/* A file and its place in the image. */
struct placed {
    const struct cargo_file *file;
    uint64_t offset;
};

/* The files that are not empty, in the image's order, none reaching into another. */
struct places {
    struct placed *at;
    size_t count;
};

static const char *archive_of(const struct cargo *cargo, const struct cargo_file *file)
{
    return file->content != NULL ? file->path : cargo->bags[file->archive].tar;
}

/* ---- places ---- */

static int by_offset(const void *a, const void *b)
{
    const struct placed *one = a;
    const struct placed *other = b;
    return one->offset < other->offset ? -1 : one->offset > other->offset;
}

static int misplaced(const struct contents_target *target, const struct cargo_file *file,
                     struct err *err)
{
    return err_set(err, ERR_DAMAGED, target->path, _("%s was not laid out as planned"), file->path);
}

/* A file above 4 GiB has several extents; libisofs lays them one behind the other. */
static int place(const struct disc_listing *listing, const struct cargo_file *file,
                 const struct contents_target *target, struct placed *placed, struct err *err)
{
    const struct disc_file *there = disc_listing_find(listing, file->path);
    bool is_sound = there != NULL && there->size == file->size && there->extent_count > 0;
    for (size_t i = 1; is_sound && i < there->extent_count; i++)
        is_sound =
            there->extents[i].offset == there->extents[i - 1].offset + there->extents[i - 1].size;
    if (!is_sound)
        return misplaced(target, file, err);
    *placed = (struct placed){file, there->extents[0].offset};
    return 0;
}

/* places->at has room for all files. */
static int place_all(const struct cargo *cargo, const struct disc_listing *listing,
                     const struct contents_target *target, struct places *places, struct err *err)
{
    for (size_t i = 0; i < cargo->file_count; i++)
        if (cargo->files[i].size > 0 &&
            place(listing, &cargo->files[i], target, &places->at[places->count++], err) < 0)
            return -1;
    qsort(places->at, places->count, sizeof *places->at, by_offset);
    uint64_t end = target->head;
    for (size_t i = 0; i < places->count; i++) {
        const struct placed *placed = &places->at[i];
        if (placed->offset < end || placed->offset > target->bytes ||
            placed->file->size > target->bytes - placed->offset)
            return misplaced(target, placed->file, err);
        end = placed->offset + placed->file->size;
    }
    return 0;
}

/* The next bytes of the image that belong together: some of a file, or of what lies between. */
struct stretch {
    const struct placed *of; /* NULL: between */
    uint64_t begin;          /* in the file */
    size_t len;
    bool is_end; /* of the file */
};

/* What begins at `at` and ends at `end` at the latest; *next is the first file that is not over. */
static struct stretch next_stretch(const struct places *places, size_t *next, uint64_t at,
                                   uint64_t end)
{
    const struct placed *placed = *next < places->count ? &places->at[*next] : NULL;
    if (placed == NULL || at < placed->offset) {
        const uint64_t to = placed != NULL && placed->offset < end ? placed->offset : end;
        return (struct stretch){.len = (size_t)(to - at)};
    }
    const uint64_t file_end = placed->offset + placed->file->size;
    const bool is_end = file_end <= end;
    *next += is_end;
    return (struct stretch){.of = placed,
                            .begin = at - placed->offset,
                            .len = (size_t)((is_end ? file_end : end) - at),
                            .is_end = is_end};
}

/* ---- consumers ---- */

struct checker {
    const struct cargo *cargo;
    const struct places *places;
    size_t next;
    uint64_t at; /* in the image */
    EVP_MD_CTX *context;
    struct err err;
};

static bool check_end(struct checker *checker, const struct cargo_file *file)
{
    const char *archive = archive_of(checker->cargo, file);
    uint8_t sha256[32];
    if (EVP_DigestFinal_ex(checker->context, sha256, NULL) != 1 ||
        EVP_DigestInit_ex2(checker->context, NULL, NULL) != 1) {
        (void)err_memory(&checker->err, archive);
        return false;
    }
    if (memcmp(sha256, file->sha256, sizeof sha256) == 0)
        return true;
    (void)err_set(&checker->err, ERR_DAMAGED, archive,
                  _("its SHA-256 is not the one that was sealed"));
    (void)err_wrap(&checker->err, "%s", file->path);
    return false;
}

static bool check(void *context, struct bytes bytes)
{
    struct checker *checker = context;
    const uint64_t end = checker->at + bytes.len;
    for (const uint8_t *from = bytes.at; checker->at < end;) {
        const struct stretch stretch =
            next_stretch(checker->places, &checker->next, checker->at, end);
        if (stretch.of != NULL && EVP_DigestUpdate(checker->context, from, stretch.len) != 1) {
            (void)err_memory(&checker->err, stretch.of->file->path);
            return false;
        }
        if (stretch.is_end && !check_end(checker, stretch.of->file))
            return false;
        from += stretch.len;
        checker->at += stretch.len;
    }
    return true;
}

static bool hash_whole(void *context, struct bytes bytes)
{
    return EVP_DigestUpdate(context, bytes.at, bytes.len) == 1;
}

struct writer {
    const struct contents_target *target;
    int direct; /* -1: the file system has no such thing */
    uint64_t at;
    struct err err;
};

static void writer_close(struct writer *writer)
{
    if (writer->direct >= 0)
        (void)close(writer->direct); /* all writes have answered; the flush is the caller's */
    writer->direct = -1;
}

/* The end of the image, and where a file system opens so but does not write so, goes the usual way;
 * the disk is then asked to begin, so that the flush at the end is short. */
static bool write_on(void *context, struct bytes bytes)
{
    struct writer *writer = context;
    const struct contents_target *target = writer->target;
    const uint64_t at = writer->at;
    writer->at += bytes.len;
    if (writer->direct >= 0 && bytes.len % FILE_DIRECT_ALIGN == 0) {
        if (file_write_at(writer->direct, target->path, at, bytes.at, bytes.len, &writer->err) == 0)
            return true;
        if (writer->err.number != EINVAL && writer->err.number != EOPNOTSUPP)
            return false;
        writer->err = (struct err){.kind = ERR_NONE};
        writer_close(writer);
    }
    if (file_write_at(target->fd, target->path, at, bytes.at, bytes.len, &writer->err) < 0)
        return false;
    (void)sync_file_range(target->fd, (off64_t)at, (off64_t)bytes.len, SYNC_FILE_RANGE_WRITE);
    return true;
}

/* ---- composing ---- */

struct composer {
    const struct cargo *cargo;
    const struct contents_target *target;
    const struct places *places;
    size_t next;
    int archive; /* the one last read from; -1: none */
    size_t archive_at;
};

static int read_archive(struct composer *composer, const struct cargo_file *file, uint64_t begin,
                        uint8_t *to, size_t len, struct err *err)
{
    const char *path = archive_of(composer->cargo, file);
    if (composer->archive < 0 || composer->archive_at != file->archive) {
        if (composer->archive >= 0)
            (void)close(composer->archive); /* only read from */
        composer->archive = file_open_regular(composer->cargo->root, path, err);
        composer->archive_at = file->archive;
        if (composer->archive < 0)
            return -1;
        (void)posix_fadvise(composer->archive, 0, 0, POSIX_FADV_SEQUENTIAL); /* for speed */
    }
    return file_read_exact(composer->archive, path, file->offset + begin, to, len, err);
}

static int compose_stretch(struct composer *composer, const struct stretch *stretch, uint8_t *to,
                           struct err *err)
{
    if (stretch->of == NULL) {
        memset(to, 0, stretch->len);
        return 0;
    }
    const struct cargo_file *file = stretch->of->file;
    if (file->content != NULL) {
        memcpy(to, file->content + stretch->begin, stretch->len);
        return 0;
    }
    if (read_archive(composer, file, stretch->begin, to, stretch->len, err) < 0)
        return err_wrap(err, "%s", file->path);
    return 0;
}

static int compose(struct composer *composer, uint64_t at, uint8_t *to, size_t len, struct err *err)
{
    const struct contents_target *target = composer->target;
    const uint64_t end = at + len;
    if (at < target->head) {
        const size_t part = target->head < end ? (size_t)(target->head - at) : len;
        if (file_read_exact(target->fd, target->path, at, to, part, err) < 0)
            return -1;
        to += part;
        at += part;
    }
    while (at < end) {
        const struct stretch stretch = next_stretch(composer->places, &composer->next, at, end);
        if (compose_stretch(composer, &stretch, to, err) < 0)
            return -1;
        to += stretch.len;
        at += stretch.len;
    }
    return 0;
}

/* 0; 1 where a consumer gave up; -1 with *err. */
static int compose_all(struct composer *composer, struct ring *ring,
                       const struct progress *progress, struct err *err)
{
    const struct contents_target *target = composer->target;
    for (uint64_t at = 0; at < target->bytes;) {
        uint8_t *slot = ring_slot(ring);
        if (slot == NULL)
            return 1;
        const uint64_t left = target->bytes - at;
        const size_t len = left < SLOT_BYTES ? (size_t)left : SLOT_BYTES;
        if (compose(composer, at, slot, len, err) < 0)
            return -1;
        ring_pass(ring, len);
        at += len;
        progress_update(progress, target->name, at, target->bytes);
    }
    return ring_end(ring) ? 0 : 1;
}

/* ---- all of it ---- */

static int run(struct composer *composer, struct checker *checker, EVP_MD_CTX *whole,
               struct writer *writer, const struct progress *progress, struct err *err)
{
    const struct ring_consumer consumers[] = {
        {check, checker}, {hash_whole, whole}, {write_on, writer}};
    struct ring *ring = NULL;
    if (ring_open(consumers, sizeof consumers / sizeof *consumers, SLOT_BYTES, &ring, err) < 0)
        return -1;
    const int done = compose_all(composer, ring, progress, err);
    ring_free(ring); /* what the consumers have is ours again */
    if (done <= 0)
        return done;
    if (writer->err.kind != ERR_NONE)
        *err = writer->err;
    else if (checker->err.kind != ERR_NONE)
        *err = checker->err;
    else
        return err_memory(err,
                          composer->target->path); /* what hashes the whole has no other cause */
    return -1;
}

int contents_write(const struct cargo *cargo, const struct disc_listing *listing,
                   const struct contents_target *target, const struct progress *progress,
                   uint8_t sha256[static 32], struct err *err)
{
    AUTO(free) struct placed *at = calloc(cargo->file_count + 1, sizeof *at);
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *whole = EVP_MD_CTX_new();
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *one = EVP_MD_CTX_new();
    if (at == NULL || whole == NULL || one == NULL ||
        EVP_DigestInit_ex(whole, EVP_sha256(), NULL) != 1 ||
        EVP_DigestInit_ex(one, EVP_sha256(), NULL) != 1)
        return err_memory(err, target->path);
    struct places places = {.at = at};
    if (place_all(cargo, listing, target, &places, err) < 0)
        return -1;
    struct composer composer = {.cargo = cargo, .target = target, .places = &places, .archive = -1};
    struct checker checker = {.cargo = cargo, .places = &places, .context = one};
    struct writer writer = {.target = target, .direct = file_open_direct(target->fd, O_WRONLY)};
    const int done = run(&composer, &checker, whole, &writer, progress, err);
    if (composer.archive >= 0)
        (void)close(composer.archive); /* only read from */
    writer_close(&writer);
    if (done == 0 && EVP_DigestFinal_ex(whole, sha256, NULL) != 1)
        return err_memory(err, target->path);
    return done;
}
