#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archiver/vault/fixture.h"
#include "base/err.h"
#include "custody/key.h"

static void refuse(const char *path, enum vault_mode mode, enum err_kind kind, const char *word)
{
    struct vault *vault;
    struct err err;
    assert_int_equal(vault_open(path, mode, &vault, &err), -1);
    if (err.kind != kind || (strstr(err.object, word) == NULL && strstr(err.text, word) == NULL))
        fail_msg("kind %d, %s: %s", (int)err.kind, err.object, err.text);
}

static void what_is_no_vault_is_refused(void **state)
{
    (void)state;
    fixture_close();
    refuse("nowhere", VAULT_READ, ERR_MISSING, "nowhere");
    fixture_run("mkdir -p v/empty && : > v/file");
    refuse("v/empty", VAULT_WRITE, ERR_MISSING, "v/empty");
    refuse("v/file", VAULT_WRITE, ERR_MISSING, "v/file");
    fixture_run("ls -A v/empty | wc -l | grep -qx 0");
}

static void a_newer_vault_is_refused_by_its_format(void **state)
{
    (void)state;
    fixture_close();
    fixture_run("sed -i 's/^format = 1/format = 2/' v/shilu.conf && cp -a v/catalog.db before.db");
    refuse("v", VAULT_READ, ERR_DAMAGED, "format 2");
    refuse("v", VAULT_WRITE, ERR_DAMAGED, "v/shilu.conf");
    fixture_run("cmp v/catalog.db before.db && rm before.db");
}

static void damaged_settings_are_told_with_file_and_line(void **state)
{
    (void)state;
    fixture_close();
    fixture_run("echo 'nonsense' >> v/shilu.conf");
    refuse("v", VAULT_READ, ERR_DAMAGED, "v/shilu.conf");
    refuse("v", VAULT_READ, ERR_DAMAGED, "line ");
}

static void a_zone_that_is_none_is_told_with_its_line(void **state)
{
    (void)state;
    fixture_close();
    fixture_run("sed -i 's,^zone = .*,zone = Asia/Nowhere,' v/shilu.conf");
    refuse("v", VAULT_READ, ERR_DAMAGED, "Asia/Nowhere");
    refuse("v", VAULT_READ, ERR_DAMAGED, "line ");
}

static void a_missing_catalog_is_named_and_no_obstacle_to_an_audit(void **state)
{
    (void)state;
    struct vault *vault = NULL;
    struct err err;
    fixture_close();
    fixture_run("mv v/catalog.db v/elsewhere");
    refuse("v", VAULT_READ, ERR_MISSING, "v/catalog.db");
    refuse("v", VAULT_WRITE, ERR_MISSING, "v/catalog.db");
    assert_int_equal(vault_open("v", VAULT_AUDIT, &vault, &err), 0);
    assert_null(vault_catalog(vault));
    assert_int_equal(vault_catalog_err(vault)->kind, ERR_MISSING);
    vault_free(vault);
}

static void a_missing_folder_is_no_obstacle_to_reading_and_made_for_writing(void **state)
{
    (void)state;
    struct vault *vault = NULL;
    struct err err;
    fixture_close();
    fixture_run("mv v/recordings v/elsewhere");
    assert_int_equal(vault_open("v", VAULT_READ, &vault, &err), 0);
    assert_int_equal(vault_folder(vault, VAULT_RECORDINGS), -1);
    vault_free(vault);
    assert_int_equal(access("v/recordings", F_OK), -1);
    assert_int_equal(vault_open("v", VAULT_WRITE, &vault, &err), 0);
    assert_true(vault_folder(vault, VAULT_RECORDINGS) >= 0);
    vault_free(vault);
    assert_int_equal(access("v/recordings", F_OK), 0);
}

