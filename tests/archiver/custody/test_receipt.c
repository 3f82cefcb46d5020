#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "custody/jcs.h"
#include "custody/receipt.h"
#include "custody/witness.h"
#include "made_key.h"
#include "made_log.h"

#include "base/banned.h"

enum { ENTRIES = 300 };

static struct custody_log *made;
static struct key *signing;
static struct err err;

/* Every third entry accepts a recording, the others tag one. */
static char *entry_text(uint64_t seq)
{
    char subject[32];
    char *text;
    size_t len;
    AUTO(json_decref)
    json_t *detail =
        json_pack("{s:s, s:i, s:s, s:s, s:s}", "name", "现场\\x0a.mp4", "size", 178565, "sha256",
                  "b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0", "sm3",
                  "58ed00f158ed00f158ed00f158ed00f158ed00f158ed00f158ed00f158ed00f1", "stored_name",
                  "b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0b2d1f1e0.mp4");
    (void)snprintf(subject, sizeof subject, "R%llu", (unsigned long long)(seq / 3 + 1));
    const struct custody_entry entry = {
        .seq = seq,
        .action = seq % 3 == 0 ? CUSTODY_ACCEPTED : CUSTODY_TAGGED,
        .at = {.us = INT64_C(1774830600000000) + (int64_t)seq, .offset_minutes = 480},
        .actor = "os:张三",
        .role = "",
        .subject = subject,
        .detail = detail};
    if (custody_entry_print(&entry, &text, &len, &err) < 0)
        fail_msg("%s", err.text);
    return text;
}

