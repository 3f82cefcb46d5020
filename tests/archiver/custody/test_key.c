#include "custody/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void store(const char *name, const void *at, size_t len)
{
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(at, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void store_text(const char *name, const char *text)
{
    store(name, text, strlen(text));
}

static char *load(const char *name, size_t *len)
{
    FILE *file = fopen(name, "re");
    assert_non_null(file);
    char *text = calloc(1, 8192);
    assert_non_null(text);
    *len = fread(text, 1, 8191, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static struct key *new_key(void)
{
    struct key *key;
    struct err err;
    assert_int_equal(key_generate(KEY_ED25519, &key, &err), 0);
    return key;
}

static struct key *new_sm2_key(void)
{
    struct key *key;
    struct err err;
    assert_int_equal(key_generate(KEY_SM2, &key, &err), 0);
    return key;
}

static void store_public(const struct key *key, const char *name)
{
    struct err err;
    AUTO(free) char *pem = NULL;
    assert_int_equal(key_public_pem(key, &pem, &err), 0);
    store_text(name, pem);
}

static void openssl_accepts_our_signatures_and_refuses_others(void **state)
{
    (void)state;
    static const char verify[] = "openssl pkeyutl -verify -pubin -inkey signer.pem -rawin -in "
                                 "message -sigfile message.sig >/dev/null 2>&1";
    static const char message[] = "tagmanifest\nof a bag\n";
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t len;
    struct err err;
    AUTO(key_free) struct key *key = new_key();
    store_public(key, "signer.pem");
    assert_int_equal(key_sign(key, bytes_of(message), signature, &len, &err), 0);
    assert_int_equal(len, 64);
    store_text("message", message);
    store("message.sig", signature, len);
    assert_int_equal(system(verify), 0);
    store_text("message", "tagmanifest\nof a bad\n");
    assert_int_not_equal(system(verify), 0);
}

static void we_accept_openssl_s_keys_and_signatures(void **state)
{
    (void)state;
    assert_int_equal(system("openssl genpkey -algorithm ED25519 -out theirs.pem 2>/dev/null && "
                            "openssl pkey -in theirs.pem -pubout -out theirs.pub && "
                            "printf abc > abc && openssl pkeyutl -sign -inkey theirs.pem -rawin "
                            "-in abc -out abc.sig"),
                     0);
    size_t len;
    struct err err;
    AUTO(free) char *private_pem = load("theirs.pem", &len);
    AUTO(key_free) struct key *ours = NULL;
    assert_int_equal(key_from_private_pem(bytes_of(private_pem), "theirs.pem", &ours, &err), 0);
    AUTO(free) char *public_pem = load("theirs.pub", &len);
    AUTO(key_free) struct key *theirs = NULL;
    assert_int_equal(key_from_public_pem(bytes_of(public_pem), "theirs.pub", &theirs, &err), 0);

    AUTO(free) char *signature = load("abc.sig", &len);
    struct bytes octets = {(const uint8_t *)signature, len};
    assert_int_equal(key_verify(theirs, bytes_of("abc"), octets, "abc", &err), 0);
    assert_int_equal(key_verify(ours, bytes_of("abc"), octets, "abc", &err), 0);

    uint8_t again[KEY_SIGNATURE_MAX]; /* Ed25519 is deterministic: RFC 8032, 5.1.6 */
    size_t again_len;
    assert_int_equal(key_sign(ours, bytes_of("abc"), again, &again_len, &err), 0);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, signature, len);
}

#define SM2_VERIFY                                                                                 \
    "openssl pkeyutl -verify -pubin -inkey sm2.pem -rawin -digest sm3 -pkeyopt "                   \
    "distid:1234567812345678 -in message -sigfile message.sig >/dev/null 2>&1"

static void openssl_accepts_our_sm2_signatures_which_have_one_length(void **state)
{
    (void)state;
    static const char message[] = "tagmanifest\nof a bag\n";
    AUTO(key_free) struct key *key = new_sm2_key();
    struct err err;
    store_public(key, "sm2.pem");
    for (int i = 0; i < 20; i++) { /* the lengths would differ in every second one */
        uint8_t signature[KEY_SIGNATURE_MAX];
        size_t len;
        store_text("message", message);
        assert_int_equal(key_sign(key, bytes_of(message), signature, &len, &err), 0);
        assert_int_equal(len, 71);
        store("message.sig", signature, len);
        assert_int_equal(system(SM2_VERIFY), 0);
        assert_int_equal(
            key_verify(key, bytes_of(message), (struct bytes){signature, len}, "o", &err), 0);
        signature[len - 1] ^= 1;
        assert_int_equal(
            key_verify(key, bytes_of(message), (struct bytes){signature, len}, "o", &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
    }
    store_text("message", "tagmanifest\nof a bad\n");
    assert_int_not_equal(system(SM2_VERIFY), 0);
}

static void we_accept_openssl_s_sm2_keys_and_signatures_with_the_customary_id(void **state)
{
    (void)state;
    static const char sign[] = "printf abc > abc && openssl pkeyutl -sign -inkey theirs.pem -rawin "
                               "-digest sm3 -pkeyopt distid:%s -in abc -out abc.sig";
    static const struct {
        const char *id;
        int result;
    } cases[] = {{"1234567812345678", 0}, {"ALICE123@YAHOO.COM", -1}};
    assert_int_equal(system("openssl genpkey -algorithm SM2 -out theirs.pem 2>/dev/null && "
                            "openssl pkey -in theirs.pem -pubout -out theirs.pub"),
                     0);
    size_t len;
    struct err err;
    AUTO(free) char *private_pem = load("theirs.pem", &len);
    AUTO(key_free) struct key *ours = NULL;
    assert_int_equal(key_from_private_pem(bytes_of(private_pem), "theirs.pem", &ours, &err), 0);
    assert_int_equal(key_kind(ours), KEY_SM2);
    AUTO(free) char *public_pem = load("theirs.pub", &len);
    AUTO(key_free) struct key *theirs = NULL;
    assert_int_equal(key_from_public_pem(bytes_of(public_pem), "theirs.pub", &theirs, &err), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char command[256];
        (void)snprintf(command, sizeof command, sign, cases[i].id);
        assert_int_equal(system(command), 0);
        AUTO(free) char *signature = load("abc.sig", &len);
        assert_int_equal(key_verify(theirs, bytes_of("abc"),
                                    (struct bytes){(const uint8_t *)signature, len}, "abc", &err),
                         cases[i].result);
    }
}

/* The point that OpenSSL prints of the same key. */
static void the_public_half_is_the_uncompressed_point(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = new_sm2_key();
    uint8_t raw[KEY_RAW_PUBLIC_MAX];
    char hex[2 * KEY_RAW_PUBLIC_MAX + 1];
    size_t len;
    struct err err;
    store_public(key, "sm2.pem");
    assert_int_equal(key_raw_public(key, raw, &len, &err), 0);
    assert_int_equal(len, 65);
    assert_int_equal(system("openssl pkey -pubin -in sm2.pem -outform DER | tail -c 65 | od -An "
                            "-tx1 | tr -d ' \\n' > point"),
                     0);
    bytes_to_hex(raw, len, hex);
    AUTO(free) char *theirs = load("point", &len);
    assert_string_equal(hex, theirs);
}

static void the_id_is_the_digest_that_anybody_can_compute(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = new_key();
    char id[KEY_ID_TEXT];
    size_t len;
    key_id(key, id);
    store_public(key, "id.pem");
    assert_int_equal(
        system("openssl pkey -pubin -in id.pem -outform DER | sha256sum | cut -c1-64 | tr -d '\\n' "
               "> id.txt"),
        0);
    AUTO(free) char *theirs = load("id.txt", &len);
    assert_string_equal(theirs, id);
}

static void a_key_survives_its_text(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = new_key();
    AUTO(free) char *pem = NULL;
    AUTO(key_free) struct key *back = NULL;
    char id[KEY_ID_TEXT];
    char back_id[KEY_ID_TEXT];
    struct err err;
    assert_int_equal(key_private_pem(key, NULL, &pem, &err), 0);
    assert_memory_equal(pem, "-----BEGIN PRIVATE KEY-----", 27); /* PKCS#8, not encrypted */
    assert_int_equal(key_from_private_pem(bytes_of(pem), "pem", &back, &err), 0);
    key_id(key, id);
    key_id(back, back_id);
    assert_string_equal(id, back_id);
}

static void an_encrypted_key_is_openssl_s_and_opens_with_its_passphrase_alone(void **state)
{
    (void)state;
    static const char passphrase[] = "口令 mit Geheimnis";
    AUTO(key_free) struct key *key = new_sm2_key();
    AUTO(free) char *pem = NULL;
    AUTO(key_free) struct key *back = NULL;
    struct key *none;
    struct err err;
    char id[KEY_ID_TEXT];
    char back_id[KEY_ID_TEXT];
    assert_int_equal(key_private_pem(key, passphrase, &pem, &err), 0);
    assert_true(key_pem_is_encrypted(bytes_of(pem)));
    store_text("encrypted.pem", pem);
    store_public(key, "encrypted.pub");
    assert_int_equal(system("openssl pkey -in encrypted.pem -passin 'pass:口令 mit Geheimnis' "
                            "-pubout | cmp - encrypted.pub"),
                     0);
    assert_int_equal(system("openssl asn1parse -in encrypted.pem | grep -q scrypt"), 0);

    assert_int_equal(key_from_encrypted_pem(bytes_of(pem), passphrase, "o", &back, &err), 0);
    key_id(key, id);
    key_id(back, back_id);
    assert_string_equal(id, back_id);
    assert_int_equal(key_from_encrypted_pem(bytes_of(pem), "Geheimnis", "o", &none, &err), -1);
    assert_int_equal(err.kind, ERR_DENIED);
    assert_string_equal(err.object, "o");
    assert_int_equal(key_from_private_pem(bytes_of(pem), "o", &none, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

static void a_passphrase_that_is_none_is_refused(void **state)
{
    (void)state;
    char longest[KEY_PASSPHRASE_MAX + 2];
    AUTO(key_free) struct key *key = new_key();
    AUTO(key_free) struct key *back = NULL;
    AUTO(free) char *pem = NULL;
    char *none;
    struct err err;
    memset(longest, 'x', sizeof longest);
    longest[KEY_PASSPHRASE_MAX + 1] = '\0';
    assert_int_equal(key_private_pem(key, longest, &none, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(key_private_pem(key, "", &none, &err), -1);
    longest[KEY_PASSPHRASE_MAX] = '\0';
    assert_int_equal(key_private_pem(key, longest, &pem, &err), 0);
    assert_int_equal(key_from_encrypted_pem(bytes_of(pem), longest, "o", &back, &err), 0);
}

static void the_name_is_read_aloud_in_groups_of_four(void **state)
{
    (void)state;
    char spoken[KEY_ID_SPOKEN];
    key_id_spoken("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", spoken);
    assert_string_equal(spoken, "0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 "
                                "4567 89ab cdef");
}

static void a_changed_message_or_signature_does_not_hold(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = new_key();
    AUTO(key_free) struct key *other = new_key();
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t len;
    struct err err = {0};
    assert_int_equal(key_sign(key, bytes_of("abc"), signature, &len, &err), 0);
    struct bytes octets = {signature, len};
    assert_int_equal(key_verify(key, bytes_of("abc"), octets, "o", &err), 0);
    assert_int_equal(key_verify(other, bytes_of("abc"), octets, "o", &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "o");
    assert_int_equal(key_verify(key, bytes_of("abd"), octets, "o", &err), -1);
    assert_int_equal(
        key_verify(key, bytes_of("abc"), (struct bytes){signature, len - 1}, "o", &err), -1);
    assert_int_equal(key_verify(key, bytes_of("abc"), (struct bytes){NULL, 0}, "o", &err), -1);
    for (size_t bit = 0; bit < 8 * len; bit += 37) {
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(key_verify(key, bytes_of("abc"), octets, "o", &err), -1);
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

/* An encrypted key must be refused at once, and never ask the terminal for its password. */
static void what_is_no_key_of_ours_is_refused(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out no.pem 2>/dev/null",
        "openssl genpkey -algorithm X25519 -out no.pem",
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out no.pem",
        "openssl genpkey -algorithm ED25519 -aes128 -pass pass:geheim -out no.pem",
        "printf 'no key' > no.pem",
        ": > no.pem",
        "openssl genpkey -algorithm ED25519 | openssl pkey -pubout -out no.pem",
        "openssl genpkey -algorithm ED25519 | head -c 60 > no.pem",
        "{ openssl genpkey -algorithm ED25519; head -c 5000 /dev/zero | tr '\\0' ' '; } > no.pem",
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct key *key;
        struct err err;
        size_t len;
        assert_int_equal(system(commands[i]), 0);
        AUTO(free) char *pem = load("no.pem", &len);
        struct bytes octets = {(const uint8_t *)pem, len};
        if (key_from_private_pem(octets, "no.pem", &key, &err) != -1)
            fail_msg("taken for a key: %s", commands[i]);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "no.pem");
    }
}

static void half_a_key_signs_nothing(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = new_key();
    AUTO(free) char *pem = NULL;
    AUTO(key_free) struct key *half = NULL;
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t len;
    char *text;
    struct err err;
    assert_int_equal(key_public_pem(key, &pem, &err), 0);
    assert_int_equal(key_from_public_pem(bytes_of(pem), "pem", &half, &err), 0);
    assert_int_equal(key_sign(half, bytes_of("abc"), signature, &len, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(key_private_pem(half, NULL, &text, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_accepts_our_signatures_and_refuses_others),
        cmocka_unit_test(we_accept_openssl_s_keys_and_signatures),
        cmocka_unit_test(openssl_accepts_our_sm2_signatures_which_have_one_length),
        cmocka_unit_test(we_accept_openssl_s_sm2_keys_and_signatures_with_the_customary_id),
        cmocka_unit_test(the_public_half_is_the_uncompressed_point),
        cmocka_unit_test(the_id_is_the_digest_that_anybody_can_compute),
        cmocka_unit_test(a_key_survives_its_text),
        cmocka_unit_test(an_encrypted_key_is_openssl_s_and_opens_with_its_passphrase_alone),
        cmocka_unit_test(a_passphrase_that_is_none_is_refused),
        cmocka_unit_test(the_name_is_read_aloud_in_groups_of_four),
        cmocka_unit_test(a_changed_message_or_signature_does_not_hold),
        cmocka_unit_test(what_is_no_key_of_ours_is_refused),
        cmocka_unit_test(half_a_key_signs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
