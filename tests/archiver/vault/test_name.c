#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "vault/vault.h"

/* The digits are the first of `printf %s NUMBER | sha256sum`. */
static void a_case_number_becomes_a_name_that_every_system_takes(void **state)
{
    (void)state;
    static const struct {
        const char *number, *name;
    } cases[] = {
        {"2026-017", "2026-017"},
        {"A_b.9", "A_b.9"},
        {"津西青综执〔2026〕12号", "2026-12-ce1b71e6"},
        {"a/b", "a-b-c14cddc0"},
        {"../../etc/passwd", "etc-passwd-3754d6cb"},
        {"..", "5ec1f7e7"},
        {"-rf", "rf-686c39ac"},
        {".hidden", "hidden-16924190"},
        {"街道", "ee10a1a0"},
        {"a 'b' \"c\"", "a-b-c-69b05294"},
        {"x.", "x.-c92f00b1"},
        {"0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789"},
        {"01234567890123456789012345678901234567890",
         "0123456789012345678901234567890123456789-79f002c4"},
        {"2026-12-5d0c3a7e", "2026-12-5d0c3a7e-bf6740b1"}, /* as if made of another number */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[VAULT_CASE_NAME];
        vault_case_name(cases[i].number, name);
        assert_string_equal(name, cases[i].name);
    }
}

static void any_case_number_fits(void **state)
{
    (void)state;
    char number[4001];
    char name[VAULT_CASE_NAME];
    memset(number, 'x', 4000);
    number[4000] = '\0';
    vault_case_name(number, name);
    assert_int_equal(strlen(name), 49);
    memset(number, '/', 4000);
    vault_case_name(number, name);
    assert_int_equal(strlen(name), 8);
    vault_case_name("", name);
    assert_int_equal(strlen(name), 8);
}

static void stored_bytes_are_named_by_digest_and_a_plain_extension(void **state)
{
    (void)state;
    static const struct {
        const char *original, *extension;
    } cases[] = {
        {"R12.MP4", "mp4"},
        {"a.b.mov", "mov"},
        {"no-extension", "bin"},
        {"ends.", "bin"},
        {"x.json", "jsn"},
        {"x.JSON", "jsn"},
        {"x.j-s-o-n", "jsn"},
        {"", "bin"},
        {"x.街", "bin"},
        {"x.m街4", "m4"},
        {"x.averylongone", "averylon"},
        {"dir.d/file", "bin"},
        {"x.../..", "bin"},
        {".mp4", "mp4"},
        {"x.7z", "7z"},
        {"x.mp4\\x0A", "mp4x0a"},
    };
    uint8_t sha256[32];
    for (size_t i = 0; i < sizeof sha256; i++)
        sha256[i] = (uint8_t)(0xA0 + i);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[VAULT_STORED_NAME];
        vault_stored_name(sha256, cases[i].original, name);
        assert_memory_equal(name, "a0a1a2a3", 8);
        assert_int_equal(name[64], '.');
        assert_string_equal(name + 65, cases[i].extension);
    }
}

static void stored_bytes_lie_below_the_first_two_digits(void **state)
{
    (void)state;
    char path[VAULT_STORED_PATH];
    vault_stored_path("abcdef.mp4", path);
    assert_string_equal(path, "ab/abcdef.mp4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_number_becomes_a_name_that_every_system_takes),
        cmocka_unit_test(any_case_number_fits),
        cmocka_unit_test(stored_bytes_are_named_by_digest_and_a_plain_extension),
        cmocka_unit_test(stored_bytes_lie_below_the_first_two_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
