#include "audit/auditor.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/instant.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "digest/hash.h"

#include "base/banned.h"

/*
 * Which bytes of a vault are read back, and in what order. An item of which something was found
 * does not count as read and right.
 */

enum { ITEM_NAME = 32 };

int audit_draws(const struct audit_choice *choice, const char *item, bool *drawn, struct err *err)
{
    uint8_t text[sizeof choice->seed + ITEM_NAME];
    uint8_t digest[32];
    uint64_t lot = 0;
    size_t len = strlen(item);
    if (len > ITEM_NAME)
        return err_set(err, ERR_USAGE, item, "not the name of a recording or archive");
    memcpy(text, choice->seed, sizeof choice->seed);
    memcpy(text + sizeof choice->seed, item, len);
    if (hash_of(HASH_SHA256, (struct bytes){text, sizeof choice->seed + len}, digest, err) < 0)
        return -1;
    for (int i = 0; i < 8; i++)
        lot = lot << 8 | digest[i];
    *drawn = (double)lot < choice->percent / 100 * 0x1p64;
    return 0;
}

int audit_seed(struct vault *vault, int64_t day_began_us, uint8_t seed[static 32], uint64_t *size,
               struct err *err)
{
    struct catalog_err from;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (catalog_log_size_at(vault_catalog(vault), day_began_us, size, &from) < 0)
        return err_from_catalog(err, &from);
    if (vault_log_open(vault, &log, err) < 0)
        return -1;
    return custody_log_root_at(log, *size, seed, err);
}

/* ---- the list ---- */

struct listing {
    struct auditor *auditor;
    size_t room;
    bool failed;
};

static bool take_item(void *context, const struct catalog_reading *reading)
{
    struct listing *listing = context;
    struct auditor *auditor = listing->auditor;
    if (auditor->item_count == listing->room) {
        size_t room = listing->room > 0 ? listing->room * 2 : 256;
        struct item *more = realloc(auditor->items, room * sizeof *more);
        listing->failed = more == NULL;
        if (listing->failed)
            return false;
        auditor->items = more;
        listing->room = room;
    }
    auditor->items[auditor->item_count++] = (struct item){.kind = reading->kind,
                                                          .number = reading->number,
                                                          .size_bytes = reading->size_bytes,
                                                          .right_us = reading->right_us};
    return true;
}

static int by_number(const void *a, const void *b)
{
    const struct item *left = a;
    const struct item *right = b;
    if (left->kind != right->kind)
        return (left->kind > right->kind) - (left->kind < right->kind);
    return (left->number > right->number) - (left->number < right->number);
}

static int list(struct auditor *auditor, struct err *err)
{
    struct listing listing = {.auditor = auditor};
    struct catalog_err from;
    if (catalog_reading_each(vault_catalog(auditor->vault), take_item, &listing, &from) < 0)
        return err_from_catalog(err, &from);
    if (listing.failed)
        return err_memory(err, auditor->path);
    if (auditor->options.choice.pick != AUDIT_UNREAD && auditor->item_count > 0)
        qsort(auditor->items, auditor->item_count, sizeof *auditor->items, by_number);
    return 0;
}

/* ---- what is found ---- */

static struct item *item_of(const struct auditor *auditor, const char *id)
{
    char *end;
    struct item wanted = {.kind = CATALOG_READ_RECORDING, .number = strtoll(id + 1, &end, 10)};
    for (size_t i = 0; i < auditor->item_count; i++) /* findings are few */
        if (by_number(&auditor->items[i], &wanted) == 0)
            return &auditor->items[i];
    return NULL;
}

static void mark_wrong(void *watcher, const struct audit_finding *finding)
{
    struct item *item = finding->recording != NULL ? item_of(watcher, finding->recording) : NULL;
    if (item != NULL)
        item->is_wrong = true;
}

/* ---- reading ---- */

