#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backing/backing.h"
#include "backing/kept.h"
#include "base/err.h"
#include "base/i18n.h"
#include "custody/entry.h"
#include "custody/succession.h"
#include "custody/witness.h"

#include "base/banned.h"

struct checking {
    struct custody_log *log;
    const struct backing_check *check;
    struct backing *best;
    uint64_t findings;
};

/* Most entries are others: these bytes stand in each that is wanted. */
static bool may_be_backed(struct bytes entry)
{
    static const char mark[] = "\"action\":\"backed\"";
    return memmem(entry.at, entry.len, mark, sizeof mark - 1) != NULL;
}

static void tell(struct checking *checking, uint64_t seq, const struct err *why)
{
    char path[32];
    (void)snprintf(path, sizeof path, "entry %llu", (unsigned long long)seq);
    checking->findings++;
    checking->check->found(
        checking->check->context,
        &(struct custody_finding){.path = path, .first = seq, .count = 1, .detail = why->text});
}

/* One that was kept: the log must begin with it, and what witnesses are known must stand. */
static int check_one(struct checking *checking, const struct custody_entry *entry, struct err *err)
{
    const struct backing_check *check = checking->check;
    struct custody_head head;
    struct custody_signer signer;
    struct kept kept;
    if (kept_take(entry, &kept, err) < 0 ||
        custody_log_extends(checking->log, bytes_of(kept.checkpoint), check->key, "log", &head,
                            &signer, err) < 0)
        return -1;
    if (head.size != kept.size)
        return err_set(err, ERR_DAMAGED, NULL, "%s",
                       _("the cosigned checkpoint is not the one that the entry tells of"));
    return kept_consider(&kept, &check->known, checking->best, err);
}

static int check_entry(struct checking *checking, uint64_t seq, struct err *err)
{
    struct bytes text;
    if (custody_log_entry(checking->log, seq, &text, err) < 0)
        return -1;
    if (!may_be_backed(text))
        return 0;
    struct err why;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    if (custody_entry_parse(text, "log", &entry, err) < 0)
        return -1;
    if (entry.action != CUSTODY_BACKED || check_one(checking, &entry, &why) == 0)
        return 0;
    if (why.kind != ERR_DAMAGED && why.kind != ERR_MISSING) {
        *err = why;
        return -1;
    }
    tell(checking, seq, &why);
    return 0;
}

int backing_check(struct custody_log *log, const struct backing_check *check, struct backing *best,
                  uint64_t *findings, struct err *err)
{
    AUTO(backing_release) struct backing made = {.checkpoint = NULL};
    struct checking checking = {.log = log, .check = check, .best = &made};
    for (uint64_t seq = 0; seq < custody_log_size(log); seq++)
        if (check_entry(&checking, seq, err) < 0)
            return -1;
    *best = made;
    made = (struct backing){.checkpoint = NULL};
    *findings = checking.findings;
    return 0;
}
