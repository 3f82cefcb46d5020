#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "intake/intake.h"
#include "vault/vault.h"

#include "base/banned.h"

int command_attach(const struct command_context *context, int argc, const char **argv)
{
    char *kind_given = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"kind", '\0', POPT_ARG_STRING, &kind_given, 0,
         N_("transcript (written record of the sound), note or companion; default: note"),
         N_("KIND")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("RECORDING FILE…"), 2, SIZE_MAX, NULL,
                              NULL, &status);
    AUTO(free) char *kind = kind_given;
    if (!go_on)
        return status;
    int64_t number;
    if (!say_parse_id(options.words[0], 'R', &number))
        return say_wrong_use(argv[0], _("not a recording's number such as R12: %s"),
                             options.words[0]);
    const char *wanted = kind != NULL ? kind : "note";
    if (strcmp(wanted, "note") != 0 && strcmp(wanted, "transcript") != 0 &&
        strcmp(wanted, "companion") != 0)
        return say_wrong_use(argv[0], _("--kind is transcript, note or companion, not %s"), wanted);

    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    char actor[128];
    vault_actor(actor);
    for (size_t i = 1; i < options.count; i++) {
        if (intake_attach(vault, number, options.words[i], wanted, actor, &err) < 0)
            return say_error(&err);
        if (json) {
            AUTO(free) char *file = text_shown(bytes_of(options.words[i]));
            say_json(json_pack("{s:o, s:s, s:s?}", "id", say_json_id('R', number), "kind", wanted,
                               "file", file));
        } else {
            printf(_("attached to R%lld: "), (long long)number);
            say_shown(options.words[i]);
            (void)putchar('\n');
        }
    }
    return EXIT_SOUND;
}
