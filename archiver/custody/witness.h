#ifndef SHILU_CUSTODY_WITNESS_H
#define SHILU_CUSTODY_WITNESS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "custody/custody.h"
#include "custody/key.h"

struct err;

/* What a log and those who witness it exchange: public keys, and proofs of consistency. */

/* A witness by the name and key of its cosignatures. */
struct custody_witness {
    char *name;
    struct key *key; /* public */
};
void custody_witness_release(struct custody_witness *witness);
static inline void custody_witness_release_at(struct custody_witness *witness)
{
    custody_witness_release(witness);
}

/*
 * Reads a witness's key as operators exchange it: "NAME+HASH+BASE64", HASH the key id in
 * hexadecimal, BASE64 the type of its signatures and the public key.
 * ERR_DAMAGED: it is none, or the id is another's. Source: C2SP signed-note, tlog-cosignature.
 */
int custody_witness_parse(struct bytes text, const char *object, struct custody_witness *witness,
                          struct err *err);

/* The same of one's own key, either half; the caller's. ERR_USAGE: no name for a key. */
int custody_witness_print(const char *name, const struct key *key, char **text, struct err *err);

/*
 * How many of these witnesses have cosigned a checkpoint; a key counts once, whatever its names.
 *   own   the log's key, which is nobody's witness for itself; NULL: it is none of them
 * ERR_DAMAGED: a line of one of them does not hold, which speaks against the whole.
 */
int custody_witnesses_count(const struct custody_witness *witnesses, size_t witness_count,
                            const struct key *own, struct bytes checkpoint, const char *object,
                            unsigned *count, struct err *err);

/* A proof as custody_proof_consistency prints it. */
struct custody_consistency {
    uint64_t old_size;
    uint8_t old_root[CUSTODY_HASH];
    struct custody_proof proof;
    struct custody_head head; /* what its checkpoint says; nobody's signature is looked at */
};

/* Takes a stranger's proof apart, and checks that it leads from the old root to the head: 0, or -1
 * and ERR_DAMAGED, which names `object`. Whose tree it is, the caller compares. */
int custody_consistency_read(struct bytes text, const char *object,
                             struct custody_consistency *consistency, struct err *err);

/* A checkpoint's origin, nobody's signature looked at; the caller's. ERR_DAMAGED: it is none. */
int custody_checkpoint_origin(struct bytes checkpoint, const char *object, char **origin,
                              struct err *err);

/* A checkpoint, and behind its signature lines those of `other`, a checkpoint of the same text,
 * that it does not have. The caller's. ERR_DAMAGED: the texts differ, or one is none. */
int custody_checkpoint_merge(struct bytes checkpoint, struct bytes other, const char *object,
                             char **merged, struct err *err);

#endif
