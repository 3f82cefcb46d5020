#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "command/command.h"
#include "command/options.h"
#include "command/say.h"
#include "vault/vault.h"

#include "base/banned.h"

int command_init(const struct command_context *context, int argc, const char **argv)
{
    char *unit_given = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"unit", '\0', POPT_ARG_STRING, &unit_given, 0, N_("the bureau's name"), N_("NAME")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table, N_("DIR --unit NAME"), 0, 1, NULL, NULL, &status);
    AUTO(free) char *unit = unit_given;
    if (!go_on)
        return status;
    const char *path = options.count == 1 ? options.words[0] : context->vault;
    if (path == NULL)
        return say_wrong_use(argv[0], "%s", _("the folder of the new vault is missing"));
    if (unit == NULL)
        return say_wrong_use(argv[0], "%s", _("--unit NAME is missing: the bureau's name"));

    char actor[128];
    vault_actor(actor);
    struct vault_created created;
    struct err err;
    if (vault_create(path, unit, actor, &created, &err) < 0)
        return say_error(&err);
    if (json)
        say_json(json_pack("{s:s, s:s, s:s, s:s}", "vault", path, "key_id", created.key_id, "admin",
                           created.admin, "password", created.password));
    else
        printf(_("The vault is made: %s\n"
                 "Its signing key:   %s\n"
                 "Administrator:     %s, password %s (shown this once: write it down)\n"),
               path, created.key_id, created.admin, created.password);
    OPENSSL_cleanse(&created, sizeof created);
    return EXIT_SOUND;
}
