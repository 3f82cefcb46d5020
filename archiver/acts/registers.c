#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "vault/vault.h"

#include "base/banned.h"

static int done_by(int result, const struct catalog_err *wrong, struct err *err)
{
    return result < 0 ? err_from_catalog(err, wrong) : 0;
}

/* That the account has the password with this digest; entries of before there were any tell none.
 */
static int apply_password(const struct apply *apply, const char *name, struct err *err)
{
    uint8_t sha256[32];
    struct catalog_err wrong;
    const json_t *detail = apply->entry->detail;
    if (json_object_get(detail, "password_sha256") == NULL)
        return 0;
    if (json_take_hex(detail, "password_sha256", apply->object, sha256, 32, err) < 0)
        return -1;
    return done_by(catalog_account_set_password_sha256(apply->catalog, name, sha256, &wrong),
                   &wrong, err);
}

/* vault_create makes this change and its entry itself. */
int apply_vault_created(struct apply *apply, struct err *err)
{
    struct catalog_account admin = {.duties = text_readable("secadmin"),
                                    .created_us = apply->entry->at.us};
    struct catalog_err wrong;
    if (detail_take_text(apply, "admin", &admin.name, err) < 0)
        return -1;
    return catalog_account_add(apply->catalog, &admin, &wrong) < 0
               ? err_from_catalog(err, &wrong)
               : apply_password(apply, admin.name, err);
}

static const char added[] = "added";
static const char password[] = "password";
static const char *const switched[] = {"enabled", "disabled"};

int acts_user_add(struct vault *vault, const char *name, const char *duties,
                  const uint8_t password_sha256[static 32], struct err *err)
{
    return act_now(vault, CUSTODY_USER_CHANGED, name,
                   json_pack("{s:s, s:s, s:o}", "change", added, "duties", duties,
                             "password_sha256", detail_hex(password_sha256)),
                   NULL, NULL, err);
}

int acts_user_password(struct vault *vault, const char *name,
                       const uint8_t password_sha256[static 32], bool proved, struct err *err)
{
    return act_now(vault, CUSTODY_USER_CHANGED, name,
                   json_pack("{s:s, s:o, s:o*}", "change", password, "password_sha256",
                             detail_hex(password_sha256), "unproved", proved ? NULL : json_true()),
                   NULL, NULL, err);
}

int acts_user_switch(struct vault *vault, const char *name, bool disabled, struct err *err)
{
    return act_now(vault, CUSTODY_USER_CHANGED, name,
                   json_pack("{s:s}", "change", switched[disabled]), NULL, NULL, err);
}

static int apply_user_added(const struct apply *apply, struct err *err)
{
    struct catalog_account account = {.name = text_readable(apply->entry->subject),
                                      .created_us = apply->entry->at.us};
    struct catalog_err wrong;
    if (detail_take_text(apply, "duties", &account.duties, err) < 0)
        return -1;
    return catalog_account_add(apply->catalog, &account, &wrong) < 0
               ? err_from_catalog(err, &wrong)
               : apply_password(apply, account.name, err);
}

int apply_user_changed(struct apply *apply, struct err *err)
{
    char *change;
    struct catalog_err wrong;
    const char *name = apply->entry->subject;
    if (detail_take_text(apply, "change", &change, err) < 0)
        return -1;
    if (strcmp(change, added) == 0)
        return apply_user_added(apply, err);
    if (strcmp(change, password) == 0)
        return apply_password(apply, name, err);
    bool disabled = strcmp(change, switched[true]) == 0;
    if (!disabled && strcmp(change, switched[false]) != 0)
        return detail_wrong(apply, "change", err);
    return done_by(catalog_account_set_disabled(apply->catalog, name, disabled, &wrong), &wrong,
                   err);
}

int acts_user_duties(struct vault *vault, const char *name, const char *duties, struct err *err)
{
    return act_now(vault, CUSTODY_ROLE_CHANGED, name, json_pack("{s:s}", "duties", duties), NULL,
                   NULL, err);
}

int apply_role_changed(struct apply *apply, struct err *err)
{
    char *duties;
    struct catalog_err wrong;
    if (detail_take_text(apply, "duties", &duties, err) < 0)
        return -1;
    return done_by(
        catalog_account_set_duties(apply->catalog, apply->entry->subject, duties, &wrong), &wrong,
        err);
}

