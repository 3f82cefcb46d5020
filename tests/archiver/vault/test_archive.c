#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archiver/vault/fixture.h"
#include "base/err.h"
#include "base/file.h"

static const char tar[] = "archives/2026/C/C-v001.tar";
static const char part[] = "incoming/2026@C@C-v001.tar.part";

/* Begins a sealing and writes its bytes; the descriptor is the lock. */
static int begun(void)
{
    int fd;
    struct err err;
    assert_int_equal(vault_archive_begin(fixture_vault(), tar, &fd, &err), 0);
    assert_int_equal(file_write(fd, part, "the tar", 7, &err), 0);
    assert_int_equal(file_sync(fd, part, &err), 0);
    return fd;
}

/* As far as the place in the open transaction. */
static int placed(void)
{
    struct err err;
    int fd = begun();
    fixture_begin();
    assert_int_equal(vault_archive_place(fixture_vault(), tar, &err), 0);
    return fd;
}

static void a_sealed_case_has_its_tar_and_no_loose_copies(void **state)
{
    (void)state;
    struct stat st;
    struct err err;
    int64_t numbers[2] = {fixture_accept("first", FIXTURE_SETTLED),
                          fixture_accept("second", FIXTURE_SETTLED)};
    (void)fixture_accept("of another case", FIXTURE_SETTLED);
    int fd = placed();
    int64_t archive = fixture_archive(tar, numbers, 2, NULL, 0);
    fixture_commit();
    assert_true(fixture_stored_is_there("first"));
    assert_int_equal(vault_archive_settle(fixture_vault(), archive, tar, &err), 0);
    assert_int_equal(close(fd), 0);

    assert_int_equal(stat("v/archives/2026/C/C-v001.tar", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0440);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_size, 7);
    assert_int_equal(fixture_incoming(), 0);
    assert_false(fixture_stored_is_there("first"));
    assert_false(fixture_stored_is_there("second"));
    assert_true(fixture_sidecar_is_there("first"));
    assert_true(fixture_stored_is_there("of another case"));
}

static void an_attachment_in_the_archive_is_given_up_unless_another_needs_its_bytes(void **state)
{
    (void)state;
    struct err err;
    struct catalog_err wrong;
    int64_t first = fixture_accept("first", FIXTURE_SETTLED);
    int64_t second = fixture_accept("second", FIXTURE_SETTLED);
    fixture_attach(first, "shared note");
    fixture_attach(second, "shared note");
    fixture_attach(first, "own note");
    struct catalog_recording *recording;
    assert_int_equal(
        catalog_recording_load(vault_catalog(fixture_vault()), first, &recording, &wrong), 0);
    assert_int_equal(recording->attachment_count, 2);
    int64_t attachments[2] = {recording->attachments[0].number, recording->attachments[1].number};
    catalog_recording_free(recording);

    int fd = placed();
    int64_t archive = fixture_archive(tar, &first, 1, attachments, 2);
    fixture_commit();
    assert_int_equal(vault_archive_settle(fixture_vault(), archive, tar, &err), 0);
    assert_int_equal(close(fd), 0);
    assert_false(fixture_stored_is_there("own note"));
    assert_true(fixture_stored_is_there("shared note"));
}

