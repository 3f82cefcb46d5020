#include "custody/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "made_key.h"

#define DASH "\xE2\x80\x94 "

/* ---- known answers ---- */

/* The example in the documentation of Go's golang.org/x/mod/sumdb/note. */
#define GO_SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define GO_KEY  "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define GO_TEXT                                                                                    \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define GO_LINE                                                                                    \
    DASH "PeterNeumann "                                                                           \
         "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBw" \
         "JnAM=\n"

/* A checkpoint of a public log that a public witness has cosigned in May 2026. */
#define LOG_KEY     "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
#define WITNESS_KEY "BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
#define LOG_TEXT                                                                                   \
    "arche2025h1.staging.ct.transparency.dev\n1432088532\n"                                        \
    "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
#define LOG_LINES                                                                                  \
    DASH "arche2025h1.staging.ct.transparency.dev "                                                \
         "zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHA" \
         "I4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n" DASH "arche2025h1.staging.ct.transparency.dev "         \
         "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3Z" \
         "FWwQ=\n" DASH "transparency.dev/DEV:witness-little-garden "                              \
         "2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q" \
         "44vdgJY096st5BQ==\n" DASH "remora.n621.de "                                              \
         "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ" \
         "0WBxtqB0DrAWfBw==\n"

static void parse(const char *text, struct note *note)
{
    struct err err;
    if (note_parse(bytes_of(text), "note", note, &err) < 0)
        fail_msg("%s", err.text);
}

static void the_example_of_go_is_made_and_verified(void **state)
{
    (void)state;
    AUTO(key_free) struct key *seed = made_private_key(GO_SEED);
    AUTO(key_free) struct key *key = made_public_key(GO_KEY);
    AUTO(text_release) struct text lines = {0};
    struct note note;
    struct err err;
    text_init(&lines, 1024);
    assert_int_equal(note_sign(bytes_of(GO_TEXT), "PeterNeumann", seed, &lines, &err), 0);
    assert_string_equal(lines.at, GO_LINE);
    parse(GO_TEXT "\n" GO_LINE, &note);
    assert_true(bytes_equal(note.text, bytes_of(GO_TEXT)));
    assert_int_equal(note.count, 1);
    assert_int_equal(note_verify(&note, "note", "PeterNeumann", key, &err), 0);
}

