#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acts/acts.h"
#include "archiver/audit/fixture.h"
#include "archiver/disc/made_vault.h"
#include "archiver/disc/shell.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/progress.h"
#include "vault/vault.h"

#include "base/banned.h"

static struct fixture_found found;

/* The shell's words for the stored file of a recording, and its sidecar. */
static const char *stored(int64_t number, const char *extension)
{
    static char path[200];
    char hex[65];
    struct catalog_recording *recording = NULL;
    struct catalog_err err;
    assert_int_equal(
        catalog_recording_load(vault_catalog(fixture_vault()), number, &recording, &err), 0);
    bytes_to_hex(recording->sha256, 32, hex);
    catalog_recording_free(recording);
    (void)snprintf(path, sizeof path, "v/recordings/%.2s/%s.%s", hex, hex, extension);
    return path;
}

static const char *media(int64_t number)
{
    return stored(number, "mp4");
}

static void sql(const char *statement)
{
    assert_int_equal(shell("sqlite3 v/catalog.db \"%s\"", statement), 0);
}

/* A loose attachment with the bytes of a file, to a recording. */
static void attach(int64_t recording, const char *file, const char *name)
{
    struct catalog_attachment one = {.size_bytes = fixture_size(file)};
    struct err err;
    char hex[65];
    char kind[] = "note";
    char shown[64];
    char stored_name[100];
    assert_int_equal(shell("sha256sum %s | cut -c 1-64 | tr -d '\\n' >sum.txt", file), 0);
    FILE *sums = fopen("sum.txt", "r");
    assert_non_null(sums);
    assert_non_null(fgets(hex, sizeof hex, sums));
    assert_int_equal(fclose(sums), 0);
    assert_int_equal(bytes_from_hex(bytes_of(hex), one.sha256, 32), 0);
    assert_int_equal(shell("openssl dgst -sm3 -r %s | cut -c 1-64 | tr -d '\\n' >sum.txt", file),
                     0);
    sums = fopen("sum.txt", "r");
    assert_non_null(sums);
    char sm3[65];
    assert_non_null(fgets(sm3, sizeof sm3, sums));
    assert_int_equal(fclose(sums), 0);
    assert_int_equal(bytes_from_hex(bytes_of(sm3), one.sm3, 32), 0);
    (void)snprintf(stored_name, sizeof stored_name, "%s.txt", hex);
    (void)snprintf(shown, sizeof shown, "%s", name);
    one.kind = kind;
    one.name = shown;
    one.stored_name = stored_name;
    assert_int_equal(shell("mkdir -p v/recordings/%.2s && cp %s v/recordings/%.2s/%s", hex, file,
                           hex, stored_name),
                     0);
    assert_int_equal(vault_begin(fixture_vault(), "os:tester", &err), 0);
    assert_int_equal(
        vault_end(fixture_vault(), acts_attach(fixture_vault(), recording, &one, &err), &err), 0);
    assert_int_equal(vault_sidecars_catch_up(fixture_vault(), &err), 0);
}

static void a_sound_vault_is_sound_loose_and_sealed(void **state)
{
    (void)state;
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_none(&found);
    assert_int_equal(found.report.bytes, 3 * FIXTURE_BYTES + 7);
    /* catalog, settings, removals, the key twice, the log's entries, and of each recording the
     * bytes and the sidecar */
    assert_int_equal(found.report.checked, 5 + 2 + 3 * FIXTURE_RECORDINGS);
    (void)fixture_seal();
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_none(&found);
    assert_true(found.report.bytes > 3 * FIXTURE_BYTES);
}

static void below_all_no_recording_is_read(void **state)
{
    (void)state;
    assert_int_equal(shell("chmod u+w %s", media(1)), 0);
    fixture_flip(media(1), 9);
    fixture_audit_vault(AUDIT_SIZES, &found);
    fixture_none(&found);
    assert_int_equal(found.report.bytes, 0);
    fixture_cut(media(1), 100);
    fixture_audit_vault(AUDIT_LISTED, &found);
    fixture_none(&found);
    fixture_audit_vault(AUDIT_SIZES, &found);
    fixture_only(&found, AUDIT_DAMAGED, ".mp4");
}

