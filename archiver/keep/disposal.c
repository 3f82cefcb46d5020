/*
 * Disposal. What must hold, whenever it is interrupted:
 *
 *  1. Nothing goes before a transaction in which all of it was found due, not held, and asked for
 * by another account; that transaction is told in the log.
 *  2. An archive's file goes only after the one that stands for it is whole, flushed, read back and
 *     named by the catalog: the same transaction names it.
 *  3. What that transaction noted is removed from the disk, by this process or by the vault at its
 *     next opening.
 *
 *   look ─► rewrite each archive ─► begin, look again ─► approve, enter, dispose, note ─► commit ─►
 * remove └───────────── taken back ◄─────────────────┘
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "keep/keep.h"
#include "pack/pack.h"
#include "people/people.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { NAME_TEXT = 32 };

AUTO_DEFINE(struct catalog_disposal *, catalog_disposal_free, NULL);
AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

/* ---- whether it may be ---- */

struct look {
    const struct rules *rules;
    int64_t today;
    bool seen; /* it is there, and not disposed of */
    int result;
    struct err *err;
};

static int refuse(struct err *err, const char *name, const struct keep_term *term)
{
    char day[KEEP_DAY_TEXT];
    if (term->why == KEEP_CASE_OPEN)
        return err_set(err, ERR_CONFLICT, name, _("the case is open: %s"), term->case_number);
    if (term->why == KEEP_PERMANENT)
        return err_set(err, ERR_CONFLICT, name, _("is kept for ever, by the rule %s"),
                       term->rule->name);
    keep_day_print(term->last_day, day);
    return err_set(err, ERR_CONFLICT, name, _("is kept until %s, by the rule %s"), day,
                   term->rule->name);
}

static void look_at(void *context, const struct catalog_kept *kept)
{
    struct look *look = context;
    struct keep_term term;
    char name[NAME_TEXT];
    look->seen = true;
    (void)snprintf(name, sizeof name, "R%" PRId64, kept->number);
    keep_term_of(look->rules, kept, &term);
    if (kept->held)
        look->result = err_set(look->err, ERR_CONFLICT, name, _("is held: shilu show %s"), name);
    else if (!keep_is_due(&term, look->today))
        look->result = refuse(look->err, name, &term);
}

