#ifndef SHILU_CUSTODY_TREE_H
#define SHILU_CUSTODY_TREE_H

#include <openssl/evp.h>
#include <stdint.h>

#include "base/bytes.h"
#include "custody/custody.h"

struct err;

/*
 * The Merkle tree of RFC 9162, 2.1, over SHA-256. A complete subtree is named by its level and
 * index: it has 2^level leaves, of which index × 2^level is the first. `sha` is a context of
 * hash_open(HASH_SHA256). Errors: ERR_SYSTEM where OpenSSL fails, and what a callback sets.
 */

enum { TREE_LEVELS = 64 };

int tree_leaf(EVP_MD_CTX *sha, struct bytes entry, uint8_t hash[static CUSTODY_HASH],
              struct err *err);
int tree_node(EVP_MD_CTX *sha, const uint8_t left[static CUSTODY_HASH],
              const uint8_t right[static CUSTODY_HASH], uint8_t hash[static CUSTODY_HASH],
              struct err *err);

/* ---- growing ---- */

/* A tree as the roots of the complete subtrees that make it up: one a bit of its size. */
struct tree_frontier {
    uint64_t size;
    uint8_t hashes[TREE_LEVELS][CUSTODY_HASH]; /* of a level whose bit is set in size */
};

/* The complete subtrees that end with a leaf: levels 0 (the leaf itself) to levels - 1. */
struct tree_grown {
    unsigned levels;
    uint8_t hashes[TREE_LEVELS][CUSTODY_HASH];
};

/* Takes one more leaf hash; the size stays below CUSTODY_SIZE_MAX. */
int tree_add(EVP_MD_CTX *sha, struct tree_frontier *frontier,
             const uint8_t leaf[static CUSTODY_HASH], struct tree_grown *grown, struct err *err);

/* The root; of no leaves it is the digest of nothing. */
int tree_root(EVP_MD_CTX *sha, const struct tree_frontier *frontier,
              uint8_t root[static CUSTODY_HASH], struct err *err);

/* ---- proving ---- */

/* Gives the hashes of complete subtrees. */
struct tree_source {
    int (*hash)(void *context, unsigned level, uint64_t index, uint8_t hash[static CUSTODY_HASH],
                struct err *err);
    void *context;
};

/* The frontier of the first `size` leaves. */
int tree_frontier_load(const struct tree_source *source, uint64_t size,
                       struct tree_frontier *frontier, struct err *err);

/* RFC 9162, 2.1.3.1; index < size. */
int tree_inclusion(EVP_MD_CTX *sha, const struct tree_source *source, uint64_t index, uint64_t size,
                   struct custody_proof *proof, struct err *err);

/* RFC 9162, 2.1.4.1; old_size <= new_size. Empty where the old tree is empty or the same. */
int tree_consistency(EVP_MD_CTX *sha, const struct tree_source *source, uint64_t old_size,
                     uint64_t new_size, struct custody_proof *proof, struct err *err);

#endif
