#include "custody/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "digest/hash.h"

/* RFC 9162, 2.1, as it is written: slow, and with nothing of ours but SHA-256. The leaves are one
 * octet each. */

enum { SIZES = 131 };

static uint8_t leaves[SIZES][CUSTODY_HASH];

static void sha256(const void *octets, size_t len, uint8_t digest[static 32])
{
    assert_int_equal(EVP_Digest(octets, len, digest, NULL, EVP_sha256(), NULL), 1);
}

static void naive_node(const uint8_t left[static 32], const uint8_t right[static 32],
                       uint8_t hash[static 32])
{
    uint8_t both[65] = {1};
    memcpy(both + 1, left, 32);
    memcpy(both + 33, right, 32);
    sha256(both, sizeof both, hash);
}

static size_t naive_split(size_t n)
{
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static void naive_mth(size_t start, size_t end, uint8_t hash[static 32])
{
    uint8_t left[32], right[32];
    if (start == end) {
        sha256("", 0, hash);
        return;
    }
    if (end - start == 1) {
        memcpy(hash, leaves[start], 32);
        return;
    }
    size_t k = naive_split(end - start);
    naive_mth(start, start + k, left);
    naive_mth(start + k, end, right);
    naive_node(left, right, hash);
}

static void naive_append(struct custody_proof *proof, size_t start, size_t end)
{
    assert_true(proof->count < CUSTODY_PATH_MAX);
    naive_mth(start, end, proof->hashes[proof->count++]);
}

static void naive_path(size_t m, size_t start, size_t end, struct custody_proof *proof)
{
    if (end - start <= 1)
        return;
    size_t k = naive_split(end - start);
    if (m < k) {
        naive_path(m, start, start + k, proof);
        naive_append(proof, start + k, end);
    } else {
        naive_path(m - k, start + k, end, proof);
        naive_append(proof, start, start + k);
    }
}

static void naive_subproof(size_t m, size_t start, size_t end, bool known,
                           struct custody_proof *proof)
{
    if (m == end - start) {
        if (!known)
            naive_append(proof, start, end);
        return;
    }
    size_t k = naive_split(end - start);
    if (m <= k) {
        naive_subproof(m, start, start + k, known, proof);
        naive_append(proof, start + k, end);
    } else {
        naive_subproof(m - k, start + k, end, false, proof);
        naive_append(proof, start, start + k);
    }
}

static uint8_t roots[SIZES + 1][CUSTODY_HASH];

static int naive_source(void *context, unsigned level, uint64_t index,
                        uint8_t hash[static CUSTODY_HASH], struct err *err)
{
    const size_t *size = context;
    (void)err;
    assert_true((index + 1) << level <= *size);
    naive_mth((size_t)index << level, (size_t)(index + 1) << level, hash);
    return 0;
}

static EVP_MD_CTX *sha;

static int start(void **state)
{
    struct err err;
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        uint8_t octets[] = {0, (uint8_t)i};
        sha256(octets, sizeof octets, leaves[i]);
    }
    for (size_t i = 0; i <= SIZES; i++)
        naive_mth(0, i, roots[i]);
    return hash_open(HASH_SHA256, &sha, &err);
}

static int end(void **state)
{
    (void)state;
    EVP_MD_CTX_free(sha);
    return 0;
}

/* ---- known answers ---- */

/* The inputs and roots of the reference implementation's tests for RFC 6962. */
static const char *const inputs[] = {
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
};

static const char *const input_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

enum { INPUTS = sizeof inputs / sizeof *inputs };

static void from_hex(const char *text, uint8_t hash[static CUSTODY_HASH])
{
    assert_int_equal(bytes_from_hex(bytes_of(text), hash, CUSTODY_HASH), 0);
}

static void the_roots_of_the_reference_vectors(void **state)
{
    (void)state;
    struct tree_frontier frontier = {0};
    struct tree_grown grown;
    struct err err;
    for (size_t i = 0; i <= INPUTS; i++) {
        uint8_t root[CUSTODY_HASH], expected[CUSTODY_HASH], octets[16], leaf[CUSTODY_HASH];
        assert_int_equal(tree_root(sha, &frontier, root, &err), 0);
        from_hex(input_roots[i], expected);
        assert_memory_equal(root, expected, sizeof root);
        if (i == INPUTS)
            break;
        const size_t len = strlen(inputs[i]) / 2;
        assert_int_equal(bytes_from_hex(bytes_of(inputs[i]), octets, len), 0);
        assert_int_equal(custody_leaf_hash((struct bytes){octets, len}, leaf, &err), 0);
        assert_int_equal(tree_add(sha, &frontier, leaf, &grown, &err), 0);
    }
}

