#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "people/people.h"
#include "vault/password.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_account *, catalog_account_free, NULL);

enum { WORD_BYTES_LEAST = 3 }; /* shorter ones turn up by chance */

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0U) != 0x80U;
    return count;
}

static bool is_plain(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return false;
    return text_is_utf8(bytes_of(text));
}

static int name_check(const char *name, struct err *err)
{
    if (!is_plain(name) || name[0] == '\0' || name[0] == '-' || strpbrk(name, " ,:") != NULL)
        return err_set(err, ERR_USAGE, name,
                       _("no name for an account: it has no spaces, commas or colons, and does not "
                         "begin with a dash"));
    if (characters(name) > PEOPLE_NAME_CHARACTERS)
        return err_set(err, ERR_USAGE, name, _("an account's name has at most %d characters"),
                       PEOPLE_NAME_CHARACTERS);
    return 0;
}

/* ---- passwords ---- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20U) : c;
}

/* Without regard to ASCII case. */
static bool holds(const char *text, struct bytes word)
{
    size_t len = strlen(text);
    for (size_t at = 0; at + word.len <= len; at++) {
        size_t same = 0;
        while (same < word.len && lower((uint8_t)text[at + same]) == lower(word.at[same]))
            same++;
        if (same == word.len)
            return true;
    }
    return false;
}

static bool is_joint(char c)
{
    return c == '.' || c == '_' || c == '-' || c == '@' || c == '+';
}

/* Whether a word of the name, "wang" of "wang.fang", stands in the password. */
static bool holds_a_word(const char *name, const char *password)
{
    const char *from = name;
    for (const char *at = name;; at++) {
        if (*at != '\0' && !is_joint(*at))
            continue;
        const struct bytes word = {(const uint8_t *)from, (size_t)(at - from)};
        if (word.len >= WORD_BYTES_LEAST && holds(password, word))
            return true;
        if (*at == '\0')
            return false;
        from = at + 1;
    }
}

int people_password_check(const char *name, const char *password, struct err *err)
{
    if (!is_plain(password))
        return err_set(err, ERR_USAGE, NULL,
                       _("the password must be UTF-8 without control characters"));
    if (characters(password) < PEOPLE_PASSWORD_LEAST)
        return err_set(err, ERR_USAGE, NULL, _("the password needs at least %d characters"),
                       PEOPLE_PASSWORD_LEAST);
    if (strlen(password) > PEOPLE_PASSWORD_BYTES)
        return err_set(err, ERR_USAGE, NULL, _("the password is longer than %d bytes"),
                       PEOPLE_PASSWORD_BYTES);
    if (holds_a_word(name, password))
        return err_set(err, ERR_USAGE, NULL, _("the account's name stands in the password"));
    return 0;
}

/* ---- changes ---- */

static int load(struct vault *vault, const char *name, struct catalog_account **out,
                struct err *err)
{
    struct catalog_err wrong;
    return catalog_account_load(vault_catalog(vault), name, out, &wrong) < 0
               ? err_from_catalog(err, &wrong)
               : 0;
}

