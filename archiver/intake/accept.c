/*
 * Acceptance. Once a recording is reported as accepted it is held: its bytes, its sidecar and its
 * row survive a crash or a power cut at any later moment.
 *
 * What must hold, in this order, for each recording (and each companion, its attachment):
 *  1. The copy in incoming/ is complete and flushed, with both digests computed from the bytes
 *     that were written, and the source is still the file that was read (copy.c, pool).
 *  2. The catalog's write transaction is begun before anything gets a name: nobody else accepts,
 *     seals or recovers meanwhile, so two ingests of one file cannot both find it new (accept_all).
 *  3. incoming/STORED is durable before recordings/ab/STORED exists, and that before the commit:
 *     a row never names bytes that are not there (vault_incoming_place).
 *  4. The sidecar of a new recording is durable before the commit: the catalog can be rebuilt to
 *     the last accepted one (vault_sidecar_store). That of one held already, which gets a new
 *     companion, follows the commit, which notes it as due (vault_sidecars_catch_up).
 *  5. The commit is the acceptance. Before it nothing counts, and the next vault_open takes away
 *     what has an incoming/STORED and no row; after it everything does.
 *  6. incoming/STORED goes only after the commit (accept_settle); the callback is called only
 *     after the commit (run.c), and never where it failed.
 *  7. "Already held" is said only where the held bytes were read again and have their digest,
 *     loose or in an archive. Ones that are lost or damaged are restored from the copy at hand,
 *     loose; those of a sealed recording then lie loose beside its archive (hold_again).
 *
 *   copied ──looked at──► placed ──► in the catalog ──commit──► accepted ──settle──► at rest
 *      │                     │             │
 *      └─ closed: gone       └─────────────┴─ rollback; the next vault_open clears the names
 *
 * 2, 3, 5 are musts: else evidence is lost, or counted that is not there. 4 and 6 (the record) are
 * shoulds: else a sidecar is written, or a record removed, at the next opening.
 */
#include "intake/accept.h"

#include <stdio.h>
#include <string.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/text.h"
#include "intake/again.h"
#include "intake/held.h"
#include "intake/item.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

/* ---- one file ---- */

static int place(struct vault *vault, struct copy *copy, const char *stored_name, struct err *err)
{
    if (vault_incoming_place(vault, copy->held, stored_name, err) < 0)
        return -1;
    (void)snprintf(copy->stored_name, sizeof copy->stored_name, "%s", stored_name);
    copy->placed = true;
    return 0;
}

static const struct catalog_attachment *find_attached(const struct catalog_recording *recording,
                                                      const struct copy *copy, const char *kind)
{
    for (size_t i = 0; i < recording->attachment_count; i++) {
        const struct catalog_attachment *one = &recording->attachments[i];
        if (strcmp(one->kind, kind) == 0 && strcmp(one->name, copy->shown_name) == 0 &&
            memcmp(one->sha256, copy->digests.sha256, sizeof one->sha256) == 0)
            return one;
    }
    return NULL;
}

/* One that is there already. Its bytes are restored where they should lie loose and do not. */
static int keep_attached(struct vault *vault, const struct catalog_attachment *attached,
                         struct copy *copy, struct err *err)
{
    bool sound;
    const struct held held = {
        .stored_name = attached->archive != 0 ? NULL : attached->stored_name,
        .attachment = attached->number,
        .size = attached->size_bytes,
        .sha256 = attached->sha256,
    };
    if (held_check(vault, &held, &sound, err) < 0)
        return -1;
    if (attached->archive != 0)
        copy->lost = !sound;
    else if (!sound && place(vault, copy, attached->stored_name, err) < 0)
        return -1;
    copy->attached = true;
    return 0;
}