static void what_one_is_sealing_another_does_not(void **state)
{
    (void)state;
    struct vault *other;
    struct err err;
    int second;
    int fd = begun();
    assert_int_equal(vault_archive_begin(fixture_vault(), tar, &second, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    /* nor does one that opens the vault meanwhile take it for a leftover */
    assert_int_equal(vault_open("v", VAULT_WRITE, &other, &err), 0);
    vault_free(other);
    assert_true(fixture_is_there("%s", part));
    assert_int_equal(close(fd), 0);
}

static void a_tar_that_exists_is_never_replaced(void **state)
{
    (void)state;
    struct stat st;
    struct err err;
    fixture_run("mkdir -p v/archives/2026/C && printf existing > v/archives/2026/C/C-v001.tar");
    int fd = begun();
    fixture_begin();
    assert_int_equal(vault_archive_place(fixture_vault(), tar, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    catalog_rollback(vault_catalog(fixture_vault()));
    assert_int_equal(vault_archive_abandon(fixture_vault(), tar, &err), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(stat("v/archives/2026/C/C-v001.tar", &st), 0);
    assert_int_equal(st.st_size, 8);
    assert_int_equal(fixture_incoming(), 0);
}

static void an_abandoned_sealing_leaves_nothing(void **state)
{
    (void)state;
    struct err err;
    (void)fixture_accept("first", FIXTURE_SETTLED);
    int fd = placed();
    catalog_rollback(vault_catalog(fixture_vault()));
    assert_true(fixture_is_there("%s", tar));
    assert_int_equal(vault_archive_abandon(fixture_vault(), tar, &err), 0);
    assert_int_equal(close(fd), 0);
    assert_false(fixture_is_there("archives/2026"));
    assert_int_equal(fixture_incoming(), 0);
    assert_true(fixture_stored_is_there("first"));
}

static void a_sealing_cut_while_it_wrote_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(close(begun()), 0);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
}

static void a_sealing_cut_before_its_commit_leaves_nothing(void **state)
{
    (void)state;
    int64_t number = fixture_accept("first", FIXTURE_SETTLED);
    int fd = placed();
    (void)fixture_archive(tar, &number, 1, NULL, 0);
    catalog_rollback(vault_catalog(fixture_vault()));
    assert_int_equal(close(fd), 0);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_false(fixture_is_there("archives/2026"));
    assert_true(fixture_stored_is_there("first"));
}

static void a_sealing_cut_after_its_commit_is_finished(void **state)
{
    (void)state;
    int64_t number = fixture_accept("first", FIXTURE_SETTLED);
    int fd = placed();
    (void)fixture_archive(tar, &number, 1, NULL, 0);
    fixture_commit();
    assert_int_equal(close(fd), 0);
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_true(fixture_is_there("%s", tar));
    assert_false(fixture_stored_is_there("first"));
}

static void a_part_beside_another_s_tar_is_removed_alone(void **state)
{
    (void)state;
    assert_int_equal(close(begun()), 0);
    fixture_run("mkdir -p v/archives/2026/C && printf existing > v/archives/2026/C/C-v001.tar");
    fixture_reopen();
    assert_int_equal(fixture_incoming(), 0);
    assert_true(fixture_is_there("%s", tar));
}

static void a_new_sealing_settles_what_is_left_of_the_last_one(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(close(begun()), 0);
    int fd = begun();
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 7);
    assert_int_equal(fixture_incoming(), 1);
    assert_int_equal(close(fd), 0);
}

static void a_path_that_is_none_of_an_archive_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "archives",
        "archives/2026/C",
        "archives/2026/C/",
        "archives/2026/C/x",
        "archives/2026/C/.tar",
        "archives/2026/../x.tar",
        "archives/../C/x.tar",
        "/archives/2026/C/x.tar",
        "archives/2026/C/D/x.tar",
        "recordings/2026/C/x.tar",
        "archives//C/x.tar",
        "archives/2026/C@D/x.tar",
        "archives/2026/街/x.tar",
        "archives/2026/-C/x.tar",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int fd;
        struct err err;
        if (vault_archive_begin(fixture_vault(), wrong[i], &fd, &err) != -1)
            fail_msg("taken for an archive's path: %s", wrong[i]);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_int_equal(vault_archive_place(fixture_vault(), wrong[i], &err), -1);
        assert_int_equal(vault_archive_abandon(fixture_vault(), wrong[i], &err), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sealed_case_has_its_tar_and_no_loose_copies,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            an_attachment_in_the_archive_is_given_up_unless_another_needs_its_bytes, fixture_setup,
            fixture_teardown),
        cmocka_unit_test_setup_teardown(what_one_is_sealing_another_does_not, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_tar_that_exists_is_never_replaced, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(an_abandoned_sealing_leaves_nothing, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_sealing_cut_while_it_wrote_leaves_nothing, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_sealing_cut_before_its_commit_leaves_nothing,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_sealing_cut_after_its_commit_is_finished, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_part_beside_another_s_tar_is_removed_alone, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_new_sealing_settles_what_is_left_of_the_last_one,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_path_that_is_none_of_an_archive_is_refused, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
