#ifndef SHILU_COMMAND_LOG_H
#define SHILU_COMMAND_LOG_H

#include "command/command.h"
#include "custody/custody.h"
#include "custody/entry.h"

struct custody_successor;
struct key;
struct vault;

/* `shilu log`: a file a verb, and what they share. */
int log_show(const struct command_context *context, int argc, const char **argv);
int log_export(const struct command_context *context, int argc, const char **argv);
int log_verify(const struct command_context *context, int argc, const char **argv);
int log_cosign(const struct command_context *context, int argc, const char **argv);
int log_add_cosignature(const struct command_context *context, int argc, const char **argv);
int log_anchor(const struct command_context *context, int argc, const char **argv);
int log_prove(const struct command_context *context, int argc, const char **argv);

/* A log to be read: the vault's own, or a folder's with a public key. */
struct log_source {
    struct vault *vault; /* NULL of a folder */
    struct key *given;
    int own;
    int folder;
    const char *shown;
    const struct key *key;
};

#define LOG_SOURCE_NONE                                                                            \
    {                                                                                              \
        .own = -1, .folder = -1                                                                    \
    }

/*
 * Opens what a verb was given.
 *   path, key_path   a folder copied out of its vault, and its public key: both, or both NULL for
 *                    the vault of the context; no catalog is used
 */
int log_source_open(const struct command_context *context, const char *path, const char *key_path,
                    struct log_source *source, struct err *err);
void log_source_release(struct log_source *source);
static inline void log_source_release_at(struct log_source *source)
{
    log_source_release(source);
}

/* The log as it is now; to be opened again to see what came since. */
int log_source_log(const struct log_source *source, struct custody_log **log, struct err *err);

/*
 * Of a folder whose log has gone on with keys that followed the given one, each signed for by the
 * one before: takes the last of them in its place. What is wrong with the log otherwise is found
 * when it is checked. successor   empty where there is nothing to be said; lives as long as the
 * source is used
 */
int log_source_follow(struct log_source *source, struct custody_successor *successor,
                      struct err *err);

/* An action as people call it, in their language; and back, from that or from the log's own name:
 * false where there is none. */
const char *log_action_shown(enum custody_action action);
bool log_action_parse(const char *text, enum custody_action *action);

/* What an entry tells, for a person: texts and numbers behind their names, digests by their first
 * digits. The caller's; NULL when memory is out. */
char *log_detail_shown(const json_t *detail);

#endif
