#include "custody/tree.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "digest/hash.h"

#include "base/banned.h"

/* In front of what is hashed: a leaf can never be taken for a node (RFC 9162, 2.1.1). */
static const uint8_t leaf_prefix[] = {0x00};
static const uint8_t node_prefix[] = {0x01};

static struct bytes hash_bytes(const uint8_t hash[static CUSTODY_HASH])
{
    return (struct bytes){hash, CUSTODY_HASH};
}

int tree_leaf(EVP_MD_CTX *sha, struct bytes entry, uint8_t hash[static CUSTODY_HASH],
              struct err *err)
{
    if (!hash_begin(sha) || !hash_feed(sha, (struct bytes){leaf_prefix, 1}) ||
        !hash_feed(sha, entry) || !hash_end(sha, hash))
        return hash_failed(NULL, err);
    return 0;
}

int tree_node(EVP_MD_CTX *sha, const uint8_t left[static CUSTODY_HASH],
              const uint8_t right[static CUSTODY_HASH], uint8_t hash[static CUSTODY_HASH],
              struct err *err)
{
    if (!hash_begin(sha) || !hash_feed(sha, (struct bytes){node_prefix, 1}) ||
        !hash_feed(sha, hash_bytes(left)) || !hash_feed(sha, hash_bytes(right)) ||
        !hash_end(sha, hash))
        return hash_failed(NULL, err);
    return 0;
}

int custody_leaf_hash(struct bytes entry, uint8_t leaf[static CUSTODY_HASH], struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *sha = NULL;
    if (hash_open(HASH_SHA256, &sha, err) < 0)
        return -1;
    return tree_leaf(sha, entry, leaf, err);
}

/* ---- growing ---- */

int tree_add(EVP_MD_CTX *sha, struct tree_frontier *frontier,
             const uint8_t leaf[static CUSTODY_HASH], struct tree_grown *grown, struct err *err)
{
    unsigned level = 0;
    assert(frontier->size < CUSTODY_SIZE_MAX);
    memcpy(grown->hashes[0], leaf, CUSTODY_HASH);
    for (; (frontier->size >> level & 1U) != 0; level++)
        if (tree_node(sha, frontier->hashes[level], grown->hashes[level], grown->hashes[level + 1],
                      err) < 0)
            return -1;
    memcpy(frontier->hashes[level], grown->hashes[level], CUSTODY_HASH);
    frontier->size++;
    grown->levels = level + 1;
    return 0;
}

int tree_root(EVP_MD_CTX *sha, const struct tree_frontier *frontier,
              uint8_t root[static CUSTODY_HASH], struct err *err)
{
    if (frontier->size == 0)
        return hash_begin(sha) && hash_end(sha, root) ? 0 : hash_failed(NULL, err);
    unsigned level = (unsigned)__builtin_ctzll(frontier->size);
    uint8_t hash[CUSTODY_HASH];
    memcpy(hash, frontier->hashes[level], CUSTODY_HASH);
    for (level++; level < TREE_LEVELS; level++) {
        if ((frontier->size >> level & 1U) == 0)
            continue;
        if (tree_node(sha, frontier->hashes[level], hash, hash, err) < 0)
            return -1;
    }
    memcpy(root, hash, CUSTODY_HASH);
    return 0;
}

int tree_frontier_load(const struct tree_source *source, uint64_t size,
                       struct tree_frontier *frontier, struct err *err)
{
    frontier->size = size;
    for (unsigned level = 0; level < TREE_LEVELS; level++)
        if ((size >> level & 1U) != 0 && source->hash(source->context, level, (size >> level) - 1,
                                                      frontier->hashes[level], err) < 0)
            return -1;
    return 0;
}

/* ---- proving ---- */

/* The leaves from `start` up to `end`: a subtree as the RFC splits them, so that `start` is a
 * multiple of a power of two that is not below their number. */
struct range {
    uint64_t start, end;
};