static void loose_faults_are_each_told_once(void **state)
{
    (void)state;
    assert_int_equal(shell("chmod -R u+w v/recordings"), 0);
    assert_int_equal(shell("rm %s", media(1)), 0);
    fixture_flip(media(2), 50000);
    assert_int_equal(shell("printf x >>%s", media(3)), 0);
    assert_int_equal(shell("echo x >v/recordings/stray; echo x >v/incoming/left.mp4"), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    assert_int_equal(found.count, 5);
    assert_int_equal(fixture_count(&found, AUDIT_MISSING), 1);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 2);
    assert_int_equal(fixture_count(&found, AUDIT_EXTRA), 2);
    for (size_t i = 0; i < found.count; i++) {
        if (found.at[i].kind != AUDIT_EXTRA)
            assert_string_equal(found.at[i].case_number, FIXTURE_CASE);
    }
}

static void a_link_in_a_recordings_place_is_unreadable(void **state)
{
    (void)state;
    assert_int_equal(shell("cp %s away.mp4", media(1)), 0);
    assert_int_equal(shell("ln -sf $PWD/away.mp4 %s", media(1)), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_UNREADABLE, ".mp4");
    assert_string_equal(found.at[0].recording, "R1");
}

static void sidecars_are_compared(void **state)
{
    (void)state;
    const char *sidecar = stored(2, "json");
    assert_int_equal(shell("chmod -R u+w v/recordings; cp %s kept.json", sidecar), 0);
    assert_int_equal(shell("sed -i s/r2.mp4/r3.mp4/ %s", sidecar), 0);
    fixture_audit_vault(AUDIT_SIZES, &found);
    fixture_only(&found, AUDIT_CATALOG, ".json");
    assert_string_equal(found.at[0].recording, "R2");
    /* what a C string does not show */
    assert_int_equal(shell("(cat kept.json; printf '\\0more') >%s", sidecar), 0);
    fixture_audit_vault(AUDIT_SIZES, &found);
    fixture_only(&found, AUDIT_CATALOG, ".json");
    assert_int_equal(shell("rm %s", sidecar), 0);
    fixture_audit_vault(AUDIT_SIZES, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.at[0].kind, AUDIT_MISSING);
    assert_int_equal(shell("cp kept.json %s && cp kept.json v/recordings/00.json", sidecar), 0);
    fixture_audit_vault(AUDIT_SIZES, &found);
    fixture_only(&found, AUDIT_EXTRA, "00.json");
}

static void attachments_are_checked_and_shared_bytes_once(void **state)
{
    (void)state;
    assert_int_equal(shell("echo note >note.txt"), 0);
    attach(1, "note.txt", "one");
    attach(2, "note.txt", "two");
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_none(&found);
    assert_int_equal(found.report.checked, 5 + 4 + 3 * FIXTURE_RECORDINGS + 1);
    assert_int_equal(shell("rm v/recordings/*/*.txt"), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_MISSING, ".txt");
    assert_string_equal(found.at[0].recording, "R1");
}

static void archives_are_checked_against_the_catalog(void **state)
{
    (void)state;
    const char *archive = fixture_seal();
    assert_int_equal(shell("cp %s whole.tar", archive), 0);
    fixture_flip(archive, fixture_offset(archive, "R2"));
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, "data/R2.mp4");
    assert_int_equal(shell("cp whole.tar %s && printf x >>%s", archive, archive), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(shell("cp whole.tar %s; cp whole.tar v/archives/other.tar", archive), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_EXTRA, "other.tar");
    assert_int_equal(shell("rm v/archives/other.tar %s", archive), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_MISSING, ".tar");
    assert_string_equal(found.at[0].case_number, FIXTURE_CASE);
}

/* Sound and signed by the vault's own key, of the same names, lengths and recordings: sealed in a
 * copy of the vault in which a recording is tagged differently. */
