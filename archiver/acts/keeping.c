/* What is kept, and how long: holds, rules of retention. */
#include <stdio.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "vault/vault.h"

#include "base/banned.h"

/* ---- hold-set, hold-lifted ---- */

/* A case's number may look like a recording's: the detail says which it is. */
static int act_on(struct vault *vault, enum custody_action action, const struct catalog_hold *hold,
                  const char *reason, struct err *err)
{
    char subject[SUBJECT_NUMBER];
    subject_print('R', hold->recording, subject);
    bool is_case = hold->recording == 0;
    return act_now(vault, action, is_case ? hold->case_number : subject,
                   json_pack("{s:s, s:s}", "on", is_case ? "case" : "recording", "reason", reason),
                   NULL, NULL, err);
}

int acts_hold_set(struct vault *vault, const struct catalog_hold *hold, struct err *err)
{
    return act_on(vault, CUSTODY_HOLD_SET, hold, hold->reason, err);
}

int acts_hold_lift(struct vault *vault, const struct catalog_hold *hold, struct err *err)
{
    return act_on(vault, CUSTODY_HOLD_LIFTED, hold, hold->lift_reason, err);
}

static int take_target(const struct apply *apply, struct catalog_hold *hold, char **reason,
                       struct err *err)
{
    char *on;
    if (detail_take_text(apply, "on", &on, err) < 0 ||
        detail_take_text(apply, "reason", reason, err) < 0)
        return -1;
    if (strcmp(on, "recording") == 0)
        return subject_number(apply, 'R', &hold->recording, err);
    if (strcmp(on, "case") != 0)
        return detail_wrong(apply, "on", err);
    hold->case_number = text_readable(apply->entry->subject);
    return 0;
}

int apply_hold_set(struct apply *apply, struct err *err)
{
    struct catalog_hold hold = {.set_us = apply->entry->at.us,
                                .set_by = text_readable(apply->entry->actor)};
    struct catalog_err wrong;
    if (take_target(apply, &hold, &hold.reason, err) < 0)
        return -1;
    return catalog_hold_set(apply->catalog, &hold, &wrong) < 0 ? err_from_catalog(err, &wrong) : 0;
}

int apply_hold_lifted(struct apply *apply, struct err *err)
{
    struct catalog_hold hold = {.lifted_us = apply->entry->at.us,
                                .lifted_by = text_readable(apply->entry->actor)};
    struct catalog_err wrong;
    if (take_target(apply, &hold, &hold.lift_reason, err) < 0)
        return -1;
    return catalog_hold_lift(apply->catalog, &hold, &wrong) < 0 ? err_from_catalog(err, &wrong) : 0;
}

/* ---- settings-changed ---- */

int acts_retention_confirm(struct vault *vault, const char *rules, struct err *err)
{
    return act_now(vault, CUSTODY_SETTINGS_CHANGED, "retention", json_pack("{s:s}", "rules", rules),
                   NULL, NULL, err);
}

int apply_settings_changed(struct apply *apply, struct err *err)
{
    char *rules;
    struct catalog_err wrong;
    const struct custody_entry *entry = apply->entry;
    if (strcmp(entry->subject, "retention") != 0)
        return 0; /* settings that the catalog does not hold */
    if (detail_take_text(apply, "rules", &rules, err) < 0)
        return -1;
    if (catalog_retention_confirm(apply->catalog, rules, entry->actor, entry->at.us, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}
