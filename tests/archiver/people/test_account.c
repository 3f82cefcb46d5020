#include "people/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "vault/vault.h"

static const char good[] = "correct-horse 1";

static void sound(int result, const struct err *err)
{
    if (result < 0)
        fail_msg("%s: %s", err->object, err->text);
}

static void is_refused(int result, const struct err *err, enum err_kind kind)
{
    assert_int_equal(result, -1);
    assert_int_equal(err->kind, kind);
}

static struct people_person admin; /* of the vault that was made last */

static struct vault *make_vault(void)
{
    struct err err;
    struct vault_created created;
    struct vault *vault = NULL;
    assert_int_equal(system("rm -rf v"), 0);
    sound(vault_create("v", &(struct vault_new){.unit = "U", .by = "os:test"}, &created, &err),
          &err);
    sound(vault_open("v", VAULT_WRITE, &vault, &err), &err);
    sound(people_prove(vault, "os:test", created.admin, created.password,
                       people_of(PEOPLE_SECADMIN), &admin, &err),
          &err);
    return vault;
}

static void duties_that_must_stay_apart_are_refused_and_all_others_agree(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "sysadmin,secadmin",   "sysadmin,auditor",  "secadmin,auditor",   "sysadmin,officer",
        "sysadmin,supervisor", "sysadmin,reviewer", "sysadmin,archivist", "secadmin,officer",
        "secadmin,supervisor", "secadmin,reviewer", "secadmin,archivist", "auditor,officer",
        "auditor,supervisor",  "auditor,reviewer",  "auditor,archivist",  "archivist,officer",
    };
    size_t found = 0;
    struct err err;
    people_set set;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        sound(people_duties_parse(refused[i], &set, &err), &err);
        is_refused(people_duties_check(set, &err), &err, ERR_CONFLICT);
    }
    for (int one = 0; one < PEOPLE_DUTIES; one++)
        for (int other = one; other < PEOPLE_DUTIES; other++) {
            set = people_of((enum people_duty)one) | people_of((enum people_duty)other);
            found += people_duties_check(set, &err) < 0;
        }
    assert_int_equal(found, sizeof refused / sizeof *refused);
    is_refused(people_duties_parse("archivist,spy", &set, &err), &err, ERR_USAGE);
    is_refused(people_duties_parse("", &set, &err), &err, ERR_USAGE);
}

