/*
 * One run: walk, then copy, look and accept, several files at a time. This thread opens, probes and
 * commits; the pool's threads read, write, hash and flush. What is finished at the same time shares
 * one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/text.h"
#include "intake/accept.h"
#include "intake/held.h"
#include "intake/intake.h"
#include "intake/item.h"
#include "intake/list.h"
#include "intake/options.h"
#include "intake/walk.h"
#include "vault/vault.h"

#include "base/banned.h"

enum {
    REFUSED_MAX = 256, /* logged at once */
    ITEMS_MAX = 16,    /* × 2 descriptors, × 9 with companions: far below a process's 1024 */
    PROGRESS_MS = 200,
};

struct run {
    struct vault *vault;
    const struct intake_options *options;
    void (*each)(void *context, const struct intake_result *result);
    void *context;
    const struct progress *progress;
    struct intake_report *report;
    struct list *list;
    struct digest_pool *pool;
    size_t next; /* of the list */
    struct item *items[ITEMS_MAX];
    size_t item_count;
    size_t jobs;                   /* in the pool */
    struct item *ready[ITEMS_MAX]; /* looked at, to be accepted */
    size_t ready_count;
    uint64_t total_bytes, passed_bytes;    /* of the bar; passed: not to be read after all */
    uint64_t held_bytes;                   /* read of what is held already */
    char *what;                            /* the file begun last */
    struct acts_told refused[REFUSED_MAX]; /* not yet in the log */
    size_t refused_count;
    struct err *err;
    bool failed; /* *err is set: nothing more is begun */
    bool broken; /* and what is under way is given up */
};

static void fail(struct run *run, const struct err *err)
{
    if (!run->failed)
        *run->err = *err;
    run->failed = true;
}

static void show_progress(const struct run *run)
{
    progress_update(run->progress, run->what != NULL ? run->what : "",
                    digest_pool_bytes(run->pool) + run->passed_bytes, run->total_bytes);
}

/* ---- refusals in the log ---- */

static void log_refused(struct run *run)
{
    struct err err;
    const size_t count = run->refused_count;
    run->refused_count = 0;
    if (acts_tell(run->vault, run->options->by, run->refused, count, &err) < 0) {
        (void)err_wrap(&err, "%s", _("the custody log"));
        fail(run, &err);
        run->broken = true; /* the vault cannot be written */
    }
    acts_told_release(run->refused, count);
}

static bool is_read(const struct intake_result *result)
{
    static const uint8_t none[32];
    return memcmp(result->digests.sha256, none, sizeof none) != 0;
}

/* They are told to the log together, at the latest at the end of the run. */
static void note_refused(struct run *run, const struct intake_result *result)
{
    char digest[65];
    AUTO(free) char *path = text_shown(bytes_of(result->path));
    AUTO(free) char *reason = text_shown(bytes_of(result->reason));
    bytes_to_hex(result->digests.sha256, 32, digest);
    run->refused[run->refused_count++] = (struct acts_told){
        .action = CUSTODY_REFUSED,
        .detail = path == NULL || reason == NULL
                      ? NULL
                      : json_pack("{s:s, s:s, s:o*, s:s*}", "path", path, "reason", reason, "size",
                                  result->size_bytes > 0 ? json_u64(result->size_bytes) : NULL,
                                  "sha256", is_read(result) ? digest : NULL)};
    if (run->refused_count == REFUSED_MAX)
        log_refused(run);
}

/* ---- results ---- */

static void tell(struct run *run, const struct intake_result *result)
{
    if (result->outcome == INTAKE_REFUSED) {
        run->report->refused++;
        note_refused(run, result);
    }
    if (!result->companion && result->outcome == INTAKE_ACCEPTED)
        run->report->accepted++;
    else if (!result->companion && result->outcome == INTAKE_DUPLICATE)
        run->report->duplicate++;
    if (result->archive_failed)
        run->report->archive_failed++;
    run->each(run->context, result);
}

static void tell_refused(struct run *run, const struct copy *copy, bool companion,
                         const char *reason)
{
    const struct item *item = copy->item;
    struct intake_result result = {
        .path = copy->path,
        .outcome = INTAKE_REFUSED,
        .companion = companion,
        .digests = copy->digests,
        .size_bytes = copy->job.size,
        .reason = reason,
    };
    if (!companion && item->report != NULL) {
        result.warnings = item->report->issues;
        result.warning_count = item->report->issue_count;
    }
    tell(run, &result);
}

static void tell_companions(struct run *run, const struct item *item, bool accepted)
{
    for (size_t i = 0; i < item->companion_count; i++) {
        const struct copy *copy = &item->companions[i];
        if (copy->silent)
            continue;
        if (copy->refused || !accepted) {
            tell_refused(run, copy, true,
                         copy->refused ? copy->err.text : _("its recording was not accepted"));
            continue;
        }
        tell(run, &(struct intake_result){
                      .path = copy->path,
                      .outcome = copy->attached ? INTAKE_DUPLICATE : INTAKE_ACCEPTED,
                      .companion = true,
                      .number = item->number,
                      .digests = copy->digests,
                      .size_bytes = copy->job.size,
                      .reason = copy->lost ? _("the archive that holds it is missing or damaged: "
                                               "keep this file")
                                           : NULL,
                      .archive_failed = copy->lost,
                      .clearable = !copy->lost,
                  });
    }
}

