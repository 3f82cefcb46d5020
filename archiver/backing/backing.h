#ifndef SHILU_BACKING_H
#define SHILU_BACKING_H

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "custody/custody.h"

struct custody_witness;
struct err;
struct key;
struct vault;

/*
 * What others say for a log. A vault witnesses the logs of others: it cosigns a checkpoint once it
 * has seen that it continues the last one that it saw. What others so say for the vault's own log
 * is kept in that log itself, as entries: it survives appends, goes into each copy, and is found
 * when it is damaged, as any entry is.
 */

/* ---- at the witness ---- */

/* A checkpoint that is to be cosigned. */
struct backing_offer {
    struct bytes checkpoint;
    const char *object;    /* names it in errors */
    const struct key *key; /* of its log; NULL: the one that it was last seen under */
    struct custody_log
        *log;           /* a copy of the log, whose checkpoint it is; NULL: there is none, and */
    struct bytes proof; /* that it continues the last one seen; empty: none */
    const char *proof_object;
};

struct backing_cosigned {
    char *text; /* the checkpoint with the cosignature; the caller's */
    char *origin;
    uint64_t size, seen; /* entries of this one, and of the one seen last (0: none) */
};
void backing_cosigned_release(struct backing_cosigned *cosigned);
static inline void backing_cosigned_release_at(struct backing_cosigned *cosigned)
{
    backing_cosigned_release(cosigned);
}

/*
 * Cosigns a checkpoint of another's log, under the name of the witness's own log. What it saw is in
 * its log before the cosignature is given. Of each origin the last checkpoint seen counts; the
 * first is taken on the word of who gives its key. ERR_USAGE: the key is missing, or a proof is
 * (and from which size); ERR_CONFLICT: stale, of fewer entries than were seen before; ERR_DAMAGED:
 * it does not continue what was seen (forked), is not signed by its log's key, or the proof is of
 * something else.
 */
int backing_cosign(struct vault *witness, const char *by, const struct backing_offer *offer,
                   struct backing_cosigned *cosigned, struct err *err);

/* The vault's own key as a witness's, for the settings of those whose logs it witnesses:
 * custody_witness_print. The caller's. */
int backing_own_key(struct vault *vault, char **text, struct err *err);

/* ---- at the origin ---- */

struct backing_added {
    uint64_t size;      /* entries that the checkpoint covers */
    unsigned witnesses; /* whose cosignatures hold; of those in the settings */
    unsigned fresh;     /* of these, not known before */
};

/*
 * Keeps a checkpoint of the vault's log that witnesses have cosigned.
 * ERR_MISSING: no cosignature of a witness in the settings; ERR_DAMAGED: one does not hold, or the
 * log does not begin with what the checkpoint signed.
 */
int backing_add(struct vault *vault, const char *by, struct bytes cosigned, const char *object,
                struct backing_added *added, struct err *err);

/* By how many a checkpoint is backed. */
struct backing {
    uint64_t size;      /* 0: none was kept */
    unsigned witnesses; /* of those in the settings */
    char *checkpoint;   /* with all their lines; NULL: none. Released with the struct */
};
void backing_release(struct backing *backing);
static inline void backing_release_at(struct backing *backing)
{
    backing_release(backing);
}

/* The best backed checkpoint that was kept and covers entry number size - 1; the newest among
 * equals. Each cosignature is verified again. */
int backing_best(struct vault *vault, uint64_t size, struct backing *best, struct err *err);

/* ---- of any log, also of a copied one ---- */

struct backing_check {
    const struct key *key; /* the log's */
    const struct custody_witness *witnesses;
    size_t witness_count;
    void (*found)(void *context, const struct custody_finding *finding);
    void *context;
};

/* Compares all that the log keeps with the log itself and, as far as they are known, the witnesses'
 * keys. `best` is the best backed checkpoint in it. -1 where it could not look. */
int backing_check(struct custody_log *log, const struct backing_check *check, struct backing *best,
                  uint64_t *findings, struct err *err);

#endif
