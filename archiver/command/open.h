#ifndef SHILU_COMMAND_OPEN_H
#define SHILU_COMMAND_OPEN_H

#include <stddef.h>

#include "command/command.h"
#include "custody/key.h"
#include "pack/pack.h"
#include "vault/vault.h"

/* What the arguments of a subcommand name, opened. */

/* The vault of -C or SHILU_VAULT. On -1 the error says how to name one when none was given. */
int open_vault(const struct command_context *context, enum vault_mode mode, struct vault **out,
               struct err *err);

/* The folder that a file to be written lies in, held, and the file's name there. A descriptor, or
 * -1: ERR_USAGE where the path cannot name a file. */
int open_folder_of(const char *path, const char **name, struct err *err);

/* All of a small file; the caller's. */
int open_text(const char *path, size_t ceiling, char **text, size_t *len, struct err *err);

/* The public key in a PEM file. */
int open_public_key(const char *path, struct key **key, struct err *err);

/* Archives by path, or, with a vault, by "A3" or a case number (all its volumes). */
struct open_archives {
    struct pack **packs;
    char **paths;
    char **subjects; /* how the vault's log calls each; NULL of one that was given by its path */
    size_t count;
};
void open_archives_release(struct open_archives *archives);
static inline void open_archives_release_at(struct open_archives *archives)
{
    open_archives_release(archives);
}
int open_archives(const struct command_context *context, const char *name,
                  struct open_archives *archives, struct err *err);

#endif
