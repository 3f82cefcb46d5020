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
#include <sys/wait.h>
#include <unistd.h>

#include "archiver/killed.h"
#include "archiver/vault/fixture.h"
#include "base/err.h"
#include "base/json.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "custody/succession.h"

/* ---- helpers ---- */

static void id_of_vault(char id[static KEY_ID_TEXT])
{
    struct err err;
    const struct key *key;
    if (vault_public_key(fixture_vault(), &key, &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
    key_id(key, id);
}

static void print_finding(void *context, const struct custody_finding *finding)
{
    (void)context;
    print_error("%s: %s\n", finding->path, finding->detail);
}

/* The log is what the vault's key, and no other, has signed. */
static uint64_t sound_log(void)
{
    struct err err;
    const struct key *key;
    struct custody_check check;
    assert_int_equal(vault_public_key(fixture_vault(), &key, &err), 0);
    assert_int_equal(custody_log_check(vault_folder(fixture_vault(), VAULT_LOG), key, NULL,
                                       print_finding, NULL, &check, &err),
                     0);
    assert_int_equal(check.findings, 0);
    return check.head.size;
}

static size_t earlier(void)
{
    struct err err;
    const struct custody_chain *chain;
    if (vault_key_chain(fixture_vault(), &chain, &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
    return chain->count;
}

/* An act can be made and told. */
static void act(void)
{
    struct err err;
    uint64_t seq;
    AUTO(json_decref) json_t *detail = json_object();
    if (vault_begin(fixture_vault(), "os:test", &err) < 0 ||
        vault_log(fixture_vault(), CUSTODY_VIEWED, "R1", detail, &seq, &err) < 0 ||
        vault_commit(fixture_vault(), &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
}

/* Whoever only reads finds a key and a log that fit, whatever has happened. */
static void a_reader_is_content(void)
{
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_open("v", VAULT_READ, &vault, &err) < 0 || vault_log_open(vault, &log, &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
}

/* ---- tests ---- */

static void a_new_key_follows_and_the_old_one_is_kept_for_its_signatures(void **state)
{
    (void)state;
    struct err err;
    char old_id[KEY_ID_TEXT];
    char id[KEY_ID_TEXT];
    const uint64_t before = sound_log();
    id_of_vault(old_id);
    fixture_run("cp v/keys/public.pem old.pem");
    assert_int_equal(vault_key_rotate(fixture_vault(), "os:test", KEY_SM2, &err), 0);
    id_of_vault(id);
    assert_string_not_equal(id, old_id);
    assert_int_equal(sound_log(), before + 1);
    assert_int_equal(earlier(), 1);
    act();
    fixture_reopen();
    act();
    assert_int_equal(sound_log(), before + 3);
    char command[512];
    (void)snprintf(command, sizeof command,
                   "openssl pkey -pubin -in v/keys/retired/%s.pem | cmp - old.pem && openssl pkey "
                   "-in v/keys/signing.pem -pubout | cmp - v/keys/public.pem && test $(stat -c %%a "
                   "v/keys/signing.pem) = 600 && test \"$(ls v/keys)\" = \"$(printf "
                   "'public.pem\\nretired\\nsigning.pem')\" && test -z \"$(ls -A v/incoming)\"",
                   old_id);
    fixture_run(command);
}

static int tell_passphrase(const char *path, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                           struct err *err)
{
    (void)path, (void)err;
    (void)snprintf(passphrase, KEY_PASSPHRASE_MAX, "geheim");
    return 0;
}

static void an_encrypted_key_is_followed_by_one_with_the_same_passphrase(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(vault_key_passphrase(fixture_vault(), "os:test", "geheim", &err), 0);
    fixture_reopen();
    vault_passphrase_from(tell_passphrase);
    assert_int_equal(vault_key_rotate(fixture_vault(), "os:test", KEY_ED25519, &err), 0);
    fixture_run("openssl pkey -in v/keys/signing.pem -passin pass:geheim -pubout | cmp - "
                "v/keys/public.pem");
    fixture_reopen();
    act();
    vault_passphrase_from(NULL);
}

/* The child ends before its call number `at`; false once it lives to the end. */
static bool rotate_and_crash(unsigned at, bool lost)
{
    int status;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err err;
        struct vault *vault;
        if (vault_open("v", VAULT_WRITE, &vault, &err) < 0)
            _exit(3);
        killed_at = at;
        const int done = lost ? vault_key_replace(vault, "os:test", "Brand", NULL, &err)
                              : vault_key_rotate(vault, "os:test", KEY_ED25519, &err);
        _exit(done == 0 ? 0 : 3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED_STATUS);
    return WEXITSTATUS(status) == KILLED_STATUS;
}

static void killed_anywhere(bool lost)
{
    bool crashed = true;
    bool was_old = false;
    bool was_new = false;
    fixture_close();
    for (unsigned at = 1; crashed; at++) {
        char old_id[KEY_ID_TEXT];
        char id[KEY_ID_TEXT];
        fixture_run("rm -rf v && cp -a new v");
        fixture_reopen();
        id_of_vault(old_id);
        fixture_close();
        if (lost)
            fixture_run("echo damaged >v/keys/signing.pem");
        crashed = rotate_and_crash(at, lost);
        a_reader_is_content();
        fixture_reopen(); /* finishes or undoes it */
        id_of_vault(id);
        const bool is_new = strcmp(id, old_id) != 0;
        assert_int_equal(earlier(), is_new ? 1 : 0);
        assert_int_equal(sound_log(), is_new ? 2 : 1);
        was_new = was_new || is_new;
        was_old = was_old || !is_new;
        assert_false(was_new && !is_new);
        if (is_new || !lost)
            act();
        fixture_run("test -z \"$(ls v/keys | grep next)\" && test -z \"$(ls -A v/incoming)\"");
        if (is_new && lost)
            fixture_run("grep -q damaged v/keys/replaced-*.pem && test $(ls v/keys | grep -c "
                        "replaced) = 1 && test $(stat -c %a v/keys/replaced-*) = 600");
        fixture_close();
        a_reader_is_content();
    }
    assert_true(was_old && was_new);
}

static void a_rotation_killed_anywhere_leaves_one_key_whole(void **state)
{
    (void)state;
    killed_anywhere(false);
}

static void a_replacement_killed_anywhere_leaves_one_key_whole(void **state)
{
    (void)state;
    killed_anywhere(true);
}

/* As it is after chmod, for another user, or without its passphrase at hand. */
static void a_key_that_is_there_is_not_lost(void **state)
{
    static const char *const spoilt[] = {
        "chmod 644 v/keys/signing.pem",
        "mv v/keys/signing.pem a && ln -s ../../a v/keys/signing.pem",
        ("openssl pkey -in v/keys/signing.pem -aes256 -passout pass:x -out a && cat a "
         ">v/keys/signing.pem"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        struct err err;
        fixture_close();
        fixture_run("rm -rf v a before && cp -a new v");
        fixture_run(spoilt[i]);
        fixture_run("cat v/keys/signing.pem >before");
        fixture_reopen();
        assert_int_equal(vault_key_replace(fixture_vault(), "os:test", "Brand", NULL, &err), -1);
        assert_int_equal(err.kind, ERR_CONFLICT);
        assert_non_null(strstr(err.text, "key rotate"));
        fixture_run("cmp before v/keys/signing.pem && test $(ls v/keys | wc -l) = 2");
    }
    fixture_close();
    fixture_run("rm -rf v && cp -a new v");
    fixture_reopen();
}

static void a_lost_key_is_replaced_by_one_that_it_has_not_signed_for(void **state)
{
    (void)state;
    struct err err;
    const struct custody_chain *chain;
    assert_int_equal(vault_key_replace(fixture_vault(), "os:test", "Brand", NULL, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT); /* it is there */
    fixture_close();
    fixture_run("rm v/keys/signing.pem");
    fixture_reopen();
    assert_int_equal(vault_key_rotate(fixture_vault(), "os:test", KEY_ED25519, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(vault_key_replace(fixture_vault(), "os:test", "Brand", NULL, &err), 0);
    assert_int_equal(vault_key_chain(fixture_vault(), &chain, &err), 0);
    assert_int_equal(chain->count, 1);
    assert_false(custody_chain_is_vouched(chain));
    act();
    (void)sound_log();
}

static void nobody_rotates_while_another_writes(void **state)
{
    (void)state;
    struct err err;
    struct vault *other;
    assert_int_equal(vault_open("v", VAULT_WRITE, &other, &err), 0);
    assert_int_equal(vault_key_rotate(fixture_vault(), "os:test", KEY_ED25519, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    vault_free(other);
    fixture_reopen();
    assert_int_equal(vault_key_rotate(fixture_vault(), "os:test", KEY_ED25519, &err), 0);
}

static void a_statement_that_was_changed_is_told(void **state)
{
    (void)state;
    struct err err;
    const struct custody_chain *chain;
    assert_int_equal(vault_key_rotate(fixture_vault(), "os:test", KEY_ED25519, &err), 0);
    fixture_reopen();
    fixture_run("sed -i '3s/.*/9/' v/keys/retired/*.pem");
    assert_int_equal(vault_key_chain(fixture_vault(), &chain, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_new_key_follows_and_the_old_one_is_kept_for_its_signatures),
        TEST(an_encrypted_key_is_followed_by_one_with_the_same_passphrase),
        TEST(a_rotation_killed_anywhere_leaves_one_key_whole),
        TEST(a_replacement_killed_anywhere_leaves_one_key_whole),
        TEST(a_key_that_is_there_is_not_lost),
        TEST(a_lost_key_is_replaced_by_one_that_it_has_not_signed_for),
        TEST(nobody_rotates_while_another_writes),
        TEST(a_statement_that_was_changed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
