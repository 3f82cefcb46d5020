/*
 * Two things go on at once: the pool copies files and checks them, and behind it the tar's own
 * digests follow in file order, reading what was just written from the page cache. The caller's
 * thread moves both on and never waits for one while the other could go on.
 */
#include "pack/contents.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/progress.h"
#include "pack/pack.h"
#include "pack/plan.h"
#include "vault/vault.h"

#include "base/banned.h"

enum {
    SLOTS_MAX = 64,
    FOLLOW_BYTES = 128 << 10,
    WRITEBACK_BYTES = 8 << 20, /* handed to the disk at a time, so that the last flush is short */
};

/* A file under way. */
struct slot {
    struct digest_job job;
    struct err err;
    size_t file;
    char object[32]; /* "R12" */
    bool is_used;
};

struct copying {
    struct vault *vault;
    const struct plan *plan;
    int part;
    uint64_t size;
    struct digest_pool *pool;
    struct digest *whole;
    struct slot *slots;
    size_t slot_count;
    bool *is_copied; /* by file */
    size_t next;     /* the file to be put next */
    size_t copied;
    size_t first_open;   /* the first file that is not copied: the tar is whole up to it */
    uint64_t followed;   /* how far the tar's own digests have come */
    uint64_t handed_on;  /* how far the disk was asked to write */
    struct pack *source; /* the archive that a file was last read from */
    int64_t source_number;
};

static void object_name(const struct plan_file *file, char name[static 32])
{
    if (file->attachment != 0)
        (void)snprintf(name, 32, "F%lld", (long long)file->attachment);
    else
        (void)snprintf(name, 32, "R%lld", (long long)file->recording);
}

/* The archive of a sealed recording that can be opened: the first of them. */
struct finding {
    int64_t number;
    char path[4096];
};

static void archive_see(void *context, const struct catalog_archive *archive)
{
    struct finding *finding = context;
    if (finding->number != 0)
        return;
    finding->number = archive->number;
    (void)snprintf(finding->path, sizeof finding->path, "%s", archive->path);
}

