#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/passphrase.h"
#include "command/registers.h"
#include "command/say.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/vault.h"

#include "base/banned.h"

/* ---- show ---- */

/* When the vault was made, and its first key with it: the log's first entry says so. */
static int made_at(struct vault *vault, int64_t *us, struct err *err)
{
    struct bytes first;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    if (vault_log_open(vault, &log, err) < 0 || custody_log_entry(log, 0, &first, err) < 0 ||
        custody_entry_parse(first, vault_folder_name(VAULT_LOG), &entry, err) < 0)
        return -1;
    *us = entry.at.us;
    return 0;
}

/* What is to be shown of a vault's keys. */
struct shown {
    const struct key *key;
    const struct custody_chain *chain;
    int64_t made_us; /* when the first one was made */
    bool usable;
    enum vault_key_state state;
};

/* Since when a key signs: since the one before it was followed. */
static int64_t since(const struct shown *shown, size_t before)
{
    return before < shown->chain->count ? shown->chain->links[before].at.us : shown->made_us;
}

static void show_key(const char *id, enum key_kind kind, int64_t since_us)
{
    char spoken[KEY_ID_SPOKEN];
    char at[INSTANT_TEXT];
    key_id_spoken(id, spoken);
    say_time(since_us, at);
    printf(_("  read aloud  %s\n"
             "  kind        %s\n"
             "  since       %s\n"),
           spoken, key_kind_name(kind), at);
}

static void show_text(const struct shown *shown)
{
    static const char *const states[] = {
        [VAULT_KEY_PLAIN] = N_("there, without a passphrase"),
        [VAULT_KEY_ENCRYPTED] = N_("there, encrypted with a passphrase"),
        [VAULT_KEY_HIDDEN] = N_("not for you to read, as it should be"),
    };
    char id[KEY_ID_TEXT];
    key_id(shown->key, id);
    printf(_("Signing key %s\n"), id);
    show_key(id, key_kind(shown->key), since(shown, 0));
    printf(_("  private     %s\n"), shown->usable ? _(states[shown->state]) : _("cannot be used"));
    for (size_t i = 0; i < shown->chain->count; i++) {
        const struct custody_succession *link = &shown->chain->links[i];
        char until[INSTANT_TEXT];
        say_time(link->at.us, until);
        printf(_("Earlier key %s\n"), link->old_id);
        show_key(link->old_id, key_kind(link->old), since(shown, i + 1));
        printf(_("  until       %s\n"), until);
        if (!link->vouched)
            printf(_("  LOST        it has not signed for the key that follows it\n"));
    }
}

static json_t *earlier_json(const struct shown *shown)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < shown->chain->count; i++) {
        const struct custody_succession *link = &shown->chain->links[i];
        list = json_append(list, json_pack("{s:s, s:s, s:o, s:o, s:b}", "key_id", link->old_id,
                                           "key_kind", key_kind_name(key_kind(link->old)), "since",
                                           say_json_time(since(shown, i + 1)), "until",
                                           say_json_time(link->at.us), "vouched", link->vouched));
    }
    return list;
}

static void show_json(const struct shown *shown)
{
    static const char *const names[] = {[VAULT_KEY_PLAIN] = "plain",
                                        [VAULT_KEY_ENCRYPTED] = "encrypted",
                                        [VAULT_KEY_HIDDEN] = "hidden"};
    char id[KEY_ID_TEXT];
    key_id(shown->key, id);
    say_json(json_pack("{s:s, s:s, s:o, s:s, s:o}", "key_id", id, "key_kind",
                       key_kind_name(key_kind(shown->key)), "since", say_json_time(since(shown, 0)),
                       "private", shown->usable ? names[shown->state] : "unusable", "earlier",
                       earlier_json(shown)));
}

static int key_show(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL}, OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("show"), 0, 0, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    struct shown shown = {.usable = true};
    if (open_vault(context, VAULT_AUDIT, &vault, &err) < 0 ||
        vault_public_key(vault, &shown.key, &err) < 0 ||
        vault_key_chain(vault, &shown.chain, &err) < 0 || made_at(vault, &shown.made_us, &err) < 0)
        return say_error(&err);
    shown.usable = vault_key_look(vault, &shown.state, &err) == 0;
    if (json)
        show_json(&shown);
    else
        show_text(&shown);
    if (shown.usable)
        return EXIT_SOUND;
    (void)say_error(&err);
    return EXIT_FOUND;
}

/* ---- export ---- */

/* The current key, or an earlier one by its id. NULL: there is none. */
static const struct key *find_key(const struct key *key, const struct custody_chain *chain,
                                  const char *id)
{
    char own[KEY_ID_TEXT];
    key_id(key, own);
    if (id == NULL || strcmp(id, own) == 0)
        return key;
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->links[i].old_id, id) == 0)
            return chain->links[i].old;
    return NULL;
}

static int key_export(const struct command_context *context, int argc, const char **argv)
{
    int public_half = 0;
    const struct poptOption table[] = {{"public", '\0', POPT_ARG_NONE, &public_half, 0,
                                        N_("the public half: the private one is never printed"),
                                        NULL},
                                       OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("export --public [ID]"), 0, 1, NULL, NULL,
                      &status))
        return status;
    if (!public_half)
        return say_wrong_use(argv[0], "%s", _("--public is missing: no other half is exported"));
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    AUTO(free) char *pem = NULL;
    const struct key *key;
    const struct custody_chain *chain;
    if (open_vault(context, VAULT_AUDIT, &vault, &err) < 0 ||
        vault_public_key(vault, &key, &err) < 0 || vault_key_chain(vault, &chain, &err) < 0)
        return say_error(&err);
    const struct key *wanted = find_key(key, chain, options.count == 1 ? options.words[0] : NULL);
    if (wanted == NULL)
        return (void)err_set(&err, ERR_MISSING, options.words[0], "%s",
                             _("not the id of a key of this vault, present or earlier")),
               say_error(&err);
    if (key_public_pem(wanted, &pem, &err) < 0)
        return say_error(&err);
    (void)fputs(pem, stdout); /* say_finish looks */
    return EXIT_SOUND;
}

