#include "command/registers.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/text.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"

#include "base/banned.h"

enum { VERBS_BYTES_MAX = 256 };

int register_run(const struct command_context *context, int argc, const char **argv,
                 const struct register_verb *verbs, size_t count)
{
    AUTO(text_release) struct text names;
    text_init(&names, VERBS_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && strcmp(argv[1], verbs[i].name) == 0) {
            argv[1] = argv[0]; /* "case", for messages */
            return verbs[i].run(context, argc - 1, argv + 1);
        }
        if (i > 0)
            text_append(&names, ", ");
        text_append(&names, verbs[i].name);
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        printf(_("Usage: shilu %s VERB …, where VERB is one of: %s\n"), argv[0], names.at);
        return EXIT_SOUND;
    }
    if (argc > 1)
        return say_wrong_use(argv[0], _("%s is none of: %s"), argv[1], names.at);
    return say_wrong_use(argv[0], _("a verb is missing: %s"), names.at);
}

int register_list(const struct command_context *context, int argc, const char **argv,
                  const struct poptOption *table, const char *const *headings, size_t columns,
                  int (*walk)(struct catalog *catalog, struct register_rows *rows,
                              struct catalog_err *err),
                  struct register_rows *rows)
{
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("list"), 0, 0, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_READ, &vault, &err) < 0)
        return say_error(&err);
    table_init(&rows->table, headings, columns);
    struct catalog_err from;
    if (walk(vault_catalog(vault), rows, &from) < 0) {
        (void)err_from_catalog(&err, &from);
        status = say_error(&err);
    } else {
        table_print(&rows->table);
    }
    table_release(&rows->table);
    return status;
}

int register_enter(const struct command_context *context, const char *number,
                   int (*enter)(struct vault *vault, char *number, void *row, struct err *err),
                   void *row)
{
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    AUTO(free) char *copy = strdup(number);
    if (copy == NULL)
        return (void)err_memory(&err, NULL), say_error(&err);
    char actor[128];
    vault_actor(actor);
    if (vault_begin(vault, actor, &err) < 0 ||
        vault_end(vault, enter(vault, copy, row, &err), &err) < 0)
        return say_error(&err);
    return EXIT_SOUND;
}
