#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archiver/audit/fixture.h"
#include "archiver/disc/shell.h"
#include "base/err.h"

#include "base/banned.h"

static struct fixture_found found;

/* The archive unpacked below "u", by a stranger's tar. */
static int setup(void **state)
{
    (void)fixture_setup_sealed(state);
    assert_int_equal(
        shell("mkdir u && tar -xf a.tar -C u && mv u/%s u/bag && chmod -R u+w u", fixture_bag()),
        0);
    return 0;
}

static void an_unpacked_bag_is_sound_and_so_is_its_parent(void **state)
{
    (void)state;
    fixture_audit("u/bag", AUDIT_ALL, &found);
    fixture_none(&found);
    assert_int_equal(strlen(found.report.signer), 64);
    fixture_audit("u", AUDIT_ALL, &found);
    fixture_none(&found);
}

static void each_fault_in_a_folder_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(
        shell("cd u/bag && rm data/R1.mp4 && printf x >>data/R2.mp4 && "
              "printf x | dd of=data/R3.mp4 bs=1 seek=5 conv=notrunc status=none && "
              "echo x >data/R9.mp4 && echo x >note.txt && cp data/R4.mp4 data/copy.mp4"),
        0);
    fixture_audit("u/bag", AUDIT_ALL, &found);
    assert_int_equal(found.count, 6);
    assert_int_equal(fixture_count(&found, AUDIT_MISSING), 1);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 2);
    assert_int_equal(fixture_count(&found, AUDIT_EXTRA), 3);
    fixture_audit("u/bag", AUDIT_SIZES, &found);
    assert_int_equal(found.count, 5); /* not the flipped byte */
    assert_true(found.report.bytes < FIXTURE_BYTES);
    fixture_audit("u/bag", AUDIT_LISTED, &found);
    assert_int_equal(found.count, 4); /* nor the length */
}

static void links_and_special_files_are_findings(void **state)
{
    (void)state;
    assert_int_equal(shell("cd u/bag && mv data/R1.mp4 .. && ln -s ../../R1.mp4 data/R1.mp4 && "
                           "mkfifo data/pipe && mv ../R1.mp4 ../../r1.away"),
                     0);
    fixture_audit("u/bag", AUDIT_ALL, &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(fixture_count(&found, AUDIT_DAMAGED), 1);
    assert_int_equal(fixture_count(&found, AUDIT_EXTRA), 1);
}

static void a_missing_tag_file_is_one_finding(void **state)
{
    (void)state;
    static const char *const names[] = {"bagit.txt",
                                        "bag-info.txt",
                                        "index.json",
                                        "manifest-sha256.txt",
                                        "signer.pem",
                                        "manifest-sm3.txt",
                                        "tagmanifest-sha256.txt.sig"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(shell("mv u/bag/%s away", names[i]), 0);
        fixture_audit("u/bag", AUDIT_ALL, &found);
        fixture_only(&found, AUDIT_MISSING, names[i]);
        assert_int_equal(shell("mv away u/bag/%s", names[i]), 0);
    }
}

static void what_is_no_bag_is_wrong_use(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(shell("mkdir -p u/empty"), 0);
    struct audit_options options = fixture_options(&found, AUDIT_ALL);
    assert_int_equal(audit_path("u/empty", &options, &found.report, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(audit_path("u/nowhere", &options, &found.report, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
}

static void a_list_cannot_lead_out_of_its_folder(void **state)
{
    (void)state;
    assert_int_equal(
        shell("cd u/bag && printf '%%064d  ../../../etc/passwd\\n' 0 >>manifest-sha256.txt"), 0);
    fixture_audit("u/bag", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, "manifest-sha256.txt");
}

#define UNPACKED(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNPACKED(an_unpacked_bag_is_sound_and_so_is_its_parent),
        UNPACKED(each_fault_in_a_folder_is_told_once),
        UNPACKED(links_and_special_files_are_findings),
        UNPACKED(a_missing_tag_file_is_one_finding),
        UNPACKED(what_is_no_bag_is_wrong_use),
        UNPACKED(a_list_cannot_lead_out_of_its_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
