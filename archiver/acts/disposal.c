#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "vault/vault.h"

#include "base/banned.h"

static const char letter = 'X';

/* ---- disposal-requested ---- */

int acts_disposal_request(struct vault *vault, const int64_t *recordings, size_t count,
                          const char *reason, struct acts_done *done, struct err *err)
{
    return act_now(
        vault, CUSTODY_DISPOSAL_REQUESTED, NULL,
        json_pack("{s:s, s:o}", "reason", reason, "recordings", detail_numbers(recordings, count)),
        NULL, done, err);
}

int apply_disposal_requested(struct apply *apply, struct err *err)
{
    struct catalog_disposal one = {.requested_us = apply->entry->at.us,
                                   .requested_by = text_readable(apply->entry->actor)};
    AUTO(free) int64_t *recordings = NULL;
    struct catalog_err wrong;
    size_t count;
    if (detail_take_text(apply, "reason", &one.reason, err) < 0 ||
        detail_take_numbers(apply, "recordings", &recordings, &count, err) < 0)
        return -1;
    if (catalog_disposal_request(apply->catalog, &one, recordings, count, &apply->number, &wrong) <
        0)
        return err_from_catalog(err, &wrong);
    return 0;
}

/* ---- disposal-withdrawn, disposal-approved ---- */

static int act_on(struct vault *vault, enum custody_action action, int64_t disposal,
                  const char *reason, bool clock_is_right, struct err *err)
{
    char subject[SUBJECT_NUMBER];
    subject_print(letter, disposal, subject);
    return act_now(vault, action, subject,
                   json_pack("{s:s, s:o*}", "reason", reason, "clock_is_right",
                             clock_is_right ? json_true() : NULL),
                   NULL, NULL, err);
}

int acts_disposal_withdraw(struct vault *vault, int64_t disposal, const char *reason,
                           struct err *err)
{
    return act_on(vault, CUSTODY_DISPOSAL_WITHDRAWN, disposal, reason, false, err);
}

int acts_disposal_approve(struct vault *vault, int64_t disposal, const char *reason,
                          bool clock_is_right, struct err *err)
{
    return act_on(vault, CUSTODY_DISPOSAL_APPROVED, disposal, reason, clock_is_right, err);
}

static int apply_decision(const struct apply *apply, enum catalog_disposal_state state,
                          struct err *err)
{
    struct catalog_disposal one = {.state = state,
                                   .decided_us = apply->entry->at.us,
                                   .decided_by = text_readable(apply->entry->actor)};
    struct catalog_err wrong;
    if (subject_number(apply, letter, &one.number, err) < 0 ||
        detail_take_text(apply, "reason", &one.decided_reason, err) < 0)
        return -1;
    if (catalog_disposal_decide(apply->catalog, &one, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

int apply_disposal_withdrawn(struct apply *apply, struct err *err)
{
    return apply_decision(apply, CATALOG_DISPOSAL_WITHDRAWN, err);
}

int apply_disposal_approved(struct apply *apply, struct err *err)
{
    return apply_decision(apply, CATALOG_DISPOSAL_DONE, err);
}

/* ---- disposed ---- */

int acts_dispose(struct vault *vault, const struct catalog_recording *recording, int64_t disposal,
                 struct err *err)
{
    char subject[SUBJECT_NUMBER];
    char by[SUBJECT_NUMBER];
    subject_print('R', recording->number, subject);
    subject_print(letter, disposal, by);
    return act_now(vault, CUSTODY_DISPOSED, subject,
                   json_pack("{s:s, s:o, s:o, s:o}", "disposal", by, "sha256",
                             detail_hex(recording->sha256), "sm3", detail_hex(recording->sm3),
                             "size", json_u64(recording->size_bytes)),
                   NULL, NULL, err);
}

int acts_dispose_archive(struct vault *vault, const struct catalog_archive *archive,
                         int64_t disposal, struct err *err)
{
    char by[SUBJECT_NUMBER];
    subject_print(letter, disposal, by);
    return act_now(vault, CUSTODY_DISPOSED, archive->path,
                   json_pack("{s:s, s:i, s:o}", "disposal", by, "archive", (int)archive->number,
                             "sha256", detail_hex(archive->sha256)),
                   NULL, NULL, err);
}

/* Whose number it is, and so what was disposed of: only an archive's entry has one. */
int apply_disposed(struct apply *apply, struct err *err)
{
    struct catalog_err wrong;
    const json_t *detail = apply->entry->detail;
    int64_t recording;
    uint64_t archive;
    if (json_object_get(detail, "archive") != NULL) {
        if (json_take_u64(detail, "archive", apply->object, &archive, err) < 0)
            return -1;
        return catalog_archive_gone(apply->catalog, (int64_t)archive, 0, apply->entry->at.us,
                                    &wrong) < 0
                   ? err_from_catalog(err, &wrong)
                   : 0;
    }
    if (subject_number(apply, 'R', &recording, err) < 0)
        return -1;
    return catalog_recording_dispose(apply->catalog, recording, &wrong) < 0
               ? err_from_catalog(err, &wrong)
               : 0;
}
