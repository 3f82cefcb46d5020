#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/leaving.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "pack/pack.h"

#include "base/banned.h"

/* What is taken, and where to. */
struct extraction {
    int folder;
    bool json;
    int status;
};

static void extract_one(struct extraction *extraction, const struct pack *pack,
                        const struct pack_entry *entry)
{
    struct err err;
    if (pack_extract(pack, entry, extraction->folder, &err) < 0) {
        int failed = say_error(&err);
        if (err.kind == ERR_DAMAGED)
            failed = EXIT_FOUND;
        if (failed > extraction->status)
            extraction->status = failed;
        return;
    }
    if (extraction->json)
        say_json(json_pack("{s:s, s:s, s:o}", "id", entry->own_id, "name", entry->name, "size",
                           json_u64(entry->size)));
    else
        printf("%s  %s\n", entry->own_id, entry->name);
}

/* An entry by name in the first volume that has it. */
static int choose_named(struct leaving *leaving, const struct open_archives *archives,
                        const char *name, struct err *err)
{
    for (size_t i = 0; i < archives->count; i++) {
        const struct pack_entry *entry = pack_find(archives->packs[i], name);
        if (entry != NULL)
            return leaving_add(leaving, i, entry, err);
    }
    return err_set(err, ERR_MISSING, name, "%s", _("no such entry in the archive"));
}

static int choose_all(struct leaving *leaving, const struct open_archives *archives,
                      struct err *err)
{
    for (size_t i = 0; i < archives->count; i++) {
        size_t count;
        const struct pack_entry *entries = pack_entries(archives->packs[i], &count);
        for (size_t k = 0; k < count; k++)
            if (leaving_add(leaving, i, &entries[k], err) < 0)
                return -1;
    }
    return 0;
}

static int run(const struct command_context *context, const struct options *options,
               const char *output, bool json)
{
    struct err err;
    AUTO(open_archives_release) struct open_archives archives = {0};
    if (open_archives(context, options->words[0], &archives, &err) < 0)
        return say_error(&err);
    if (mkdir(output, 0777) < 0 && errno != EEXIST)
        return (void)err_sys(&err, output, _("make the folder")), say_error(&err);
    AUTO(close) int folder = open(output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return (void)err_sys(&err, output, _("open")), say_error(&err);

    struct extraction extraction = {.folder = folder, .json = json};
    AUTO(leaving_release) struct leaving leaving = {.count = 0};
    for (size_t i = 1; i < options->count; i++)
        if (choose_named(&leaving, &archives, options->words[i], &err) < 0)
            extraction.status = say_error(&err);
    if (options->count == 1 && choose_all(&leaving, &archives, &err) < 0)
        return say_error(&err);
    if (leaving_tell(context, &archives, &leaving, output, &err) < 0)
        return say_error(&err);
    for (size_t i = 0; i < leaving.count; i++)
        extract_one(&extraction, archives.packs[leaving.at[i].archive], leaving.at[i].entry);
    return extraction.status;
}

int command_extract(const struct command_context *context, int argc, const char **argv)
{
    char *output_given = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"output", 'o', POPT_ARG_STRING, &output_given, 0, N_("the folder to write into"),
         N_("DIR")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per file"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("ARCHIVE [ENTRY…] -o DIR"), 1,
                              SIZE_MAX, NULL, NULL, &status);
    AUTO(free) char *output = output_given;
    if (!go_on)
        return status;
    if (output == NULL)
        return say_wrong_use(argv[0], "%s", _("-o DIR is missing: the folder to write into"));
    return run(context, &options, output, json != 0);
}
