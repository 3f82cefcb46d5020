#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"

#include "base/banned.h"

int command_backup(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL}, OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    struct err err;
    struct vault_backup done;
    AUTO(vault_free) struct vault *vault = NULL;
    if (!options_read(&options, argc, argv, table, N_("DIR"), 1, 1, NULL, NULL, &status))
        return status;
    if (open_vault(context, VAULT_READ, &vault, &err) < 0 ||
        vault_backup(vault, options.words[0], &done, &err) < 0)
        return say_error(&err);
    if (json) {
        say_json(json_pack("{s:s, s:o, s:o, s:o}", "backup", options.words[0], "entries",
                           json_u64(done.entries), "files", json_u64(done.files), "bytes",
                           json_u64(done.bytes)));
        return EXIT_SOUND;
    }
    char size[32];
    say_size(done.bytes, size);
    printf(_("The backup holds %llu entries of the log, and the catalog; %s copied.\n"
             "The private key is not in it, nor are recordings and archives.\n"),
           (unsigned long long)done.entries, size);
    return EXIT_SOUND;
}