static void the_proofs_of_the_reference_vectors_hold(void **state)
{
    (void)state;
    uint8_t leaf[CUSTODY_HASH], old_root[CUSTODY_HASH], root[CUSTODY_HASH];
    struct custody_proof proof = {.count = 3};
    struct err err;
    from_hex(input_roots[8], root);
    assert_int_equal(custody_leaf_hash((struct bytes){NULL, 0}, leaf, &err), 0);
    from_hex("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", proof.hashes[0]);
    from_hex("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", proof.hashes[1]);
    from_hex("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4", proof.hashes[2]);
    assert_int_equal(custody_inclusion_check(leaf, 0, 8, &proof, root, &err), 0);

    from_hex(input_roots[6], old_root);
    from_hex("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", proof.hashes[0]);
    from_hex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", proof.hashes[1]);
    from_hex("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", proof.hashes[2]);
    assert_int_equal(custody_consistency_check(6, old_root, 8, root, &proof, &err), 0);
}

/* ---- against the definition ---- */

static void every_size_has_the_defined_root_and_subtrees(void **state)
{
    (void)state;
    struct tree_frontier frontier = {0};
    struct err err;
    for (size_t size = 0; size <= SIZES; size++) {
        uint8_t root[CUSTODY_HASH];
        struct tree_frontier loaded;
        struct tree_source source = {naive_source, &size};
        assert_int_equal(tree_root(sha, &frontier, root, &err), 0);
        assert_memory_equal(root, roots[size], sizeof root);
        assert_int_equal(tree_frontier_load(&source, size, &loaded, &err), 0);
        assert_int_equal(tree_root(sha, &loaded, root, &err), 0);
        assert_memory_equal(root, roots[size], sizeof root);
        if (size == SIZES)
            break;

        struct tree_grown grown;
        assert_int_equal(tree_add(sha, &frontier, leaves[size], &grown, &err), 0);
        assert_int_equal(grown.levels, __builtin_ctzll(size + 1) + 1);
        for (unsigned level = 0; level < grown.levels; level++) {
            uint8_t hash[CUSTODY_HASH];
            naive_mth(size + 1 - ((size_t)1 << level), size + 1, hash);
            assert_memory_equal(grown.hashes[level], hash, sizeof hash);
        }
    }
}

static void assert_same_proof(const struct custody_proof *a, const struct custody_proof *b)
{
    assert_int_equal(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++)
        assert_memory_equal(a->hashes[i], b->hashes[i], CUSTODY_HASH);
}

static void assert_damaged(int result, const struct err *err)
{
    assert_int_equal(result, -1);
    assert_int_equal(err->kind, ERR_DAMAGED);
}

static void inclusion_lies(size_t index, size_t size, struct custody_proof *proof)
{
    struct err err;
    uint8_t *leaf = leaves[index];
    assert_damaged(
        custody_inclusion_check(leaves[(index + 1) % SIZES], index, size, proof, roots[size], &err),
        &err);
    assert_damaged(custody_inclusion_check(leaf, index, size, proof, roots[size - 1], &err), &err);
    assert_damaged(custody_inclusion_check(leaf, size, size, proof, roots[size], &err), &err);
    for (size_t other = 0; other < size; other++)
        if (other != index)
            assert_damaged(custody_inclusion_check(leaf, other, size, proof, roots[size], &err),
                           &err);
    for (unsigned i = 0; i < proof->count; i++) {
        uint8_t *octet = &proof->hashes[i][(index + i) % CUSTODY_HASH];
        *octet ^= 1;
        assert_damaged(custody_inclusion_check(leaf, index, size, proof, roots[size], &err), &err);
        *octet ^= 1;
    }
    proof->count++;
    assert_damaged(custody_inclusion_check(leaf, index, size, proof, roots[size], &err), &err);
    proof->count = CUSTODY_PATH_MAX + 1;
    assert_damaged(custody_inclusion_check(leaf, index, size, proof, roots[size], &err), &err);
}

static void every_inclusion_proof_is_the_defined_one_and_lies_are_refused(void **state)
{
    (void)state;
    struct err err;
    for (size_t size = 1; size <= SIZES; size++)
        for (size_t index = 0; index < size; index++) {
            struct tree_source source = {naive_source, &size};
            struct custody_proof proof, defined = {0};
            naive_path(index, 0, size, &defined);
            assert_int_equal(tree_inclusion(sha, &source, index, size, &proof, &err), 0);
            assert_same_proof(&proof, &defined);
            assert_int_equal(
                custody_inclusion_check(leaves[index], index, size, &proof, roots[size], &err), 0);
            if (proof.count > 0) {
                proof.count--;
                assert_damaged(
                    custody_inclusion_check(leaves[index], index, size, &proof, roots[size], &err),
                    &err);
                proof.count++;
            }
            if (size <= 35 || size >= SIZES - 5)
                inclusion_lies(index, size, &proof);
        }
}

/* The wrong size may still give the right root where the way up is the same: RFC 9162 has it so.
 * What must never hold is another number of hashes than that size asks for. */
static void an_inclusion_proof_for_another_size_needs_as_many_hashes(void **state)
{
    (void)state;
    struct err err;
    struct custody_proof proof = {0};
    naive_path(5, 0, 8, &proof);
    assert_damaged(custody_inclusion_check(leaves[5], 5, 16, &proof, roots[8], &err), &err);
    assert_damaged(custody_inclusion_check(leaves[5], 5, 6, &proof, roots[8], &err), &err);
    assert_damaged(custody_inclusion_check(leaves[5], 5, 0, &proof, roots[8], &err), &err);
}

