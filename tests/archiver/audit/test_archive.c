#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archiver/audit/fixture.h"
#include "archiver/disc/shell.h"
#include "base/err.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { BLOCK = 512, TAG_FILES = 10 };

static struct fixture_found found;

static uint64_t offset_of(const char *id)
{
    return fixture_offset("a.tar", id);
}

static void a_sound_archive_is_sound_and_the_sums_add_up(void **state)
{
    (void)state;
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_none(&found);
    /* every file once, the signature, what is no content, and the bag's own sum; the checkpoint and
     * the log's entry of each acceptance */
    assert_int_equal(found.report.checked, TAG_FILES + FIXTURE_RECORDINGS + 4 + FIXTURE_RECORDINGS);
    assert_int_equal(strlen(found.report.signer), 64);
    assert_true(found.report.bytes > 3 * FIXTURE_BYTES);
    assert_true(found.report.bytes < fixture_size("a.tar"));
}

static void below_all_no_payload_is_read(void **state)
{
    (void)state;
    fixture_flip("a.tar", offset_of("R2") + 5);
    fixture_audit("a.tar", AUDIT_SIZES, &found);
    fixture_none(&found);
    assert_true(found.report.bytes < FIXTURE_BYTES);
    fixture_audit("a.tar", AUDIT_LISTED, &found);
    fixture_none(&found);
    assert_true(found.report.bytes < FIXTURE_BYTES);
}

static void damage_names_entry_recording_case_and_range(void **state)
{
    (void)state;
    uint64_t offset = offset_of("R2");
    fixture_flip("a.tar", offset + 5);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, "/data/R2.mp4");
    assert_string_equal(found.at[0].recording, "R2");
    assert_string_equal(found.at[0].case_number, FIXTURE_CASE);
    assert_true(found.at[0].has_range);
    assert_int_equal(found.at[0].first, offset);
    assert_int_equal(found.at[0].last, offset + FIXTURE_BYTES - 1);
}

static void all_faults_are_found_and_each_once(void **state)
{
    (void)state;
    static const char *const ids[] = {"R1", "R2", "R3", "R4"};
    for (size_t i = 0; i < FIXTURE_RECORDINGS; i++)
        fixture_flip("a.tar", offset_of(ids[i]));
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_int_equal(found.count, FIXTURE_RECORDINGS);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), FIXTURE_RECORDINGS);
}

/* Where the content of a tag file lies, found by its text as tar lists it. */
static uint64_t tag_file_offset(const char *name)
{
    char block[64];
    assert_int_equal(shell("tar -tRf a.tar | sed -n 's|^block \\([0-9]*\\): .*/%s$|\\1|p' | "
                           "head -n 1 >block.txt && test -s block.txt",
                           name),
                     0);
    FILE *file = fopen("block.txt", "r");
    assert_non_null(file);
    assert_non_null(fgets(block, sizeof block, file));
    assert_int_equal(fclose(file), 0);
    unsigned long long number = 0;
    for (const char *at = block; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (unsigned long long)(*at - '0');
    return number * BLOCK; /* of its header */
}

static void a_damaged_list_is_one_finding(void **state)
{
    (void)state;
    static const char *const names[] = {"bagit.txt",        "bag-info.txt",        "index.json",
                                        "manifest-sm3.txt", "manifest-sha256.txt", "signer.pem"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        /* in the digits of the first line, or the like; and in a path or a key */
        static const uint64_t places[] = {3, 75};
        for (size_t k = 0; k < 2; k++) {
            if (i == 0 && k == 1)
                continue; /* shorter than that */
            uint64_t place = tag_file_offset(names[i]) + BLOCK + places[k];
            fixture_flip("a.tar", place);
            fixture_audit("a.tar", AUDIT_ALL, &found);
            fixture_only(&found, AUDIT_DAMAGED, names[i]);
            fixture_flip("a.tar", place);
        }
    }
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_none(&found);
}

static void a_damaged_signature_is_found_and_the_rest_still_checked(void **state)
{
    (void)state;
    fixture_flip("a.tar", tag_file_offset("tagmanifest-sha256.txt.sig") + BLOCK + 9);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_SIGNATURE, "tagmanifest-sha256.txt.sig");
    fixture_flip("a.tar", offset_of("R3"));
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 1);
}

