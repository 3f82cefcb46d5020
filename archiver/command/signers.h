#ifndef SHILU_COMMAND_SIGNERS_H
#define SHILU_COMMAND_SIGNERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "custody/succession.h"

/* Whose signatures stand under what was verified. */

struct signer {
    const char *target; /* as it was given on the command line: the caller's */
    struct custody_signer by;
};

struct signers {
    struct signer *at; /* each pair once, in the order of the targets */
    size_t count;
    bool more; /* than SIGNERS_MAX, or than memory was there for */
};
enum { SIGNERS_MAX = 1000 };

void signers_release(struct signers *signers);
static inline void signers_release_at(struct signers *signers)
{
    signers_release(signers);
}

void signers_note(struct signers *signers, const char *target, const struct custody_signer *by);

/* The key, where all are of one; else NULL. */
const char *signers_single(const struct signers *signers);

/* One line where all are of one key, else a line for each target and key. */
void signers_print(const struct signers *signers);

/* What is to be said of an earlier key, as a line of its own; nothing of others. */
void signers_print_standing(const struct custody_signer *by);

/* A list of {"target", "key"}, of one that is not simply the vault's also "earlier" and "vouched".
 * NULL when memory is out. */
json_t *signers_to_json(const struct signers *signers);

#endif
