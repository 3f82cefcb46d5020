#include "command/options.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "command/say.h"

#include "base/banned.h"

void words_release(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->at[i]);
    free(words->at);
    *words = (struct words){0};
}

const char *const *words_of(const struct words *words)
{
    return (const char *const *)words->at;
}

void options_release(struct options *options)
{
    if (options->popt != NULL)
        (void)poptFreeContext(options->popt); /* always NULL */
    options->popt = NULL;
}

static bool read_all(struct options *options, const char *name,
                     bool (*each)(void *context, int option, char *argument), void *context,
                     int *status)
{
    int option;
    while ((option = poptGetNextOpt(options->popt)) > 0) {
        if (option == OPTION_HELP) {
            poptPrintHelp(options->popt, stdout, 0);
            *status = EXIT_SOUND;
            return false;
        }
        if (!each(context, option, poptGetOptArg(options->popt))) {
            *status = EXIT_WRONG_USE;
            return false;
        }
    }
    if (option < -1) {
        *status =
            say_wrong_use(name, "%s: %s", poptBadOption(options->popt, 0), poptStrerror(option));
        return false;
    }
    return true;
}

bool options_read(struct options *options, int argc, const char **argv,
                  const struct poptOption *table, const char *usage, size_t min, size_t max,
                  bool (*each)(void *context, int option, char *argument), void *context,
                  int *status)
{
    *options = (struct options){0};
    options->popt = poptGetContext(NULL, argc, argv, table, 0);
    if (options->popt == NULL) {
        (void)fprintf(stderr, "shilu: %s\n", _("out of memory"));
        *status = EXIT_NOT_DONE;
        return false;
    }
    char line[512];
    (void)snprintf(line, sizeof line, "%s", _(usage));
    poptSetOtherOptionHelp(options->popt, line);
    if (!read_all(options, argv[0], each, context, status))
        return false;

    options->words = (const char *const *)poptGetArgs(options->popt);
    while (options->words != NULL && options->words[options->count] != NULL)
        options->count++;
    if (options->count < min)
        *status = say_wrong_use(argv[0], _("an argument is missing: shilu %s %s"), argv[0], line);
    else if (options->count > max)
        *status = say_wrong_use(argv[0], _("one argument too many: %s"), options->words[max]);
    else
        return true;
    return false;
}
