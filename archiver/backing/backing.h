#ifndef SHILU_BACKING_H
#define SHILU_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "custody/custody.h"

struct custody_chain;
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
    const char *object;                /* names it in errors */
    const struct key *key;             /* of its log; NULL: the one that it was last seen under */
    const struct custody_chain *chain; /* the keys before `key`, settled; NULL: none are known */
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
 * first is taken on the word of who gives its key. A log seen before must be signed by the key that
 * it was seen under, or by one which that has signed for: by `chain`, or by what the copied log
 * tells. ERR_USAGE: the key is missing, or a proof is
 * (and from which size); ERR_CONFLICT: stale, of fewer entries than were seen before; ERR_DAMAGED:
 * it does not continue what was seen (forked), is not signed by its log's key, that is a
 * stranger's, or the proof is of something else.
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

/* ---- timestamps of an authority ---- */

struct backing_anchored {
    uint64_t size; /* entries that the checkpoint covers */
    int64_t at_us; /* the authority's time */
    bool already;  /* nothing was new since the last timestamp: nobody was asked */
};

/*
 * Gets a timestamp over the log's checkpoint, with the cosignatures that are kept of it, from the
 * authority in the settings, and keeps it in the log. Where the authority cannot be reached nothing
 * is lost by asking again later: each timestamp covers all entries before it.
 * ERR_USAGE: no authority in the settings; ERR_SYSTEM: it cannot be reached; ERR_DAMAGED: its
 * answer is none, over something else, or a stranger's. Source: RFC 3161.
 */
int backing_anchor(struct vault *vault, const char *by, struct backing_anchored *anchored,
                   struct err *err);

/* The same in two steps, for an office without a network: the request in DER, which is the
 * caller's, and what was answered, however much later. What was asked for is in the log. */
int backing_request(struct vault *vault, const char *by, uint8_t **request, size_t *len,
                    struct err *err);
int backing_response(struct vault *vault, const char *by, struct bytes response, const char *object,
                     struct backing_anchored *anchored, struct err *err);

/* ---- how a log is backed ---- */

/* A checkpoint that was kept, and by how many it is backed. */
struct backing {
    uint64_t size;       /* 0: none was kept */
    unsigned witnesses;  /* of those that are known */
    unsigned timestamps; /* 0 or 1, of the authority that is known */
    char *checkpoint;    /* with all their lines; NULL: none. Released with the struct */
    uint8_t *timestamp;  /* over these bytes: RFC 3161, a response in DER; NULL: none */
    size_t timestamp_len;
    int64_t at_us; /* its time */
};
void backing_release(struct backing *backing);
static inline void backing_release_at(struct backing *backing)
{
    backing_release(backing);
}

/* The best backed checkpoint that was kept and covers entry number size - 1; the newest among
 * equals. Each cosignature and timestamp is verified again; what does not hold is not counted. */
int backing_best(struct vault *vault, uint64_t size, struct backing *best, struct err *err);

/* The same, for what is handed on with the vault's public key: none (checkpoint NULL) where nobody
 * backs it, or an earlier key has signed it. */
int backing_to_enclose(struct vault *vault, uint64_t size, struct backing *best, struct err *err);

/* ---- of any log, also of a copied one ---- */

/* Who is known: theirs counts. */
struct backing_known {
    const struct custody_witness *witnesses;
    size_t witness_count;
    const char *ca_path;   /* vouches for the timestamp authority; NULL: none is known */
    const struct key *own; /* the log's own key, which is no witness; NULL: not known */
};

/* Who is known to a vault, by its settings. `ca` holds ca_path. */
enum { BACKING_PATH = 4096 };
void backing_known_of(struct vault *vault, char ca[static BACKING_PATH],
                      struct backing_known *known);

struct backing_check {
    const struct key *key; /* the log's */
    struct backing_known known;
    void (*found)(void *context, const struct custody_finding *finding);
    void *context;
};

/* Compares all that the log keeps with the log itself and, as far as they are known, the witnesses'
 * keys. `best` is the best backed checkpoint in it. -1 where it could not look. */
int backing_check(struct custody_log *log, const struct backing_check *check, struct backing *best,
                  uint64_t *findings, struct err *err);

#endif