static void a_damaged_header_is_one_finding_and_contents_are_still_checked(void **state)
{
    (void)state;
    static const char *const ids[] = {"R1", "R2", "R3", "R4"};
    for (size_t i = 0; i < FIXTURE_RECORDINGS; i++) {
        uint64_t place = offset_of(ids[i]) - BLOCK + 20;
        fixture_flip("a.tar", place);
        fixture_audit("a.tar", AUDIT_ALL, &found);
        fixture_only(&found, AUDIT_DAMAGED, NULL);
        assert_true(found.at[0].has_range);
        assert_true(found.at[0].first <= place);
        fixture_flip("a.tar", place);
    }
    fixture_flip("a.tar", offset_of("R2") - BLOCK + 20);
    fixture_flip("a.tar", offset_of("R2") + 20);
    fixture_flip("a.tar", offset_of("R4"));
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_int_equal(found.count, 3);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 3);
    assert_int_equal(fixture_count(&found, AUDIT_MISSING), 0);
}

static void two_damaged_headers_are_two_findings(void **state)
{
    (void)state;
    fixture_flip("a.tar", offset_of("R1") - BLOCK + 20);
    fixture_flip("a.tar", offset_of("R3") - BLOCK + 20);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 2);
}

static void a_damaged_head_does_not_hide_the_contents(void **state)
{
    (void)state;
    fixture_flip("a.tar", offset_of("R3"));
    fixture_flip("a.tar", 20); /* the first header of all */
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 2);
    assert_int_equal(fixture_count(&found, AUDIT_MISSING), 0);
    bool told = false;
    for (size_t i = 0; i < found.count; i++)
        told = told || strcmp(found.at[i].recording, "R3") == 0;
    assert_true(told);
}

static void a_cut_archive_is_checked_up_to_the_cut(void **state)
{
    (void)state;
    uint64_t offsets[] = {offset_of("R1"), offset_of("R2"), offset_of("R3"), offset_of("R4")};
    assert_int_equal(shell("cp a.tar whole.tar"), 0);
    for (size_t kept = 0; kept < FIXTURE_RECORDINGS; kept++) {
        /* in the middle of a content, at its first byte, and in front of its header */
        const uint64_t ends[] = {offsets[kept] + 4, offsets[kept], offsets[kept] - BLOCK};
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(shell("cp whole.tar a.tar"), 0);
            fixture_cut("a.tar", ends[k]);
            fixture_audit("a.tar", AUDIT_ALL, &found);
            assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), k == 0 ? 1 : 0);
            assert_int_equal(fixture_count(&found, AUDIT_MISSING),
                             FIXTURE_RECORDINGS - kept - (k == 0 ? 1 : 0));
            assert_int_equal(found.count, FIXTURE_RECORDINGS - kept);
        }
    }
    /* anything from nothing to all but the last block */
    uint64_t size = fixture_size("whole.tar");
    for (uint64_t end = 0; end < size; end += size / 40) {
        assert_int_equal(shell("cp whole.tar a.tar"), 0);
        fixture_cut("a.tar", end);
        fixture_audit("a.tar", AUDIT_ALL, &found);
        assert_true(found.count > 0);
    }
    assert_int_equal(shell("cp whole.tar a.tar"), 0);
    fixture_cut("a.tar", size - BLOCK);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, NULL);
}

static void a_cut_is_seen_at_every_level(void **state)
{
    (void)state;
    fixture_cut("a.tar", offset_of("R3") + 100);
    fixture_audit("a.tar", AUDIT_LISTED, &found);
    assert_int_equal(found.count, 2);
    fixture_audit("a.tar", AUDIT_SIZES, &found);
    assert_int_equal(found.count, 2);
}

static void an_appended_member_is_extra(void **state)
{
    (void)state;
    assert_int_equal(shell("mkdir -p %s/data && echo more >%s/data/R9.mp4 && "
                           "tar --format=ustar -rf a.tar %s/data/R9.mp4 && rm -r %s",
                           fixture_bag(), fixture_bag(), fixture_bag(), fixture_bag()),
                     0);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_EXTRA, "/data/R9.mp4");
}

static void a_member_that_stands_twice_is_extra_the_second_time(void **state)
{
    (void)state;
    assert_int_equal(shell("mkdir -p %s/data && echo other >%s/data/R2.mp4 && "
                           "tar --format=ustar -rf a.tar %s/data/R2.mp4 && rm -r %s",
                           fixture_bag(), fixture_bag(), fixture_bag(), fixture_bag()),
                     0);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_EXTRA, "/data/R2.mp4");
}

static void a_removed_member_is_missing(void **state)
{
    (void)state;
    /* as another tar writes it, with all but the one */
    assert_int_equal(
        shell("bsdtar -cf b.tar --format pax --exclude '*/R4.mp4' @a.tar && mv b.tar a.tar"), 0);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_int_equal(fixture_count(&found, AUDIT_MISSING), 1);
    for (size_t i = 0; i < found.count; i++)
        assert_true(found.at[i].kind != AUDIT_MISSING || strcmp(found.at[i].recording, "R4") == 0);
}

