/*
 * Sealing. What must hold, whenever it is interrupted:
 *
 *  1. A volume is named in the catalog only when its tar is whole, flushed, read back and placed.
 *  2. A recording's loose copy is given up only when the catalog names a volume that holds it.
 *  3. What is not named in the catalog is removed: by this process, or by the vault at its next
 *     opening. Where the commit failed, only that opening knows which it is.
 *
 * The vault's archive functions keep 2 and 3 on the disk; the order of the calls here keeps 1:
 *
 *   plan ─► lay out ─► begin ─► write, check, flush, read back ─► place ─► commit ─► settle
 *                        └────────────────────► abandon ◄──────────┘
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "custody/key.h"
#include "pack/bag.h"
#include "pack/contents.h"
#include "pack/history.h"
#include "pack/pack.h"
#include "pack/plan.h"
#include "pack/readback.h"
#include "pack/skeleton.h"
#include "vault/vault.h"

#include "base/banned.h"

struct sealing {
    struct vault *vault;
    const struct key *key;
    const struct plan_rewrite *rewrite;       /* of what the plan is made: one of these, */
    const struct plan_unassigned *unassigned; /* or, both NULL, the case */
    struct plan *plan;
    struct bag bag;
    struct skeleton skeleton;
    char relative[512]; /* "archives/2026/…/….tar" */
    struct seal_value seal;
    bool is_stamped;                /* the bag has a timestamp */
    unsigned witnesses, timestamps; /* that back its checkpoint */
};

/* Members of the tar: the bag's folder, its tag files, the folder data/, the plan's files. */
static size_t before_data(const struct sealing *sealing)
{
    return 1 + bag_place(BAG_FILES, sealing->is_stamped) + 1;
}

/* The tag file's member; NULL where the bag does not have it. */
static struct skeleton_member *tag_member(const struct sealing *sealing, enum bag_file file)
{
    return file == BAG_TIMESTAMP && !sealing->is_stamped
               ? NULL
               : &sealing->skeleton.members[1 + bag_place(file, sealing->is_stamped)];
}

static void sealing_release(struct sealing *sealing)
{
    plan_free(sealing->plan);
    bag_release(&sealing->bag);
    free(sealing->skeleton.members);
}

static void sealing_release_at(struct sealing *sealing)
{
    sealing_release(sealing);
}

static uint64_t padded(uint64_t size)
{
    return (size + 511) / 512 * 512;
}

/* ---- layout ---- */

static int members_make(struct sealing *sealing, struct err *err)
{
    const struct plan *plan = sealing->plan;
    const size_t before = before_data(sealing);
    size_t count = before + plan->count;
    struct skeleton_member *members = calloc(count, sizeof *members);
    if (members == NULL)
        return err_memory(err, plan->bag);
    sealing->skeleton = (struct skeleton){
        .case_number = plan->the_case->number,
        .time_s = plan->sealed_us / 1000000,
        .members = members,
        .count = count,
    };
    (void)snprintf(members[0].name, sizeof members[0].name, "%s/", plan->bag);
    members[0].is_folder = true;
    for (enum bag_file i = 0; i < BAG_FILES; i++) {
        struct skeleton_member *member = tag_member(sealing, i);
        if (member == NULL)
            continue;
        (void)snprintf(member->name, sizeof member->name, "%s/%s", plan->bag, bag_file_names[i]);
        member->size = sealing->bag.len[i];
    }
    struct skeleton_member *data = &members[before - 1];
    (void)snprintf(data->name, sizeof data->name, "%s/data/", plan->bag);
    data->is_folder = true;
    for (size_t i = 0; i < plan->count; i++) {
        struct skeleton_member *member = &members[before + i];
        (void)snprintf(member->name, sizeof member->name, "%s/%s", plan->bag, plan->files[i].name);
        member->size = plan->files[i].size;
        member->evidence = &plan->files[i];
    }
    return 0;
}

static void offsets_take(struct sealing *sealing)
{
    for (size_t i = 0; i < sealing->plan->count; i++)
        sealing->plan->files[i].offset = sealing->skeleton.members[before_data(sealing) + i].offset;
}