static int source_open(struct copying *copying, const struct plan_file *file, struct err *err)
{
    struct finding found = {.number = 0};
    struct catalog_err wrong;
    if (catalog_archive_of(vault_catalog(copying->vault), file->recording, archive_see, &found,
                           &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (found.number == 0)
        return err_set(err, ERR_MISSING, file->stored_name,
                       _("its bytes are nowhere in the vault"));
    if (copying->source != NULL && copying->source_number == found.number)
        return 0;
    pack_free(copying->source);
    copying->source = NULL;
    int fd = file_open_regular(vault_folder(copying->vault, VAULT_ROOT), found.path, err);
    if (fd < 0)
        return -1;
    if (pack_open(fd, found.path, &copying->source, err) < 0)
        return -1;
    copying->source_number = found.number;
    return 0;
}

/* From the archive that was sealed for another case: its loose copy was given up. */
static int open_sealed(struct copying *copying, const struct plan_file *file, struct slot *slot,
                       struct err *err)
{
    if (source_open(copying, file, err) < 0)
        return err_wrap(err, "%s", slot->object);
    const struct pack_entry *entry = pack_find(copying->source, slot->object);
    if (entry == NULL || entry->size != file->size)
        return err_set(err, ERR_DAMAGED, slot->object, _("not in the archive that should hold it"));
    slot->job.offset = entry->offset;
    slot->job.from = fcntl(pack_fd(copying->source), F_DUPFD_CLOEXEC, 0);
    return slot->job.from < 0 ? err_sys(err, slot->object, _("open")) : 0;
}

static int source_of(struct copying *copying, const struct plan_file *file, struct slot *slot,
                     struct err *err)
{
    struct err loose;
    slot->job.offset = 0;
    slot->job.from = vault_open_stored(copying->vault, file->stored_name, &loose);
    if (slot->job.from < 0) {
        if (loose.kind == ERR_MISSING && file->attachment == 0)
            return open_sealed(copying, file, slot, err);
        *err = loose;
        return err_wrap(err, "%s", slot->object);
    }
    uint64_t size;
    if (file_size(slot->job.from, slot->object, &size, err) < 0)
        return -1;
    if (size != file->size)
        return err_set(err, ERR_DAMAGED, slot->object,
                       _("%llu bytes are stored, %llu were accepted; nothing was sealed"),
                       (unsigned long long)size, (unsigned long long)file->size);
    return 0;
}

static struct slot *free_slot(struct copying *copying)
{
    for (size_t i = 0; i < copying->slot_count; i++) {
        if (!copying->slots[i].is_used)
            return &copying->slots[i];
    }
    return NULL;
}

static int put_next(struct copying *copying, struct slot *slot, struct err *err)
{
    const struct plan_file *file = &copying->plan->files[copying->next];
    memset(slot, 0, sizeof *slot);
    object_name(file, slot->object);
    slot->file = copying->next;
    slot->is_used = true;
    slot->job.from = -1;
    if (source_of(copying, file, slot, err) < 0)
        return -1;
    slot->job.size = file->size;
    slot->job.object = slot->object;
    slot->job.to = copying->part;
    slot->job.to_offset = file->offset;
    slot->job.to_object = copying->plan->bag;
    slot->job.context = slot;
    slot->job.err = &slot->err;
    copying->next++;
    digest_pool_put(copying->pool, &slot->job);
    return 0;
}

static void slot_release(struct slot *slot)
{
    if (slot->is_used && slot->job.from >= 0)
        (void)close(slot->job.from); /* only read from */
    slot->is_used = false;
}

static int settle(struct copying *copying, struct slot *slot, struct err *err)
{
    const struct plan_file *file = &copying->plan->files[slot->file];
    if (slot->job.failed) {
        *err = slot->err;
        return -1;
    }
    if (!digest_equal(&slot->job.pair, &file->digests))
        return err_set(err, ERR_DAMAGED, slot->object,
                       _("%s: its bytes are not those that were accepted; nothing was sealed"),
                       file->original_name);
    copying->is_copied[slot->file] = true;
    copying->copied++;
    while (copying->first_open < copying->plan->count && copying->is_copied[copying->first_open])
        copying->first_open++;
    slot_release(slot);
    return 0;
}

/* Up to where the tar is whole. */
static uint64_t whole_to(const struct copying *copying)
{
    return copying->first_open < copying->plan->count
               ? copying->plan->files[copying->first_open].offset
               : copying->size;
}

static int follow(struct copying *copying, uint8_t *buffer, struct err *err)
{
    uint64_t left = whole_to(copying) - copying->followed;
    size_t len = left < FOLLOW_BYTES ? (size_t)left : FOLLOW_BYTES;
    if (file_read_exact(copying->part, copying->plan->bag, copying->followed, buffer, len, err) <
            0 ||
        digest_feed(copying->whole, (struct bytes){buffer, len}, err) < 0)
        return -1;
    copying->followed += len;
    if (copying->followed - copying->handed_on >= WRITEBACK_BYTES) {
        /* only a hint: what it cannot do is left to the fsync */
        (void)sync_file_range(copying->part, (off64_t)copying->handed_on,
                              (off64_t)(copying->followed - copying->handed_on),
                              SYNC_FILE_RANGE_WRITE);
        copying->handed_on = copying->followed;
    }
    return 0;
}

static int step(struct copying *copying, uint8_t *buffer, struct err *err)
{
    struct slot *slot = free_slot(copying);
    if (slot != NULL && copying->next < copying->plan->count)
        return put_next(copying, slot, err);
    bool can_follow = copying->followed < whole_to(copying);
    bool pending = false;
    struct digest_job *job = digest_pool_take(copying->pool, can_follow ? 0 : -1, &pending);
    if (job != NULL)
        return settle(copying, job->context, err);
    return can_follow ? follow(copying, buffer, err) : 0;
}

static int run(struct copying *copying, const struct progress *progress, struct err *err)
{
    AUTO(free) uint8_t *buffer = malloc(FOLLOW_BYTES);
    AUTO(free) bool *is_copied = calloc(copying->plan->count + 1, sizeof *is_copied);
    if (buffer == NULL || is_copied == NULL)
        return err_memory(err, copying->plan->bag);
    copying->is_copied = is_copied;
    uint64_t shown = 0;
    while (copying->followed < copying->size) {
        if (step(copying, buffer, err) < 0)
            return -1;
        if (copying->followed - shown >= WRITEBACK_BYTES || copying->followed == copying->size) {
            shown = copying->followed;
            progress_update(progress, copying->plan->the_case->number, shown, copying->size);
        }
    }
    return 0;
}

int contents_copy(struct vault *vault, const struct plan *plan, int part, uint64_t size,
                  const struct progress *progress, struct digest_pair *whole, struct err *err)
{
    AUTO(free) struct slot *slots = calloc(SLOTS_MAX, sizeof *slots);
    AUTO(digest_free) struct digest *digest = NULL;
    struct digest_pool *pool = NULL;
    if (slots == NULL)
        return err_memory(err, plan->bag);
    if (digest_open(&digest, err) < 0 || digest_pool_open(&pool, err) < 0)
        return -1;
    struct copying copying = {
        .vault = vault,
        .plan = plan,
        .part = part,
        .size = size,
        .pool = pool,
        .whole = digest,
        .slots = slots,
        .slot_count = digest_pool_room(pool) < SLOTS_MAX ? digest_pool_room(pool) : SLOTS_MAX,
    };
    int done = run(&copying, progress, err);
    digest_pool_free(pool); /* nobody reads or writes the slots' descriptors from here on */
    for (size_t i = 0; i < copying.slot_count; i++)
        slot_release(&slots[i]);
    pack_free(copying.source);
    return done < 0 ? -1 : digest_finish(digest, whole, err);
}