static void a_public_log_s_checkpoint_and_its_witness_are_verified(void **state)
{
    (void)state;
    AUTO(key_free) struct key *log = made_public_key(LOG_KEY);
    AUTO(key_free) struct key *witness = made_public_key(WITNESS_KEY);
    static const char name[] = "arche2025h1.staging.ct.transparency.dev";
    struct note note;
    uint64_t at_s = 0;
    struct err err;
    parse(LOG_TEXT "\n" LOG_LINES, &note);
    assert_int_equal(note.count, 4);
    assert_int_equal(note_verify(&note, "note", name, log, &err), 0);
    assert_int_equal(note_cosigned(&note, "note", "remora.n621.de", witness, &at_s, &err), 0);
    assert_int_equal(at_s, 0x6A122120);

    /* the same key and name, but the other kind of signature */
    assert_int_equal(note_verify(&note, "note", "remora.n621.de", witness, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(note_cosigned(&note, "note", name, log, &at_s, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
}

static void a_note_with_empty_lines_ends_at_the_last(void **state)
{
    (void)state;
    /* the example of the specification */
    static const char text[] = "Ognuno sta solo sul cuor della terra\n"
                               "trafitto da un raggio di sole:\n\n"
                               "ed \xC3\xA8 subito sera.\n";
    static const char line[] =
        "\n" DASH "quasimodo.example/salvatore "
        "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwN"
        "tIc=\n";
    char whole[512];
    struct note note;
    (void)snprintf(whole, sizeof whole, "%s%s", text, line);
    parse(whole, &note);
    assert_true(bytes_equal(note.text, bytes_of(text)));
    assert_true(bytes_equal(note.signatures[0].name, bytes_of("quasimodo.example/salvatore")));
    assert_memory_equal(note.signatures[0].key_id, "\x36\x7B\xA0\x4B", NOTE_KEY_ID);
}

/* ---- SM2 ---- */

/* The key id of a type that the specification does not name: computed by other programs. */
static void an_sm2_line_has_the_type_0xff_and_our_name(void **state)
{
    (void)state;
    static const char compute[] =
        "{ printf 'a.example/log\\n\\377shilu/sm2-sm3'; openssl pkey -pubin -in sm2.pem -outform DER "
        "| tail -c 65; } | sha256sum | cut -c1-8 > id";
    struct key *made;
    struct err err;
    struct note note;
    uint64_t at_s = 0;
    AUTO(text_release) struct text lines = {0};
    AUTO(free) char *pem = NULL;
    char hex[9];
    char theirs[16] = "";
    assert_int_equal(key_generate(KEY_SM2, &made, &err), 0);
    AUTO(key_free) struct key *key = made;
    text_init(&lines, 4096);
    assert_int_equal(note_sign(bytes_of(LOG_TEXT), "a.example/log", key, &lines, &err), 0);
    assert_int_equal(note_cosign(bytes_of(LOG_TEXT), "w", key, 1679315147, &lines, &err), 0);
    char whole[2048];
    (void)snprintf(whole, sizeof whole, "%s\n%s", LOG_TEXT, lines.at);
    parse(whole, &note);
    assert_int_equal(note_verify(&note, "note", "a.example/log", key, &err), 0);
    assert_int_equal(note_cosigned(&note, "note", "w", key, &at_s, &err), 0);
    assert_int_equal(at_s, 1679315147);
    assert_int_equal(note_verify(&note, "note", "w", key, &err), -1); /* not that kind */

    assert_int_equal(key_public_pem(key, &pem, &err), 0);
    FILE *file = fopen("sm2.pem", "we");
    assert_non_null(file);
    assert_true(fputs(pem, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(system(compute), 0);
    file = fopen("id", "re");
    assert_non_null(file);
    assert_non_null(fgets(theirs, sizeof theirs, file));
    assert_int_equal(fclose(file), 0);
    bytes_to_hex(note.signatures[0].key_id, NOTE_KEY_ID, hex);
    assert_memory_equal(hex, theirs, 8);
}

static void a_bit_flipped_in_an_sm2_cosignature_is_found(void **state)
{
    (void)state;
    struct key *made;
    struct err err;
    AUTO(text_release) struct text lines = {0};
    char whole[1024];
    assert_int_equal(key_generate(KEY_SM2, &made, &err), 0);
    AUTO(key_free) struct key *key = made;
    text_init(&lines, 4096);
    assert_int_equal(note_cosign(bytes_of(LOG_TEXT), "w", key, 1, &lines, &err), 0);
    const int len = snprintf(whole, sizeof whole, "%s\n%s", LOG_TEXT, lines.at);
    for (int bit = 0; bit < 8 * len; bit++) {
        struct note note;
        uint64_t at_s;
        whole[bit / 8] = (char)(whole[bit / 8] ^ (1 << bit % 8));
        if (note_parse((struct bytes){(const uint8_t *)whole, (size_t)len}, "note", &note, &err) ==
                0 &&
            note_cosigned(&note, "note", "w", key, &at_s, &err) == 0)
            fail_msg("bit %d", bit);
        whole[bit / 8] = (char)(whole[bit / 8] ^ (1 << bit % 8));
    }
}

/* ---- signing ---- */

static char *signed_note(const char *text, const char *lines)
{
    const size_t room = strlen(text) + strlen(lines) + 2;
    char *whole = malloc(room);
    assert_non_null(whole);
    (void)snprintf(whole, room, "%s\n%s", text, lines);
    return whole;
}

static void several_signatures_stand_side_by_side(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_private_key(GO_SEED);
    AUTO(key_free) struct key *other = made_public_key(LOG_KEY);
    AUTO(text_release) struct text lines = {0};
    struct note note;
    uint64_t at_s = 0;
    struct err err;
    text_init(&lines, 4096);
    assert_int_equal(note_sign(bytes_of(LOG_TEXT), "a.example/log", key, &lines, &err), 0);
    assert_int_equal(note_sign(bytes_of(LOG_TEXT), "b.example/log", key, &lines, &err), 0);
    assert_int_equal(note_cosign(bytes_of(LOG_TEXT), "w", key, 1679315147, &lines, &err), 0);
    assert_int_equal(note_cosign(bytes_of(LOG_TEXT), "x", key, INT64_MAX, &lines, &err), 0);
    AUTO(free) char *whole = signed_note(LOG_TEXT, lines.at);
    parse(whole, &note);
    assert_int_equal(note.count, 4);
    assert_int_equal(note_verify(&note, "note", "a.example/log", key, &err), 0);
    assert_int_equal(note_verify(&note, "note", "b.example/log", key, &err), 0);
    assert_int_equal(note_cosigned(&note, "note", "w", key, &at_s, &err), 0);
    assert_int_equal(at_s, 1679315147);
    assert_int_equal(note_cosigned(&note, "note", "x", key, &at_s, &err), 0);
    assert_int_equal(at_s, INT64_MAX);
    assert_int_equal(note_verify(&note, "note", "a.example/log", other, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(note_verify(&note, "note", "c.example/log", key, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
}

static void a_bit_flipped_anywhere_is_found(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_public_key(GO_KEY);
    static const char whole[] = GO_TEXT "\n" GO_LINE;
    for (size_t bit = 0; bit < 8 * (sizeof whole - 1); bit++) {
        char changed[sizeof whole];
        struct note note;
        struct err err;
        memcpy(changed, whole, sizeof whole);
        changed[bit / 8] = (char)(changed[bit / 8] ^ (1 << bit % 8));
        struct bytes octets = {(const uint8_t *)changed, sizeof whole - 1};
        if (note_parse(octets, "note", &note, &err) == 0 &&
            note_verify(&note, "note", "PeterNeumann", key, &err) == 0)
            fail_msg("bit %zu", bit);
        assert_string_equal(err.object, "note");
    }
}

static void a_cosignature_is_bound_to_its_time(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_private_key(GO_SEED);
    AUTO(text_release) struct text lines = {0};
    struct err err;
    text_init(&lines, 4096);
    assert_int_equal(note_cosign(bytes_of(LOG_TEXT), "w", key, 1679315147, &lines, &err), 0);
    AUTO(free) char *whole = signed_note(LOG_TEXT, lines.at);
    char *base64 = strstr(whole, "w ") + 2;
    uint8_t payload[76];
    size_t len;
    struct bytes text = {(uint8_t *)base64, BYTES_BASE64(sizeof payload) - 1};
    assert_int_equal(bytes_from_base64(text, payload, sizeof payload, &len), 0);
    for (unsigned bit = 0; bit < 64; bit++) {
        struct note note;
        uint64_t at_s = 0;
        char again[BYTES_BASE64(sizeof payload)];
        payload[4 + bit / 8] ^= (uint8_t)(1U << bit % 8);
        bytes_to_base64((struct bytes){payload, len}, again);
        payload[4 + bit / 8] ^= (uint8_t)(1U << bit % 8);
        memcpy(base64, again, strlen(again));
        parse(whole, &note);
        assert_int_equal(note_cosigned(&note, "note", "w", key, &at_s, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_int_equal(at_s, 0);
    }
}

/* One line of the key that holds does not outweigh one that does not. */
static void a_false_signature_speaks_against_the_note(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_private_key(GO_SEED);
    AUTO(text_release) struct text lines = {0};
    struct note note;
    struct err err;
    text_init(&lines, 4096);
    assert_int_equal(note_sign(bytes_of(GO_TEXT), "n", key, &lines, &err), 0);
    assert_int_equal(note_sign(bytes_of(LOG_TEXT), "n", key, &lines, &err), 0);
    AUTO(free) char *whole = signed_note(GO_TEXT, lines.at);
    parse(whole, &note);
    assert_int_equal(note_verify(&note, "note", "n", key, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

static void what_cannot_be_signed_is_told(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_private_key(GO_SEED);
    static const char *const names[] = {
        "", "a b", "a+b", "a\nb", "a\tb", "a\xC2\xA0z", "\xE3\x80\x80", "a\xE2\x80\x89", "\xFF",
    };
    static const char *const texts[] = {"", "no newline", "a\tb\n", "a\x01\n", "\xFF\n"};
    AUTO(text_release) struct text lines = {0};
    struct err err;
    text_init(&lines, 4096);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(note_sign(bytes_of("t\n"), names[i], key, &lines, &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(note_sign(bytes_of(texts[i]), "n", key, &lines, &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
    }
    assert_int_equal(note_cosign(bytes_of("t\n"), "n", key, (uint64_t)INT64_MAX + 1, &lines, &err),
                     -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(lines.len, 0);
}

/* ---- strangers' notes ---- */

static void what_is_no_note_is_refused(void **state)
{
    (void)state;
    static const char *const notes[] = {
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n" GO_LINE,                       /* no blank line */
        "\n" GO_LINE,                           /* no text */
        "text\n\n" DASH "n AAAAAAA=",           /* no newline at the end */
        "text\n\n" DASH "n AAAAAAA=\n\n",       /* a blank line behind */
        "text\n\n" DASH "n AAAAAAA=\nmore\n",   /* another line behind */
        "text\n\n" DASH "n AAAAAA==\n",         /* a key's id alone */
        "text\n\n" DASH "n AAAAAAA\n",          /* no padding */
        "text\n\n" DASH "n AAAAAAB=\n",         /* unused bits */
        "text\n\n" DASH "n  AAAAAAA=\n",        /* two spaces */
        "text\n\n" DASH "n AAAAAAA= \n",        /* a space behind */
        "text\n\n" DASH " AAAAAAA=\n",          /* no name */
        "text\n\n" DASH "n\n",                  /* no signature */
        "text\n\n" DASH "n+m AAAAAAA=\n",       /* a plus sign in the name */
        "text\n\n" DASH "n\xC2\xA0 AAAAAAA=\n", /* a space in the name */
        "text\n\n"
        "- n AAAAAAA=\n", /* another dash */
        "text\n\n"
        "\xE2\x80\x94n AAAAAAA=\n", /* no space after it */
        "text\n\n"
        "\xE2\x80\x93 n AAAAAAA=\n",          /* an en dash */
        "te\rxt\n\n" DASH "n AAAAAAA=\n",     /* a control character */
        "te\xC3\n\n" DASH "n AAAAAAA=\n",     /* not UTF-8 */
        "text\r\n\r\n" DASH "n AAAAAAA=\r\n", /* Windows */
    };
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        struct note note;
        struct err err;
        if (note_parse(bytes_of(notes[i]), "note", &note, &err) != -1)
            fail_msg("taken for a note: %s", notes[i]);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "note");
    }
    struct note note;
    parse("text\n\n" DASH "n AAAAAAA=\n", &note); /* what the others differ from */
}

static void the_ceilings_are_told(void **state)
{
    (void)state;
    static const char line[] = DASH "n AAAAAAA=\n";
    struct note note;
    struct err err;
    AUTO(text_release) struct text text = {0};
    text_init(&text, 2 * NOTE_MAX);
    text_append(&text, "text\n\n");
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
        text_append(&text, line);
    parse(text.at, &note);
    assert_int_equal(note.count, NOTE_SIGNATURES_MAX);
    text_append(&text, line);
    assert_int_equal(note_parse(bytes_of(text.at), "note", &note, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);

    text.len = 0;
    while (text.len <= NOTE_MAX)
        text_append(&text, "all work and no play\n");
    text_append(&text, "\n");
    text_append(&text, line);
    assert_int_equal(note_parse(bytes_of(text.at), "note", &note, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_go_is_made_and_verified),
        cmocka_unit_test(a_public_log_s_checkpoint_and_its_witness_are_verified),
        cmocka_unit_test(a_note_with_empty_lines_ends_at_the_last),
        cmocka_unit_test(an_sm2_line_has_the_type_0xff_and_our_name),
        cmocka_unit_test(a_bit_flipped_in_an_sm2_cosignature_is_found),
        cmocka_unit_test(several_signatures_stand_side_by_side),
        cmocka_unit_test(a_bit_flipped_anywhere_is_found),
        cmocka_unit_test(a_cosignature_is_bound_to_its_time),
        cmocka_unit_test(a_false_signature_speaks_against_the_note),
        cmocka_unit_test(what_cannot_be_signed_is_told),
        cmocka_unit_test(what_is_no_note_is_refused),
        cmocka_unit_test(the_ceilings_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