static void an_archive_of_a_copy_of_the_vault_is_not_the_one_that_was_sealed(void **state)
{
    (void)state;
    struct vault *copy = NULL;
    struct err err;
    char other[4096];
    const char *const places[] = {"elsewhere"};
    const struct acts_change place = {CATALOG_PLACE, places, 1};
    assert_int_equal(shell("chmod -R u+w copy 2>/dev/null; rm -rf copy; cp -a v copy"), 0);
    const char *archive = fixture_seal();
    assert_int_equal(vault_open("copy", VAULT_WRITE, &copy, &err), 0);
    assert_int_equal(vault_begin(copy, "os:tester", &err), 0);
    assert_int_equal(vault_end(copy, acts_tag(copy, 1, &place, 1, NULL, &err), &err), 0);
    made_volume(copy, FIXTURE_CASE, other, sizeof other);
    vault_free(copy);
    assert_int_equal(shell("chmod u+w %s && cp %s %s", archive, other, archive), 0);
    fixture_audit_vault(AUDIT_SIZES, &found);
    bool told = false;
    for (size_t i = 0; i < found.count; i++)
        told = told || (found.at[i].kind == AUDIT_CATALOG &&
                        strstr(found.at[i].detail, "not the archive that was sealed") != NULL);
    assert_true(told);
}

static void a_loose_copy_of_what_is_sealed_is_extra(void **state)
{
    (void)state;
    (void)fixture_seal();
    assert_int_equal(shell("cp r1.mp4 %s", media(1)), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_EXTRA, ".mp4");
}

static void rows_that_were_changed_are_found(void **state)
{
    (void)state;
    (void)fixture_seal();
    sql("UPDATE recordings SET sm3 = zeroblob(32) WHERE number = 2");
    fixture_audit_vault(AUDIT_SIZES, &found);
    assert_true(fixture_count(&found, AUDIT_CATALOG) >= 2); /* the sidecar, the index */
    assert_int_equal(fixture_count(&found, AUDIT_LOG), 1);  /* what the row must be */
    assert_int_equal(fixture_count(&found, AUDIT_CATALOG) + 1, found.count);
    for (size_t i = 0; i < found.count; i++)
        assert_string_equal(found.at[i].recording, "R2");
}

static void a_row_that_left_an_archive_is_found(void **state)
{
    (void)state;
    (void)fixture_seal();
    sql("DELETE FROM archive_recordings WHERE recording = 3");
    fixture_audit_vault(AUDIT_SIZES, &found);
    bool in_archive = false;
    bool in_none = false;
    for (size_t i = 0; i < found.count; i++) {
        assert_string_equal(found.at[i].recording, "R3");
        in_archive = in_archive || strstr(found.at[i].entry, ".tar") != NULL;
        in_none = in_none || found.at[i].kind == AUDIT_MISSING;
    }
    assert_true(in_archive && in_none);
}

static void one_broken_row_does_not_hide_the_rest(void **state)
{
    (void)state;
    sql("DELETE FROM reports WHERE recording = 1");
    assert_int_equal(shell("rm -f %s", media(3)), 0);
    fixture_audit_vault(AUDIT_ALL, &found);
    bool broken = false;
    bool missing = false;
    for (size_t i = 0; i < found.count; i++) {
        broken = broken || (found.at[i].kind == AUDIT_CATALOG);
        missing = missing ||
                  (found.at[i].kind == AUDIT_MISSING && strcmp(found.at[i].recording, "R3") == 0);
    }
    assert_true(broken && missing);
}