/* The greatest power of two below the number of leaves, of which there are two or more. */
static uint64_t split(struct range range)
{
    return UINT64_C(1) << (63 - __builtin_clzll(range.end - range.start - 1));
}

static int range_hash(EVP_MD_CTX *sha, const struct tree_source *source, struct range range,
                      uint8_t hash[static CUSTODY_HASH], struct err *err)
{
    const uint64_t leaves = range.end - range.start;
    uint64_t at = range.end;
    bool begun = false;
    for (unsigned level = 0; level < TREE_LEVELS;
         level++) { /* from the right, the smallest first */
        if ((leaves >> level & 1U) == 0)
            continue;
        uint8_t left[CUSTODY_HASH];
        at -= UINT64_C(1) << level;
        if (source->hash(source->context, level, at >> level, begun ? left : hash, err) < 0 ||
            (begun && tree_node(sha, left, hash, hash, err) < 0))
            return -1;
        begun = true;
    }
    return 0;
}

/* The subtrees beside the way from the root down to a node, the root's child first. */
struct way {
    unsigned count;
    struct range sides[CUSTODY_PATH_MAX];
};

static void way_side(struct way *way, uint64_t start, uint64_t end)
{
    assert(way->count < CUSTODY_PATH_MAX);
    way->sides[way->count++] = (struct range){start, end};
}

/* A proof is the way read upwards. */
static int way_prove(EVP_MD_CTX *sha, const struct tree_source *source, const struct way *way,
                     struct custody_proof *proof, struct err *err)
{
    struct custody_proof made = {.count = way->count};
    for (unsigned i = 0; i < way->count; i++)
        if (range_hash(sha, source, way->sides[way->count - 1 - i], made.hashes[i], err) < 0)
            return -1;
    *proof = made;
    return 0;
}

int tree_inclusion(EVP_MD_CTX *sha, const struct tree_source *source, uint64_t index, uint64_t size,
                   struct custody_proof *proof, struct err *err)
{
    struct way way = {0};
    struct range at = {0, size};
    while (at.end - at.start > 1) {
        uint64_t middle = at.start + split(at);
        if (index < middle) {
            way_side(&way, middle, at.end);
            at.end = middle;
        } else {
            way_side(&way, at.start, middle);
            at.start = middle;
        }
    }
    return way_prove(sha, source, &way, proof, err);
}

int tree_consistency(EVP_MD_CTX *sha, const struct tree_source *source, uint64_t old_size,
                     uint64_t new_size, struct custody_proof *proof, struct err *err)
{
    struct way way = {0};
    struct range at = {0, new_size};
    while (old_size != 0 && at.end != old_size) {
        uint64_t middle = at.start + split(at);
        if (old_size <= middle) {
            way_side(&way, middle, at.end);
            at.end = middle;
        } else {
            way_side(&way, at.start, middle);
            at.start = middle;
        }
    }
    if (old_size != 0 && at.start != 0) /* else it is the old root, which the verifier has */
        way_side(&way, at.start, at.end);
    return way_prove(sha, source, &way, proof, err);
}

/* ---- verifying ---- */

static int proof_fails(struct err *err)
{
    return err_set(err, ERR_DAMAGED, NULL, "%s", _("the proof does not hold"));
}

static bool same(const uint8_t a[static CUSTODY_HASH], const uint8_t b[static CUSTODY_HASH])
{
    return memcmp(a, b, CUSTODY_HASH) == 0;
}

/* Where a node and the tree's last node stand in their level, on the way up. */
struct place {
    uint64_t node, last;
};

/* Whether the next hash of a proof stands to the left of the node. */
static bool is_right(const struct place *place)
{
    return (place->node & 1U) != 0 || place->node == place->last;
}

/* One level up; over the levels that have no sibling there. */
static void climb(struct place *place)
{
    if ((place->node & 1U) == 0 && place->node == place->last)
        while ((place->node & 1U) == 0 && place->node != 0) {
            place->node >>= 1;
            place->last >>= 1;
        }
    place->node >>= 1;
    place->last >>= 1;
}