static int is_picked(struct auditor *auditor, const struct item *item, bool *picked,
                     struct err *err)
{
    const struct audit_choice *choice = &auditor->options.choice;
    const int64_t now_us = instant_now().us;
    char name[ITEM_NAME];
    *picked = auditor->asked == AUDIT_ALL;
    if (choice->pick == AUDIT_UNREAD)
        *picked = item->right_us < choice->unread_since_us || item->right_us > now_us; /* a clock */
    if (choice->pick != AUDIT_SAMPLE)
        return 0;
    (void)snprintf(name, sizeof name, "%c%lld", item->kind == CATALOG_READ_RECORDING ? 'R' : 'A',
                   (long long)item->number);
    return audit_draws(choice, name, picked, err);
}

/* How many bytes will be read, and of which items. */
static int pick(struct auditor *auditor, struct err *err)
{
    auditor->session.total_is_known = true;
    for (size_t i = 0; i < auditor->item_count; i++) {
        struct item *item = &auditor->items[i];
        if (is_picked(auditor, item, &item->was_read, err) < 0)
            return -1;
        if (item->was_read &&
            ckd_add(&auditor->session.total_bytes, auditor->session.total_bytes, item->size_bytes))
            auditor->session.total_bytes = UINT64_MAX;
    }
    return 0;
}

static int check_archive_item(struct auditor *auditor, struct item *item, struct err *err)
{
    content_drain(&auditor->session); /* what is found from here on is the archive's */
    uint64_t findings = auditor->session.report->findings;
    if (auditor_check_archive_number(auditor, item->number, err) < 0)
        return -1;
    content_drain(&auditor->session);
    item->is_wrong = auditor->session.report->findings > findings;
    return 0;
}

static int check_item(struct auditor *auditor, struct item *item, struct err *err)
{
    auditor->options.level = item->was_read                ? AUDIT_ALL
                             : auditor->asked == AUDIT_ALL ? AUDIT_SIZES
                                                           : auditor->asked;
    return item->kind == CATALOG_READ_ARCHIVE ? check_archive_item(auditor, item, err)
                                              : auditor_check_recording(auditor, item->number, err);
}

/* Every recording, the sealed ones too, then the archives. */
static int check_each(struct auditor *auditor, struct err *err)
{
    size_t next = 0;
    for (size_t i = 0; i < auditor->count; i++) {
        struct item *item = next < auditor->item_count ? &auditor->items[next] : NULL;
        bool loose = item != NULL && item->kind == CATALOG_READ_RECORDING &&
                     item->number == auditor->numbers[i];
        if (loose)
            next++;
        if ((loose ? check_item(auditor, item, err)
                   : auditor_check_recording(auditor, auditor->numbers[i], err)) < 0)
            return -1;
    }
    for (; next < auditor->item_count; next++)
        if (check_item(auditor, &auditor->items[next], err) < 0)
            return -1;
    return 0;
}

static int64_t seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there on Linux */
    return now.tv_sec;
}

static int check_unread(struct auditor *auditor, struct err *err)
{
    const struct audit_choice *choice = &auditor->options.choice;
    const int64_t begun = seconds();
    for (size_t i = 0; i < auditor->item_count; i++) {
        struct item *item = &auditor->items[i];
        if (!item->was_read)
            continue;
        if (choice->budget_s > 0 && (uint64_t)(seconds() - begun) >= choice->budget_s) {
            item->was_read = false;
            auditor->session.report->left++;
        } else if (check_item(auditor, item, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static void tell_right(const struct auditor *auditor)
{
    const struct audit_options *asked = &auditor->options;
    if (asked->was_right == NULL)
        return;
    for (size_t i = 0; i < auditor->item_count; i++)
        if (auditor->items[i].was_read && !auditor->items[i].is_wrong)
            asked->was_right(asked->context, auditor->items[i].kind, auditor->items[i].number);
}

int auditor_check_items(struct auditor *auditor, struct err *err)
{
    auditor->asked = auditor->options.level;
    auditor->session.watch = mark_wrong;
    auditor->session.watcher = auditor;
    int done = list(auditor, err) < 0 || pick(auditor, err) < 0 ? -1
               : auditor->options.choice.pick == AUDIT_UNREAD   ? check_unread(auditor, err)
                                                                : check_each(auditor, err);
    content_drain(&auditor->session);
    auditor->session.watch = NULL;
    auditor->options.level = auditor->asked;
    if (done == 0)
        tell_right(auditor);
    return done;
}
