#ifndef SHILU_COMMAND_PASSPHRASE_H
#define SHILU_COMMAND_PASSPHRASE_H

#include "custody/key.h"

struct err;

/*
 * The passphrase of the signing key: the first line that comes from the descriptor which
 * SHILU_PASSPHRASE_FD names; else the systemd credential "shilu-passphrase"; else a person at the
 * terminal, without echo. Wiped by the caller. ERR_DENIED where there is none of these, or what
 * comes is empty or too long.
 */

/* For vault_passphrase_from. */
int passphrase_ask(const char *path, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                   struct err *err);

/* The same, but no person is asked: for what can be left undone. */
int passphrase_at_hand(const char *path, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                       struct err *err);

/* One that a key is to get: a person types it twice.
 *   variable   in place of SHILU_PASSPHRASE_FD; the credential counts with that one alone */
int passphrase_choose(const char *variable, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                      struct err *err);

#endif
