#ifndef SHILU_COMMAND_CHOICE_H
#define SHILU_COMMAND_CHOICE_H

#include <popt.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "command/command.h"

/* Which bytes are to be read: the options of verify that say so. */
struct choice {
    int listed, sizes, quick;
    char *percent, *seed_day, *since, *budget;
};

static inline void choice_release_at(struct choice *choice)
{
    free(choice->percent);
    free(choice->seed_day);
    free(choice->since);
    free(choice->budget);
}

/* Their rows in popt's table. */
#define CHOICE_ROWS(choice)                                                                        \
    {"listed",                                                                                     \
     '\0',                                                                                         \
     POPT_ARG_NONE,                                                                                \
     &(choice).listed,                                                                             \
     0,                                                                                            \
     N_("only whether everything is there; contents are not read"),                                \
     NULL},                                                                                        \
        {"sizes",                                                                                  \
         '\0',                                                                                     \
         POPT_ARG_NONE,                                                                            \
         &(choice).sizes,                                                                          \
         0,                                                                                        \
         N_("presence and lengths; contents are not read"),                                        \
         NULL},                                                                                    \
        {"quick",                                                                                  \
         '\0',                                                                                     \
         POPT_ARG_NONE,                                                                            \
         &(choice).quick,                                                                          \
         0,                                                                                        \
         N_("of a vault: presence, lengths, and every byte of a sample that nobody can choose"),   \
         NULL},                                                                                    \
        {"percent",                                                                                \
         '\0',                                                                                     \
         POPT_ARG_STRING,                                                                          \
         &(choice).percent,                                                                        \
         0,                                                                                        \
         N_("with --quick: how much is drawn (else 1)"),                                           \
         N_("P")},                                                                                 \
        {"seed-day",                                                                               \
         '\0',                                                                                     \
         POPT_ARG_STRING,                                                                          \
         &(choice).seed_day,                                                                       \
         0,                                                                                        \
         N_("with --quick: the log's root at the beginning of this day is the seed (else today)"), \
         N_("DAY")},                                                                               \
        {"since",                                                                                  \
         '\0',                                                                                     \
         POPT_ARG_STRING,                                                                          \
         &(choice).since,                                                                          \
         0,                                                                                        \
         N_("of a vault: what was not read since then, the longest unread first: 30d, "            \
            "2026-01-31"),                                                                         \
         N_("WHEN")},                                                                              \
    {                                                                                              \
        "budget", '\0', POPT_ARG_STRING, &(choice).budget, 0,                                      \
            N_("of a vault: ends after so long, and goes on there the next time: 2h"), N_("SPAN")  \
    }

/* What they ask for: EXIT_SOUND, or after one line about wrong use its status. */
int choice_read(const struct choice *given, struct audit_options *options);

/* When the day of the sample's seed began, in the vault's zone, which is the process's by now. */
int64_t choice_seed_day_us(const struct choice *given);

/* The name of what was looked at, in the log and in JSON; and the same in the person's language. */
const char *choice_name(const struct audit_options *options);
const char *choice_name_shown(const char *name);

#endif
