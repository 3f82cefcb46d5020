#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "command/command.h"
#include "command/options.h"
#include "command/passphrase.h"
#include "command/say.h"
#include "custody/key.h"
#include "vault/vault.h"

#include "base/banned.h"

static int make(const char *path, struct vault_new *wanted, bool encrypted,
                struct vault_created *created, struct err *err)
{
    char passphrase[KEY_PASSPHRASE_MAX + 1] = "";
    if (encrypted && passphrase_choose("SHILU_PASSPHRASE_FD", passphrase, err) < 0)
        return -1;
    wanted->passphrase = encrypted ? passphrase : NULL;
    const int done = vault_create(path, wanted, created, err);
    wanted->passphrase = NULL;
    OPENSSL_cleanse(passphrase, sizeof passphrase);
    return done;
}

int command_init(const struct command_context *context, int argc, const char **argv)
{
    char *unit_given = NULL;
    char *crypto_given = NULL;
    int passphrase = 0;
    int json = 0;
    const struct poptOption table[] = {
        {"unit", '\0', POPT_ARG_STRING, &unit_given, 0, N_("the bureau's name"), N_("NAME")},
        {"crypto", '\0', POPT_ARG_STRING, &crypto_given, 0,
         N_("how it signs: ed25519 (else), or sm: SM2 with SM3"), N_("KIND")},
        {"passphrase", '\0', POPT_ARG_NONE, &passphrase, 0,
         N_("encrypt the signing key with a passphrase"), NULL},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table, N_("DIR --unit NAME"), 0, 1, NULL, NULL, &status);
    AUTO(free) char *unit = unit_given;
    AUTO(free) char *crypto = crypto_given;
    struct vault_new wanted = {.unit = unit};
    if (!go_on)
        return status;
    const char *path = options.count == 1 ? options.words[0] : context->vault;
    if (path == NULL)
        return say_wrong_use(argv[0], "%s", _("the folder of the new vault is missing"));
    if (unit == NULL)
        return say_wrong_use(argv[0], "%s", _("--unit NAME is missing: the bureau's name"));
    if (crypto != NULL && key_kind_parse(crypto, &wanted.kind) < 0)
        return say_wrong_use(argv[0], _("--crypto is ed25519 or sm, not \"%s\""), crypto);

    char actor[128];
    vault_actor(actor);
    wanted.by = actor;
    struct vault_created created;
    struct err err;
    if (make(path, &wanted, passphrase != 0, &created, &err) < 0)
        return say_error(&err);
    if (json)
        say_json(json_pack("{s:s, s:s, s:s, s:s, s:s}", "vault", path, "key_id", created.key_id,
                           "key_kind", key_kind_name(wanted.kind), "admin", created.admin,
                           "password", created.password));
    else
        printf(_("The vault is made: %s\n"
                 "Its signing key:   %s (%s)\n"
                 "Administrator:     %s, password %s (shown this once: write it down)\n"),
               path, created.key_id, key_kind_name(wanted.kind), created.admin, created.password);
    OPENSSL_cleanse(&created, sizeof created);
    return EXIT_SOUND;
}