static void what_follows_the_end_is_found(void **state)
{
    (void)state;
    assert_int_equal(shell("head -c 512 r1.mp4 >>a.tar"), 0);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, NULL);
}

static void padding_is_accounted_for(void **state)
{
    (void)state;
    fixture_flip("a.tar", offset_of("R1") + FIXTURE_BYTES + 3);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, NULL);
}

/* Unpacks, changes, signs anew with a key of one's own, and packs again by another tar. */
static void repack(const char *change)
{
    assert_int_equal(
        shell(
            "set -e; rm -rf u; mkdir u; tar -xf a.tar -C u; cd u/%s; chmod -R u+w .; %s; "
            "openssl genpkey -algorithm ed25519 -out ../k.pem 2>/dev/null; "
            "openssl pkey -in ../k.pem -pubout -out signer.pem; "
            "for f in bagit.txt index.json bag-info.txt manifest-sha256.txt manifest-sm3.txt "
            "custody.ndjson checkpoint.txt signer.pem; do sha256sum $f; done >tagmanifest-sha256.txt; "
            "openssl pkeyutl -sign -inkey ../k.pem -rawin -in tagmanifest-sha256.txt "
            "-out tagmanifest-sha256.txt.sig; cd ..; "
            "tar --format=ustar --no-recursion -cf ../a.tar %s %s/index.json "
            "$(find %s -type f ! -name index.json | sort)",
            fixture_bag(), change, fixture_bag(), fixture_bag(), fixture_bag()),
        0);
}

static size_t with_detail(const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < found.count; i++)
        count += strstr(found.at[i].detail, part) != NULL;
    return count;
}

static void an_index_that_lies_about_places_is_found_though_it_is_signed(void **state)
{
    (void)state;
    repack("true"); /* the offsets are those of the first tar */
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_true(found.count > 1);
    assert_int_equal(fixture_count(&found, AUDIT_SIGNATURE), 1); /* the checkpoint's */
    assert_true(fixture_count(&found, AUDIT_MISSING) == 0);
}

static void lists_that_contradict_each_other_are_found_though_signed(void **state)
{
    (void)state;
    repack("printf 'x' | dd of=data/R2.mp4 bs=1 conv=notrunc status=none; "
           "(cd .; sha256sum data/*.mp4) >manifest-sha256.txt");
    fixture_audit("a.tar", AUDIT_ALL, &found);
    assert_int_equal(with_detail("contradict each other"), 1);
    assert_true(fixture_count(&found, AUDIT_DAMAGED) >= 2);
}

static void another_key_is_found_and_a_checkpoint_that_it_did_not_sign(void **state)
{
    (void)state;
    struct err err;
    repack("true");
    struct audit_options options = fixture_options(&found, AUDIT_SIZES);
    const struct key *key;
    assert_int_equal(vault_public_key(fixture_vault(), &key, &err), 0);
    options.key = key;
    assert_int_equal(audit_path("a.tar", &options, &found.report, &err), 0);
    assert_int_equal(fixture_count(&found, AUDIT_SIGNATURE), 2);
    assert_int_equal(audit_path("v/archives", &options, &found.report, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    uint64_t head = offset_of("R1");
    for (uint64_t place = 0; place < head; place += 97) {
        fixture_flip("a.tar", place);
        fixture_audit("a.tar", AUDIT_ALL, &found);
        assert_true(found.count > 0);
        fixture_flip("a.tar", place);
    }
}

#define SEALED(test) cmocka_unit_test_setup_teardown(test, fixture_setup_sealed, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEALED(a_sound_archive_is_sound_and_the_sums_add_up),
        SEALED(below_all_no_payload_is_read),
        SEALED(damage_names_entry_recording_case_and_range),
        SEALED(all_faults_are_found_and_each_once),
        SEALED(a_damaged_list_is_one_finding),
        SEALED(a_damaged_signature_is_found_and_the_rest_still_checked),
        SEALED(a_damaged_header_is_one_finding_and_contents_are_still_checked),
        SEALED(two_damaged_headers_are_two_findings),
        SEALED(a_damaged_head_does_not_hide_the_contents),
        SEALED(a_cut_archive_is_checked_up_to_the_cut),
        SEALED(a_cut_is_seen_at_every_level),
        SEALED(an_appended_member_is_extra),
        SEALED(a_member_that_stands_twice_is_extra_the_second_time),
        SEALED(a_removed_member_is_missing),
        SEALED(what_follows_the_end_is_found),
        SEALED(padding_is_accounted_for),
        SEALED(an_index_that_lies_about_places_is_found_though_it_is_signed),
        SEALED(lists_that_contradict_each_other_are_found_though_signed),
        SEALED(another_key_is_found_and_a_checkpoint_that_it_did_not_sign),
        SEALED(every_flipped_bit_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