static int check_one(struct vault *vault, struct look *look, int64_t number, struct err *err)
{
    struct catalog_err wrong;
    char name[NAME_TEXT];
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    look->seen = false;
    look->result = 0;
    look->err = err;
    if (catalog_kept_each(vault_catalog(vault), number, number, look_at, look, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (look->seen)
        return look->result;
    if (catalog_recording_load(vault_catalog(vault), number, &recording, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    (void)snprintf(name, sizeof name, "R%" PRId64, number);
    return err_set(err, ERR_CONFLICT, name, _("was disposed of already"));
}

/* All of them are due by the rules that count, and none is held. */
static int check_due(struct vault *vault, const int64_t *numbers, size_t count, struct err *err)
{
    AUTO(rules_release) struct rules rules = {.at = NULL};
    if (keep_rules_confirmed(vault, &rules, err) < 0)
        return -1;
    struct look look = {.rules = &rules, .today = keep_today()};
    for (size_t i = 0; i < count; i++)
        if (check_one(vault, &look, numbers[i], err) < 0)
            return -1;
    return 0;
}

/* ---- asking, withdrawing ---- */

static int begin(struct vault *vault, const struct people_person *who, struct err *err)
{
    return vault_begin_as(vault, who->name, people_duty_name(who->duty), err);
}

int keep_disposal_request(struct vault *vault, const struct people_person *who,
                          const int64_t *recordings, size_t count, const char *reason,
                          int64_t *number, struct err *err)
{
    struct acts_done done;
    if (begin(vault, who, err) < 0)
        return -1;
    int result = check_due(vault, recordings, count, err);
    if (result == 0)
        result = acts_disposal_request(vault, recordings, count, reason, &done, err);
    if (vault_end(vault, result, err) < 0)
        return -1;
    *number = done.number;
    return 0;
}

int keep_disposal_withdraw(struct vault *vault, const struct people_person *who, int64_t number,
                           const char *reason, struct err *err)
{
    return begin(vault, who, err) < 0
               ? -1
               : vault_end(vault, acts_disposal_withdraw(vault, number, reason, err), err);
}

/* ---- approving ---- */

struct disposing {
    struct vault *vault;
    const struct people_person *who;
    const char *reason;
    bool clock_is_right;
    int64_t number;
    char name[NAME_TEXT]; /* "X1" */
    int64_t *recordings;
    size_t count;
    int64_t *archives; /* that hold any of it */
    size_t archive_count;
    struct catalog_archive **old; /* the same, loaded */
    struct pack_rewrite **rewrites;
};

static void disposing_release_at(struct disposing *disposing)
{
    for (size_t i = disposing->archive_count; i-- > 0;) { /* later ones point to earlier ones */
        if (disposing->rewrites != NULL)
            pack_rewrite_free(disposing->rewrites[i]);
        if (disposing->old != NULL)
            catalog_archive_free(disposing->old[i]);
    }
    free((void *)disposing->rewrites);
    free((void *)disposing->old);
    free(disposing->recordings);
    free(disposing->archives);
}

/* ---- whether it is today ---- */

struct leap {
    int64_t at_us[2]; /* before it, and after it */
    size_t count;
};

static bool take_time(void *context, const struct catalog_log_entry *entry)
{
    struct leap *leap = context;
    leap->at_us[leap->count++] = entry->at_us;
    return leap->count < 2;
}

/* The clock of a vault in use leaves a trail in the log; one that was set forward leapt over days
 * of which there is none, however many entries have been made since. */
static int check_clock(struct vault *vault, struct err *err)
{
    static const int64_t second_us = 1000000;
    static const int64_t most_us = INT64_C(86400000000) * KEEP_CLOCK_DAYS;
    struct catalog *catalog = vault_catalog(vault);
    struct catalog_err wrong;
    struct leap leap = {.count = 0};
    char now[INSTANT_TEXT];
    char last[INSTANT_TEXT];
    const struct instant at = instant_now();
    uint64_t before;
    if (catalog_log_size_at(catalog, at.us - most_us, &before, &wrong) < 0 ||
        (before > 0 && catalog_log_each(catalog, before - 1, NULL, take_time, &leap, &wrong) < 0))
        return err_from_catalog(err, &wrong);
    if (leap.count == 0 || (leap.count == 2 ? leap.at_us[1] : at.us) - leap.at_us[0] <= most_us)
        return 0;
    const int64_t last_us = leap.at_us[0] - leap.at_us[0] % second_us;
    instant_print((struct instant){at.us - at.us % second_us, at.offset_minutes}, now);
    instant_print((struct instant){last_us, at.offset_minutes}, last);
    return err_set(
        err, ERR_CONFLICT, vault_path(vault),
        _("the clock says %s, but the custody log leaps to it from %s, over more than %d "
          "days: nothing is disposed of by a clock that may be wrong; where it is right, "
          "approve with --clock-is-right"),
        now, last, KEEP_CLOCK_DAYS);
}

/* That it is still asked for, by somebody else, and due. */
static int check(const struct disposing *disposing, struct err *err)
{
    struct catalog_err wrong;
    AUTO(catalog_disposal_free) struct catalog_disposal *disposal = NULL;
    if (catalog_disposal_load(vault_catalog(disposing->vault), disposing->number, &disposal,
                              &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (disposal->state != CATALOG_DISPOSAL_REQUESTED)
        return err_set(err, ERR_CONFLICT, disposing->name, _("is decided already"));
    if (strcasecmp(disposal->requested_by, disposing->who->name) == 0)
        return err_set(err, ERR_CONFLICT, disposing->name,
                       _("was asked for by the same account: another must approve it"));
    if (!disposing->clock_is_right && check_clock(disposing->vault, err) < 0)
        return -1;
    return check_due(disposing->vault, disposing->recordings, disposing->count, err);
}

static int load(struct disposing *disposing, struct err *err)
{
    struct catalog *catalog = vault_catalog(disposing->vault);
    struct catalog_err wrong;
    if (catalog_disposal_recordings(catalog, disposing->number, &disposing->recordings,
                                    &disposing->count, &wrong) < 0 ||
        catalog_disposal_archives(catalog, disposing->number, &disposing->archives,
                                  &disposing->archive_count, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    disposing->old = calloc(disposing->archive_count + 1, sizeof(*disposing->old));
    disposing->rewrites = calloc(disposing->archive_count + 1, sizeof(*disposing->rewrites));
    if (disposing->old == NULL || disposing->rewrites == NULL)
        return err_memory(err, disposing->name);
    for (size_t i = 0; i < disposing->archive_count; i++)
        if (catalog_archive_load(catalog, disposing->archives[i], &disposing->old[i], &wrong) < 0)
            return err_from_catalog(err, &wrong);
    return 0;
}

/* The one that was made last for the same case. */
static const struct pack_rewrite *before(const struct disposing *disposing, size_t at)
{
    const char *of = disposing->old[at]->case_number;
    for (size_t i = at; i-- > 0;)
        if (!pack_rewrite_is_empty(disposing->rewrites[i]) &&
            strcmp(pack_rewrite_case(disposing->rewrites[i]), of) == 0)
            return disposing->rewrites[i];
    return NULL;
}

static int rewrite_all(struct disposing *disposing, const struct progress *progress,
                       struct err *err)
{
    struct pack_rewriting wanted = {.gone = disposing->recordings,
                                    .gone_count = disposing->count,
                                    .disposal = disposing->name,
                                    .sealed_us = instant_now().us};
    for (size_t i = 0; i < disposing->archive_count; i++) {
        wanted.archive = disposing->archives[i];
        wanted.after = before(disposing, i);
        if (pack_rewrite_make(disposing->vault, &wanted, progress, &disposing->rewrites[i], err) <
            0)
            return err_wrap(err, _("rewrite %s"), disposing->old[i]->path);
    }
    return 0;
}

/* The same archives as before, holding the same. Before anything is changed: what the log tells of
 * a recording stands in its archive. */
static int check_archives(const struct disposing *disposing, struct err *err)
{
    struct catalog_err wrong;
    AUTO(free) int64_t *now = NULL;
    size_t count;
    if (catalog_disposal_archives(vault_catalog(disposing->vault), disposing->number, &now, &count,
                                  &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (count != disposing->archive_count ||
        (count > 0 && memcmp(now, disposing->archives, count * sizeof *now) != 0))
        return err_set(err, ERR_CONFLICT, disposing->name,
                       _("its recordings were sealed meanwhile: approve again"));
    for (size_t i = 0; i < count; i++)
        if (!pack_rewrite_is_empty(disposing->rewrites[i]) &&
            pack_rewrite_check(disposing->rewrites[i], err) < 0)
            return -1;
    return 0;
}

static int replace_archive(const struct disposing *disposing, size_t at, struct err *err)
{
    struct pack_rewrite *rewrite = disposing->rewrites[at];
    const struct catalog_archive *old = disposing->old[at];
    int done = pack_rewrite_is_empty(rewrite)
                   ? acts_dispose_archive(disposing->vault, old, disposing->number, err)
                   : pack_rewrite_enter(rewrite, err);
    return done < 0 ? -1 : vault_removal_note_archive(disposing->vault, old->path, err);
}

static int dispose_recording(const struct disposing *disposing, int64_t number, struct err *err)
{
    struct catalog_err wrong;
    struct vault *vault = disposing->vault;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (catalog_recording_load(vault_catalog(vault), number, &recording, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (acts_dispose(vault, recording, disposing->number, err) < 0 ||
        vault_removal_note_stored(vault, recording->stored_name, err) < 0)
        return -1;
    for (size_t i = 0; i < recording->attachment_count; i++)
        if (vault_removal_note_stored(vault, recording->attachments[i].stored_name, err) < 0)
            return -1;
    return 0;
}

static int decide_within(const struct disposing *disposing, struct err *err)
{
    if (check(disposing, err) < 0 || check_archives(disposing, err) < 0 ||
        acts_disposal_approve(disposing->vault, disposing->number, disposing->reason,
                              disposing->clock_is_right, err) < 0)
        return -1;
    for (size_t i = 0; i < disposing->archive_count; i++)
        if (replace_archive(disposing, i, err) < 0)
            return -1;
    for (size_t i = 0; i < disposing->count; i++)
        if (dispose_recording(disposing, disposing->recordings[i], err) < 0)
            return -1;
    return 0;
}

/* Where COMMIT itself fails, what was written to the journal of the catalog may yet count: the
 * vault's next opening knows. */
static int decide(const struct disposing *disposing, struct err *err)
{
    if (begin(disposing->vault, disposing->who, err) < 0)
        return -1;
    if (decide_within(disposing, err) < 0) {
        vault_rollback(disposing->vault);
        return -1;
    }
    for (size_t i = 0; i < disposing->archive_count; i++)
        pack_rewrite_leave(disposing->rewrites[i]);
    return vault_commit(disposing->vault, err);
}

static int tidy(const struct disposing *disposing, struct err *err)
{
    for (size_t i = 0; i < disposing->archive_count; i++)
        if (!pack_rewrite_is_empty(disposing->rewrites[i]) &&
            pack_rewrite_settle(disposing->rewrites[i], err) < 0)
            return -1;
    return vault_removals_finish(disposing->vault, err) < 0
               ? -1
               : vault_sidecars_catch_up(disposing->vault, err);
}

int keep_disposal_approve(struct vault *vault, const struct people_person *who, int64_t number,
                          const char *reason, bool clock_is_right, const struct progress *progress,
                          void (*archive)(void *context, const char *old_path,
                                          const char *new_path),
                          void *context, struct err *err)
{
    AUTO(disposing_release)
    struct disposing disposing = {.vault = vault,
                                  .who = who,
                                  .reason = reason,
                                  .clock_is_right = clock_is_right,
                                  .number = number};
    (void)snprintf(disposing.name, sizeof disposing.name, "X%" PRId64, number);
    if (load(&disposing, err) < 0 || check(&disposing, err) < 0 ||
        rewrite_all(&disposing, progress, err) < 0 || decide(&disposing, err) < 0)
        return -1;
    for (size_t i = 0; i < disposing.archive_count; i++) {
        const struct pack_rewrite *rewrite = disposing.rewrites[i];
        archive(context, disposing.old[i]->path,
                pack_rewrite_is_empty(rewrite) ? NULL : pack_rewrite_path(rewrite));
    }
    return tidy(&disposing, err) < 0 ? err_wrap(err, "%s", _("disposed of, but not tidied up")) : 0;
}
