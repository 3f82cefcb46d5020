#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/passphrase.h"
#include "command/registers.h"
#include "command/say.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/key.h"
#include "vault/vault.h"

#include "base/banned.h"

/* ---- show ---- */

/* When the vault was made, and its key with it: the log's first entry says so. */
static int made_at(struct vault *vault, const struct key *key, int64_t *us, struct err *err)
{
    struct bytes first;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    if (custody_log_open(vault_folder(vault, VAULT_LOG), key, NULL, &log, err) < 0 ||
        custody_log_entry(log, 0, &first, err) < 0 ||
        custody_entry_parse(first, vault_folder_name(VAULT_LOG), &entry, err) < 0)
        return -1;
    *us = entry.at.us;
    return 0;
}

static const char *const state_names[] = {[VAULT_KEY_PLAIN] = "plain",
                                          [VAULT_KEY_ENCRYPTED] = "encrypted",
                                          [VAULT_KEY_HIDDEN] = "hidden"};

static void show_text(const struct key *key, int64_t since_us, const char *private_half)
{
    char id[KEY_ID_TEXT];
    char spoken[KEY_ID_SPOKEN];
    char since[INSTANT_TEXT];
    key_id(key, id);
    key_id_spoken(id, spoken);
    say_time(since_us, since);
    printf(_("Signing key:   %s\n"
             "Read aloud:    %s\n"
             "Kind:          %s\n"
             "Since:         %s\n"
             "Private half:  "),
           id, spoken, key_kind_name(key_kind(key)), since);
    say_shown(private_half);
    (void)putchar('\n');
}

static void show_json(const struct key *key, int64_t since_us, const char *state)
{
    char id[KEY_ID_TEXT];
    key_id(key, id);
    say_json(json_pack("{s:s, s:s, s:o, s:s}", "key_id", id, "key_kind",
                       key_kind_name(key_kind(key)), "since", say_json_time(since_us), "private",
                       state));
}

static int key_show(const struct command_context *context, int argc, const char **argv)
{
    static const char *const states[] = {
        [VAULT_KEY_PLAIN] = N_("there, without a passphrase"),
        [VAULT_KEY_ENCRYPTED] = N_("there, encrypted with a passphrase"),
        [VAULT_KEY_HIDDEN] = N_("not for you to read, as it should be"),
    };
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL}, OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("show"), 0, 0, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    const struct key *key;
    int64_t since_us;
    if (open_vault(context, VAULT_AUDIT, &vault, &err) < 0 ||
        vault_public_key(vault, &key, &err) < 0 || made_at(vault, key, &since_us, &err) < 0)
        return say_error(&err);
    enum vault_key_state state;
    const bool sound = vault_key_look(vault, &state, &err) == 0;
    if (json)
        show_json(key, since_us, sound ? state_names[state] : "unusable");
    else
        show_text(key, since_us, sound ? _(states[state]) : _("cannot be used"));
    if (sound)
        return EXIT_SOUND;
    (void)say_error(&err);
    return EXIT_FOUND;
}

/* ---- export ---- */

static int key_export(const struct command_context *context, int argc, const char **argv)
{
    int public_half = 0;
    const struct poptOption table[] = {{"public", '\0', POPT_ARG_NONE, &public_half, 0,
                                        N_("the public half: the private one is never printed"),
                                        NULL},
                                       OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("export --public"), 0, 0, NULL, NULL,
                      &status))
        return status;
    if (!public_half)
        return say_wrong_use(argv[0], "%s", _("--public is missing: no other half is exported"));
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    AUTO(free) char *pem = NULL;
    const struct key *key;
    if (open_vault(context, VAULT_AUDIT, &vault, &err) < 0 ||
        vault_public_key(vault, &key, &err) < 0 || key_public_pem(key, &pem, &err) < 0)
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

int command_key(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"show", key_show}, {"export", key_export}, {"passphrase", key_passphrase}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