static void the_signing_key_must_be_the_public_one_s_half(void **state)
{
    (void)state;
    const struct key *key;
    struct err err;
    assert_int_equal(vault_signing_key(fixture_vault(), &key, &err), 0);
    fixture_reopen();
    fixture_run("openssl genpkey -algorithm ED25519 -out v/keys/signing.pem 2>/dev/null");
    assert_int_equal(vault_signing_key(fixture_vault(), &key, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(vault_begin(fixture_vault(), "os:test", &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    fixture_close();
}

/* Each is told by its own words, an act is not begun, and a look finds it. */
static void a_signing_key_that_is_not_ours_alone_is_not_used(void **state)
{
    (void)state;
    static const struct {
        const char *spoil;
        enum err_kind kind;
        const char *word;
    } cases[] = {
        {"chmod 640 v/keys/signing.pem", ERR_DENIED, "others may read it"},
        {"mv v/keys/signing.pem v/keys/a && ln -s a v/keys/signing.pem", ERR_DENIED,
         "symbolic link"},
        {"rm v/keys/signing.pem && mkfifo -m 600 v/keys/signing.pem", ERR_DENIED, "a FIFO"},
        {"rm v/keys/signing.pem", ERR_MISSING, "is lost"},
        {"echo x > v/keys/signing.pem", ERR_DAMAGED, "not a key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {.kind = ERR_NONE};
        enum vault_key_state key_state;
        const struct key *key;
        fixture_close();
        fixture_run("rm -rf v && cp -a new v");
        fixture_reopen();
        fixture_run(cases[i].spoil);
        assert_int_equal(vault_signing_key(fixture_vault(), &key, &err), -1);
        assert_int_equal(err.kind, cases[i].kind);
        assert_string_equal(err.object, "v/keys/signing.pem");
        if (strstr(err.text, cases[i].word) == NULL)
            fail_msg("%s", err.text);
        assert_int_equal(vault_begin(fixture_vault(), "os:test", &err), -1);
        assert_int_equal(err.kind, cases[i].kind);
        assert_int_equal(vault_key_look(fixture_vault(), &key_state, &err), -1);
        assert_int_equal(err.kind, cases[i].kind);
    }
}

static void a_signing_key_of_another_user_is_looked_at_and_not_used(void **state)
{
    (void)state;
    struct err err;
    const struct key *key;
    enum vault_key_state key_state;
    if (geteuid() != 0)
        skip();
    fixture_reopen();
    fixture_run("chown 65534 v/keys/signing.pem");
    assert_int_equal(vault_signing_key(fixture_vault(), &key, &err), -1);
    assert_int_equal(err.kind, ERR_DENIED);
    assert_non_null(strstr(err.text, "another user"));
    assert_int_equal(vault_key_look(fixture_vault(), &key_state, &err), 0);
    assert_int_equal(key_state, VAULT_KEY_PLAIN);
}

static unsigned asked;

static int tell_passphrase(const char *path, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                           struct err *err)
{
    (void)err;
    assert_string_equal(path, "v/keys/signing.pem");
    (void)snprintf(passphrase, KEY_PASSPHRASE_MAX, "%s", asked++ == 0 ? "falsch" : "richtig");
    return 0;
}

static void an_encrypted_key_is_asked_for_when_it_is_needed_and_once(void **state)
{
    (void)state;
    struct err err;
    const struct key *key;
    enum vault_key_state key_state;
    asked = 0;
    assert_int_equal(vault_key_passphrase(fixture_vault(), "os:test", "richtig", &err), 0);
    fixture_run("grep -q ENCRYPTED v/keys/signing.pem && test $(stat -c %a v/keys/signing.pem) = "
                "600 && test -z \"$(ls -A v/incoming)\"");
    fixture_reopen();
    assert_int_equal(vault_key_look(fixture_vault(), &key_state, &err), 0);
    assert_int_equal(key_state, VAULT_KEY_ENCRYPTED);
    assert_int_equal(vault_begin(fixture_vault(), "os:test", &err), -1); /* nobody to ask */
    assert_int_equal(err.kind, ERR_DENIED);
    vault_passphrase_from(tell_passphrase);
    assert_int_equal(vault_signing_key(fixture_vault(), &key, &err), -1);
    assert_int_equal(err.kind, ERR_DENIED);
    assert_int_equal(vault_signing_key(fixture_vault(), &key, &err), 0);
    assert_int_equal(vault_begin(fixture_vault(), "os:test", &err), 0);
    vault_rollback(fixture_vault());
    assert_int_equal(asked, 2);
    assert_int_equal(vault_key_passphrase(fixture_vault(), "os:test", NULL, &err), 0);
    assert_int_equal(vault_key_look(fixture_vault(), &key_state, &err), 0);
    assert_int_equal(key_state, VAULT_KEY_PLAIN);
    vault_passphrase_from(NULL);
}

/* The old file's octets are gone, though somebody holds it open; one with another name stays. */
static void a_key_that_is_replaced_is_overwritten(void **state)
{
    (void)state;
    struct err err;
    char octets[64] = "x";
    fixture_run("ln v/keys/signing.pem linked.pem && cp linked.pem before.pem");
    assert_int_equal(vault_key_passphrase(fixture_vault(), "os:test", "a", &err), 0);
    fixture_run("cmp linked.pem before.pem && rm linked.pem before.pem");
    FILE *held = fopen("v/keys/signing.pem", "re");
    assert_non_null(held);
    vault_passphrase_from(tell_passphrase);
    assert_int_equal(vault_key_passphrase(fixture_vault(), "os:test", NULL, &err), 0);
    vault_passphrase_from(NULL);
    assert_int_equal(fread(octets, 1, sizeof octets, held), sizeof octets);
    assert_int_equal(fclose(held), 0);
    for (size_t i = 0; i < sizeof octets; i++)
        assert_int_equal(octets[i], 0);
}

static enum err_kind kind_without_public_key(const char *spoil)
{
    struct err err = {.kind = ERR_NONE};
    const struct key *key;
    AUTO(vault_free) struct vault *vault = NULL;
    fixture_run(spoil);
    assert_int_equal(vault_open("v", VAULT_READ, &vault, &err), 0);
    assert_int_equal(vault_public_key(vault, &key, &err), -1);
    assert_string_equal(err.object, "v/keys/public.pem");
    return err.kind;
}

static void a_public_key_that_is_none_is_told(void **state)
{
    (void)state;
    fixture_close();
    assert_int_equal(kind_without_public_key("printf x > v/keys/public.pem"), ERR_DAMAGED);
    assert_int_equal(kind_without_public_key("rm v/keys/public.pem"), ERR_MISSING);
}

enum { NOBODY = 65534 };

/* Run by a child as another user; its exit status tells the kind. */
static int kind_for_nobody(enum vault_mode mode)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct vault *vault;
        struct err err;
        if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
            _exit(100);
        int done = vault_open("v", mode, &vault, &err);
        _exit(done == 0 ? 0 : strstr(err.object, "v") == NULL ? 101 : (int)err.kind);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void somebody_without_permission_is_denied(void **state)
{
    (void)state;
    if (geteuid() != 0) /* only root can become another; for others their own folders would do */
        skip();
    fixture_close();
    fixture_run("chmod 0700 v");
    assert_int_equal(kind_for_nobody(VAULT_READ), ERR_DENIED);
    fixture_run("chmod 0755 v && chmod 0600 v/shilu.conf");
    assert_int_equal(kind_for_nobody(VAULT_READ), ERR_DENIED);
    fixture_run(
        "chmod 0644 v/shilu.conf && chmod 0755 v/incoming v/recordings v/archives v/discs && "
        "chmod 0600 v/catalog.db");
    assert_int_equal(kind_for_nobody(VAULT_READ), ERR_DENIED);
}

static void somebody_who_may_only_read_reads(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    fixture_close();
    fixture_run("chmod -R a+rX v && chmod -R go-w v");
    assert_int_equal(kind_for_nobody(VAULT_READ), 0);
    assert_int_equal(kind_for_nobody(VAULT_WRITE), ERR_DENIED);
}

static void the_actor_is_the_system_s_user(void **state)
{
    (void)state;
    char actor[128];
    char command[256];
    vault_actor(actor);
    (void)snprintf(command, sizeof command, "test \"os:$(id -un || id -u)\" = '%s'", actor);
    fixture_run(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_vault_is_refused, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_newer_vault_is_refused_by_its_format, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(damaged_settings_are_told_with_file_and_line, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_zone_that_is_none_is_told_with_its_line, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_missing_catalog_is_named_and_no_obstacle_to_an_audit,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(
            a_missing_folder_is_no_obstacle_to_reading_and_made_for_writing, fixture_setup,
            fixture_teardown),
        cmocka_unit_test_setup_teardown(the_signing_key_must_be_the_public_one_s_half,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_signing_key_that_is_not_ours_alone_is_not_used,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_signing_key_of_another_user_is_looked_at_and_not_used,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(an_encrypted_key_is_asked_for_when_it_is_needed_and_once,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_key_that_is_replaced_is_overwritten, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_public_key_that_is_none_is_told, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(somebody_without_permission_is_denied, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(somebody_who_may_only_read_reads, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(the_actor_is_the_system_s_user, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
