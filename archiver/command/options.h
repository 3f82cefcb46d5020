#ifndef SHILU_COMMAND_OPTIONS_H
#define SHILU_COMMAND_OPTIONS_H

#include <popt.h>
#include <stdbool.h>
#include <stddef.h>

#include "command/command.h"

/* The arguments of a subcommand, by popt. Its table has the help text in the row: N_("…"). */

/* Ends every table: --help. */
#define OPTIONS_END                                                                                \
    {"help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP, N_("show this help"), NULL}, POPT_TABLEEND

enum { OPTION_HELP = 1000 };

/* A list that grows with each use of an option; texts are owned by it. */
struct words {
    char **at;
    size_t count;
};
void words_release(struct words *words);
static inline void words_release_at(struct words *words)
{
    words_release(words);
}
/* Takes the word over, in any case; false, after having said so, where memory is out. */
bool words_add(struct words *words, char *word);
const char *const *words_of(const struct words *words);

/* What a subcommand was called with. */
struct options {
    poptContext popt;
    const char *const *words; /* the arguments that are no options, NULL-terminated */
    size_t count;
};
void options_release(struct options *options);
static inline void options_release_at(struct options *options)
{
    options_release(options);
}

/*
 * Reads argv by the table.
 *   usage   what follows the subcommand's name, N_("…"): "CASE… -o FILE"
 *   min, max   how many arguments that are no options there may be
 *   each    called for rows with a value in `val` (not OPTION_HELP) with their argument, which is
 *           the callee's to free; NULL when there are no such rows. Gives false for a wrong
 * argument after having said so.
 * true: go on, *status is EXIT_SOUND. false: *status is the exit status (help was shown, or
 * one line about wrong use).
 */
bool options_read(struct options *options, int argc, const char **argv,
                  const struct poptOption *table, const char *usage, size_t min, size_t max,
                  bool (*each)(void *context, int option, char *argument), void *context,
                  int *status);

#endif
