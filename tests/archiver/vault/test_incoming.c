#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "archiver/vault/fixture.h"
#include "base/err.h"
#include "base/file.h"

static void an_accepted_recording_lies_read_only_below_its_digest(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    char path[256];
    struct stat st;
    struct err err;
    (void)fixture_accept("the bytes", FIXTURE_SETTLED);
    assert_true(fixture_stored_is_there("the bytes"));
    assert_true(fixture_sidecar_is_there("the bytes"));
    assert_int_equal(fixture_incoming(), 0);

    fixture_stored("the bytes", name);
    (void)snprintf(path, sizeof path, "v/recordings/%.2s/%s", name, name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0440);
    assert_int_equal(st.st_nlink, 1);

    AUTO(close) int fd = vault_open_stored(fixture_vault(), name, &err);
    AUTO(free) char *text = NULL;
    size_t len;
    assert_int_equal(file_read_all(fd, name, 100, &text, &len, &err), 0);
    assert_string_equal(text, "the bytes");
}

static void an_upload_that_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    struct err err;
    int fd = vault_incoming_open(fixture_vault(), 4096, &err);
    assert_true(fd >= 0);
    assert_int_equal(fixture_incoming(), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(fixture_incoming(), 0);
}

static void space_is_set_aside_before_anything_is_copied(void **state)
{
    (void)state;
    struct err err;
    struct stat st;
    AUTO(close) int fd = vault_incoming_open(fixture_vault(), 1 << 20, &err);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_true(st.st_blocks * 512 >= 1 << 20);
}

static void a_recording_larger_than_the_disk_is_refused_at_once(void **state)
{
    (void)state;
    struct statvfs fs;
    struct err err;
    assert_int_equal(statvfs("v", &fs), 0);
    uint64_t too_much = (uint64_t)fs.f_bavail * fs.f_frsize + (UINT64_C(1) << 30);
    assert_int_equal(vault_incoming_open(fixture_vault(), too_much, &err), -1);
    assert_int_equal(err.kind, ERR_SPACE);
    assert_int_equal(vault_incoming_open(fixture_vault(), UINT64_MAX, &err), -1);
    assert_int_equal(err.kind, ERR_SPACE);
}

static void a_leftover_of_the_same_name_is_replaced(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    char path[256];
    struct stat st;
    (void)fixture_accept("the bytes", FIXTURE_PLACED);
    fixture_stored("the bytes", name);
    (void)snprintf(path, sizeof path, "v/recordings/%.2s/%s", name, name);
    assert_int_equal(truncate(path, 3), 0); /* what a crash may have left of it */
    (void)fixture_accept("the bytes", FIXTURE_SETTLED);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 9);
    assert_int_equal(fixture_incoming(), 0);
}

static void names_that_are_none_of_ours_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "x.mp4",
        "../../etc/passwd",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.mp4/",
        "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef.mp4",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.ninechars",
    };
    struct err err;
    AUTO(close) int fd = vault_incoming_open(fixture_vault(), 0, &err);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(vault_incoming_place(fixture_vault(), fd, wrong[i], &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_int_equal(vault_open_stored(fixture_vault(), wrong[i], &err), -1);
    }
}

static void stored_bytes_that_are_not_there_are_missing(void **state)
{
    (void)state;
    char name[VAULT_STORED_NAME];
    struct err err;
    fixture_stored("never seen", name);
    assert_int_equal(vault_open_stored(fixture_vault(), name, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_accepted_recording_lies_read_only_below_its_digest,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(an_upload_that_is_given_up_leaves_nothing, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(space_is_set_aside_before_anything_is_copied, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_recording_larger_than_the_disk_is_refused_at_once,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_leftover_of_the_same_name_is_replaced, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(names_that_are_none_of_ours_are_refused, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(stored_bytes_that_are_not_there_are_missing, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