int custody_inclusion_check(const uint8_t leaf[static CUSTODY_HASH], uint64_t index, uint64_t size,
                            const struct custody_proof *proof,
                            const uint8_t root[static CUSTODY_HASH], struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *sha = NULL;
    if (index >= size || proof->count > CUSTODY_PATH_MAX)
        return proof_fails(err);
    if (hash_open(HASH_SHA256, &sha, err) < 0)
        return -1;
    struct place place = {index, size - 1};
    uint8_t hash[CUSTODY_HASH];
    memcpy(hash, leaf, CUSTODY_HASH);
    for (unsigned i = 0; i < proof->count; i++) {
        const uint8_t *next = proof->hashes[i];
        if (place.last == 0)
            return proof_fails(err);
        int made = is_right(&place) ? tree_node(sha, next, hash, hash, err)
                                    : tree_node(sha, hash, next, hash, err);
        if (made < 0)
            return -1;
        climb(&place);
    }
    return place.last == 0 && same(hash, root) ? 0 : proof_fails(err);
}

/* Both roots from the proof, of which the first hash has been taken. */
static int both_roots(EVP_MD_CTX *sha, struct place place, const struct custody_proof *proof,
                      unsigned next, uint8_t old_root[static CUSTODY_HASH],
                      uint8_t new_root[static CUSTODY_HASH], struct err *err)
{
    for (; next < proof->count; next++) {
        const uint8_t *hash = proof->hashes[next];
        if (place.last == 0)
            return proof_fails(err);
        if (is_right(&place)) {
            if (tree_node(sha, hash, old_root, old_root, err) < 0 ||
                tree_node(sha, hash, new_root, new_root, err) < 0)
                return -1;
        } else if (tree_node(sha, new_root, hash, new_root, err) < 0) {
            return -1;
        }
        climb(&place);
    }
    return place.last == 0 ? 0 : proof_fails(err);
}

static int empty_root(EVP_MD_CTX *sha, uint8_t root[static CUSTODY_HASH], struct err *err)
{
    const struct tree_frontier none = {0};
    return tree_root(sha, &none, root, err);
}

int custody_consistency_check(uint64_t old_size, const uint8_t old_root[static CUSTODY_HASH],
                              uint64_t new_size, const uint8_t new_root[static CUSTODY_HASH],
                              const struct custody_proof *proof, struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *sha = NULL;
    uint8_t old_made[CUSTODY_HASH], new_made[CUSTODY_HASH];
    if (old_size > new_size || proof->count > CUSTODY_PATH_MAX)
        return proof_fails(err);
    if (hash_open(HASH_SHA256, &sha, err) < 0)
        return -1;
    if (old_size == 0 && empty_root(sha, old_made, err) < 0)
        return -1;
    if (old_size == 0 && !same(old_made, old_root))
        return proof_fails(err);
    if (old_size == new_size)
        return proof->count == 0 && same(old_root, new_root) ? 0 : proof_fails(err);
    if (old_size == 0 || proof->count == 0)
        return old_size == 0 && proof->count == 0 ? 0 : proof_fails(err);

    /* A power of two: the old root is a node of the new tree, and not sent along. */
    const bool whole = (old_size & (old_size - 1)) == 0;
    struct place place = {old_size - 1, new_size - 1};
    memcpy(old_made, whole ? old_root : proof->hashes[0], CUSTODY_HASH);
    memcpy(new_made, old_made, CUSTODY_HASH);
    while ((place.node & 1U) != 0) {
        place.node >>= 1;
        place.last >>= 1;
    }
    if (both_roots(sha, place, proof, whole ? 0 : 1, old_made, new_made, err) < 0)
        return -1;
    return same(old_made, old_root) && same(new_made, new_root) ? 0 : proof_fails(err);
}
