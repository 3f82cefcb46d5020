#include "audit/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/excerpt.h"

#include "base/banned.h"

enum { DETAIL_ROOM = 1200 };

/* ---- what the index says ---- */

void claims_release(struct claims *claims)
{
    for (size_t i = 0; i < claims->count; i++)
        free(claims->at[i].by);
    free(claims->at);
    *claims = (struct claims){.count = 0};
}

static int take_acceptance(struct claim *claim, const json_t *row, const char *object,
                           struct err *err)
{
    const json_t *accepted = json_object_get(row, "accepted");
    const char *at;
    const char *by;
    if (json_take_text(accepted, "at", object, &at, err) < 0 ||
        json_take_text(accepted, "by", object, &by, err) < 0 ||
        json_take_u64(accepted, "log_index", object, &claim->log_index, err) < 0)
        return err_wrap(err, "accepted");
    (void)snprintf(claim->at, sizeof claim->at, "%s", at); /* a longer one is no time */
    claim->by = strdup(by);
    return claim->by == NULL ? err_memory(err, object) : 0;
}

int claims_add(struct claims *claims, const struct claim *one, const json_t *row,
               const char *object, struct err *err)
{
    if (claims->count == claims->room) {
        const size_t room = claims->room == 0 ? 64 : claims->room * 2;
        struct claim *more = realloc(claims->at, room * sizeof *more);
        if (more == NULL)
            return err_memory(err, object);
        claims->at = more;
        claims->room = room;
    }
    struct claim *claim = &claims->at[claims->count];
    *claim = *one;
    claim->by = NULL;
    if (!claim->is_attachment && take_acceptance(claim, row, object, err) < 0)
        return -1;
    claims->count++;
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct claim *left = a;
    const struct claim *right = b;
    return strcmp(left->id, right->id);
}

/* The first claim about a recording; claims->count where there is none. */
static size_t first_of(const struct claims *claims, const char *id)
{
    size_t low = 0;
    size_t high = claims->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(claims->at[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < claims->count && strcmp(claims->at[low].id, id) == 0 ? low : claims->count;
}

/* ---- what the log says ---- */

struct checking {
    struct session *session;
    const struct history *history;
    bool lines_are_wrong; /* some: what they should prove is not told once more */
};

static void found(struct checking *checking, const char *recording, const char *detail)
{
    session_found(checking->session,
                  &(struct audit_finding){.kind = AUDIT_LOG,
                                          .target = checking->history->target,
                                          .entry = checking->history->entries_path,
                                          .recording = recording,
                                          .detail = detail});
}

static void wrong_line(void *context, uint64_t number, const char *detail)
{
    struct checking *checking = context;
    char line[DETAIL_ROOM];
    checking->lines_are_wrong = true;
    (void)snprintf(line, sizeof line, _("line %llu: %s"), (unsigned long long)number, detail);
    found(checking, NULL, line);
}

/* The member of the entry that does not say what the claim does; NULL where all do. */
static const char *differing(const struct claim *claim, const struct custody_entry *entry)
{
    struct digest_pair digests;
    uint64_t size;
    struct err ignored;
    if (json_take_hex(entry->detail, "sha256", NULL, digests.sha256, 32, &ignored) < 0 ||
        memcmp(digests.sha256, claim->digests.sha256, 32) != 0)
        return "sha256";
    if (json_take_hex(entry->detail, "sm3", NULL, digests.sm3, 32, &ignored) < 0 ||
        memcmp(digests.sm3, claim->digests.sm3, 32) != 0)
        return "sm3";
    if (json_take_u64(entry->detail, "size", NULL, &size, &ignored) < 0 || size != claim->size)
        return "size";
    return NULL;
}

static const char *differing_acceptance(const struct claim *claim,
                                        const struct custody_entry *entry)
{
    char at[INSTANT_TEXT];
    const char *differs = differing(claim, entry);
    instant_print(entry->at, at);
    return differs != NULL                        ? differs
           : entry->seq != claim->log_index       ? "log_index"
           : strcmp(at, claim->at) != 0           ? "at"
           : strcmp(entry->actor, claim->by) != 0 ? "by"
                                                  : NULL;
}

static void accepted(struct checking *checking, struct claim *claim,
                     const struct custody_entry *entry)
{
    char detail[DETAIL_ROOM];
    if (claim->is_attachment || json_is_true(json_object_get(entry->detail, "again")))
        return;
    const char *differs = differing_acceptance(claim, entry);
    claim->is_proved = true;
    if (differs == NULL)
        return;
    (void)snprintf(detail, sizeof detail,
                   _("the index and the log's entry of its acceptance disagree about \"%s\""),
                   differs);
    found(checking, entry->subject, detail);
}

static void proved(void *context, const struct custody_entry *entry)
{
    struct checking *checking = context;
    struct claims *claims = checking->history->claims;
    checking->session->report->checked++;
    if (claims == NULL)
        return;
    size_t i = first_of(claims, entry->subject);
    if (i == claims->count)
        found(checking, NULL, _("an entry about something that is not in this archive"));
    for (; i < claims->count && strcmp(claims->at[i].id, entry->subject) == 0; i++) {
        struct claim *claim = &claims->at[i];
        if (entry->action == CUSTODY_ACCEPTED)
            accepted(checking, claim, entry);
        else if (entry->action == CUSTODY_ATTACHED && claim->is_attachment &&
                 differing(claim, entry) == NULL)
            claim->is_proved = true;
    }
}

static void find_unproved(struct checking *checking)
{
    const struct claims *claims = checking->history->claims;
    for (size_t i = 0; i < claims->count; i++)
        if (!claims->at[i].is_proved)
            found(checking, claims->at[i].id,
                  claims->at[i].is_attachment
                      ? _("no entry of the log tells of a file that is attached to it")
                      : _("no entry of the log tells of its acceptance"));
}

int history_check(struct session *session, const struct history *history, struct err *err)
{
    struct checking checking = {.session = session, .history = history};
    struct custody_head head;
    struct err why;
    uint64_t lines;
    session->report->checked++;
    if (custody_checkpoint_check(history->checkpoint, NULL, history->key, history->checkpoint_path,
                                 &head, &why) < 0) {
        if (why.kind != ERR_DAMAGED && why.kind != ERR_MISSING)
            return (void)(*err = why), -1;
        session_found(session, &(struct audit_finding){.kind = AUDIT_SIGNATURE,
                                                       .target = history->target,
                                                       .entry = history->checkpoint_path,
                                                       .detail = why.text});
        return 0;
    }
    if (history->claims != NULL && history->claims->count > 0)
        qsort(history->claims->at, history->claims->count, sizeof *history->claims->at, by_id);
    if (custody_excerpt_check(history->entries, &head,
                              &(struct custody_excerpt_reader){
                                  .proved = proved, .wrong = wrong_line, .context = &checking},
                              &lines, err) < 0)
        return -1;
    if (history->claims != NULL && !checking.lines_are_wrong)
        find_unproved(&checking);
    return 0;
}
