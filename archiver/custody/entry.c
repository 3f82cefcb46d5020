#include "custody/entry.h"

#include <stdbool.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/jcs.h"

#include "base/banned.h"

enum { MEMBERS = 7 };
#define SEQ_MAX ((UINT64_C(1) << 53) - 1)

static const char *const action_names[CUSTODY_ACTIONS] = {
    [CUSTODY_VAULT_CREATED] = "vault-created",
    [CUSTODY_ACCEPTED] = "accepted",
    [CUSTODY_REFUSED] = "refused",
    [CUSTODY_TAGGED] = "tagged",
    [CUSTODY_ATTACHED] = "attached",
    [CUSTODY_VIEWED] = "viewed",
    [CUSTODY_DOWNLOADED] = "downloaded",
    [CUSTODY_EXTRACTED] = "extracted",
    [CUSTODY_EXPORTED] = "exported",
    [CUSTODY_SEALED] = "sealed",
    [CUSTODY_DISC_IMAGED] = "disc-imaged",
    [CUSTODY_DISC_BURNED] = "disc-burned",
    [CUSTODY_DISC_CHECKED] = "disc-checked",
    [CUSTODY_VERIFIED] = "verified",
    [CUSTODY_CASE_OPENED] = "case-opened",
    [CUSTODY_CASE_CLOSED] = "case-closed",
    [CUSTODY_COLLECTOR_SET] = "collector-set",
    [CUSTODY_DEVICE_SET] = "device-set",
    [CUSTODY_HOLD_SET] = "hold-set",
    [CUSTODY_HOLD_LIFTED] = "hold-lifted",
    [CUSTODY_DISPOSAL_REQUESTED] = "disposal-requested",
    [CUSTODY_DISPOSAL_APPROVED] = "disposal-approved",
    [CUSTODY_DISPOSAL_WITHDRAWN] = "disposal-withdrawn",
    [CUSTODY_DISPOSED] = "disposed",
    [CUSTODY_USER_CHANGED] = "user-changed",
    [CUSTODY_ROLE_CHANGED] = "role-changed",
    [CUSTODY_SETTINGS_CHANGED] = "settings-changed",
    [CUSTODY_CATALOG_REBUILT] = "catalog-rebuilt",
    [CUSTODY_WITNESSED] = "witnessed",
    [CUSTODY_BACKED] = "backed",
    [CUSTODY_KEY_ROTATED] = "key-rotated",
    [CUSTODY_KEY_REPLACED] = "key-replaced",
    [CUSTODY_KEY_PASSPHRASE_CHANGED] = "key-passphrase-changed",
    [CUSTODY_LOGIN_FAILED] = "login-failed",
};

const char *custody_action_name(enum custody_action action)
{
    return action_names[action];
}

int custody_action_parse(struct bytes name, enum custody_action *action)
{
    for (unsigned i = 0; i < CUSTODY_ACTIONS; i++) {
        if (bytes_equal(name, bytes_of(action_names[i]))) {
            *action = (enum custody_action)i;
            return 0;
        }
    }
    return -1;
}

static int wrong(enum err_kind kind, const char *object, const char *member, const char *wanted,
                 struct err *err)
{
    return err_set(err, kind, object, _("\"%s\" is not %s"), member, wanted);
}

/* The one spelling of this time: what is read must print as it was written. */
static bool time_has_a_text(struct instant at, char text[static INSTANT_TEXT])
{
    struct instant again;
    bool zoned;
    instant_print(at, text);
    return instant_parse(bytes_of(text), &again, &zoned) == 0 && zoned && again.us == at.us &&
           again.offset_minutes == at.offset_minutes;
}

/* ---- printing ---- */

json_t *custody_entry_text(struct bytes octets)
{
    if (octets.len == 0)
        return json_string("");
    if (text_is_utf8(octets))
        return json_stringn_nocheck((const char *)octets.at, octets.len);
    AUTO(free) char *shown = text_shown(octets);
    return shown == NULL ? NULL : json_string(shown);
}

static json_t *detail_of(const struct custody_entry *entry)
{
    return entry->detail == NULL ? json_object() : json_incref(entry->detail);
}

static int entry_check(const struct custody_entry *entry, char at[static INSTANT_TEXT],
                       struct err *err)
{
    if (entry->seq > SEQ_MAX)
        return wrong(ERR_USAGE, NULL, "seq", _("a number from 0"), err);
    if ((unsigned)entry->action >= CUSTODY_ACTIONS)
        return wrong(ERR_USAGE, NULL, "action", _("an act that is logged"), err);
    if (!time_has_a_text(entry->at, at))
        return wrong(ERR_USAGE, NULL, "at", _("a time"), err);
    if (entry->actor[0] == '\0')
        return wrong(ERR_USAGE, NULL, "actor", _("a name"), err);
    if (entry->detail != NULL && !json_is_object(entry->detail))
        return wrong(ERR_USAGE, NULL, "detail", _("an object"), err);
    return 0;
}