static int store_password(struct vault *vault, const char *name, const char *encoded,
                          struct err *err)
{
    struct catalog_err wrong;
    if (catalog_password_set(vault_catalog(vault), name, encoded, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

static int add_within(struct vault *vault, const char *name, people_set duties, const char *encoded,
                      struct err *err)
{
    char text[PEOPLE_DUTIES_TEXT];
    uint8_t sha256[32];
    people_duties_print(duties, text);
    return password_digest(encoded, sha256, err) < 0 ||
                   acts_user_add(vault, name, text, sha256, err) < 0
               ? -1
               : store_password(vault, name, encoded, err);
}

/* Who may change accounts, and begins to. */
static int begin(struct vault *vault, const struct people_person *by, struct err *err)
{
    if (by->duty != PEOPLE_SECADMIN)
        return err_set(err, ERR_DENIED, by->name,
                       _("is no security administrator: accounts are for those alone"));
    return vault_begin_as(vault, by->name, people_duty_name(by->duty), err);
}

int people_add(struct vault *vault, const struct people_person *by, const char *name,
               people_set duties, const char *password, struct err *err)
{
    char encoded[PASSWORD_ENCODED];
    if (name_check(name, err) < 0 || people_duties_check(duties, err) < 0 ||
        people_password_check(name, password, err) < 0 ||
        password_encode(password, encoded, err) < 0)
        return -1;
    int done = begin(vault, by, err);
    if (done == 0)
        done = vault_end(vault, add_within(vault, name, duties, encoded, err), err);
    OPENSSL_cleanse(encoded, sizeof encoded);
    return done;
}

static bool administers(const struct catalog_account *account)
{
    people_set duties;
    struct err none;
    return !account->disabled && people_duties_parse(account->duties, &duties, &none) == 0 &&
           (duties & people_of(PEOPLE_SECADMIN)) != 0;
}

struct administrators {
    const char *but; /* is not counted */
    size_t count;
};

static void count_administrator(void *context, const struct catalog_account *account)
{
    struct administrators *found = context;
    found->count += administers(account) && strcmp(account->name, found->but) != 0;
}

/* An account is to lose the duty: another must have it. */
static int check_others(struct vault *vault, const struct catalog_account *account, struct err *err)
{
    struct administrators found = {.but = account->name};
    struct catalog_err wrong;
    if (!administers(account))
        return 0;
    if (catalog_account_each(vault_catalog(vault), count_administrator, &found, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return found.count > 0 ? 0
                           : err_set(err, ERR_CONFLICT, account->name,
                                     _("is the last security administrator: nobody could make or "
                                       "change an account any more"));
}

static int set_duties_within(struct vault *vault, const char *name, people_set duties,
                             struct err *err)
{
    char text[PEOPLE_DUTIES_TEXT];
    AUTO(catalog_account_free) struct catalog_account *account = NULL;
    if (load(vault, name, &account, err) < 0 ||
        ((duties & people_of(PEOPLE_SECADMIN)) == 0 && check_others(vault, account, err) < 0))
        return -1;
    people_duties_print(duties, text);
    return acts_user_duties(vault, account->name, text, err);
}

int people_set_duties(struct vault *vault, const struct people_person *by, const char *name,
                      people_set duties, struct err *err)
{
    if (people_duties_check(duties, err) < 0 || begin(vault, by, err) < 0)
        return -1;
    return vault_end(vault, set_duties_within(vault, name, duties, err), err);
}

static int switch_within(struct vault *vault, const char *name, bool disable, struct err *err)
{
    AUTO(catalog_account_free) struct catalog_account *account = NULL;
    if (load(vault, name, &account, err) < 0)
        return -1;
    if (account->disabled == disable)
        return err_set(err, ERR_CONFLICT, account->name,
                       disable ? _("is disabled already") : _("is enabled already"));
    if (disable && check_others(vault, account, err) < 0)
        return -1;
    return acts_user_switch(vault, account->name, disable, err);
}

int people_disable(struct vault *vault, const struct people_person *by, const char *name,
                   struct err *err)
{
    return begin(vault, by, err) < 0 ? -1
                                     : vault_end(vault, switch_within(vault, name, true, err), err);
}

int people_enable(struct vault *vault, const struct people_person *by, const char *name,
                  struct err *err)
{
    return begin(vault, by, err) < 0
               ? -1
               : vault_end(vault, switch_within(vault, name, false, err), err);
}

/* ---- passwords, set anew ---- */

/* Where nobody proved who they are the entry says so. */
static int set_password_within(struct vault *vault, const char *name, const char *encoded,
                               bool proved, struct err *err)
{
    uint8_t sha256[32];
    return password_digest(encoded, sha256, err) < 0 ||
                   acts_user_password(vault, name, sha256, proved, err) < 0
               ? -1
               : store_password(vault, name, encoded, err);
}

/* role NULL: nobody proved who they are. */
static int set_password(struct vault *vault, const char *actor, const char *role,
                        const struct catalog_account *account, const char *password,
                        struct err *err)
{
    char encoded[PASSWORD_ENCODED];
    if (people_password_check(account->name, password, err) < 0 ||
        password_encode(password, encoded, err) < 0)
        return -1;
    int done =
        role != NULL ? vault_begin_as(vault, actor, role, err) : vault_begin(vault, actor, err);
    if (done == 0)
        done = vault_end(
            vault, set_password_within(vault, account->name, encoded, role != NULL, err), err);
    OPENSSL_cleanse(encoded, sizeof encoded);
    return done;
}

int people_set_password(struct vault *vault, const struct people_person *by, const char *name,
                        const char *password, struct err *err)
{
    AUTO(catalog_account_free) struct catalog_account *account = NULL;
    if (load(vault, name, &account, err) < 0)
        return -1;
    if (by->duty != PEOPLE_SECADMIN && strcmp(by->name, account->name) != 0)
        return err_set(err, ERR_DENIED, by->name,
                       _("is no security administrator: another's password is not theirs to set"));
    return set_password(vault, by->name, people_duty_name(by->duty), account, password, err);
}

struct let_in {
    struct catalog *catalog;
    bool found; /* one who administers accounts and has a password */
    int result;
    struct catalog_err wrong;
};

static void look_for_password(void *context, const struct catalog_account *account)
{
    struct let_in *look = context;
    AUTO(free) char *encoded = NULL;
    if (look->result < 0 || look->found || !administers(account))
        return;
    look->result = catalog_password_load(look->catalog, account->name, &encoded, &look->wrong);
    look->found = encoded != NULL;
}

int people_nobody_administers(struct vault *vault, bool *nobody, struct err *err)
{
    struct let_in look = {.catalog = vault_catalog(vault)};
    struct catalog_err wrong;
    if (catalog_account_each(look.catalog, look_for_password, &look, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (look.result < 0)
        return err_from_catalog(err, &look.wrong);
    *nobody = !look.found;
    return 0;
}

int people_let_in(struct vault *vault, const char *by, const char *name, const char *password,
                  struct err *err)
{
    bool nobody;
    AUTO(catalog_account_free) struct catalog_account *account = NULL;
    if (people_nobody_administers(vault, &nobody, err) < 0 || load(vault, name, &account, err) < 0)
        return -1;
    if (!nobody || !administers(account))
        return err_set(err, ERR_DENIED, account->name,
                       _("only a security administrator's password is set by nobody, and only "
                         "where none of them has one"));
    return set_password(vault, by, NULL, account, password, err);
}

/* ---- proof ---- */

static int log_failed(struct vault *vault, const char *by, const char *name, struct err *err)
{
    uint64_t seq;
    return vault_begin(vault, by, err) < 0
               ? -1
               : vault_end(vault, vault_log(vault, CUSTODY_LOGIN_FAILED, name, NULL, &seq, err),
                           err);
}

/* The account, or NULL where there is none. */
static int find(struct vault *vault, const char *name, struct catalog_account **out,
                struct err *err)
{
    if (load(vault, name, out, err) == 0)
        return 0;
    *out = NULL;
    return err->kind == ERR_MISSING ? 0 : -1;
}

/* The first of the duties that the account holds. */
static int take_duty(const struct catalog_account *account, people_set wanted,
                     struct people_person *person, struct err *err)
{
    people_set held;
    char text[PEOPLE_DUTIES_TEXT];
    if (people_duties_parse(account->duties, &held, err) < 0)
        return -1;
    for (int i = 0; i < PEOPLE_DUTIES; i++)
        if ((held & wanted & people_of((enum people_duty)i)) != 0) {
            person->duty = (enum people_duty)i;
            return 0;
        }
    people_duties_print(wanted, text);
    return err_set(err, ERR_DENIED, account->name, _("does not hold the duty for this: %s"), text);
}

/* One that was put into the catalog by anything but an act opens nothing. */
static int check_told(const struct catalog_account *account, const char *encoded, struct err *err)
{
    uint8_t sha256[32];
    if (password_digest(encoded, sha256, err) < 0)
        return -1;
    return account->has_password_sha256 &&
                   memcmp(sha256, account->password_sha256, sizeof sha256) == 0
               ? 0
               : err_set(err, ERR_TAMPERED, account->name,
                         _("its stored password is not the one that the custody log tells of: see "
                           "shilu verify"));
}

int people_prove(struct vault *vault, const char *by, const char *name, const char *password,
                 people_set duties, struct people_person *person, struct err *err)
{
    AUTO(catalog_account_free) struct catalog_account *account = NULL;
    AUTO(free) char *encoded = NULL;
    struct catalog_err wrong;
    bool right;
    if (find(vault, name, &account, err) < 0)
        return -1;
    if (account != NULL &&
        catalog_password_load(vault_catalog(vault), account->name, &encoded, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if ((encoded != NULL && check_told(account, encoded, err) < 0) ||
        password_check(password, encoded, &right, err) < 0)
        return -1;
    if (!right || account->disabled) {
        if (log_failed(vault, by, name, err) < 0)
            return -1;
        return err_set(err, ERR_DENIED, name, _("the name or the password is wrong"));
    }
    (void)snprintf(person->name, sizeof person->name, "%s", account->name);
    return take_duty(account, duties, person, err);
}