/*
 * The index holds offsets that depend on its own length: it is printed until its length stays.
 * Longer digits can only make it longer, so that this ends; spaces make up where they end shorter.
 */
static int index_settle(struct sealing *sealing, struct err *err)
{
    uint64_t bare = padded(sealing->bag.len[BAG_INDEX]);
    uint64_t bare_size = sealing->skeleton.size;
    size_t room;
    do {
        room = sealing->bag.len[BAG_INDEX];
        uint64_t shift = padded(room) - bare;
        sealing->skeleton.size = bare_size + shift;
        struct bag_index about = {.archive_size = sealing->skeleton.size};
        if (bag_index_print(sealing->plan, shift, &about, room, &sealing->bag, err) < 0)
            return -1;
    } while (sealing->bag.len[BAG_INDEX] != room);
    tag_member(sealing, BAG_INDEX)->size = room;
    return 0;
}

/* All sizes, offsets, and texts but the structure's digest and the signature. */
static int lay_out(struct sealing *sealing, struct err *err)
{
    const struct plan *plan = sealing->plan;
    AUTO(history_texts_release) struct history_texts history = {.checkpoint = NULL};
    if (history_print(sealing->vault, sealing->plan, &history, err) < 0 ||
        bag_make(plan, sealing->key, &history, &sealing->bag, err) < 0)
        return -1;
    sealing->is_stamped = sealing->bag.text[BAG_TIMESTAMP] != NULL;
    sealing->witnesses = history.witnesses;
    sealing->timestamps = history.timestamps;
    if (members_make(sealing, err) < 0 ||
        skeleton_write(&sealing->skeleton, -1, plan->bag, err) < 0)
        return -1;
    offsets_take(sealing);
    if (index_settle(sealing, err) < 0)
        return -1;
    char name[VAULT_CASE_NAME];
    vault_case_name(plan->the_case->number, name);
    (void)snprintf(sealing->relative, sizeof sealing->relative, "archives/%.4s/%s/%s.tar",
                   plan->sealed_at, name, plan->bag);
    return 0;
}

/* ---- writing ---- */

static int space_take(int part, uint64_t size, const char *object, struct err *err)
{
    int number = posix_fallocate(part, 0, (off_t)size);
    return number != 0 ? err_number(err, number, object, _("reserve its space")) : 0;
}

/* Everything but the evidence; the index now with the structure's digest, and signed. */
static int head_write(struct sealing *sealing, int part, struct err *err)
{
    const struct plan *plan = sealing->plan;
    struct bag *bag = &sealing->bag;
    if (skeleton_write(&sealing->skeleton, part, plan->bag, err) < 0)
        return -1;
    offsets_take(sealing);
    struct bag_index about = {.archive_size = sealing->skeleton.size};
    memcpy(about.structure_sha256, sealing->skeleton.structure_sha256, 32);
    if (bag_index_print(plan, 0, &about, bag->len[BAG_INDEX], bag, err) < 0 ||
        bag_sign(plan, sealing->key, bag, err) < 0)
        return -1;
    for (enum bag_file i = 0; i < BAG_FILES; i++) {
        const struct skeleton_member *member = tag_member(sealing, i);
        if (member == NULL)
            continue;
        if (bag->len[i] != member->size)
            return err_set(err, ERR_SYSTEM, plan->bag, "%s: %s", bag_file_names[i],
                           _("its length changed while it was written"));
        if (file_write_at(part, plan->bag, member->offset, bag->text[i], bag->len[i], err) < 0)
            return -1;
    }
    return 0;
}

static int seal_value_take(struct sealing *sealing, struct err *err)
{
    const struct bag *bag = &sealing->bag;
    const struct bytes text = {(const uint8_t *)bag->text[BAG_TAGS], bag->len[BAG_TAGS]};
    return seal_value_of(SEAL_ARCHIVE, text, &sealing->seal, err);
}

