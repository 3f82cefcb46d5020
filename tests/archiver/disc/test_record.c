#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "custody/key.h"
#include "disc/record.h"

#include "base/banned.h"

struct made {
    struct key *key;
    uint8_t area[RECORD_AREA];
};

static const uint8_t SUMS[32] = {7, 7, 7};

static int make_record(void **state)
{
    static struct made made;
    struct err err;
    const struct record_statement statement = {.disc = "SHILU_5D0C3A7E",
                                               .made_at = "2026-05-01T12:00:00+08:00",
                                               .image_bytes = UINT64_C(25025314816),
                                               .structure = {.sha256 = {1, 2, 3}, .sm3 = {4, 5}},
                                               .sha256sums = SUMS};
    if (key_generate(KEY_ED25519, &made.key, &err) < 0 ||
        disc_record_write(made.key, &statement, made.area, &err) < 0)
        return -1;
    *state = &made;
    return 0;
}

static int free_record(void **state)
{
    const struct made *made = *state;
    key_free(made->key);
    return 0;
}

static void what_was_stated_is_read_and_its_signature_holds(void **state)
{
    const struct made *made = *state;
    struct err err;
    struct disc_record record = {0};
    assert_int_equal(
        disc_record_parse((struct bytes){made->area, RECORD_AREA}, "a disc", &record, &err), 0);
    assert_int_equal(record.image_bytes, UINT64_C(25025314816));
    assert_int_equal(record.structure.sha256[2], 3);
    assert_int_equal(record.structure.sm3[1], 5);
    assert_memory_equal(record.sha256sums, SUMS, 32);
    assert_int_equal(key_verify(made->key, bytes_of(record.message),
                                (struct bytes){record.signature, record.signature_len}, "a disc",
                                &err),
                     0);
    disc_record_release(&record);
}

/* Sound, for whoever reads the record and then checks its signature. */
static bool passes(const struct made *made, const uint8_t *area)
{
    struct err err;
    struct disc_record record = {0};
    if (disc_record_parse((struct bytes){area, RECORD_AREA}, "a disc", &record, &err) < 0) {
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "a disc");
        return false;
    }
    const bool holds =
        key_verify(made->key, bytes_of(record.message),
                   (struct bytes){record.signature, record.signature_len}, "a disc", &err) == 0;
    disc_record_release(&record);
    return holds;
}

static void every_flipped_bit_of_the_area_is_found(void **state)
{
    const struct made *made = *state;
    static uint8_t area[RECORD_AREA];
    memcpy(area, made->area, RECORD_AREA);
    assert_true(passes(made, area));
    const size_t text = strlen((const char *)made->area);
    for (size_t at = 0; at < RECORD_AREA; at += at < text + 64 ? 1 : 997) {
        for (unsigned bit = 0; bit < 8; bit++) {
            area[at] ^= (uint8_t)(1U << bit);
            assert_false(passes(made, area));
            area[at] = made->area[at];
        }
    }
}

static void an_empty_area_has_no_record(void **state)
{
    (void)state;
    static const uint8_t area[RECORD_AREA];
    struct err err;
    struct disc_record record;
    assert_int_equal(disc_record_parse((struct bytes){area, RECORD_AREA}, "a disc", &record, &err),
                     -1);
    assert_int_equal(err.kind, ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_stated_is_read_and_its_signature_holds),
        cmocka_unit_test(every_flipped_bit_of_the_area_is_found),
        cmocka_unit_test(an_empty_area_has_no_record),
    };
    return cmocka_run_group_tests_name("disc/record", tests, make_record, free_record);
}