int custody_entry_print(const struct custody_entry *entry, char **text, size_t *len,
                        struct err *err)
{
    char at[INSTANT_TEXT];
    if (entry_check(entry, at, err) < 0)
        return -1;
    const char *action = custody_action_name(entry->action);
    AUTO(json_decref) json_t *root = json_object();
    if (root == NULL || json_object_set_new(root, "action", json_string(action)) < 0 ||
        json_object_set_new(root, "actor", custody_entry_text(bytes_of(entry->actor))) < 0 ||
        json_object_set_new(root, "at", json_string(at)) < 0 ||
        json_object_set_new(root, "detail", detail_of(entry)) < 0 ||
        json_object_set_new(root, "role", custody_entry_text(bytes_of(entry->role))) < 0 ||
        json_object_set_new(root, "seq", json_integer((json_int_t)entry->seq)) < 0 ||
        json_object_set_new(root, "subject", custody_entry_text(bytes_of(entry->subject))) < 0)
        return err_memory(err, action);
    AUTO(free) char *made = NULL;
    size_t made_len;
    if (jcs_print(root, &made, &made_len, err) < 0)
        return err_wrap(err, _("an entry of the log: %s"), action);
    if (made_len > CUSTODY_ENTRY_MAX)
        return err_set(err, ERR_USAGE, action, _("longer than an entry of the log can be"));
    *text = made;
    *len = made_len;
    made = NULL;
    return 0;
}

/* ---- reading ---- */

static int take_seq(const json_t *root, const char *object, uint64_t *seq, struct err *err)
{
    const json_t *member = json_object_get(root, "seq");
    if (!json_is_integer(member) || json_integer_value(member) < 0)
        return wrong(ERR_DAMAGED, object, "seq", _("a number from 0"), err);
    *seq = (uint64_t)json_integer_value(member); /* its upper end is jcs_read's */
    return 0;
}

static int take_time(const json_t *root, const char *object, struct instant *at, struct err *err)
{
    const char *text;
    char again[INSTANT_TEXT];
    bool zoned;
    if (json_take_text(root, "at", object, &text, err) < 0)
        return -1;
    if (instant_parse(bytes_of(text), at, &zoned) < 0 || !zoned || !time_has_a_text(*at, again) ||
        strcmp(again, text) != 0)
        return wrong(ERR_DAMAGED, object, "at", _("a time"), err);
    return 0;
}

static int take_action(const json_t *root, const char *object, enum custody_action *action,
                       struct err *err)
{
    const char *name;
    if (json_take_text(root, "action", object, &name, err) < 0)
        return -1;
    if (custody_action_parse(bytes_of(name), action) < 0)
        return wrong(ERR_DAMAGED, object, "action", _("an act that is logged"), err);
    return 0;
}

static int take_members(json_t *root, const char *object, struct custody_entry *entry,
                        struct err *err)
{
    if (take_action(root, object, &entry->action, err) < 0 ||
        json_take_text(root, "actor", object, &entry->actor, err) < 0 ||
        take_time(root, object, &entry->at, err) < 0 ||
        json_take_text(root, "role", object, &entry->role, err) < 0 ||
        take_seq(root, object, &entry->seq, err) < 0 ||
        json_take_text(root, "subject", object, &entry->subject, err) < 0)
        return -1;
    if (entry->actor[0] == '\0')
        return wrong(ERR_DAMAGED, object, "actor", _("a name"), err);
    entry->detail = json_object_get(root, "detail");
    if (!json_is_object(entry->detail))
        return wrong(ERR_DAMAGED, object, "detail", _("an object"), err);
    if (json_object_size(root) != MEMBERS)
        return err_set(err, ERR_DAMAGED, object, _("members that no entry of the log has"));
    return 0;
}

int custody_entry_parse(struct bytes text, const char *object, struct custody_entry *entry,
                        struct err *err)
{
    if (text.len > CUSTODY_ENTRY_MAX)
        return err_set(err, ERR_DAMAGED, object, _("longer than an entry of the log can be"));
    AUTO(json_decref) json_t *root = NULL;
    struct custody_entry taken = {0};
    if (jcs_read(text, object, &root, err) < 0 || take_members(root, object, &taken, err) < 0)
        return -1;
    taken.root = root;
    root = NULL;
    *entry = taken;
    return 0;
}

void custody_entry_release(struct custody_entry *entry)
{
    json_decref(entry->root);
    *entry = (struct custody_entry){0};
}
