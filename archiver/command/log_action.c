#include <string.h>

#include "base/bytes.h"
#include "base/i18n.h"
#include "command/log.h"

#include "base/banned.h"

static const char *const names[CUSTODY_ACTIONS] = {
    [CUSTODY_VAULT_CREATED] = N_("vault created"),
    [CUSTODY_ACCEPTED] = N_("accepted"),
    [CUSTODY_REFUSED] = N_("refused"),
    [CUSTODY_TAGGED] = N_("tagged"),
    [CUSTODY_ATTACHED] = N_("attached"),
    [CUSTODY_VIEWED] = N_("viewed"),
    [CUSTODY_DOWNLOADED] = N_("downloaded"),
    [CUSTODY_EXTRACTED] = N_("extracted"),
    [CUSTODY_EXPORTED] = N_("exported"),
    [CUSTODY_SEALED] = N_("sealed"),
    [CUSTODY_DISC_IMAGED] = N_("disc imaged"),
    [CUSTODY_DISC_BURNED] = N_("disc burned"),
    [CUSTODY_DISC_CHECKED] = N_("disc checked"),
    [CUSTODY_VERIFIED] = N_("verified"),
    [CUSTODY_CASE_OPENED] = N_("case opened"),
    [CUSTODY_CASE_CLOSED] = N_("case closed"),
    [CUSTODY_COLLECTOR_SET] = N_("collector set"),
    [CUSTODY_DEVICE_SET] = N_("device set"),
    [CUSTODY_HOLD_SET] = N_("hold set"),
    [CUSTODY_HOLD_LIFTED] = N_("hold lifted"),
    [CUSTODY_DISPOSAL_REQUESTED] = N_("disposal requested"),
    [CUSTODY_DISPOSAL_APPROVED] = N_("disposal approved"),
    [CUSTODY_DISPOSAL_WITHDRAWN] = N_("disposal withdrawn"),
    [CUSTODY_DISPOSED] = N_("disposed of"),
    [CUSTODY_USER_CHANGED] = N_("user changed"),
    [CUSTODY_ROLE_CHANGED] = N_("duty changed"),
    [CUSTODY_SETTINGS_CHANGED] = N_("settings changed"),
    [CUSTODY_CATALOG_REBUILT] = N_("catalog rebuilt"),
    [CUSTODY_WITNESSED] = N_("witnessed"),
    [CUSTODY_BACKED] = N_("backed"),
    [CUSTODY_LOGIN_FAILED] = N_("login failed"),
    [CUSTODY_KEY_ROTATED] = N_("key rotated"),
    [CUSTODY_KEY_REPLACED] = N_("key replaced"),
    [CUSTODY_KEY_PASSPHRASE_CHANGED] = N_("passphrase changed"),
};

const char *log_action_shown(enum custody_action action)
{
    return names[action] != NULL ? _(names[action]) : custody_action_name(action);
}

bool log_action_parse(const char *text, enum custody_action *action)
{
    if (custody_action_parse(bytes_of(text), action) == 0)
        return true;
    for (unsigned i = 0; i < CUSTODY_ACTIONS; i++) {
        *action = (enum custody_action)i;
        if (strcmp(text, log_action_shown(*action)) == 0)
            return true;
    }
    return false;
}