static void consistency_lies(size_t old_size, size_t new_size, struct custody_proof *proof)
{
    struct err err;
    const uint8_t *old_root = roots[old_size], *new_root = roots[new_size];
    assert_damaged(
        custody_consistency_check(old_size, roots[old_size - 1], new_size, new_root, proof, &err),
        &err);
    assert_damaged(
        custody_consistency_check(old_size, old_root, new_size, roots[new_size - 1], proof, &err),
        &err);
    assert_damaged(
        custody_consistency_check(old_size + 1, old_root, new_size, new_root, proof, &err), &err);
    assert_damaged(custody_consistency_check(new_size, new_root, old_size, old_root, proof, &err),
                   &err);
    for (unsigned i = 0; i < proof->count; i++) {
        uint8_t *octet = &proof->hashes[i][(old_size + i) % CUSTODY_HASH];
        *octet ^= 0x80;
        assert_damaged(
            custody_consistency_check(old_size, old_root, new_size, new_root, proof, &err), &err);
        *octet ^= 0x80;
    }
    proof->count++;
    assert_damaged(custody_consistency_check(old_size, old_root, new_size, new_root, proof, &err),
                   &err);
    proof->count -= 2;
    assert_damaged(custody_consistency_check(old_size, old_root, new_size, new_root, proof, &err),
                   &err);
}

static void every_consistency_proof_is_the_defined_one_and_lies_are_refused(void **state)
{
    (void)state;
    struct err err;
    for (size_t new_size = 1; new_size <= SIZES; new_size++)
        for (size_t old_size = 1; old_size <= new_size; old_size++) {
            struct tree_source source = {naive_source, &new_size};
            struct custody_proof proof, defined = {0};
            naive_subproof(old_size, 0, new_size, true, &defined);
            assert_int_equal(tree_consistency(sha, &source, old_size, new_size, &proof, &err), 0);
            assert_same_proof(&proof, &defined);
            assert_int_equal(custody_consistency_check(old_size, roots[old_size], new_size,
                                                       roots[new_size], &proof, &err),
                             0);
            if (old_size < new_size)
                consistency_lies(old_size, new_size, &proof);
        }
}

static void everything_is_consistent_with_nothing_but_not_with_a_lie_about_it(void **state)
{
    (void)state;
    struct err err;
    const size_t size = 7;
    struct tree_source source = {naive_source, (void *)(uintptr_t)&size};
    struct custody_proof proof, padded = {.count = 1};
    assert_int_equal(tree_consistency(sha, &source, 0, 7, &proof, &err), 0);
    assert_int_equal(proof.count, 0);
    assert_int_equal(custody_consistency_check(0, roots[0], 7, roots[7], &proof, &err), 0);
    assert_int_equal(custody_consistency_check(0, roots[0], 0, roots[0], &proof, &err), 0);
    assert_damaged(custody_consistency_check(0, roots[1], 7, roots[7], &proof, &err), &err);
    assert_damaged(custody_consistency_check(0, roots[0], 7, roots[7], &padded, &err), &err);
    assert_damaged(custody_consistency_check(7, roots[7], 7, roots[7], &padded, &err), &err);
    assert_damaged(custody_consistency_check(7, roots[7], 7, roots[6], &proof, &err), &err);
}

/* Any leaf number and size, as a stranger may send them, ends and touches nothing beyond. */
static void the_largest_numbers_are_only_wrong(void **state)
{
    (void)state;
    struct err err;
    struct custody_proof full = {.count = CUSTODY_PATH_MAX};
    assert_damaged(
        custody_inclusion_check(leaves[0], UINT64_MAX - 1, UINT64_MAX, &full, roots[1], &err),
        &err);
    assert_damaged(custody_inclusion_check(leaves[0], 0, UINT64_MAX, &full, roots[1], &err), &err);
    assert_damaged(
        custody_consistency_check(UINT64_MAX - 1, roots[1], UINT64_MAX, roots[2], &full, &err),
        &err);
    assert_damaged(
        custody_consistency_check(UINT64_C(1) << 63, roots[1], UINT64_MAX, roots[2], &full, &err),
        &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_roots_of_the_reference_vectors),
        cmocka_unit_test(the_proofs_of_the_reference_vectors_hold),
        cmocka_unit_test(every_size_has_the_defined_root_and_subtrees),
        cmocka_unit_test(every_inclusion_proof_is_the_defined_one_and_lies_are_refused),
        cmocka_unit_test(an_inclusion_proof_for_another_size_needs_as_many_hashes),
        cmocka_unit_test(every_consistency_proof_is_the_defined_one_and_lies_are_refused),
        cmocka_unit_test(everything_is_consistent_with_nothing_but_not_with_a_lie_about_it),
        cmocka_unit_test(the_largest_numbers_are_only_wrong),
    };
    return cmocka_run_group_tests(tests, start, end);
}
