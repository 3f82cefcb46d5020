#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "custody/custody.h"
#include "digest/hash.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

struct replay {
    struct vault *vault;
    struct catalog *into;
    void (*failed)(void *context, uint64_t seq, const struct err *why);
    void *context;
    uint64_t seq; /* of the entry that is being read */
    uint64_t count;
    bool ended; /* *err says why */
    struct err *err;
};

/* ---- reports ---- */

/* Frees what is not the report of this digest. */
static int keep_if(char *report, const uint8_t report_sha256[static 32], char **text,
                   struct err *err)
{
    uint8_t sha256[32];
    if (hash_of(HASH_SHA256, bytes_of(report), sha256, err) < 0) {
        free(report);
        return -1;
    }
    if (memcmp(sha256, report_sha256, sizeof sha256) == 0)
        *text = report;
    else
        free(report);
    return 0;
}

static int from_catalog(const struct replay *replay, const uint8_t sha256[static 32],
                        const uint8_t report_sha256[static 32], char **text, struct err *err)
{
    struct catalog *catalog = vault_catalog(replay->vault);
    struct catalog_err none; /* a row that cannot be read is found elsewhere */
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    int64_t number = 0;
    if (catalog == NULL || catalog_recording_by_digest(catalog, sha256, &number, &none) < 0 ||
        number == 0 || catalog_recording_load(catalog, number, &recording, &none) < 0)
        return 0;
    char *report = recording->report;
    recording->report = NULL;
    return report != NULL ? keep_if(report, report_sha256, text, err) : 0;
}

static int from_sidecar(const struct replay *replay, const uint8_t sha256[static 32],
                        const uint8_t report_sha256[static 32], char **text, struct err *err)
{
    char *report;
    if (vault_sidecar_report(replay->vault, sha256, &report, err) < 0)
        return err->kind == ERR_MEMORY ? -1 : 0;
    return keep_if(report, report_sha256, text, err);
}

static int find_report(void *context, const uint8_t sha256[static 32],
                       const uint8_t report_sha256[static 32], char **text, struct err *err)
{
    const struct replay *replay = context;
    struct err lost;
    *text = NULL;
    if (from_catalog(replay, sha256, report_sha256, text, err) < 0 ||
        (*text == NULL && from_sidecar(replay, sha256, report_sha256, text, err) < 0))
        return -1;
    if (*text != NULL)
        return 0;
    (void)err_set(&lost, ERR_MISSING, NULL, "%s",
                  _("the probe's report is neither in the catalog nor in a sidecar"));
    replay->failed(replay->context, replay->seq, &lost);
    *text = strdup("{}");
    return *text != NULL ? 0 : err_memory(err, NULL);
}

/* ---- entries ---- */

static int add(struct replay *replay, const struct custody_entry *entry, struct bytes text,
               struct bytes signature, struct err *err)
{
    const struct catalog_log_entry told = {.seq = entry->seq,
                                           .at_us = entry->at.us,
                                           .actor = entry->actor,
                                           .action = custody_action_name(entry->action),
                                           .subject = entry->subject,
                                           .entry = text.at,
                                           .entry_len = text.len,
                                           .signature = signature.at,
                                           .signature_len = signature.len};
    struct catalog_err wrong;
    return catalog_log_add(replay->into, &told, &wrong) < 0 ? err_from_catalog(err, &wrong) : 0;
}

static bool ends_replay(const struct err *why)
{
    return why->kind == ERR_MEMORY || why->kind == ERR_SPACE || why->kind == ERR_SYSTEM;
}

/* One entry; `signature` is that of a row which the log does not have yet. What cannot be as it
 * says is told; -1 where the rest cannot be read either. */
static int take(struct replay *replay, struct bytes text, struct bytes signature, struct err *err)
{
    const struct acts_reports reports = {.text = find_report, .context = replay};
    char object[32];
    struct err wrong;
    struct acts_done done;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    (void)snprintf(object, sizeof object, "entry %llu", (unsigned long long)replay->seq);
    if (custody_entry_parse(text, object, &entry, err) < 0 ||
        add(replay, &entry, text, signature, err) < 0)
        return -1;
    if (acts_apply(replay->into, &entry, &reports, &done, &wrong) < 0) {
        if (ends_replay(&wrong))
            return (void)(*err = wrong), -1;
        replay->failed(replay->context, replay->seq, &wrong);
    }
    replay->seq++;
    return 0;
}

/* A row that no act made ends what the catalog adds: it stays a row that nothing tells of. */
static bool take_pending(void *context, const struct catalog_log_entry *entry)
{
    struct replay *replay = context;
    const struct bytes text = {entry->entry, entry->entry_len};
    const struct bytes signature = {entry->signature, entry->signature_len};
    if (entry->seq >= replay->count)
        return false;
    bool taken = vault_log_made(replay->vault, replay->seq, entry, replay->err) == 0 &&
                 take(replay, text, signature, replay->err) == 0;
    replay->ended = !taken && ends_replay(replay->err);
    return taken;
}

int acts_replay(struct vault *vault, struct custody_log *log, uint64_t count, struct catalog *into,
                void (*failed)(void *context, uint64_t seq, const struct err *why), void *context,
                struct err *err)
{
    struct replay replay = {.vault = vault,
                            .into = into,
                            .failed = failed,
                            .context = context,
                            .count = count,
                            .err = err};
    struct catalog_err wrong;
    while (replay.seq < count && replay.seq < custody_log_size(log)) {
        struct bytes text;
        if (custody_log_entry(log, replay.seq, &text, err) < 0 ||
            take(&replay, text, (struct bytes){NULL, 0}, err) < 0)
            return -1;
    }
    if (replay.seq == count)
        return 0;
    if (catalog_log_each(vault_catalog(vault), replay.seq, NULL, take_pending, &replay, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return replay.ended ? -1 : 0;
}