/* ---- passphrase ---- */

static int change(struct vault *vault, bool remove, struct err *err)
{
    char actor[128];
    const struct key *key; /* the old passphrase is asked for first */
    char passphrase[KEY_PASSPHRASE_MAX + 1] = "";
    vault_actor(actor);
    if (vault_signing_key(vault, &key, err) < 0 ||
        (!remove && passphrase_choose("SHILU_NEW_PASSPHRASE_FD", passphrase, err) < 0))
        return -1;
    const int done = vault_key_passphrase(vault, actor, remove ? NULL : passphrase, err);
    OPENSSL_cleanse(passphrase, sizeof passphrase);
    return done;
}

static int key_passphrase(const struct command_context *context, int argc, const char **argv)
{
    int remove = 0;
    const struct poptOption table[] = {
        {"remove", '\0', POPT_ARG_NONE, &remove, 0, N_("the key is no longer encrypted"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("passphrase"), 0, 0, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0 || change(vault, remove != 0, &err) < 0)
        return say_error(&err);
    printf("%s\n", remove ? _("The signing key is no longer encrypted.")
                          : _("The signing key is encrypted with the new passphrase."));
    return EXIT_SOUND;
}

/* ---- rotate, replace ---- */

static int print_changed(const struct command_context *context, struct vault *vault, bool json)
{
    char id[KEY_ID_TEXT];
    char spoken[KEY_ID_SPOKEN];
    const struct key *key;
    struct err err;
    if (vault_public_key(vault, &key, &err) < 0)
        return say_error(&err);
    key_id(key, id);
    key_id_spoken(id, spoken);
    if (json)
        say_json(json_pack("{s:s, s:s, s:s}", "vault", context->vault, "key_id", id, "key_kind",
                           key_kind_name(key_kind(key))));
    else
        printf(_("The vault signs with a new key: %s (%s)\n"
                 "Read aloud: %s\n"
                 "Tell those who verify; what earlier keys signed stays good.\n"),
               id, key_kind_name(key_kind(key)), spoken);
    return EXIT_SOUND;
}

static int key_rotate(const struct command_context *context, int argc, const char **argv)
{
    char *crypto_given = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"crypto", '\0', POPT_ARG_STRING, &crypto_given, 0,
         N_("another kind of key: ed25519 or sm"), N_("KIND")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("rotate"), 0, 0, NULL, NULL, &status);
    AUTO(free) char *crypto = crypto_given;
    enum key_kind kind = KEY_ED25519;
    if (!go_on)
        return status;
    if (crypto != NULL && key_kind_parse(crypto, &kind) < 0)
        return say_wrong_use(argv[0], _("--crypto is ed25519 or sm, not \"%s\""), crypto);
    char actor[128];
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    const struct key *old;
    vault_actor(actor);
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0 ||
        vault_public_key(vault, &old, &err) < 0 ||
        vault_key_rotate(vault, actor, crypto != NULL ? kind : key_kind(old), &err) < 0)
        return say_error(&err);
    return print_changed(context, vault, json != 0);
}

static int replace(struct vault *vault, const char *reason, bool encrypted, struct err *err)
{
    char actor[128];
    char passphrase[KEY_PASSPHRASE_MAX + 1] = "";
    vault_actor(actor);
    if (encrypted && passphrase_choose("SHILU_NEW_PASSPHRASE_FD", passphrase, err) < 0)
        return -1;
    const int done = vault_key_replace(vault, actor, reason, encrypted ? passphrase : NULL, err);
    OPENSSL_cleanse(passphrase, sizeof passphrase);
    return done;
}

static int key_replace(const struct command_context *context, int argc, const char **argv)
{
    char *reason_given = NULL;
    int encrypted = 0;
    int json = 0;
    const struct poptOption table[] = {
        {"reason", '\0', POPT_ARG_STRING, &reason_given, 0, N_("how the key was lost"), N_("TEXT")},
        {"passphrase", '\0', POPT_ARG_NONE, &encrypted, 0,
         N_("encrypt the signing key with a passphrase"), NULL},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("replace --reason TEXT"), 0, 0, NULL,
                              NULL, &status);
    AUTO(free) char *reason = reason_given;
    if (!go_on)
        return status;
    if (reason == NULL || reason[strspn(reason, " \t\n")] == '\0')
        return say_wrong_use(argv[0], "%s", _("--reason TEXT is missing: how the key was lost"));
    if (!text_is_utf8(bytes_of(reason)))
        return say_wrong_use(argv[0], "%s", _("--reason is not UTF-8"));
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0 ||
        replace(vault, reason, encrypted != 0, &err) < 0)
        return say_error(&err);
    return print_changed(context, vault, json != 0);
}

int command_key(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {{"show", key_show},
                                                 {"export", key_export},
                                                 {"passphrase", key_passphrase},
                                                 {"rotate", key_rotate},
                                                 {"replace", key_replace}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