static void passwords_that_will_not_do_are_refused(void **state)
{
    (void)state;
    struct err err;
    sound(people_password_check("wang.fang", "十个字的密码是长的吧", &err), &err);
    sound(people_password_check("li", "delivered-well", &err), &err);
    static const char *const bad[] = {"short-123", "my-WANG-is-long", "fangfangfang",
                                      "line\nbreak 123", "\xFF\xFE long enough"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_refused(people_password_check("wang.fang", bad[i], &err), &err, ERR_USAGE);
    char long_one[PEOPLE_PASSWORD_BYTES + 2];
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    is_refused(people_password_check("w", long_one, &err), &err, ERR_USAGE);
}

static void an_account_proves_itself_by_its_password_and_duty(void **state)
{
    (void)state;
    struct err err;
    struct people_person person;
    struct vault *vault = make_vault();
    sound(people_add(vault, &admin, "王芳", people_of(PEOPLE_ARCHIVIST), good, &err), &err);
    sound(people_prove(vault, "os:test", "王芳", good, people_of(PEOPLE_ARCHIVIST), &person, &err),
          &err);
    assert_string_equal(person.name, "王芳");
    is_refused(
        people_prove(vault, "os:test", "王芳", good, people_of(PEOPLE_AUDITOR), &person, &err),
        &err, ERR_DENIED);
    sound(people_set_duties(vault, &admin, "王芳", people_of(PEOPLE_AUDITOR), &err), &err);
    sound(people_prove(vault, "os:test", "王芳", good, people_of(PEOPLE_AUDITOR), &person, &err),
          &err);

    char told[sizeof err.text];
    is_refused(people_prove(vault, "os:test", "王芳", "guessed it", people_of(PEOPLE_AUDITOR),
                            &person, &err),
               &err, ERR_DENIED);
    (void)snprintf(told, sizeof told, "%s", err.text);
    is_refused(
        people_prove(vault, "os:test", "nobody", good, people_of(PEOPLE_AUDITOR), &person, &err),
        &err, ERR_DENIED);
    assert_string_equal(err.text, told);
    sound(people_disable(vault, &admin, "王芳", &err), &err);
    is_refused(
        people_prove(vault, "os:test", "王芳", good, people_of(PEOPLE_AUDITOR), &person, &err),
        &err, ERR_DENIED);
    assert_string_equal(err.text, told);
    is_refused(people_disable(vault, &admin, "王芳", &err), &err, ERR_CONFLICT);
    sound(people_enable(vault, &admin, "王芳", &err), &err);
    sound(people_set_password(vault, &admin, "王芳", "another-horse 2", &err), &err);
    is_refused(
        people_prove(vault, "os:test", "王芳", good, people_of(PEOPLE_AUDITOR), &person, &err),
        &err, ERR_DENIED);
    sound(people_prove(vault, "os:test", "王芳", "another-horse 2", people_of(PEOPLE_AUDITOR),
                       &person, &err),
          &err);
    vault_free(vault);
}

static void the_last_security_administrator_stays(void **state)
{
    (void)state;
    struct err err;
    struct vault *vault = make_vault();
    is_refused(people_disable(vault, &admin, "ADMIN", &err), &err, ERR_CONFLICT);
    is_refused(people_set_duties(vault, &admin, "admin", people_of(PEOPLE_OFFICER), &err), &err,
               ERR_CONFLICT);
    sound(people_add(vault, &admin, "second", people_of(PEOPLE_SECADMIN), good, &err), &err);
    sound(people_disable(vault, &admin, "admin", &err), &err);
    is_refused(people_disable(vault, &admin, "second", &err), &err, ERR_CONFLICT);
    vault_free(vault);
}

static void accounts_are_changed_by_a_security_administrator_alone(void **state)
{
    (void)state;
    struct err err;
    struct vault *vault = make_vault();
    struct people_person li;
    const people_set auditor = people_of(PEOPLE_AUDITOR);
    sound(people_add(vault, &admin, "li", auditor, good, &err), &err);
    sound(people_add(vault, &admin, "wang", people_of(PEOPLE_ARCHIVIST), good, &err), &err);
    sound(people_prove(vault, "os:test", "li", good, auditor, &li, &err), &err);
    is_refused(people_add(vault, &li, "zhao", auditor, good, &err), &err, ERR_DENIED);
    is_refused(people_set_duties(vault, &li, "wang", auditor, &err), &err, ERR_DENIED);
    is_refused(people_disable(vault, &li, "wang", &err), &err, ERR_DENIED);
    is_refused(people_enable(vault, &li, "wang", &err), &err, ERR_DENIED);
    is_refused(people_set_password(vault, &li, "wang", "another-horse 2", &err), &err, ERR_DENIED);
    sound(people_set_password(vault, &li, "li", "another-horse 2", &err), &err);
    sound(people_prove(vault, "os:test", "li", "another-horse 2", auditor, &li, &err), &err);
    bool nobody = true;
    sound(people_nobody_administers(vault, &nobody, &err), &err);
    assert_false(nobody);
    is_refused(people_let_in(vault, "os:test", "admin", "another-horse 2", &err), &err, ERR_DENIED);
    vault_free(vault);
}

static void names_that_could_be_taken_for_others_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "os:root", "a b", "a,b", "-x", "a\nb", "\xFF"};
    struct err err;
    struct vault *vault = make_vault();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        is_refused(people_add(vault, &admin, bad[i], people_of(PEOPLE_OFFICER), good, &err), &err,
                   ERR_USAGE);
    is_refused(people_add(vault, &admin, "Admin", people_of(PEOPLE_OFFICER), good, &err), &err,
               ERR_CONFLICT);
    vault_free(vault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duties_that_must_stay_apart_are_refused_and_all_others_agree),
        cmocka_unit_test(passwords_that_will_not_do_are_refused),
        cmocka_unit_test(an_account_proves_itself_by_its_password_and_duty),
        cmocka_unit_test(the_last_security_administrator_stays),
        cmocka_unit_test(accounts_are_changed_by_a_security_administrator_alone),
        cmocka_unit_test(names_that_could_be_taken_for_others_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
