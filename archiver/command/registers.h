#ifndef SHILU_COMMAND_REGISTERS_H
#define SHILU_COMMAND_REGISTERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "catalog/catalog.h"
#include "command/command.h"
#include "command/options.h"
#include "command/table.h"

struct err;
struct vault;

/* A subcommand with verbs: `shilu case add …`. */
struct register_verb {
    const char *name;
    int (*run)(const struct command_context *context, int argc, const char **argv);
};

/* Runs the verb that argv[1] names; argv[1] becomes its argv[0]'s companion: the verb reads its own
 * options from there. Wrong use lists the verbs. */
int register_run(const struct command_context *context, int argc, const char **argv,
                 const struct register_verb *verbs, size_t count);

/*
 * Prints a register: as a table, or with --json a line for each row.
 *   rows   what the walk prints to; its fields are named by the options in `table`
 *   walk   calls the catalog's _each with a row function and `rows`; gives its result
 */
struct register_rows {
    int json, open_only, all;
    struct table table;
};
int register_list(const struct command_context *context, int argc, const char **argv,
                  const struct poptOption *table, const char *const *headings, size_t columns,
                  int (*walk)(struct catalog *catalog, struct register_rows *rows,
                              struct catalog_err *err),
                  struct register_rows *rows);

/* The row of --json in such a table. */
#define REGISTER_JSON(rows)                                                                        \
    {                                                                                              \
        "json", '\0', POPT_ARG_NONE, &(rows).json, 0, N_("print JSON, a line per row"), NULL       \
    }

/*
 * Enters or changes one row of a register in the vault: what a verb does once its options are read.
 *   number   the row's number; `enter` is given a copy, which it puts into `row`
 *   enter    makes the act; gives its result
 * Gives the exit status, after having said what went wrong.
 */
int register_enter(const struct command_context *context, const char *number,
                   int (*enter)(struct vault *vault, char *number, void *row, struct err *err),
                   void *row);

/* One disc in JSON; for `disc list` and `show`. */
json_t *disc_json(const struct catalog_disc *one);

/* Prints one case; also for `shilu show`. */
int case_show(struct vault *vault, const char *number, bool json, struct err *err);

#endif
