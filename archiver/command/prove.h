#ifndef SHILU_COMMAND_PROVE_H
#define SHILU_COMMAND_PROVE_H

#include "people/people.h"

struct err;
struct vault;

/* The account that acts, and its password: what commands ask for that no one does as os:LOGIN. */

/* Rows of a table of options: who acts, and where the password's line is read from (-1: at the
 * terminal). */
#define PROVE_ROWS(name, fd)                                                                       \
    {"as", '\0', POPT_ARG_STRING, &(name), 0, N_("the account that acts"), N_("NAME")},            \
    {                                                                                              \
        "password-fd", '\0', POPT_ARG_INT, &(fd), 0,                                               \
            N_("read the password's line from this descriptor, not the terminal"), N_("N")         \
    }

/* Says that --as NAME is missing: the exit status of wrong use. */
int prove_missing(const char *command);

/* Asks for the password of the account and proves by it who acts: as people_prove, and secret_get.
 */
int prove(struct vault *vault, const char *name, int fd, people_set duties,
          struct people_person *person, struct err *err);

#endif