static int setup(void **state)
{
    (void)state;
    signing = made_log_key();
    made = made_log_of("receipt.log", ENTRIES, signing, entry_text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    custody_log_free(made);
    key_free(signing);
    return 0;
}

static char *receipt_text(uint64_t index)
{
    char *text;
    size_t len;
    if (custody_receipt_make(made, index, signing, &text, &len, &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
    assert_int_equal(strlen(text), len);
    return text;
}

/* 0 when the receipt holds all by itself, -1 with err where not. */
static int check(struct bytes text)
{
    AUTO(custody_receipt_release) struct custody_receipt receipt = {.size_bytes = 0};
    return custody_receipt_parse(text, "r.json", &receipt, &err) < 0 ||
                   custody_receipt_prove(&receipt, "r.json", &err) < 0 ||
                   custody_receipt_signed(&receipt, "r.json", &err) < 0
               ? -1
               : 0;
}

static void a_receipt_says_what_was_accepted_and_holds(void **state)
{
    (void)state;
    for (uint64_t index = 0; index < ENTRIES; index += 3) {
        AUTO(free) char *text = receipt_text(index);
        AUTO(custody_receipt_release) struct custody_receipt receipt = {.size_bytes = 0};
        char id[KEY_ID_TEXT], log_id[KEY_ID_TEXT];
        assert_int_equal(check(bytes_of(text)), 0);
        assert_int_equal(custody_receipt_parse(bytes_of(text), "r.json", &receipt, &err), 0);
        assert_int_equal(receipt.entry.seq, index);
        assert_string_equal(receipt.name, "现场\\x0a.mp4");
        assert_int_equal(receipt.size_bytes, 178565);
        assert_int_equal(receipt.head.size, ENTRIES);
        assert_int_equal(receipt.sha256[0], 0xb2);
        assert_int_equal(receipt.sm3[0], 0x58);
        assert_int_equal(receipt.lines_of_others, 0);
        key_id(receipt.key, id);
        key_id(signing, log_id);
        assert_string_equal(id, log_id);
    }
}

static void only_an_acceptance_has_a_receipt(void **state)
{
    char *text;
    size_t len;
    (void)state;
    assert_int_equal(custody_receipt_make(made, 1, signing, &text, &len, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(custody_receipt_make(made, ENTRIES, signing, &text, &len, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
}

static void python_and_openssl_agree(void **state)
{
    (void)state;
    AUTO(free) char *text = receipt_text(255);
    FILE *file = fopen("r.json", "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    made_run("python3 %s r.json >r.id", CHECK_RECEIPT);
    made_run("sed -i 's/\"size\":178565/\"size\":178566/' r.json");
    made_run("! python3 %s r.json 2>/dev/null", CHECK_RECEIPT);
}

static void each_flipped_bit_is_found(void **state)
{
    (void)state;
    AUTO(free) char *text = receipt_text(129);
    const size_t len = strlen(text);
    for (size_t bit = 0; bit < len * 8; bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        if (check((struct bytes){(const uint8_t *)text, len}) == 0)
            fail_msg("bit %zu of octet %zu: %.40s", bit % 8, bit / 8, text + bit / 8);
        assert_int_equal(err.kind, ERR_DAMAGED);
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
    }
    assert_int_equal(check(bytes_of(text)), 0);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(check((struct bytes){(const uint8_t *)text, cut}), -1);
}

/* What the entry says stands; what is said beside it is compared. */
static void changed(const char *key, json_t *value)
{
    AUTO(free) char *text = receipt_text(0);
    AUTO(json_decref) json_t *root = json_loads(text, 0, NULL);
    AUTO(free) char *again = NULL;
    size_t len;
    assert_int_equal(json_object_set_new(root, key, value), 0);
    assert_int_equal(jcs_print(root, &again, &len, &err), 0);
    assert_int_equal(check((struct bytes){(const uint8_t *)again, len}), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "r.json");
}

static void a_receipt_that_says_more_or_other_than_its_entry_is_refused(void **state)
{
    AUTO(free) char *tagged = entry_text(1);
    (void)state;
    changed("id", json_string("R2"));
    changed("name", json_string("b.mp4"));
    changed("size", json_integer(1));
    changed("size", json_string("178565"));
    changed("sha256",
            json_string("58ed00f158ed00f158ed00f158ed00f158ed00f158ed00f158ed00f158ed00f1"));
    changed("sm3", json_null());
    changed("accepted",
            json_pack("{s:s, s:s}", "at", "2026-03-30T08:30:00+08:00", "by", "os:李四"));
    changed("index", json_integer(3));
    changed("witnesses", json_integer(1));
    changed("more", json_true());
    changed("format", json_string("shilu-receipt/2"));
    changed("entry", json_string(tagged));
    changed("entry", json_string("{}"));
    changed("proof", json_array());
    changed("proof", json_pack("[s]", "AA=="));
    changed("proof", json_string(""));
    changed("checkpoint", json_string(""));
    changed("key", json_string(""));
}

/* The same log under another key: the checkpoint in the receipt is then of nobody it names. */
static void a_key_that_did_not_sign_is_found(void **state)
{
    AUTO(key_free) struct key *other = NULL;
    AUTO(free) char *pem = NULL;
    (void)state;
    assert_int_equal(key_generate(KEY_ED25519, &other, &err), 0);
    assert_int_equal(key_public_pem(other, &pem, &err), 0);
    changed("key", json_string(pem));
}

/* A proof of an older checkpoint does not lead to the newer one, and the other way round. */
static void a_checkpoint_of_another_size_is_found(void **state)
{
    AUTO(free) char *old = receipt_text(0);
    AUTO(free) char *more = entry_text(ENTRIES);
    AUTO(json_decref) json_t *root = json_loads(old, 0, NULL);
    (void)state;
    struct bytes entry = bytes_of(more);
    assert_int_equal(custody_log_append(made, &entry, 1, signing, &err), 0);
    changed("checkpoint", json_incref(json_object_get(root, "checkpoint")));
    assert_int_equal(check(bytes_of(old)), 0);
}

/* Random octets under a witness's name are a line that nobody has signed. */
static void only_known_keys_make_witnesses(void **state)
{
    AUTO(free) char *text = receipt_text(0);
    AUTO(json_decref) json_t *root = json_loads(text, 0, NULL);
    AUTO(free) char *again = NULL;
    char checkpoint[8192];
    size_t len;
    unsigned count;
    char names[][10] = {"a.example", "b.example", "c.example"};
    struct custody_witness known[] = {{names[0], NULL}, {names[1], NULL}, {names[2], NULL}};
    (void)state;
    assert_int_equal(key_generate(KEY_ED25519, &known[0].key, &err), 0);
    assert_int_equal(key_generate(KEY_ED25519, &known[2].key, &err), 0);
    known[1].key = known[0].key;
    (void)snprintf(checkpoint, sizeof checkpoint, "%s",
                   json_string_value(json_object_get(root, "checkpoint")));
    for (size_t i = 0; i < 2; i++) {
        AUTO(free) char *line = NULL;
        assert_int_equal(custody_cosign(bytes_of(checkpoint), "c", known[i].name, known[i].key,
                                        1774830600, &line, &err),
                         0);
        const size_t at = strlen(checkpoint);
        (void)snprintf(checkpoint + at, sizeof checkpoint - at, "%s— c.example AAAA%sAAAA\n", line,
                       i == 0 ? "" : "AAAA");
    }
    assert_int_equal(json_object_set_new(root, "checkpoint", json_string(checkpoint)), 0);
    assert_int_equal(jcs_print(root, &again, &len, &err), 0);
    AUTO(custody_receipt_release) struct custody_receipt receipt = {.size_bytes = 0};
    if (custody_receipt_parse((struct bytes){(const uint8_t *)again, len}, "r.json", &receipt,
                              &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(receipt.lines_of_others, 4);
    assert_int_equal(
        custody_witnesses_count(known, 3, NULL, receipt.checkpoint, "r.json", &count, &err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(
        custody_witnesses_count(known, 3, known[0].key, receipt.checkpoint, "r.json", &count, &err),
        0);
    assert_int_equal(count, 0);
    assert_int_equal(
        custody_witnesses_count(known + 2, 1, NULL, receipt.checkpoint, "r.json", &count, &err), 0);
    assert_int_equal(count, 0);
    key_free(known[0].key);
    key_free(known[2].key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_says_what_was_accepted_and_holds),
        cmocka_unit_test(only_an_acceptance_has_a_receipt),
        cmocka_unit_test(python_and_openssl_agree),
        cmocka_unit_test(each_flipped_bit_is_found),
        cmocka_unit_test(a_receipt_that_says_more_or_other_than_its_entry_is_refused),
        cmocka_unit_test(a_key_that_did_not_sign_is_found),
        cmocka_unit_test(only_known_keys_make_witnesses),
        cmocka_unit_test(a_checkpoint_of_another_size_is_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