static void tell_accepted(struct run *run, const struct item *item)
{
    const struct copy *copy = &item->recording;
    char both[1024];
    const char *reason = item->notice;
    if (item->tags_left_out) {
        reason = _("its tags stand otherwise and were left so: shilu tag changes them");
        if (item->notice != NULL) {
            (void)snprintf(both, sizeof both, "%s; %s", item->notice, reason);
            reason = both;
        }
    }
    tell(run, &(struct intake_result){
                  .path = copy->path,
                  .outcome = item->duplicate ? INTAKE_DUPLICATE : INTAKE_ACCEPTED,
                  .number = item->number,
                  .digests = copy->digests,
                  .size_bytes = copy->job.size,
                  .captured_at = tags_captured_at(&item->tags),
                  .warnings = item->report->issues,
                  .warning_count = item->report->issue_count,
                  .reason = reason,
                  .archive_failed = item->archive_failed,
                  .clearable = true,
              });
    tell_companions(run, item, true);
}

static void drop_item(struct run *run, struct item *item)
{
    for (size_t i = 0; i < run->item_count; i++)
        if (run->items[i] == item) {
            run->items[i] = run->items[--run->item_count];
            break;
        }
    item_free(item);
}

static void refuse_item(struct run *run, struct item *item)
{
    tell_refused(run, &item->recording, false, item->recording.err.text);
    tell_companions(run, item, false);
    drop_item(run, item);
}

/* ---- copied ---- */

static void put(struct run *run, struct copy *copy)
{
    run->jobs++;
    copy->item->under_way++;
    digest_pool_put(run->pool, &copy->job);
}

static void set_ready(struct run *run, struct item *item)
{
    run->ready[run->ready_count++] = item;
}

/* What is held already is read before it is said to be: here, where all cores do it. */
static void check_held(struct run *run, struct item *item)
{
    struct err err;
    if (accept_find_held(run->vault, item, &err) < 0) {
        (void)err_wrap(&err, "%s", item->recording.shown);
        fail(run, &err);
        drop_item(run, item);
        return;
    }
    if (item->recording.refused) {
        refuse_item(run, item);
        return;
    }
    if (item->held.from < 0) {
        set_ready(run, item);
        return;
    }
    item->held.object = item->recording.shown;
    item->held.context = &item->recording;
    item->held.err = &item->held_err;
    if (ckd_add(&run->total_bytes, run->total_bytes, item->held.size))
        run->total_bytes = UINT64_MAX;
    run->jobs++;
    item->under_way++;
    digest_pool_put(run->pool, &item->held);
}

static void take_held_back(struct run *run, struct item *item)
{
    run->held_bytes += item->held.done;
    item->held_is_sound = held_agrees(&item->held, item->recording.digests.sha256);
    set_ready(run, item);
}

static void look(struct run *run, struct item *item)
{
    struct err err;
    bool taken = false;
    if (item->recording.refused) {
        refuse_item(run, item);
        return;
    }
    if (item_look(item, vault_settings(run->vault), run->options, &taken, &err) < 0) {
        fail(run, &err);
        drop_item(run, item);
    } else if (!taken) {
        refuse_item(run, item);
    } else {
        check_held(run, item);
    }
}

static void take_back(struct run *run, const struct digest_job *job)
{
    struct copy *copy = job->context;
    struct item *item = copy->item;
    run->jobs--;
    item->under_way--;
    if (job == &item->held) {
        take_held_back(run, item);
        return;
    }
    switch (copy_look(copy, run->options->reread)) {
    case COPY_AGAIN:
        put(run, copy);
        return;
    case COPY_FAILED:
        fail(run, &copy->err);
        copy->refused = true;
        item->failed = true;
        break;
    case COPY_REFUSED:
    case COPY_WELL:
        break;
    }
    if (item->under_way > 0)
        return;
    if (item->failed)
        drop_item(run, item); /* neither accepted nor refused: the run's error names it */
    else
        look(run, item);
}

static void accept_ready(struct run *run)
{
    struct err err;
    if (run->ready_count == 0)
        return;
    if (accept_all(run->vault, run->ready, run->ready_count, run->options->by, &err) < 0) {
        fail(run, &err);
        run->broken = true;
        return;
    }
    if (accept_settle_all(run->vault, run->ready, run->ready_count, &err) < 0)
        fail(run, &err); /* they are accepted nonetheless */
    for (size_t i = 0; i < run->ready_count; i++) {
        tell_accepted(run, run->ready[i]);
        drop_item(run, run->ready[i]);
    }
    run->ready_count = 0;
}

/* ---- begun ---- */

