#include "custody/checkpoint.h"

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
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define LINE DASH "n AAAAAAA=\n"

#define SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"

/* The example of C2SP tlog-cosignature. */
static const char example[] =
    "example.com/behind-the-sofa\n20852163\n" ROOT "\n\n" DASH "example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
    "\n" DASH "witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIU"
    "BkBIfZ+qnA==\n";

static void the_example_is_taken_apart_and_put_together(void **state)
{
    (void)state;
    struct checkpoint checkpoint;
    struct err err;
    AUTO(text_release) struct text body = {0};
    char root[BYTES_BASE64(CUSTODY_HASH)];
    text_init(&body, 1024);
    assert_int_equal(checkpoint_parse(bytes_of(example), "example", &checkpoint, &err), 0);
    assert_true(bytes_equal(checkpoint.origin, bytes_of("example.com/behind-the-sofa")));
    assert_int_equal(checkpoint.head.size, 20852163);
    bytes_to_base64((struct bytes){checkpoint.head.root, CUSTODY_HASH}, root);
    assert_string_equal(root, ROOT);
    assert_int_equal(checkpoint.extensions.len, 0);
    assert_int_equal(checkpoint.note.count, 2);
    checkpoint_print(checkpoint.origin, &checkpoint.head, checkpoint.extensions, &body);
    assert_false(text_failed(&body));
    assert_true(bytes_equal(bytes_of(body.at), checkpoint.note.text));
}

static void extension_lines_are_kept(void **state)
{
    (void)state;
    static const char text[] = "o\n7\n" ROOT "\nfirst\nsecond one\n\n" LINE;
    struct checkpoint checkpoint;
    struct err err;
    AUTO(text_release) struct text body = {0};
    text_init(&body, 1024);
    assert_int_equal(checkpoint_parse(bytes_of(text), "text", &checkpoint, &err), 0);
    assert_true(bytes_equal(checkpoint.extensions, bytes_of("first\nsecond one\n")));
    checkpoint_print(checkpoint.origin, &checkpoint.head, checkpoint.extensions, &body);
    assert_true(bytes_equal(bytes_of(body.at), checkpoint.note.text));
}

static void what_is_no_checkpoint_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "o\n7\n" ROOT "\n",                                            /* not signed */
        "\n7\n" ROOT "\n\n" LINE,                                      /* no origin */
        "o\n7\n\n" LINE,                                               /* no root */
        "o\n\n" LINE,                                                  /* no size */
        "o\n\n7\n" ROOT "\n\n" LINE,                                   /* an empty line */
        "o\n7\n\n" ROOT "\n\n" LINE,                                   /* an empty line */
        "o\n7\n" ROOT "\n\nmore\n\n" LINE,                             /* an empty line */
        "o\n7\n" ROOT "\nmore\n\nmore\n\n" LINE,                       /* an empty line */
        "o\n07\n" ROOT "\n\n" LINE,                                    /* a zero in front */
        "o\n00\n" ROOT "\n\n" LINE,                                    /* a zero in front */
        "o\n-7\n" ROOT "\n\n" LINE,                                    /* signs */
        "o\n+7\n" ROOT "\n\n" LINE,                                    /* signs */
        "o\n 7\n" ROOT "\n\n" LINE,                                    /* a space */
        "o\n0x7\n" ROOT "\n\n" LINE,                                   /* not decimal */
        "o\n9223372036854775808\n" ROOT "\n\n" LINE,                   /* 2^63 */
        "o\n18446744073709551617\n" ROOT "\n\n" LINE,                  /* 2^64 + 1 */
        "o\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n\n" LINE, /* 31 octets */
        "o\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n\n" LINE, /* 33 octets */
        "o\n7\n" ROOT " \n\n" LINE,                                    /* a space behind */
        "o\n7\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n\n" LINE, /* the other base64 */
    };
    struct checkpoint checkpoint;
    struct err err;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (checkpoint_parse(bytes_of(texts[i]), "text", &checkpoint, &err) != -1)
            fail_msg("taken for a checkpoint: %s", texts[i]);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "text");
    }
    static const char *const sound[] = {
        "o\n7\n" ROOT "\n\n" LINE,
        "o\n0\n" ROOT "\n\n" LINE,
        "o\n9223372036854775807\n" ROOT "\n\n" LINE,
        "an origin with spaces + more\n7\n" ROOT "\n\n" LINE,
    };
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
        assert_int_equal(checkpoint_parse(bytes_of(sound[i]), "text", &checkpoint, &err), 0);
}

static void a_checkpoint_made_is_verified_by_its_key_alone(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_private_key(SEED);
    AUTO(key_free) struct key *other = NULL;
    const struct custody_head made = {20852163, {1, 2, 3}};
    struct custody_head head = {0};
    AUTO(free) char *text = NULL;
    struct err err;
    assert_int_equal(key_generate(KEY_ED25519, &other, &err), 0);
    assert_int_equal(checkpoint_make("example.com/log", &made, key, &text, &err), 0);
    struct bytes octets = bytes_of(text);
    assert_int_equal(custody_checkpoint_check(octets, NULL, key, "c", &head, &err), 0);
    assert_int_equal(head.size, made.size);
    assert_memory_equal(head.root, made.root, sizeof head.root);
    assert_int_equal(custody_checkpoint_check(octets, "example.com/log", key, "c", &head, &err), 0);
    assert_int_equal(custody_checkpoint_check(octets, "example.com/lo", key, "c", &head, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(custody_checkpoint_check(octets, NULL, other, "c", &head, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_string_equal(err.object, "c");
    assert_int_equal(checkpoint_make("no name", &made, key, &text, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
}

static void a_witness_s_line_is_added_and_found(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = made_private_key(SEED);
    AUTO(key_free) struct key *witness = NULL;
    const struct custody_head made = {7, {1, 2, 3}};
    struct custody_head head;
    AUTO(free) char *text = NULL;
    AUTO(free) char *line = NULL;
    char whole[1024];
    uint64_t at_s;
    struct err err;
    assert_int_equal(key_generate(KEY_ED25519, &witness, &err), 0);
    assert_int_equal(checkpoint_make("example.com/log", &made, key, &text, &err), 0);
    assert_int_equal(custody_cosigned(bytes_of(text), "c", "w", witness, &at_s, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(custody_cosign(bytes_of(text), "c", "w", witness, 1679315147, &line, &err), 0);
    (void)snprintf(whole, sizeof whole, "%s%s", text, line);
    assert_int_equal(custody_cosigned(bytes_of(whole), "c", "w", witness, &at_s, &err), 0);
    assert_int_equal(at_s, 1679315147);
    assert_int_equal(custody_checkpoint_check(bytes_of(whole), NULL, key, "c", &head, &err), 0);
    char *size = strstr(whole, "\n7\n");
    size[1] = '8';
    assert_int_equal(custody_cosigned(bytes_of(whole), "c", "w", witness, &at_s, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_taken_apart_and_put_together),
        cmocka_unit_test(extension_lines_are_kept),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(a_checkpoint_made_is_verified_by_its_key_alone),
        cmocka_unit_test(a_witness_s_line_is_added_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
