#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "command/log.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "custody/custody.h"

#include "base/banned.h"

static int log_checkpoint(const struct command_context *context, int argc, const char **argv)
{
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("checkpoint"), 0, 0, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(log_source_release) struct log_source source = LOG_SOURCE_NONE;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (log_source_open(context, NULL, NULL, &source, &err) < 0 ||
        log_source_log(&source, &log, &err) < 0)
        return say_error(&err);
    (void)fputs(custody_log_checkpoint_text(log), stdout); /* say_finish looks */
    return EXIT_SOUND;
}

int command_log(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"show", log_show},     {"checkpoint", log_checkpoint}, {"prove", log_prove},
        {"verify", log_verify}, {"export", log_export},
    };
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
