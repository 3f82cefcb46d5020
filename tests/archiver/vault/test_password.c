#include "vault/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void passwords_are_four_groups_of_letters_that_cannot_be_mistaken(void **state)
{
    (void)state;
    char seen[64][PASSWORD_TEXT];
    struct err err;
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(password_make(seen[i], &err), 0);
        assert_int_equal(strlen(seen[i]), 19);
        for (size_t at = 0; at < 19; at++) {
            if (at % 5 == 4)
                assert_int_equal(seen[i][at], '-');
            else
                assert_non_null(strchr("abcdefghjkmnpqrstuvwxyz23456789", seen[i][at]));
        }
        for (size_t before = 0; before < i; before++)
            assert_string_not_equal(seen[i], seen[before]);
    }
}

/* Reads the encoded text as a stranger would and has Python derive the same. */
static const char check[] =
    "python3 - '%s' <<'END'\n"
    "import base64, hashlib, sys\n"
    "_, name, parameters, salt, digest = sys.argv[1].split('$')\n"
    "p = dict(part.split('=') for part in parameters.split(','))\n"
    "pad = lambda text: base64.b64decode(text + '=' * (-len(text) %% 4), validate=True)\n"
    "made = hashlib.scrypt(b'k7mw-qq23', salt=pad(salt), n=1 << int(p['ln']), r=int(p['r']),\n"
    "                      p=int(p['p']), maxmem=1 << 26, dklen=32)\n"
    "sys.exit(name != 'scrypt' or len(pad(salt)) != 16 or made != pad(digest))\n"
    "END";

static void the_encoded_form_is_scrypt_as_others_compute_it(void **state)
{
    (void)state;
    char encoded[PASSWORD_ENCODED];
    char again[PASSWORD_ENCODED];
    char command[2048];
    struct err err;
    assert_int_equal(password_encode("k7mw-qq23", encoded, &err), 0);
    assert_int_equal(password_encode("k7mw-qq23", again, &err), 0);
    assert_string_not_equal(encoded, again); /* salted */
    (void)snprintf(command, sizeof command, check, encoded);
    assert_int_equal(system(command), 0);
    assert_int_equal(password_encode("k7mw-qq24", encoded, &err), 0);
    (void)snprintf(command, sizeof command, check, encoded);
    assert_int_not_equal(system(command), 0);
}

static void a_password_is_checked_against_its_encoded_form_only(void **state)
{
    (void)state;
    /* made by Python's hashlib.scrypt of "k7mw-qq23": other parameters than ours */
    static const char other[] =
        "$scrypt$ln=4,r=1,p=1$c2FsdHNhbHQ$HKX0lMBByrlwYC5BSMMjOl850prd7o0evKoP0ad+2SI";
    static const char *const none[] = {
        "",
        "x",
        "$scrypt$",
        "$scrypt$ln=0,r=8,p=1$c2FsdHNhbHQ$",
        "$scrypt$ln=31,r=8,p=1$YQ$YQ",
        "$scrypt$ln=4,r=1,p=1$c2FsdHNhbHQ$WX6R",
        "$bcrypt$ln=4,r=1,p=1$c2FsdHNhbHQ$WX6R",
    };
    char encoded[PASSWORD_ENCODED];
    bool right = false;
    struct err err;
    assert_int_equal(password_encode("k7mw-qq23", encoded, &err), 0);
    assert_int_equal(password_check("k7mw-qq23", encoded, &right, &err), 0);
    assert_true(right);
    assert_int_equal(password_check("k7mw-qq24", encoded, &right, &err), 0);
    assert_false(right);
    assert_int_equal(password_check("k7mw-qq23", other, &right, &err), 0);
    assert_true(right);
    assert_int_equal(password_check("", NULL, &right, &err), 0);
    assert_false(right);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(password_check("k7mw-qq23", none[i], &right, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_four_groups_of_letters_that_cannot_be_mistaken),
        cmocka_unit_test(a_password_is_checked_against_its_encoded_form_only),
        cmocka_unit_test(the_encoded_form_is_scrypt_as_others_compute_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
