#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "archiver/digest/made.h"
#include "base/err.h"

#include "base/banned.h"

static const struct {
    const char *text;
    const char
        *sha256;     /* FIPS 180-4 examples (csrc.nist.gov, "SHA256.pdf", "SHA2_Additional.pdf") */
    const char *sm3; /* GB/T 32905-2016, appendix A; NULL where it has none */
} vectors[] = {
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", NULL},
    {"abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd", NULL,
     "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", NULL},
};

static void the_vectors_of_both_standards_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct digest_pair pair;
        struct err err;
        char hex[65];
        assert_int_equal(digest_bytes(bytes_of(vectors[i].text), &pair, &err), 0);
        if (vectors[i].sha256 != NULL) {
            bytes_to_hex(pair.sha256, 32, hex);
            assert_string_equal(hex, vectors[i].sha256);
        }
        if (vectors[i].sm3 != NULL) {
            bytes_to_hex(pair.sm3, 32, hex);
            assert_string_equal(hex, vectors[i].sm3);
        }
    }
}

static void pairs_are_equal_only_when_both_digests_are(void **state)
{
    (void)state;
    struct digest_pair a = {{1}, {2}};
    struct digest_pair b = a;
    assert_true(digest_equal(&a, &b));
    b.sm3[31] ^= 1;
    assert_false(digest_equal(&a, &b));
    b = a;
    b.sha256[31] ^= 1;
    assert_false(digest_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_both_standards_hold),
        cmocka_unit_test(pairs_are_equal_only_when_both_digests_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