int acts_case_open(struct vault *vault, const struct catalog_case *one, struct err *err)
{
    return act_now(vault, CUSTODY_CASE_OPENED, one->number,
                   json_pack("{s:s?, s:s?, s:s?}", "procedure", one->procedure, "cause", one->cause,
                             "party", one->party),
                   NULL, NULL, err);
}

int apply_case_opened(struct apply *apply, struct err *err)
{
    struct catalog_case one = {
        .number = text_readable(apply->entry->subject),
        .opened_us = apply->entry->at.us,
        .opened_by = text_readable(apply->entry->actor),
    };
    struct catalog_err wrong;
    if (detail_take_text_or_null(apply, "procedure", &one.procedure, err) < 0 ||
        detail_take_text_or_null(apply, "cause", &one.cause, err) < 0 ||
        detail_take_text_or_null(apply, "party", &one.party, err) < 0)
        return -1;
    return done_by(catalog_case_add(apply->catalog, &one, &wrong), &wrong, err);
}

int acts_case_close(struct vault *vault, const char *number, struct err *err)
{
    return act_now(vault, CUSTODY_CASE_CLOSED, number, json_object(), NULL, NULL, err);
}

int apply_case_closed(struct apply *apply, struct err *err)
{
    struct catalog_err wrong;
    const struct custody_entry *entry = apply->entry;
    return done_by(
        catalog_case_close(apply->catalog, entry->subject, entry->actor, entry->at.us, &wrong),
        &wrong, err);
}

/* By their place in the catalog's enumeration. */
static const char *const kinds[] = {"officer", "auxiliary", NULL};

int acts_collector_set(struct vault *vault, const struct catalog_collector *one, struct err *err)
{
    return act_now(vault, CUSTODY_COLLECTOR_SET, one->number,
                   json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?}", "name", one->name, "kind",
                             kinds[one->kind], "valid_from", one->valid_from, "valid_to",
                             one->valid_to, "team", one->team),
                   NULL, NULL, err);
}

int apply_collector_set(struct apply *apply, struct err *err)
{
    struct catalog_collector one = {.number = text_readable(apply->entry->subject),
                                    .kind = CATALOG_COLLECTOR_UNKNOWN};
    char *kind;
    struct catalog_err wrong;
    if (detail_take_text_or_null(apply, "name", &one.name, err) < 0 ||
        detail_take_text_or_null(apply, "kind", &kind, err) < 0 ||
        detail_take_text_or_null(apply, "valid_from", &one.valid_from, err) < 0 ||
        detail_take_text_or_null(apply, "valid_to", &one.valid_to, err) < 0 ||
        detail_take_text_or_null(apply, "team", &one.team, err) < 0)
        return -1;
    for (int i = 0; kind != NULL && i < CATALOG_COLLECTOR_UNKNOWN; i++)
        if (strcmp(kind, kinds[i]) == 0)
            one.kind = (enum catalog_collector_kind)i;
    if (kind != NULL && one.kind == CATALOG_COLLECTOR_UNKNOWN)
        return detail_wrong(apply, "kind", err);
    return done_by(catalog_collector_set(apply->catalog, &one, &wrong), &wrong, err);
}

int acts_device_set(struct vault *vault, const struct catalog_device *one, struct err *err)
{
    return act_now(
        vault, CUSTODY_DEVICE_SET, one->number,
        json_pack("{s:s?, s:s?, s:s?}", "make", one->make, "model", one->model, "note", one->note),
        NULL, NULL, err);
}

int apply_device_set(struct apply *apply, struct err *err)
{
    struct catalog_device one = {.number = text_readable(apply->entry->subject)};
    struct catalog_err wrong;
    if (detail_take_text_or_null(apply, "make", &one.make, err) < 0 ||
        detail_take_text_or_null(apply, "model", &one.model, err) < 0 ||
        detail_take_text_or_null(apply, "note", &one.note, err) < 0)
        return -1;
    return done_by(catalog_device_set(apply->catalog, &one, &wrong), &wrong, err);
}