int accept_attachment(struct vault *vault, int64_t number, struct copy *copy, const char *kind,
                      struct err *err)
{
    struct catalog_err wrong;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (catalog_recording_load(vault_catalog(vault), number, &recording, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (recording->state == CATALOG_DISPOSED)
        return err_set(err, ERR_CONFLICT, copy->shown, _("R%lld was disposed of"),
                       (long long)number);
    const struct catalog_attachment *attached = find_attached(recording, copy, kind);
    if (attached != NULL)
        return keep_attached(vault, attached, copy, err);

    char stored_name[VAULT_STORED_NAME];
    bool sound;
    vault_stored_name(copy->digests.sha256, copy->name, stored_name);
    const struct held held = {
        .stored_name = stored_name, .size = copy->job.size, .sha256 = copy->digests.sha256};
    if (held_check(vault, &held, &sound, err) < 0 ||
        (!sound && place(vault, copy, stored_name, err) < 0))
        return -1;
    struct catalog_attachment attachment = {
        .kind = text_readable(kind),
        .name = copy->shown_name,
        .stored_name = stored_name,
        .size_bytes = copy->job.size,
    };
    memcpy(attachment.sha256, copy->digests.sha256, sizeof attachment.sha256);
    memcpy(attachment.sm3, copy->digests.sm3, sizeof attachment.sm3);
    return acts_attach(vault, number, &attachment, err);
}

/* ---- one recording ---- */

/* Where the bytes of a recording should lie. */
static struct held place_of(const struct catalog_recording *recording)
{
    return (struct held){
        .stored_name = recording->state == CATALOG_SEALED ? NULL : recording->stored_name,
        .recording = recording->number,
        .size = recording->size_bytes,
        .sha256 = recording->sha256,
    };
}

/* The item is refused: what was disposed of does not come in again by a card that still has it. */
static void refuse_disposed(struct item *item, int64_t number)
{
    struct copy *copy = &item->recording;
    copy->refused = true;
    (void)err_set(&copy->err, ERR_CONFLICT, copy->shown, _("was disposed of: see shilu show R%lld"),
                  (long long)number);
}

int accept_find_held(struct vault *vault, struct item *item, struct err *err)
{
    struct catalog_err wrong;
    int64_t number;
    const uint8_t *sha256 = item->recording.digests.sha256;
    if (catalog_recording_by_digest(vault_catalog(vault), sha256, &number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (number == 0)
        return 0;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (catalog_recording_load(vault_catalog(vault), number, &recording, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (recording->state == CATALOG_DISPOSED) {
        refuse_disposed(item, number);
        return 0;
    }
    const struct held held = place_of(recording);
    bool more;
    item->held_is_loose = held.stored_name != NULL;
    return held_find(vault, &held, 0, &item->held, &more, err);
}

/* The same bytes again: are they really held? And what was given with them this time? */
static int hold_again(struct vault *vault, struct item *item, struct err *err)
{
    struct catalog_err wrong;
    struct acts_done done;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (catalog_recording_load(vault_catalog(vault), item->number, &recording, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (recording->state == CATALOG_DISPOSED) /* since it was looked at */
        return err_set(err, ERR_CONFLICT, item->recording.shown,
                       _("was disposed of: see shilu show R%lld"), (long long)item->number);
    const struct held held = place_of(recording);
    bool is_loose = held.stored_name != NULL;
    bool sound = item->held_is_sound && item->held_is_loose == is_loose;
    if (!sound && held_check(vault, &held, &sound, err) < 0)
        return -1;
    if (acts_accept_again(vault, item->number, item->recording.shown_name, !sound,
                          !sound && !is_loose, &done, err) < 0 ||
        again_tag(vault, recording, &item->tags, &item->tags_left_out, err) < 0)
        return -1;
    if (sound)
        return 0;
    item->notice = _("its bytes were missing from the vault or damaged; they are restored from "
                     "this file");
    if (!is_loose) {
        item->archive_failed = true;
        item->notice = _("the archive that holds it is missing or damaged; its bytes are kept "
                         "outside the archive, too, from this file");
    }
    return place(vault, &item->recording, recording->stored_name, err);
}

static int add_recording(struct vault *vault, struct item *item, struct err *err)
{
    struct copy *copy = &item->recording;
    const struct probe_report *report = item->report;
    char stored_name[VAULT_STORED_NAME];
    vault_stored_name(copy->digests.sha256, copy->name, stored_name);
    if (place(vault, copy, stored_name, err) < 0)
        return -1;
    struct catalog_new_recording recording = {
        .sha256 = copy->digests.sha256,
        .sm3 = copy->digests.sm3,
        .size_bytes = copy->job.size,
        .original_name = copy->shown_name,
        .stored_name = stored_name,
        .report = item->report_text,
        .duration_s = report->duration_s,
        .tags = item->tags.at,
        .tag_count = item->tags.count,
    };
    if (report->position_count > 0) {
        recording.has_position = true;
        recording.latitude = report->positions[0].fix.latitude;
        recording.longitude = report->positions[0].fix.longitude;
    }
    struct acts_done done;
    if (acts_accept(vault, &recording, &done, err) < 0)
        return -1;
    item->number = done.number;
    return 0;
}

static int accept_one(struct vault *vault, struct item *item, struct err *err)
{
    struct catalog_err wrong;
    if (catalog_recording_by_digest(vault_catalog(vault), item->recording.digests.sha256,
                                    &item->number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    item->duplicate = item->number != 0;
    if ((item->duplicate ? hold_again(vault, item, err) : add_recording(vault, item, err)) < 0)
        return -1;
    for (size_t i = 0; i < item->companion_count; i++) {
        struct copy *companion = &item->companions[i];
        if (companion->refused)
            continue;
        if (accept_attachment(vault, item->number, companion, "companion", err) < 0)
            return -1;
    }
    return item->duplicate ? 0 : vault_sidecar_store(vault, item->number, err);
}

/* ---- the transaction ---- */

int accept_all(struct vault *vault, struct item *const *items, size_t count, const char *by,
               struct err *err)
{
    if (vault_begin(vault, by, err) < 0)
        return err_wrap(err, "%s", items[0]->recording.shown);
    for (size_t i = 0; i < count; i++)
        if (accept_one(vault, items[i], err) < 0) {
            vault_rollback(vault);
            return err_wrap(err, "%s", items[i]->recording.shown);
        }
    return vault_commit(vault, err) < 0 ? err_wrap(err, "%s", items[0]->recording.shown) : 0;
}

int accept_settle(struct vault *vault, const struct copy *copy, struct err *err)
{
    return copy->placed ? vault_incoming_settle(vault, copy->stored_name, err) : 0;
}

int accept_settle_all(struct vault *vault, struct item *const *items, size_t count, struct err *err)
{
    bool due = false;
    for (size_t i = 0; i < count; i++) {
        const struct item *item = items[i];
        if (accept_settle(vault, &item->recording, err) < 0)
            return -1;
        due = due || item->duplicate;
        for (size_t k = 0; k < item->companion_count; k++)
            if (accept_settle(vault, &item->companions[k], err) < 0)
                return -1;
    }
    return due ? vault_sidecars_catch_up(vault, err) : 0;
}
