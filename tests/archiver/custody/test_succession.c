#include "custody/succession.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "custody/custody.h"
#include "custody/entry.h"

#define ORIGIN "shilu/0123456789abcdef"

static const struct instant at = {.us = 1764234000000000, .offset_minutes = 480};

static struct key *new_key(enum key_kind kind)
{
    struct key *key;
    struct err err;
    assert_int_equal(key_generate(kind, &key, &err), 0);
    return key;
}

static struct key *public_half(const struct key *key)
{
    struct err err;
    struct key *half;
    AUTO(free) char *pem = NULL;
    assert_int_equal(key_public_pem(key, &pem, &err), 0);
    assert_int_equal(key_from_public_pem(bytes_of(pem), "pem", &half, &err), 0);
    return half;
}

static char *statement(const struct key *old, const struct key *next, uint64_t entries)
{
    char *text;
    struct err err;
    assert_int_equal(custody_succession_make(ORIGIN, entries, at, old, next, &text, &err), 0);
    return text;
}

static void add(struct custody_chain *chain, const struct key *old, const struct key *next)
{
    struct err err;
    struct custody_succession one;
    AUTO(free) char *text = statement(old, next, 1);
    assert_int_equal(custody_succession_parse(bytes_of(text), "o", &one, &err), 0);
    assert_int_equal(custody_chain_add(chain, &one, &err), 0);
}

/* ---- the statement ---- */

static void a_statement_is_signed_by_both_keys_and_read_again(void **state)
{
    (void)state;
    struct err err;
    char id[KEY_ID_TEXT];
    AUTO(key_free) struct key *old = new_key(KEY_ED25519);
    AUTO(key_free) struct key *next = new_key(KEY_SM2);
    AUTO(free) char *text = statement(old, next, 17);
    AUTO(custody_succession_release) struct custody_succession one = {.origin = NULL};
    assert_int_equal(custody_succession_parse(bytes_of(text), "o", &one, &err), 0);
    assert_string_equal(one.origin, ORIGIN);
    assert_int_equal(one.entries, 17);
    assert_int_equal(one.at.us, at.us);
    assert_true(one.vouched);
    key_id(old, id);
    assert_string_equal(one.old_id, id);
    key_id(next, id);
    assert_string_equal(one.next_id, id);
}

/* The old key's line, cut out and given to OpenSSL; the file serves it as the old key, too. */
static void openssl_reads_the_old_key_from_it_and_accepts_its_signature(void **state)
{
    (void)state;
    AUTO(key_free) struct key *old = new_key(KEY_ED25519);
    AUTO(key_free) struct key *next = new_key(KEY_ED25519);
    AUTO(free) char *text = statement(old, next, 17);
    FILE *file = fopen("old.pem", "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(
        system("sed '/^$/,$d' old.pem > text && sed '1,/^$/d' old.pem | head -n 1 | cut -d' ' -f3 "
               "| base64 -d | tail -c +5 > signature && openssl pkeyutl -verify -pubin -inkey "
               "old.pem -rawin -in text -sigfile signature > /dev/null"),
        0);
}

static void a_lost_key_has_not_signed_and_that_is_told(void **state)
{
    (void)state;
    struct err err;
    AUTO(key_free) struct key *old = new_key(KEY_ED25519);
    AUTO(key_free) struct key *half = public_half(old);
    AUTO(key_free) struct key *next = new_key(KEY_ED25519);
    AUTO(free) char *text = statement(half, next, 17);
    AUTO(custody_succession_release) struct custody_succession one = {.origin = NULL};
    assert_int_equal(custody_succession_parse(bytes_of(text), "o", &one, &err), 0);
    assert_false(one.vouched);
}

