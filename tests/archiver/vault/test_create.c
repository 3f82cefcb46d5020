#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archiver/vault/fixture.h"
#include "base/err.h"
#include "custody/key.h"

static const char unit[] = "杨柳青镇综合行政执法局";

static int no_vault(void **state)
{
    (void)state;
    fixture_run("rm -rf v n && mkdir n");
    return 0;
}

static void expect_mode(const char *path, mode_t mode)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void a_new_vault_has_all_that_it_needs(void **state)
{
    (void)state;
    struct vault_created created;
    struct err err;
    mode_t before = umask(022);
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), 0);
    (void)umask(before);
    expect_mode("v", 0750);
    expect_mode("v/keys", 0700);
    expect_mode("v/keys/signing.pem", 0600);
    expect_mode("v/keys/public.pem", 0644);
    expect_mode("v/shilu.conf", 0640);
    expect_mode("v/recordings", 0750);
    assert_string_equal(created.admin, "admin");
    assert_int_equal(strlen(created.password), 19);
    fixture_run("test \"$(ls -A v | sort | tr '\\n' ' ')\" = "
                "'archives catalog.db discs incoming keys log recordings shilu.conf '");

    char check[256];
    (void)snprintf(
        check, sizeof check,
        "openssl pkey -pubin -in v/keys/public.pem -outform DER | sha256sum | grep -q %s",
        created.key_id);
    fixture_run(check);
    fixture_run("openssl pkey -in v/keys/signing.pem -pubout | cmp - v/keys/public.pem");
}

static void its_settings_are_read_back(void **state)
{
    (void)state;
    struct vault_created created;
    struct vault *vault;
    struct err err;
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), 0);
    assert_int_equal(vault_open("v", VAULT_WRITE, &vault, &err), 0);
    assert_string_equal(vault_settings(vault)->unit, unit);
    assert_string_equal(vault_settings(vault)->zone, "Asia/Shanghai");
    assert_string_equal(getenv("TZ"), "Asia/Shanghai");
    assert_string_equal(vault_path(vault), "v");
    vault_free(vault);
}

/* The root of a disk of its own is an empty folder, too. */
static void an_empty_folder_is_taken(void **state)
{
    (void)state;
    struct vault_created created;
    struct err err;
    fixture_run("mkdir -p v/lost+found");
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), 0);
    assert_true(fixture_is_there("lost+found"));
}

static void a_folder_that_holds_something_is_left_alone(void **state)
{
    (void)state;
    struct vault_created created;
    struct err err;
    fixture_run("mkdir -p v/recordings && printf x > v/.hidden");
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_string_equal(err.object, "v");
    assert_true(fixture_is_there(".hidden"));
    assert_true(fixture_is_there("recordings"));
    assert_false(fixture_is_there("keys"));
}

static void a_vault_is_not_made_twice(void **state)
{
    (void)state;
    struct vault_created created;
    struct err err;
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), 0);
    fixture_run("cp -a v n/before");
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    fixture_run("diff -r v n/before");
}

static void nothing_is_made_for_a_unit_without_a_proper_name(void **state)
{
    (void)state;
    struct vault_created created;
    struct err err;
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = "", .by = "os:test"}, &created, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = "a\nb", .by = "os:test"}, &created, &err),
        -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_not_equal(access("v", F_OK), 0);
}

static void where_it_cannot_be_made_the_place_is_named(void **state)
{
    (void)state;
    struct vault_created created;
    struct err err;
    assert_int_equal(vault_create("no/such/place",
                                  &(struct vault_new){.unit = unit, .by = "os:test"}, &created,
                                  &err),
                     -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_string_equal(err.object, "no/such/place");
    fixture_run(": > v");
    assert_int_equal(
        vault_create("v", &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), -1);
    assert_string_equal(err.object, "v");
}

/* A path so long that the catalog's does not fit any more: it fails half-way. */
static void a_failure_half_way_leaves_nothing_behind(void **state)
{
    (void)state;
    struct vault_created created;
    struct err err;
    char path[4096] = "n";
    while (strlen(path) + 204 < 4088) {
        size_t len = strlen(path);
        path[len] = '/';
        memset(path + len + 1, 'x', 200);
        path[len + 201] = '\0';
        if (mkdir(path, 0700) < 0)
            fail_msg("mkdir");
    }
    size_t len = strlen(path);
    memset(path + len, 'y', 4088 - len);
    path[len] = '/';
    path[4088] = '\0';
    assert_int_equal(
        vault_create(path, &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), -1);
    assert_int_not_equal(access(path, F_OK), 0);

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(
        vault_create(path, &(struct vault_new){.unit = unit, .by = "os:test"}, &created, &err), -1);
    assert_int_equal(rmdir(path), 0); /* it is empty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_vault_has_all_that_it_needs, no_vault),
        cmocka_unit_test_setup(its_settings_are_read_back, no_vault),
        cmocka_unit_test_setup(an_empty_folder_is_taken, no_vault),
        cmocka_unit_test_setup(a_folder_that_holds_something_is_left_alone, no_vault),
        cmocka_unit_test_setup(a_vault_is_not_made_twice, no_vault),
        cmocka_unit_test_setup(nothing_is_made_for_a_unit_without_a_proper_name, no_vault),
        cmocka_unit_test_setup(where_it_cannot_be_made_the_place_is_named, no_vault),
        cmocka_unit_test_setup(a_failure_half_way_leaves_nothing_behind, no_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
