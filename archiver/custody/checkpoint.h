#ifndef SHILU_CUSTODY_CHECKPOINT_H
#define SHILU_CUSTODY_CHECKPOINT_H

#include "custody/custody.h"
#include "custody/note.h"

/*
 * Checkpoints: a signed note whose text is the log's origin, its size and its root, a line each.
 * Source: C2SP tlog-checkpoint.
 */

/* Parts of the checkpoint's bytes; owns nothing. */
struct checkpoint {
    struct bytes origin;
    struct custody_head head;
    struct bytes extensions; /* further lines as they stand, each with its newline; mostly none */
    struct note note;
};

/* Takes a stranger's checkpoint apart; says nothing about its signatures yet. ERR_DAMAGED where it
 * is none, or of more than CUSTODY_SIZE_MAX entries. */
int checkpoint_parse(struct bytes octets, const char *object, struct checkpoint *checkpoint,
                     struct err *err);

/* Appends the text that is signed: what checkpoint_parse gives as note.text. `body` has failed
 * where memory is out. */
void checkpoint_print(struct bytes origin, const struct custody_head *head, struct bytes extensions,
                      struct text *body);

/* A whole checkpoint under the name of its origin; the caller's. ERR_USAGE: an origin that is no
 * key's name. */
int checkpoint_make(const char *origin, const struct custody_head *head, const struct key *key,
                    char **text, struct err *err);

/* Parses a checkpoint and verifies that the key has signed it under its origin's name. ERR_DAMAGED
 * also where `origin` is not NULL and another. */
int checkpoint_open(struct bytes octets, const char *object, const char *origin,
                    const struct key *key, struct checkpoint *checkpoint, struct err *err);

#endif
