#include <stdio.h>

#include "backing/backing.h"
#include "base/err.h"
#include "base/i18n.h"
#include "command/log.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "custody/custody.h"
#include "vault/vault.h"

#include "base/banned.h"

static int print_backed(const struct command_context *context)
{
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    AUTO(backing_release) struct backing best = {.checkpoint = NULL};
    if (open_vault(context, VAULT_READ, &vault, &err) < 0 ||
        backing_best(vault, 0, &best, &err) < 0)
        return say_error(&err);
    if (best.checkpoint == NULL)
        return (void)err_set(&err, ERR_MISSING, vault_path(vault), "%s",
                             _("no witness has cosigned a checkpoint of this log yet")),
               say_error(&err);
    (void)fputs(best.checkpoint, stdout); /* say_finish looks */
    return EXIT_SOUND;
}

static int log_checkpoint(const struct command_context *context, int argc, const char **argv)
{
    int backed = 0;
    const struct poptOption table[] = {
        {"backed", '\0', POPT_ARG_NONE, &backed, 0,
         N_("the one that most witnesses have cosigned, with their lines"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("checkpoint"), 0, 0, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(log_source_release) struct log_source source = LOG_SOURCE_NONE;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (backed != 0)
        return print_backed(context);
    if (log_source_open(context, NULL, NULL, &source, &err) < 0 ||
        log_source_log(&source, &log, &err) < 0)
        return say_error(&err);
    (void)fputs(custody_log_checkpoint_text(log), stdout); /* say_finish looks */
    return EXIT_SOUND;
}

int command_log(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"show", log_show},     {"checkpoint", log_checkpoint},
        {"prove", log_prove},   {"verify", log_verify},
        {"export", log_export}, {"anchor", log_anchor},
        {"cosign", log_cosign}, {"add-cosignature", log_add_cosignature},
    };
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
