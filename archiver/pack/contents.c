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
    size_t tried;    /* archives that it was taken from; 0 while it is the loose copy */
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

/* The archives that hold a file, and whether one could not be kept. */
struct holders {
    int64_t *numbers;
    size_t count;
    bool failed;
};

static void holders_release_at(struct holders *holders)
{
    free(holders->numbers);
}

static void holder_see(void *context, const struct catalog_archive *archive)
{
    struct holders *holders = context;
    int64_t *more = realloc(holders->numbers, (holders->count + 1) * sizeof *more);
    if (more == NULL) {
        holders->failed = true;
        return;
    }
    holders->numbers = more;
    more[holders->count++] = archive->number;
}

static int holders_find(struct copying *copying, const struct plan_file *file,
                        struct holders *holders, struct err *err)
{
    struct catalog *catalog = vault_catalog(copying->vault);
    struct catalog_err wrong;
    int got =
        file->attachment != 0
            ? catalog_archive_of_attachment(catalog, file->attachment, holder_see, holders, &wrong)
            : catalog_archive_of(catalog, file->recording, holder_see, holders, &wrong);
    if (got < 0)
        return err_from_catalog(err, &wrong);
    return holders->failed ? err_memory(err, file->stored_name) : 0;
}

static int source_open(struct copying *copying, int64_t number, struct err *err)
{
    if (copying->source != NULL && copying->source_number == number)
        return 0;
    pack_free(copying->source);
    copying->source = NULL;
    struct catalog_archive *archive;
    struct catalog_err wrong;
    if (catalog_archive_load(vault_catalog(copying->vault), number, &archive, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    int fd = file_open_regular(vault_folder(copying->vault, VAULT_ROOT), archive->path, err);
    int opened = fd < 0 ? -1 : pack_open(fd, archive->path, &copying->source, err);
    catalog_archive_free(archive);
    copying->source_number = number;
    return opened;
}

static int open_held(struct copying *copying, int64_t archive, const struct plan_file *file,
                     struct slot *slot, struct err *err)
{
    if (source_open(copying, archive, err) < 0)
        return -1;
    const struct pack_entry *entry = pack_find(copying->source, slot->object);
    if (entry == NULL || entry->size != file->size || strcmp(entry->own_id, slot->object) != 0)
        return err_set(err, ERR_DAMAGED, slot->object, _("not in the archive that should hold it"));
    slot->job.offset = entry->offset;
    slot->job.from = fcntl(pack_fd(copying->source), F_DUPFD_CLOEXEC, 0);
    return slot->job.from < 0 ? err_sys(err, slot->object, _("open")) : 0;
}

/* From the next archive that was sealed for another case and can be read: its loose copy was given
 * up. Where none is left, the error of the last. */
static int open_sealed(struct copying *copying, const struct plan_file *file, struct slot *slot,
                       struct err *err)
{
    AUTO(holders_release) struct holders holders = {.count = 0};
    if (holders_find(copying, file, &holders, err) < 0)
        return -1;
    if (holders.count == 0)
        return err_set(err, ERR_MISSING, file->stored_name,
                       _("its bytes are nowhere in the vault"));
    struct err wrong = slot->err;
    while (slot->tried < holders.count) {
        if (open_held(copying, holders.numbers[slot->tried++], file, slot, &wrong) == 0)
            return 0;
    }
    *err = wrong;
    return -1;
}

static int source_of(struct copying *copying, const struct plan_file *file, struct slot *slot,
                     struct err *err)
{
    struct err loose;
    slot->job.offset = 0;
    slot->job.from = vault_open_stored(copying->vault, file->stored_name, &loose);
    if (slot->job.from < 0) {
        if (loose.kind == ERR_MISSING && open_sealed(copying, file, slot, err) == 0)
            return 0;
        if (loose.kind != ERR_MISSING)
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

static void job_put(struct copying *copying, const struct plan_file *file, struct slot *slot)
{
    slot->job = (struct digest_job){
        .from = slot->job.from,
        .offset = slot->job.offset,
        .size = file->size,
        .object = slot->object,
        .to = copying->part,
        .to_offset = file->offset,
        .to_object = copying->plan->bag,
        .context = slot,
        .err = &slot->err,
    };
    digest_pool_put(copying->pool, &slot->job);
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
    copying->next++;
    job_put(copying, file, slot);
    return 0;
}

static void slot_release(struct slot *slot)
{
    if (slot->is_used && slot->job.from >= 0)
        (void)close(slot->job.from); /* only read from */
    slot->is_used = false;
}

/* What one archive holds of it is damaged: another may hold it too. */
static int put_again(struct copying *copying, const struct plan_file *file, struct slot *slot,
                     struct err *err)
{
    *err = slot->err;
    if (slot->tried == 0 || slot->job.write_failed)
        return -1;
    (void)close(slot->job.from); /* only read from */
    slot->job.from = -1;
    if (open_sealed(copying, file, slot, err) < 0)
        return -1;
    job_put(copying, file, slot);
    return 0;
}

static int settle(struct copying *copying, struct slot *slot, struct err *err)
{
    const struct plan_file *file = &copying->plan->files[slot->file];
    if (!slot->job.failed && !digest_equal(&slot->job.pair, &file->digests)) {
        slot->job.failed = true;
        (void)err_set(&slot->err, ERR_DAMAGED, slot->object,
                      _("%s: its bytes are not those that were accepted; nothing was sealed"),
                      file->original_name);
    }
    if (slot->job.failed)
        return put_again(copying, file, slot, err);
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
