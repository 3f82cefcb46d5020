#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archiver/vault/fixture.h"
#include "base/err.h"

/* Each state is made as a crash leaves it: the steps up to it were run, the ones after it were not,
 * and the transaction that was open is rolled back. Then the vault is opened anew. */

static void an_acceptance_cut_before_its_row_leaves_nothing(void **state)
{
    (void)state;
    (void)fixture_accept("the bytes", FIXTURE_PLACED);
    assert_true(fixture_intent_is_there("the bytes"));
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_false(fixture_stored_is_there("the bytes"));
}

static void an_acceptance_cut_before_its_commit_leaves_no_sidecar_either(void **state)
{
    (void)state;
    (void)fixture_accept("the bytes", FIXTURE_SIDECAR);
    assert_true(fixture_sidecar_is_there("the bytes"));
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_false(fixture_stored_is_there("the bytes"));
    assert_false(fixture_sidecar_is_there("the bytes"));
}

static void an_acceptance_cut_after_its_commit_is_kept(void **state)
{
    (void)state;
    (void)fixture_accept("the bytes", FIXTURE_COMMITTED);
    assert_true(fixture_intent_is_there("the bytes"));
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_true(fixture_stored_is_there("the bytes"));
    assert_true(fixture_sidecar_is_there("the bytes"));
}

static void an_acceptance_cut_between_its_two_names_leaves_nothing(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    char command[256];
    fixture_stored("the bytes", name);
    (void)snprintf(command, sizeof command, "printf 'the bytes' > v/incoming/%s", name);
    fixture_run(command);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_false(fixture_stored_is_there("the bytes"));
}

/* The record is of an attempt that failed; the bytes of that name are another's. */
static void another_file_under_the_same_name_is_not_taken_for_the_leftover(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    char command[512];
    fixture_stored("the bytes", name);
    (void)snprintf(command, sizeof command,
                   "mkdir -p v/recordings/%.2s && printf 'the bytes' > v/recordings/%.2s/%s && "
                   "printf x > v/incoming/%s",
                   name, name, name, name);
    fixture_run(command);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_true(fixture_stored_is_there("the bytes"));
}

/* A companion with the bytes of a recording that is held: what is held stays. */
static void a_second_use_of_held_bytes_that_was_cut_takes_nothing_away(void **state)
{
    (void)state;
    (void)fixture_accept("the bytes", FIXTURE_SETTLED);
    (void)fixture_accept("the bytes", FIXTURE_PLACED);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_true(fixture_stored_is_there("the bytes"));
    assert_true(fixture_sidecar_is_there("the bytes"));
}

/* Its name is another, for its extension is; its digest is that of the recording. */
static void a_cut_use_of_held_bytes_under_another_extension_leaves_the_sidecar(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    char command[512];
    (void)fixture_accept("the bytes", FIXTURE_SETTLED);
    fixture_stored("the bytes", name);
    (void)snprintf(command, sizeof command,
                   "printf 'the bytes' > v/incoming/%.64s.txt && "
                   "ln v/incoming/%.64s.txt v/recordings/%.2s/%.64s.txt",
                   name, name, name, name);
    fixture_run(command);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_false(fixture_is_there("recordings/%.2s/%.64s.txt", name, name));
    assert_true(fixture_stored_is_there("the bytes"));
    assert_true(fixture_sidecar_is_there("the bytes"));
}

static void bytes_that_are_only_in_the_record_are_put_back(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    char command[256];
    (void)fixture_accept("the bytes", FIXTURE_COMMITTED);
    fixture_stored("the bytes", name);
    (void)snprintf(command, sizeof command, "rm -f v/recordings/%.2s/%s", name, name);
    fixture_run(command);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_true(fixture_stored_is_there("the bytes"));
}

static void temporary_files_go_once_their_maker_is_gone(void **state)
{
    (void)state;
    AUTO(close) int held = open("v/incoming/held.json.1.0.tmp", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_int_equal(flock(held, LOCK_EX), 0);
    fixture_run(": > v/incoming/left.json.1.0.tmp && : > v/incoming/unknown");
    fixture_reopen();
    assert_false(fixture_is_there("incoming/left.json.1.0.tmp"));
    assert_true(fixture_is_there("incoming/held.json.1.0.tmp"));
    assert_true(fixture_is_there("incoming/unknown")); /* none of ours */
}

static void sidecars_that_are_due_are_written(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    char command[256];
    struct catalog_err wrong;
    static const char *const place[] = {"柳口路"};
    int64_t number = fixture_accept("the bytes", FIXTURE_SETTLED);
    assert_int_equal(catalog_tag_set(vault_catalog(fixture_vault()), number, CATALOG_PLACE, place,
                                     1, "given", "os:test", NULL, 1, &wrong),
                     0);
    fixture_sidecar("the bytes", name);
    (void)snprintf(command, sizeof command, "! grep -q 柳口路 v/recordings/%.2s/%s", name, name);
    fixture_run(command);
    fixture_reopen();
    fixture_run(command + 2); /* without the "!" */

    int64_t *due;
    size_t count;
    assert_int_equal(catalog_sidecars_due(vault_catalog(fixture_vault()), &due, &count, &wrong), 0);
    assert_int_equal(count, 0);
    free(due);
}

static void a_reader_changes_nothing(void **state)
{
    (void)state;
    struct vault *reader;
    struct err err;
    (void)fixture_accept("the bytes", FIXTURE_SIDECAR);
    fixture_close();
    assert_int_equal(vault_open("v", VAULT_READ, &reader, &err), 0);
    vault_free(reader);
    assert_true(fixture_intent_is_there("the bytes"));
    assert_true(fixture_stored_is_there("the bytes"));
    assert_true(fixture_sidecar_is_there("the bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_acceptance_cut_before_its_row_leaves_nothing,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            an_acceptance_cut_before_its_commit_leaves_no_sidecar_either, fixture_setup,
            fixture_teardown),
        cmocka_unit_test_setup_teardown(an_acceptance_cut_after_its_commit_is_kept, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(an_acceptance_cut_between_its_two_names_leaves_nothing,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            another_file_under_the_same_name_is_not_taken_for_the_leftover, fixture_setup,
            fixture_teardown),
        cmocka_unit_test_setup_teardown(a_second_use_of_held_bytes_that_was_cut_takes_nothing_away,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            a_cut_use_of_held_bytes_under_another_extension_leaves_the_sidecar, fixture_setup,
            fixture_teardown),
        cmocka_unit_test_setup_teardown(bytes_that_are_only_in_the_record_are_put_back,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(temporary_files_go_once_their_maker_is_gone, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(sidecars_that_are_due_are_written, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_reader_changes_nothing, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
