#include "command/options.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "command/cells.h"
#include "command/say.h"

#include "base/banned.h"

enum { HELP_LEFT_BYTES = 128, HELP_LINE = 80, HELP_LINE_MIN = 60 };

void words_release(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->at[i]);
    free(words->at);
    *words = (struct words){0};
}

bool words_add(struct words *words, char *word)
{
    char **more = realloc((void *)words->at, (words->count + 1) * sizeof *more);
    if (more == NULL) {
        free(word);
        say_note("%s", _("out of memory"));
        return false;
    }
    words->at = more;
    words->at[words->count++] = word;
    return true;
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

static bool in_word(char character)
{
    return character > ' ' && character < 0x7F;
}

/* Prints the text in lines of `room` cells, each but the first at `column`. */
static void print_wrapped(const char *text, size_t column, size_t room)
{
    for (;;) {
        size_t fits = cells_fit(text, room);
        size_t len = fits;
        while (len > 0 && text[len] != '\0' && in_word(text[len]) && in_word(text[len - 1]))
            len--; /* no break inside a word; between Chinese characters anywhere */
        len = len > 0 ? len : fits;
        size_t shown = len;
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        printf("%.*s\n", (int)shown, text);
        text += len;
        text += strspn(text, " ");
        if (*text == '\0' || fits == 0)
            return;
        printf("%*s", (int)column, "");
    }
}

static void print_left(const struct poptOption *row, char left[static HELP_LEFT_BYTES])
{
    const char *argument = row->argDescrip != NULL ? _(row->argDescrip) : "";
    (void)snprintf(left, HELP_LEFT_BYTES, "  %c%c%c --%s%s%s", row->shortName != '\0' ? '-' : ' ',
                   row->shortName != '\0' ? row->shortName : ' ',
                   row->shortName != '\0' ? ',' : ' ', row->longName, *argument != '\0' ? "=" : "",
                   argument);
}

/* Not poptPrintHelp: it counts a Chinese character as one cell, so that its columns are askew. */
static void print_help(const char *name, const char *usage, const struct poptOption *table)
{
    printf(_("Usage: shilu %s %s\n"), name, usage);
    char left[HELP_LEFT_BYTES];
    size_t column = 0;
    for (const struct poptOption *row = table; row->longName != NULL; row++) {
        print_left(row, left);
        size_t width = cells_width(left) + 2;
        column = width > column ? width : column;
    }
    size_t line = cells_of_terminal(STDOUT_FILENO);
    line = line >= HELP_LINE_MIN ? line : HELP_LINE;
    for (const struct poptOption *row = table; row->longName != NULL; row++) {
        print_left(row, left);
        printf("%s%*s", left, (int)(column - cells_width(left)), "");
        print_wrapped(_(row->descrip), column, line - column);
    }
}

static bool read_all(struct options *options, const char *name, const char *usage,
                     const struct poptOption *table,
                     bool (*each)(void *context, int option, char *argument), void *context,
                     int *status)
{
    int option;
    while ((option = poptGetNextOpt(options->popt)) > 0) {
        if (option == OPTION_HELP) {
            print_help(name, usage, table);
            *status = EXIT_SOUND;
            return false;
        }
        if (!each(context, option, poptGetOptArg(options->popt))) {
            *status = EXIT_WRONG_USE;
            return false;
        }
    }
    if (option == POPT_ERROR_BADOPT && strcmp(poptBadOption(options->popt, 0), "-C") == 0) {
        *status = say_wrong_use(name, _("-C stands before the command: shilu -C VAULT %s …"), name);
        return false;
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
    if (!read_all(options, argv[0], _(usage), table, each, context, status))
        return false;

    options->words = (const char *const *)poptGetArgs(options->popt);
    options->count = 0;
    while (options->words != NULL && options->words[options->count] != NULL)
        options->count++;
    if (options->count < min)
        *status =
            say_wrong_use(argv[0], _("an argument is missing: shilu %s %s"), argv[0], _(usage));
    else if (options->count > max)
        *status = say_wrong_use(argv[0], _("one argument too many: %s"), options->words[max]);
    else
        *status = EXIT_SOUND;
    return *status == EXIT_SOUND;
}
