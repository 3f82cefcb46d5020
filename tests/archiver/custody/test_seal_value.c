#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "custody/seal_value.h"
#include "made_log.h"

#include "base/banned.h"

static struct err err;

static struct seal_value value_of(const char *text)
{
    struct seal_value value;
    assert_int_equal(seal_value_of(SEAL_ARCHIVE, bytes_of(text), &value, &err), 0);
    return value;
}

/* FIPS 180-4's example "abc"; the short form as Python's integers have it. */
static void python_computes_the_same(void **state)
{
    char full[SEAL_FULL_TEXT], text[SEAL_SHORT_TEXT];
    (void)state;
    struct seal_value value = value_of("abc");
    seal_value_full(&value, full);
    assert_string_equal(full,
                        "archive:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (int i = 0; i < 20; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d", i);
        value = value_of(name);
        seal_value_short(&value, text);
        made_run("python3 -c \"import hashlib; n = int(hashlib.sha256(b'%s').hexdigest(), 16)"
                 " %% 10**18; d = '%%018d%%02d' %% (n, 98 - n * 100 %% 97);"
                 " assert ' '.join(d[i:i + 4] for i in range(0, 20, 4)) == '%s'\"",
                 name, text);
    }
}

static bool is_given(const char *text, const struct seal_value *value)
{
    struct seal_given given;
    return seal_given_parse(bytes_of(text), &given, &err) == 0 && seal_given_is(&given, value);
}

static void either_form_is_read_again(void **state)
{
    char text[SEAL_FULL_TEXT];
    (void)state;
    const struct seal_value value = value_of("abc");
    const struct seal_value other = value_of("abd");
    struct seal_value disc = value;
    disc.kind = SEAL_DISC;
    seal_value_full(&value, text);
    assert_true(is_given(text, &value));
    assert_false(is_given(text, &other));
    assert_false(is_given(text, &disc));
    seal_value_short(&value, text);
    assert_true(is_given(text, &value));
    assert_false(is_given(text, &other));
    for (char *space = strchr(text, ' '); space != NULL; space = strchr(space, ' '))
        *space = '-';
    assert_true(is_given(text, &value));
}

static void refused(const char *text)
{
    struct seal_given given;
    assert_int_equal(seal_given_parse(bytes_of(text), &given, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
}

/* ISO/IEC 7064 promises it of MOD 97-10. */
static void each_wrong_digit_and_each_swap_is_noticed(void **state)
{
    char text[SEAL_SHORT_TEXT], wrong[SEAL_SHORT_TEXT];
    (void)state;
    const struct seal_value value = value_of("abc");
    seal_value_short(&value, text);
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] == ' ')
            continue;
        memcpy(wrong, text, sizeof wrong);
        for (char digit = '0'; digit <= '9'; digit++) {
            wrong[i] = digit;
            if (digit != text[i])
                refused(wrong);
        }
        const size_t next = text[i + 1] == ' ' ? i + 2 : i + 1;
        memcpy(wrong, text, sizeof wrong);
        wrong[i] = text[next];
        wrong[next] = text[i];
        if (text[next] != '\0' && text[next] != text[i])
            refused(wrong);
    }
}

static void what_is_no_value_is_refused(void **state)
{
    (void)state;
    refused("");
    refused("archive:");
    refused("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    refused("file:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    refused("archive:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a");
    refused("archive:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adad");
    refused("1234");
    refused("1234 5678 9012 3456 7890 1");
    refused("1234 5678 9012 3456 789x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(python_computes_the_same),
        cmocka_unit_test(either_form_is_read_again),
        cmocka_unit_test(each_wrong_digit_and_each_swap_is_noticed),
        cmocka_unit_test(what_is_no_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
