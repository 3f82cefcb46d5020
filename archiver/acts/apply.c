#include <stdio.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "vault/vault.h"

#include "base/banned.h"

/* What makes the change, and the letter of the number that it gives, 0 where it gives none. Actions
 * that are not here change nothing in the catalog. */
static const struct {
    int (*apply)(struct apply *apply, struct err *err);
    char letter;
} changes[CUSTODY_ACTIONS] = {
    [CUSTODY_VAULT_CREATED] = {apply_vault_created, 0},
    [CUSTODY_ACCEPTED] = {apply_accepted, 'R'},
    [CUSTODY_ATTACHED] = {apply_attached, 0},
    [CUSTODY_TAGGED] = {apply_tagged, 0},
    [CUSTODY_SEALED] = {apply_sealed, 0},
    [CUSTODY_DISC_IMAGED] = {apply_disc_imaged, 'D'},
    [CUSTODY_VERIFIED] = {apply_verified, 0},
    [CUSTODY_CASE_OPENED] = {apply_case_opened, 0},
    [CUSTODY_CASE_CLOSED] = {apply_case_closed, 0},
    [CUSTODY_COLLECTOR_SET] = {apply_collector_set, 0},
    [CUSTODY_DEVICE_SET] = {apply_device_set, 0},
    [CUSTODY_HOLD_SET] = {apply_hold_set, 0},
    [CUSTODY_HOLD_LIFTED] = {apply_hold_lifted, 0},
    [CUSTODY_DISPOSAL_REQUESTED] = {apply_disposal_requested, 'X'},
    [CUSTODY_DISPOSAL_WITHDRAWN] = {apply_disposal_withdrawn, 0},
    [CUSTODY_DISPOSAL_APPROVED] = {apply_disposal_approved, 0},
    [CUSTODY_DISPOSED] = {apply_disposed, 0},
    [CUSTODY_SETTINGS_CHANGED] = {apply_settings_changed, 0},
    [CUSTODY_USER_CHANGED] = {apply_user_changed, 0},
    [CUSTODY_ROLE_CHANGED] = {apply_role_changed, 0},
};

static int apply_entry(struct catalog *catalog, const struct custody_entry *entry,
                       const struct acts_reports *reports, struct acts_done *done, struct err *err)
{
    struct apply apply = {.catalog = catalog, .entry = entry, .reports = reports};
    (void)snprintf(apply.object, sizeof apply.object, "entry %llu", (unsigned long long)entry->seq);
    if (changes[entry->action].apply != NULL && changes[entry->action].apply(&apply, err) < 0)
        return -1;
    done->number = apply.number;
    return 0;
}

int acts_apply(struct catalog *catalog, const struct custody_entry *entry,
               const struct acts_reports *reports, struct acts_done *done, struct err *err)
{
    char subject[SUBJECT_NUMBER];
    char letter = changes[entry->action].letter;
    if (apply_entry(catalog, entry, reports, done, err) < 0)
        return -1;
    if (letter == 0)
        return 0;
    subject_print(letter, done->number, subject);
    if (strcmp(entry->subject, subject) != 0)
        return err_set(err, ERR_DAMAGED, subject,
                       _("the log's entry %llu gives it another number: \"%s\""),
                       (unsigned long long)entry->seq, entry->subject);
    return 0;
}

int act_now(struct vault *vault, enum custody_action action, const char *subject, json_t *detail,
            const struct acts_reports *reports, struct acts_done *done, struct err *err)
{
    AUTO(json_decref) json_t *taken = detail;
    if (taken == NULL)
        return err_memory(err, subject);
    const struct act *act = vault_act(vault);
    const struct custody_entry entry = {.action = action,
                                        .at = act->at,
                                        .actor = act->actor,
                                        .role = act->role,
                                        .subject = subject != NULL ? subject : "",
                                        .detail = taken};
    struct acts_done made = {.number = 0};
    char made_subject[SUBJECT_NUMBER];
    if (apply_entry(vault_catalog(vault), &entry, reports, &made, err) < 0)
        return -1;
    if (subject == NULL)
        subject_print(changes[action].letter, made.number, made_subject);
    if (vault_log(vault, action, subject != NULL ? subject : made_subject, taken, &made.seq, err) <
        0)
        return -1;
    if (done != NULL)
        *done = made;
    return 0;
}