/* Nobody can be made somebody's forebear without the new key. */
static void a_statement_without_the_new_key_s_signature_is_none(void **state)
{
    (void)state;
    struct err err;
    struct custody_succession one;
    AUTO(key_free) struct key *old = new_key(KEY_ED25519);
    AUTO(key_free) struct key *next = new_key(KEY_ED25519);
    AUTO(free) char *text = statement(old, next, 17);
    char *last = strrchr(text, '\xE2'); /* the dash of the last line */
    assert_non_null(last);
    *last = '\0';
    assert_int_equal(custody_succession_parse(bytes_of(text), "o", &one, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "o");
}

static void a_bit_flipped_anywhere_is_found(void **state)
{
    (void)state;
    AUTO(key_free) struct key *old = new_key(KEY_ED25519);
    AUTO(key_free) struct key *next = new_key(KEY_ED25519);
    AUTO(free) char *text = statement(old, next, 17);
    for (size_t bit = 0; bit < 8 * strlen(text); bit++) {
        struct err err;
        struct custody_succession one;
        const struct bytes octets = bytes_of(text);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        /* a line of an unknown key is nobody's: what is left then lacks a signature */
        if (custody_succession_parse(octets, "o", &one, &err) == 0) {
            if (one.vouched)
                fail_msg("bit %zu", bit);
            custody_succession_release(&one);
        }
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
}

/* ---- chains ---- */

static void a_chain_has_its_order_and_no_strangers(void **state)
{
    (void)state;
    struct err err;
    char id[KEY_ID_TEXT];
    struct custody_signer signer;
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t len;
    AUTO(key_free) struct key *first = new_key(KEY_ED25519);
    AUTO(key_free) struct key *second = new_key(KEY_SM2);
    AUTO(key_free) struct key *third = new_key(KEY_ED25519);
    AUTO(key_free) struct key *stranger = new_key(KEY_ED25519);
    AUTO(custody_chain_release) struct custody_chain chain = {.links = NULL};
    add(&chain, first, second);
    add(&chain, stranger, first); /* leads to the chain, but from its other end: counts */
    add(&chain, third, stranger); /* leads nowhere */
    add(&chain, second, third);
    key_id(third, id);
    assert_int_equal(custody_chain_settle(&chain, id), 0); /* a ring: all lead to the third */
    custody_chain_release(&chain);

    add(&chain, first, second);
    add(&chain, second, stranger);
    add(&chain, second, third);
    assert_int_equal(custody_chain_settle(&chain, id), 1);
    assert_int_equal(chain.count, 2);
    key_id(second, id);
    assert_string_equal(chain.links[0].old_id, id);
    key_id(first, id);
    assert_string_equal(chain.links[1].old_id, id);
    assert_true(custody_chain_find(&chain, id, &signer));
    assert_true(signer.is_earlier && signer.is_vouched);
    key_id(stranger, id);
    assert_false(custody_chain_find(&chain, id, &signer));

    assert_int_equal(key_sign(first, bytes_of("abc"), signature, &len, &err), 0);
    const struct bytes octets = {signature, len};
    assert_int_equal(
        custody_chain_verify(&chain, third, bytes_of("abc"), octets, "o", &signer, &err), 0);
    key_id(first, id);
    assert_string_equal(signer.key_id, id);
    assert_int_equal(key_sign(stranger, bytes_of("abc"), signature, &len, &err), 0);
    assert_int_equal(custody_chain_verify(&chain, third, bytes_of("abc"),
                                          (struct bytes){signature, len}, "o", &signer, &err),
                     -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

/* ---- in a log ---- */

static void append(struct custody_log *log, const struct key *key, enum custody_action action,
                   const char *subject, json_t *detail)
{
    struct err err;
    const struct custody_entry entry = {.seq = custody_log_size(log),
                                        .action = action,
                                        .at = at,
                                        .actor = "os:test",
                                        .role = "",
                                        .subject = subject,
                                        .detail = detail};
    AUTO(free) char *text = NULL;
    size_t len;
    assert_int_equal(custody_entry_print(&entry, &text, &len, &err), 0);
    const struct bytes octets = {(const uint8_t *)text, len};
    assert_int_equal(custody_log_append(log, &octets, 1, key, &err), 0);
    json_decref(detail);
}

static int empty_folder(const char *name)
{
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf %s", name);
    assert_int_equal(system(command), 0);
    assert_int_equal(mkdir(name, 0750), 0);
    const int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder >= 0);
    return folder;
}

static struct custody_log *open_log(int folder, const struct key *key)
{
    struct custody_log *log = NULL;
    struct err err;
    if (custody_log_open(folder, key, ORIGIN, &log, &err) < 0)
        fail_msg("%s", err.text);
    return log;
}

/* A log of 3 entries whose key was followed at its entry 2. `signs`: the old one's statement. */
static void rotate(int folder, const struct key *old, const struct key *signs,
                   const struct key *next, char **before)
{
    struct err err;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    AUTO(free) char *text = statement(signs, next, 2);
    assert_int_equal(custody_log_create(folder, old, ORIGIN, &err), 0);
    log = open_log(folder, old);
    append(log, old, CUSTODY_VAULT_CREATED, "", json_object());
    append(log, old, CUSTODY_CASE_OPENED, "A", json_object());
    *before = strdup(custody_log_checkpoint_text(log));
    assert_non_null(*before);
    assert_int_equal(custody_log_sign_again(log, next, &err), 0);
    assert_int_equal(custody_log_sign_again(log, next, &err), 0); /* once is enough */
    custody_log_free(log);
    custody_log_free(open_log(folder, old)); /* either key opens it */
    log = open_log(folder, next);
    append(log, next, CUSTODY_KEY_ROTATED, "k", json_pack("{s:s}", "statement", text));
}

static void older_checkpoints_of_an_earlier_key_count_and_newer_do_not(void **state)
{
    (void)state;
    struct err err;
    struct custody_head head;
    struct custody_signer signer;
    char id[KEY_ID_TEXT];
    AUTO(close) int folder = empty_folder("log");
    AUTO(key_free) struct key *old = new_key(KEY_ED25519);
    AUTO(key_free) struct key *next = new_key(KEY_SM2);
    AUTO(free) char *before = NULL;
    rotate(folder, old, old, next, &before);
    AUTO(custody_log_free) struct custody_log *log = open_log(folder, next);
    assert_int_equal(
        custody_log_extends(log, bytes_of(before), next, "older", &head, &signer, &err), 0);
    key_id(old, id);
    assert_string_equal(signer.key_id, id);
    assert_true(signer.is_earlier && signer.is_vouched);

    /* whoever has stolen the old key signs the log as it is now */
    AUTO(close) int again = empty_folder("again");
    AUTO(custody_log_free) struct custody_log *forged = NULL;
    assert_int_equal(custody_log_create(again, old, ORIGIN, &err), 0);
    forged = open_log(again, old);
    for (uint64_t i = 0; i < 3; i++) {
        struct bytes entry;
        assert_int_equal(custody_log_entry(log, i, &entry, &err), 0);
        assert_int_equal(custody_log_append(forged, &entry, 1, old, &err), 0);
    }
    assert_int_equal(custody_log_extends(log, bytes_of(custody_log_checkpoint_text(forged)), next,
                                         "forged", &head, &signer, &err),
                     -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "forged");
}

static void the_old_key_leads_to_the_new_one_where_it_has_signed_for_it(void **state)
{
    (void)state;
    struct err err;
    char id[KEY_ID_TEXT];
    for (int lost = 0; lost < 2; lost++) {
        AUTO(close) int folder = empty_folder("log");
        AUTO(key_free) struct key *old = new_key(KEY_ED25519);
        AUTO(key_free) struct key *half = public_half(old);
        AUTO(key_free) struct key *next = new_key(KEY_ED25519);
        AUTO(free) char *before = NULL;
        AUTO(custody_log_free) struct custody_log *log = NULL;
        AUTO(custody_successor_release) struct custody_successor successor = {.last = NULL};
        rotate(folder, old, lost ? half : old, next, &before);
        assert_int_equal(custody_log_open(folder, old, ORIGIN, &log, &err), -1);
        assert_int_equal(err.kind, ERR_MISSING);
        assert_int_equal(custody_log_open(folder, NULL, NULL, &log, &err), 0);
        assert_int_equal(custody_log_successor(log, old, &successor, &err), 0);
        key_id(next, id);
        if (lost) {
            assert_null(successor.last);
            assert_string_equal(successor.unsigned_id, id);
            assert_int_equal(successor.unsigned_entry, 2);
        } else {
            char found[KEY_ID_TEXT];
            assert_non_null(successor.last);
            key_id(successor.last, found);
            assert_string_equal(found, id);
            assert_int_equal(successor.followed, 1);
            assert_string_equal(successor.unsigned_id, "");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_is_signed_by_both_keys_and_read_again),
        cmocka_unit_test(openssl_reads_the_old_key_from_it_and_accepts_its_signature),
        cmocka_unit_test(a_lost_key_has_not_signed_and_that_is_told),
        cmocka_unit_test(a_statement_without_the_new_key_s_signature_is_none),
        cmocka_unit_test(a_bit_flipped_anywhere_is_found),
        cmocka_unit_test(a_chain_has_its_order_and_no_strangers),
        cmocka_unit_test(older_checkpoints_of_an_earlier_key_count_and_newer_do_not),
        cmocka_unit_test(the_old_key_leads_to_the_new_one_where_it_has_signed_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
