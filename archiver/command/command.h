#ifndef SHILU_COMMAND_H
#define SHILU_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct err;
struct progress;
struct vault;

/*
 * The first door: one file a subcommand parses its arguments, calls a room, prints. Exit status:
 * 0 done and sound; 1 done, and something was found wrong; 2 wrong use; 3 could not be done.
 */
enum command_exit { EXIT_SOUND = 0, EXIT_FOUND = 1, EXIT_WRONG_USE = 2, EXIT_NOT_DONE = 3 };

/* What main.c hands to a subcommand. */
struct command_context {
    const char *vault; /* -C or SHILU_VAULT; NULL when neither was given */
};

/* A row of the table in main.c. */
struct command {
    const char *name;
    int (*run)(const struct command_context *context, int argc, const char **argv);
    const char *summary; /* N_("…"): one line for `shilu --help` */
};

/* argv[0] is the subcommand's name. */
int command_init(const struct command_context *context, int argc, const char **argv);
int command_ingest(const struct command_context *context, int argc, const char **argv);
int command_probe(const struct command_context *context, int argc, const char **argv);
int command_tag(const struct command_context *context, int argc, const char **argv);
int command_attach(const struct command_context *context, int argc, const char **argv);
int command_search(const struct command_context *context, int argc, const char **argv);
int command_show(const struct command_context *context, int argc, const char **argv);
int command_case(const struct command_context *context, int argc, const char **argv);
int command_collector(const struct command_context *context, int argc, const char **argv);
int command_device(const struct command_context *context, int argc, const char **argv);
int command_seal(const struct command_context *context, int argc, const char **argv);
int command_list(const struct command_context *context, int argc, const char **argv);
int command_extract(const struct command_context *context, int argc, const char **argv);
int command_cat(const struct command_context *context, int argc, const char **argv);
int command_verify(const struct command_context *context, int argc, const char **argv);
int command_receipt(const struct command_context *context, int argc, const char **argv);
int command_log(const struct command_context *context, int argc, const char **argv);
int command_backup(const struct command_context *context, int argc, const char **argv);
int command_status(const struct command_context *context, int argc, const char **argv);
int command_catalog(const struct command_context *context, int argc, const char **argv);
int command_key(const struct command_context *context, int argc, const char **argv);
int command_disc(const struct command_context *context, int argc, const char **argv);
int command_hold(const struct command_context *context, int argc, const char **argv);
int command_retention(const struct command_context *context, int argc, const char **argv);
int command_dispose(const struct command_context *context, int argc, const char **argv);
int command_user(const struct command_context *context, int argc, const char **argv);

#endif