static int write_all(struct sealing *sealing, int part, const struct progress *progress,
                     struct digest_pair *whole, struct err *err)
{
    const struct plan *plan = sealing->plan;
    if (space_take(part, sealing->skeleton.size, plan->bag, err) < 0 ||
        head_write(sealing, part, err) < 0 || seal_value_take(sealing, err) < 0)
        return -1;
    bag_release(&sealing->bag);
    plan_forget_texts(sealing->plan);
    if (contents_copy(sealing->vault, plan, part, sealing->skeleton.size, progress, whole, err) <
            0 ||
        file_sync(part, plan->bag, err) < 0)
        return -1;
    return readback_check(part, plan, sealing->is_stamped, sealing->key, err);
}

/* ---- the catalog ---- */

/* What was planned is still what the catalog says: tags and cases may have been changed while the
 * tar was written. */
static int plan_again(const struct sealing *sealing, struct plan **now, struct err *err)
{
    struct vault *vault = sealing->vault;
    const struct plan *plan = sealing->plan;
    if (sealing->rewrite != NULL)
        return plan_load_rewrite(vault, sealing->rewrite, plan->sealed_us, now, err);
    if (sealing->unassigned != NULL)
        return plan_load_unassigned(vault, sealing->unassigned, plan->sealed_us, now, err);
    return plan_load(vault, plan->the_case->number, plan->sealed_us, now, err);
}

static int plan_holds(struct sealing *sealing, struct err *err)
{
    const struct plan *plan = sealing->plan;
    AUTO(plan_free) struct plan *now = NULL;
    int loaded = plan_again(sealing, &now, err);
    if (loaded < 0 && err->kind != ERR_MISSING)
        return -1;
    if (now != NULL && now->volume != plan->volume)
        return err_set(err, ERR_CONFLICT, plan->the_case->number,
                       _("was sealed by another process meanwhile"));
    if (now == NULL || memcmp(now->state, plan->state, sizeof now->state) != 0)
        return err_set(err, ERR_CONFLICT, plan->the_case->number,
                       _("its recordings or tags were changed meanwhile: nothing was sealed, seal "
                         "again"));
    return 0;
}

static int place_and_add(struct sealing *sealing, const struct digest_pair *whole, int64_t *number,
                         struct err *err)
{
    const struct plan *plan = sealing->plan;
    AUTO(free) int64_t *recordings = NULL;
    AUTO(free) int64_t *attachments = NULL;
    if (plan_numbers(plan, &recordings, &attachments, err) < 0)
        return -1;
    if (vault_archive_place(sealing->vault, sealing->relative, err) < 0)
        return -1;
    struct catalog_archive archive = {
        .case_number = plan->the_case->number,
        .month = plan->month[0] != '\0' ? sealing->plan->month : NULL,
        .team = plan->team,
        .volume = plan->volume,
        .path = sealing->relative,
        .size_bytes = sealing->skeleton.size,
        .sealed_us = plan->sealed_us,
        .replaces = plan->disposal != NULL ? sealing->plan->replaced : NULL,
    };
    memcpy(archive.sha256, whole->sha256, 32);
    memcpy(archive.sm3, whole->sm3, 32);
    memcpy(archive.tagmanifest_sha256, sealing->seal.sha256, 32);
    struct acts_done done;
    if (acts_seal(sealing->vault, &archive, recordings, plan->recording_count, attachments,
                  plan->count - plan->recording_count, &done, err) < 0)
        return -1;
    *number = done.number;
    return 0;
}

/* Where COMMIT itself fails, *unsure: what was written to the journal of the catalog may yet count,
 * so that the part and its second name must stay until the vault's next opening has looked. */
static int enter(struct sealing *sealing, const struct digest_pair *whole, const char *by,
                 int64_t *number, bool *unsure, struct err *err)
{
    if (vault_begin(sealing->vault, by, err) < 0)
        return -1;
    if (plan_holds(sealing, err) < 0 || place_and_add(sealing, whole, number, err) < 0) {
        vault_rollback(sealing->vault);
        return -1;
    }
    *unsure = vault_commit(sealing->vault, err) < 0;
    return *unsure ? -1 : 0;
}

