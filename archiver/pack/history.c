#include "pack/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backing/backing.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "catalog/catalog.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/excerpt.h"
#include "pack/index.h"
#include "pack/plan.h"
#include "vault/vault.h"

#include "base/banned.h"

void history_release(struct history *history)
{
    free(history->at);
    *history = (struct history){.count = 0};
}

/* ---- which entries ---- */

struct gathering {
    struct history *history;
    bool accepted, failed;
    uint64_t acceptance;
};

static bool add(struct history *history, uint64_t seq)
{
    if (history->count == history->room) {
        const size_t room = history->room == 0 ? 256 : history->room * 2;
        uint64_t *more = realloc(history->at, room * sizeof *more);
        if (more == NULL)
            return false;
        history->at = more;
        history->room = room;
    }
    history->at[history->count++] = seq;
    return true;
}

static bool gather(void *context, const struct catalog_log_entry *entry)
{
    struct gathering *gathering = context;
    gathering->failed = !add(gathering->history, entry->seq);
    if (gathering->failed)
        return false;
    /* the first: the same bytes, handed in again, come later */
    if (!gathering->accepted && strcmp(entry->action, custody_action_name(CUSTODY_ACCEPTED)) == 0) {
        gathering->accepted = true;
        gathering->acceptance = entry->seq;
    }
    return true;
}

int history_gather(struct catalog *catalog, int64_t recording, struct history *history,
                   uint64_t *accepted, struct err *err)
{
    struct gathering gathering = {.history = history};
    struct catalog_err wrong;
    char id[32];
    (void)snprintf(id, sizeof id, "R%lld", (long long)recording);
    if (catalog_log_each(catalog, 0, id, gather, &gathering, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (gathering.failed)
        return err_memory(err, id);
    if (!gathering.accepted)
        return err_set(err, ERR_DAMAGED, id, "%s",
                       _("the custody log does not tell of its acceptance"));
    *accepted = gathering.acceptance;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void history_settle(struct history *history)
{
    size_t kept = 0;
    if (history->count == 0)
        return;
    qsort(history->at, history->count, sizeof *history->at, by_number);
    for (size_t i = 0; i < history->count; i++)
        if (kept == 0 || history->at[i] != history->at[kept - 1])
            history->at[kept++] = history->at[i];
    history->count = kept;
}

/* ---- their texts ---- */

void history_texts_release(struct history_texts *texts)
{
    text_release(&texts->entries);
    free(texts->checkpoint);
    free(texts->timestamp);
    texts->checkpoint = NULL;
    texts->timestamp = NULL;
}

static int not_backed(struct vault *vault, const char *case_number, unsigned by, uint64_t needed,
                      struct err *err)
{
    return err_set(err, ERR_CONFLICT, case_number,
                   _("the settings demand %u cosignatures and timestamps before sealing; what the "
                     "log tells of these recordings (its first %llu entries) has %u. Have a "
                     "checkpoint cosigned (shilu log checkpoint, log cosign there, log "
                     "add-cosignature), or log anchor; then seal"),
                   vault_settings(vault)->backing, (unsigned long long)needed, by);
}

/*
 * The checkpoint that the proofs of a volume lead to: the best backed one that covers all that is
 * planned; where there is none, the log's newest.
 *   log      to prove from; the caller's
 *   needed   entries that must be covered
 *   size     entries that the checkpoint covers
 */
static int choose_checkpoint(struct vault *vault, struct custody_log **log, uint64_t needed,
                             const char *case_number, uint64_t *size, struct history_texts *texts,
                             struct err *err)
{
    AUTO(backing_release) struct backing best = {.checkpoint = NULL};
    if (vault_log_follow(vault, err) < 0 || vault_log_open(vault, log, err) < 0 ||
        backing_to_enclose(vault, needed, &best, err) < 0)
        return -1;
    const bool serves = best.checkpoint != NULL;
    const unsigned by = best.witnesses + best.timestamps;
    if (by < vault_settings(vault)->backing)
        return not_backed(vault, case_number, by, needed, err);
    *size = serves ? best.size : custody_log_size(*log);
    texts->witnesses = best.witnesses;
    texts->timestamps = best.timestamps;
    texts->checkpoint = strdup(serves ? best.checkpoint : custody_log_checkpoint_text(*log));
    if (texts->checkpoint == NULL)
        return err_memory(err, NULL);
    texts->timestamp = (char *)best.timestamp;
    texts->timestamp_len = best.timestamp_len;
    best.timestamp = NULL;
    return 0;
}

static bool is_planned(const struct plan *plan, const char *subject)
{
    uint64_t number;
    if (subject[0] != 'R' || bytes_parse_u64(bytes_of(subject + 1), &number) < 0)
        return false;
    for (size_t i = 0; i < plan->count; i++)
        if ((uint64_t)plan->files[i].recording == number)
            return true;
    return false;
}

/* What others have told between the plan and the checkpoint, so that nothing lacks up to it. */
static int add_later(struct custody_log *log, uint64_t size, struct plan *plan, struct err *err)
{
    for (uint64_t seq = plan->log_size; seq < size; seq++) {
        AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
        struct bytes leaf;
        if (custody_log_entry(log, seq, &leaf, err) < 0 ||
            custody_entry_parse(leaf, vault_folder_name(VAULT_LOG), &entry, err) < 0)
            return -1;
        if (is_planned(plan, entry.subject) && !add(&plan->history, seq))
            return err_memory(err, plan->the_case->number);
    }
    history_settle(&plan->history);
    return 0;
}

int history_print(struct vault *vault, struct plan *plan, struct history_texts *texts,
                  struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    uint64_t size;
    text_init(&texts->entries, INDEX_BYTES_MAX);
    const uint64_t needed =
        plan->history.count > 0 ? plan->history.at[plan->history.count - 1] + 1 : 0;
    if (choose_checkpoint(vault, &log, needed, plan->the_case->number, &size, texts, err) < 0 ||
        add_later(log, size, plan, err) < 0)
        return -1;
    for (size_t i = 0; i < plan->history.count; i++)
        if (custody_excerpt_add(log, plan->history.at[i], size, &texts->entries, err) < 0)
            return err_wrap(err, "%s", vault_folder_name(VAULT_LOG));
    return text_failed(&texts->entries) ? err_memory(err, plan->the_case->number) : 0;
}