static enum copy_outcome begin(struct run *run, struct copy *copy, size_t number)
{
    char path[LIST_PATH_MAX];
    const struct list_file *file = list_at(run->list, number);
    copy->number = number;
    enum copy_outcome outcome =
        list_path(run->list, file, path) < 0
            ? copy_refuse_name(copy, list_name(run->list, file), _("the path is too long"))
            : copy_begin(copy, run->vault, path);
    if (outcome == COPY_REFUSED)
        run->passed_bytes += file->size;
    if (outcome == COPY_FAILED) {
        fail(run, &copy->err);
        copy->item->failed = true;
    }
    return outcome;
}

static void begin_companions(struct run *run, struct item *item)
{
    size_t numbers[PROBE_COMPANIONS_MAX];
    const struct list_file *file = list_at(run->list, item->recording.number);
    item->companion_count = list_companions(run->list, file, numbers, PROBE_COMPANIONS_MAX);
    for (size_t i = 0; i < item->companion_count; i++) {
        item->companions[i].silent = list_at(run->list, numbers[i])->kind == LIST_SKIP;
        list_set_kind(run->list, numbers[i], LIST_SKIP); /* this item tells of it */
        (void)begin(run, &item->companions[i], numbers[i]);
    }
}

static void put_copies(struct run *run, struct item *item)
{
    put(run, &item->recording);
    for (size_t i = 0; i < item->companion_count; i++)
        if (!item->companions[i].refused)
            put(run, &item->companions[i]);
}

static void begin_item(struct run *run, size_t number)
{
    struct err err;
    struct item *item = item_new(&err);
    if (item == NULL) {
        fail(run, &err);
        return;
    }
    run->items[run->item_count++] = item;
    enum copy_outcome outcome = begin(run, &item->recording, number);
    if (outcome == COPY_WELL || outcome == COPY_REFUSED)
        begin_companions(run, item);
    free(run->what);
    run->what = item->recording.shown != NULL ? text_shown(bytes_of(item->recording.path)) : NULL;
    if (item->failed)
        drop_item(run, item);
    else if (item->recording.refused)
        refuse_item(run, item);
    else
        put_copies(run, item);
}

static void refuse_unopened(struct run *run, const struct list_file *file)
{
    char path[LIST_PATH_MAX];
    bool too_long = list_path(run->list, file, path) < 0;
    tell(run, &(struct intake_result){
                  .path = too_long ? list_name(run->list, file) : path,
                  .outcome = INTAKE_REFUSED,
                  .reason = list_reason(run->list, file),
              });
}

static void begin_more(struct run *run)
{
    while (!run->failed && run->next < list_count(run->list) && run->item_count < ITEMS_MAX &&
           run->jobs < digest_pool_room(run->pool)) {
        const struct list_file *file = list_at(run->list, run->next);
        if (file->kind == LIST_REFUSE)
            refuse_unopened(run, file);
        else if (file->kind == LIST_TAKE)
            begin_item(run, run->next);
        run->next++;
    }
}

/* ---- the run ---- */

static void carry_on(struct run *run)
{
    for (;;) {
        begin_more(run);
        show_progress(run);
        if (run->jobs == 0)
            return; /* nothing under way, and nothing left to begin */
        const struct digest_job *job = digest_pool_take(run->pool, PROGRESS_MS, NULL);
        for (; job != NULL; job = digest_pool_take(run->pool, 0, NULL))
            take_back(run, job);
        accept_ready(run);
        if (run->broken)
            return;
    }
}

static int prepare(struct run *run, const char *const *paths, size_t count, struct err *err)
{
    if (options_check(run->vault, run->options, err) < 0 || list_open(&run->list, err) < 0 ||
        walk_paths(run->list, paths, count, vault_folder(run->vault, VAULT_ROOT), err) < 0)
        return -1;
    run->total_bytes = list_bytes(run->list);
    if (run->options->reread && ckd_mul(&run->total_bytes, run->total_bytes, 2))
        run->total_bytes = UINT64_MAX;
    return digest_pool_open(&run->pool, err);
}

static void release(struct run *run)
{
    digest_pool_free(run->pool); /* first: its jobs point into the items */
    for (size_t i = 0; i < run->item_count; i++)
        item_free(run->items[i]);
    list_free(run->list);
    free(run->what);
}

int intake_run(struct vault *vault, const char *const *paths, size_t path_count,
               const struct intake_options *options,
               void (*each)(void *context, const struct intake_result *result), void *context,
               const struct progress *progress, struct intake_report *report, struct err *err)
{
    *report = (struct intake_report){0};
    struct run run = {
        .vault = vault,
        .options = options,
        .each = each,
        .context = context,
        .progress = progress,
        .report = report,
        .err = err,
    };
    if (prepare(&run, paths, path_count, err) < 0) {
        release(&run);
        return -1;
    }
    carry_on(&run);
    log_refused(&run);
    report->bytes = digest_pool_bytes(run.pool) - run.held_bytes;
    release(&run);
    return run.failed ? -1 : 0;
}