static int write_and_enter(struct sealing *sealing, const char *by, const struct progress *progress,
                           struct pack_sealed *sealed, struct err *err)
{
    AUTO(close) int part = -1; /* its lock is held until it is settled or abandoned */
    int64_t number;
    bool unsure = false;
    if (vault_archive_begin(sealing->vault, sealing->relative, &part, err) < 0)
        return -1;
    if (write_all(sealing, part, progress, &sealed->digests, err) < 0 ||
        enter(sealing, &sealed->digests, by, &number, &unsure, err) < 0) {
        struct err later;
        if (!unsure && vault_archive_abandon(sealing->vault, sealing->relative, &later) < 0)
            (void)err_wrap(err, _("what was begun could not be removed (%s)"), later.text);
        return -1;
    }
    if (vault_archive_settle(sealing->vault, number, sealing->relative, err) < 0 ||
        vault_sidecars_catch_up(sealing->vault, err) < 0)
        return err_wrap(err, _("sealed, but not tidied up"));
    return 0;
}

/* Nothing is new: the newest volume. */
static int tell_newest(struct sealing *sealing, struct pack_sealed *sealed, struct err *err)
{
    struct catalog_archive *archive;
    struct catalog_err wrong;
    if (catalog_archive_load(vault_catalog(sealing->vault), sealing->plan->newest, &archive,
                             &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (archive->gone_us != 0) {
        (void)err_set(err, ERR_MISSING, archive->case_number,
                      _("nothing to seal: what belonged to this case was disposed of"));
        catalog_archive_free(archive);
        return -1;
    }
    *sealed = (struct pack_sealed){.volume = archive->volume,
                                   .recordings = archive->recordings,
                                   .bytes = archive->size_bytes,
                                   .seal = {.kind = SEAL_ARCHIVE},
                                   .already = true};
    memcpy(sealed->seal.sha256, archive->tagmanifest_sha256, 32);
    memcpy(sealed->digests.sha256, archive->sha256, 32);
    memcpy(sealed->digests.sm3, archive->sm3, 32);
    (void)snprintf(sealed->path, sizeof sealed->path, "%s/%s", vault_path(sealing->vault),
                   archive->path);
    catalog_archive_free(archive);
    return 0;
}

/* What is planned. */
static int seal(struct sealing *sealing, const char *by, const struct progress *progress,
                struct pack_sealed *sealed, struct err *err)
{
    struct pack_sealed done = {.volume = 0};
    if (sealing->plan->count == 0)
        return tell_newest(sealing, sealed, err);
    if (lay_out(sealing, err) < 0 || write_and_enter(sealing, by, progress, &done, err) < 0)
        return -1;
    (void)snprintf(done.path, sizeof done.path, "%s/%s", vault_path(sealing->vault),
                   sealing->relative);
    done.volume = sealing->plan->volume;
    done.seal = sealing->seal;
    done.witnesses = sealing->witnesses;
    done.timestamps = sealing->timestamps;
    done.recordings = sealing->plan->recording_count;
    done.bytes = sealing->skeleton.size;
    *sealed = done;
    return 0;
}

int pack_seal(struct vault *vault, const char *case_number, const char *by, int64_t sealed_us,
              const struct progress *progress, struct pack_sealed *sealed, struct err *err)
{
    AUTO(sealing_release) struct sealing sealing = {.vault = vault};
    int64_t at_us = sealed_us != 0 ? sealed_us : instant_now().us;
    if (vault_signing_key(vault, &sealing.key, err) < 0 ||
        plan_load(vault, case_number, at_us, &sealing.plan, err) < 0)
        return -1;
    return seal(&sealing, by, progress, sealed, err);
}

int pack_seal_unassigned(struct vault *vault, const char *month, const char *team, const char *by,
                         const struct progress *progress, struct pack_sealed *sealed,
                         struct err *err)
{
    const struct plan_unassigned unassigned = {.month = month, .team = team};
    AUTO(sealing_release) struct sealing sealing = {.vault = vault, .unassigned = &unassigned};
    if (vault_signing_key(vault, &sealing.key, err) < 0 ||
        plan_load_unassigned(vault, &unassigned, instant_now().us, &sealing.plan, err) < 0)
        return -1;
    return seal(&sealing, by, progress, sealed, err);
}

/* ---- rewriting ---- */

struct pack_rewrite {
    struct sealing sealing;
    struct plan_rewrite wanted;
    int part; /* its lock is held until it is settled or given up; -1: nothing is begun */
    struct digest_pair whole;
    int64_t number; /* once entered */
    bool stays;     /* what was written may count: it is not taken back here */
};

static int rewrite_write(struct pack_rewrite *rewrite, const struct progress *progress,
                         struct err *err)
{
    struct sealing *sealing = &rewrite->sealing;
    if (lay_out(sealing, err) < 0 ||
        vault_archive_begin(sealing->vault, sealing->relative, &rewrite->part, err) < 0)
        return -1;
    return write_all(sealing, rewrite->part, progress, &rewrite->whole, err);
}

int pack_rewrite_make(struct vault *vault, const struct pack_rewriting *wanted,
                      const struct progress *progress, struct pack_rewrite **out, struct err *err)
{
    AUTO(pack_rewrite_free) struct pack_rewrite *rewrite = calloc(1, sizeof *rewrite);
    if (rewrite == NULL)
        return err_memory(err, wanted->disposal);
    rewrite->part = -1;
    rewrite->wanted = (struct plan_rewrite){.archive = wanted->archive,
                                            .gone = wanted->gone,
                                            .gone_count = wanted->gone_count,
                                            .disposal = wanted->disposal};
    if (wanted->after != NULL) {
        rewrite->wanted.after = wanted->after->sealing.plan;
        rewrite->wanted.after_sha256 = wanted->after->whole.sha256;
    }
    struct sealing *sealing = &rewrite->sealing;
    sealing->vault = vault;
    sealing->rewrite = &rewrite->wanted;
    if (vault_signing_key(vault, &sealing->key, err) < 0 ||
        plan_load_rewrite(vault, sealing->rewrite, wanted->sealed_us, &sealing->plan, err) < 0)
        return -1;
    if (sealing->plan->count > 0 && rewrite_write(rewrite, progress, err) < 0)
        return -1;
    *out = rewrite;
    rewrite = NULL;
    return 0;
}

bool pack_rewrite_is_empty(const struct pack_rewrite *rewrite)
{
    return rewrite->part < 0;
}

const char *pack_rewrite_path(const struct pack_rewrite *rewrite)
{
    return rewrite->sealing.relative;
}

const char *pack_rewrite_case(const struct pack_rewrite *rewrite)
{
    return rewrite->sealing.plan->the_case->number;
}

int pack_rewrite_check(struct pack_rewrite *rewrite, struct err *err)
{
    return plan_holds(&rewrite->sealing, err);
}

int pack_rewrite_enter(struct pack_rewrite *rewrite, struct err *err)
{
    return place_and_add(&rewrite->sealing, &rewrite->whole, &rewrite->number, err);
}

void pack_rewrite_leave(struct pack_rewrite *rewrite)
{
    rewrite->stays = true;
}

int pack_rewrite_settle(struct pack_rewrite *rewrite, struct err *err)
{
    struct sealing *sealing = &rewrite->sealing;
    return vault_archive_settle(sealing->vault, rewrite->number, sealing->relative, err);
}

void pack_rewrite_free(struct pack_rewrite *rewrite)
{
    struct err none; /* what is left is taken away at the next opening */
    if (rewrite == NULL)
        return;
    if (rewrite->part >= 0 && !rewrite->stays)
        (void)vault_archive_abandon(rewrite->sealing.vault, rewrite->sealing.relative, &none);
    if (rewrite->part >= 0)
        (void)close(rewrite->part); /* flushed */
    sealing_release(&rewrite->sealing);
    free(rewrite);
}
