#include <stdint.h>
#include <unistd.h>

#include "base/err.h"
#include "base/i18n.h"
#include "command/command.h"
#include "command/leaving.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "pack/pack.h"

#include "base/banned.h"

int command_cat(const struct command_context *context, int argc, const char **argv)
{
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("ARCHIVE ENTRY"), 2, 2, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(open_archives_release) struct open_archives archives = {0};
    if (open_archives(context, options.words[0], &archives, &err) < 0)
        return say_error(&err);
    for (size_t i = 0; i < archives.count; i++) {
        const struct pack_entry *entry = pack_find(archives.packs[i], options.words[1]);
        if (entry == NULL)
            continue;
        AUTO(leaving_release) struct leaving leaving = {.count = 0};
        if (leaving_add(&leaving, i, entry, &err) < 0 ||
            leaving_tell(context, &archives, &leaving, NULL, &err) < 0)
            return say_error(&err);
        if (pack_cat(archives.packs[i], entry, STDOUT_FILENO, _("the output"), &err) == 0)
            return EXIT_SOUND;
        status = say_error(&err);
        return err.kind == ERR_DAMAGED ? EXIT_FOUND : status;
    }
    (void)err_set(&err, ERR_MISSING, options.words[1], "%s", _("no such entry in the archive"));
    return say_error(&err);
}
