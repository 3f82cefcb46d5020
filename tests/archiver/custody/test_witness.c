#include "custody/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void a_key_is_read_as_it_is_printed(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < KEY_KINDS; kind++) {
        struct err err;
        AUTO(key_free) struct key *key = NULL;
        AUTO(free) char *text = NULL;
        AUTO(custody_witness_release) struct custody_witness witness = {.name = NULL};
        char id[KEY_ID_TEXT], again[KEY_ID_TEXT];
        assert_int_equal(key_generate((enum key_kind)kind, &key, &err), 0);
        assert_int_equal(custody_witness_print("区.example/w1", key, &text, &err), 0);
        assert_int_equal(custody_witness_parse(bytes_of(text), "key", &witness, &err), 0);
        assert_string_equal(witness.name, "区.example/w1");
        key_id(key, id);
        key_id(witness.key, again);
        assert_string_equal(id, again);
        for (size_t i = 0; text[i] != '\0'; i++) { /* each of its characters counts */
            struct custody_witness other;
            const char was = text[i];
            text[i] = was == 'b' ? 'c' : 'b';
            assert_int_equal(custody_witness_parse(bytes_of(text), "key", &other, &err), -1);
            assert_int_equal(err.kind, ERR_DAMAGED);
            text[i] = was;
        }
    }
}

static void what_is_no_witnesss_key_is_refused(void **state)
{
    static const char *const none[] = {
        "",
        "name",
        "name+c74f20a3",
        "name+c74f20a3+",
        "name+c74f20a3+BA==",
        "name+c74f20+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        /* of the Go implementation of signed notes: a key, but not of a witness */
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        /* the same as a witness's: it has another id then */
        "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    };
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct custody_witness witness;
        struct err err;
        assert_int_equal(custody_witness_parse(bytes_of(none[i]), "key", &witness, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
    }
    struct custody_witness witness;
    struct err err;
    /* and with that: printf 'PeterNeumann\n\x04KEY' | sha256sum */
    static const char whole[] =
        "PeterNeumann+18b9780b+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_int_equal(custody_witness_parse(bytes_of(whole), "key", &witness, &err), 0);
    custody_witness_release(&witness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_as_it_is_printed),
        cmocka_unit_test(what_is_no_witnesss_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