static void a_case_and_a_recording_are_audited_alone(void **state)
{
    (void)state;
    struct err err;
    struct vault *vault = fixture_vault();
    const char *archive = fixture_seal();
    fixture_flip(archive, fixture_offset(archive, "R2"));
    struct audit_options options = fixture_options(&found, AUDIT_ALL);
    assert_int_equal(audit_recording(vault, 1, &options, &found.report, &err), 0);
    fixture_none(&found);
    assert_int_equal(found.report.bytes, FIXTURE_BYTES);
    options = fixture_options(&found, AUDIT_ALL);
    assert_int_equal(audit_recording(vault, 2, &options, &found.report, &err), 0);
    fixture_only(&found, AUDIT_DAMAGED, "data/R2.mp4");
    options = fixture_options(&found, AUDIT_ALL);
    assert_int_equal(audit_case(vault, FIXTURE_CASE, &options, &found.report, &err), 0);
    fixture_only(&found, AUDIT_DAMAGED, "data/R2.mp4");
    options = fixture_options(&found, AUDIT_ALL);
    assert_int_equal(audit_archive(vault, 1, &options, &found.report, &err), 0);
    fixture_only(&found, AUDIT_DAMAGED, "data/R2.mp4");
    options = fixture_options(&found, AUDIT_SIZES);
    assert_int_equal(audit_recording(vault, 2, &options, &found.report, &err), 0);
    fixture_none(&found);
    assert_int_equal(found.report.bytes, 0);
    assert_int_equal(audit_recording(vault, 99, &options, &found.report, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(audit_case(vault, "none", &options, &found.report, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(audit_archive(vault, 9, &options, &found.report, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
}

static void a_key_that_was_exchanged_is_found(void **state)
{
    (void)state;
    (void)fixture_seal();
    assert_int_equal(shell("chmod -R u+w v/keys; openssl genpkey -algorithm ed25519 -out k.pem && "
                           "openssl pkey -in k.pem -pubout -out v/keys/public.pem"),
                     0);
    struct vault *vault = NULL;
    struct err err;
    assert_int_equal(vault_open("v", VAULT_READ, &vault, &err), 0);
    struct audit_options options = fixture_options(&found, AUDIT_SIZES);
    assert_int_equal(audit_vault(vault, &options, &found.report, &err), 0);
    vault_free(vault);
    /* the pair does not belong together, the archive and the log are another's */
    assert_int_equal(found.count, 3);
    assert_int_equal(fixture_count(&found, AUDIT_LOG), 1);
    assert_int_equal(fixture_count(&found, AUDIT_SIGNATURE), 1);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 1);
}

/* What the bar is told never goes back, and comes to its end. */
static void watch(void *context, const char *what, uint64_t done, uint64_t total)
{
    uint64_t *last = context;
    (void)what;
    assert_true(total > 3 * FIXTURE_BYTES);
    assert_true(last[1] == 0 || last[1] == total);
    assert_true(done >= last[0] && done <= total);
    last[0] = done;
    last[1] = total;
}

static void progress_knows_its_end_from_the_beginning(void **state)
{
    (void)state;
    struct err err;
    uint64_t last[2] = {0, 0};
    struct progress progress = {watch, last};
    struct audit_options options = fixture_options(&found, AUDIT_ALL);
    options.progress = &progress;
    assert_int_equal(audit_vault(fixture_vault(), &options, &found.report, &err), 0);
    assert_int_equal(last[0], last[1]);
    (void)fixture_seal();
    last[0] = last[1] = 0;
    assert_int_equal(audit_vault(fixture_vault(), &options, &found.report, &err), 0);
    assert_true(last[0] > 3 * FIXTURE_BYTES);
}

#define LOOSE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOSE(a_sound_vault_is_sound_loose_and_sealed),
        LOOSE(below_all_no_recording_is_read),
        LOOSE(loose_faults_are_each_told_once),
        LOOSE(a_link_in_a_recordings_place_is_unreadable),
        LOOSE(sidecars_are_compared),
        LOOSE(attachments_are_checked_and_shared_bytes_once),
        LOOSE(archives_are_checked_against_the_catalog),
        LOOSE(an_archive_of_a_copy_of_the_vault_is_not_the_one_that_was_sealed),
        LOOSE(a_loose_copy_of_what_is_sealed_is_extra),
        LOOSE(rows_that_were_changed_are_found),
        LOOSE(a_row_that_left_an_archive_is_found),
        LOOSE(one_broken_row_does_not_hide_the_rest),
        LOOSE(a_case_and_a_recording_are_audited_alone),
        LOOSE(a_key_that_was_exchanged_is_found),
        LOOSE(progress_knows_its_end_from_the_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
