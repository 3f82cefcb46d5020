#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "archiver/audit/fixture.h"
#include "archiver/disc/shell.h"
#include "base/err.h"
#include "disc/disc.h"

#include "base/banned.h"

enum { SECTOR = 2048 };

static struct fixture_found found;
static struct disc_listing listing;

static int setup(void **state)
{
    struct err err;
    struct disc_made made;
    const char *cases[] = {FIXTURE_CASE};
    (void)fixture_setup_sealed(state);
    assert_int_equal(disc_image(fixture_vault(), cases, 1, "d.iso", "os:tester", NULL, &made, &err),
                     0);
    assert_int_equal(shell("chmod u+w d.iso"), 0);
    int fd = open("d.iso", O_RDONLY | O_CLOEXEC);
    assert_int_equal(disc_listing_read(fd, "d.iso", &listing, &err), 0);
    assert_int_equal(close(fd), 0);
    return 0;
}

static int teardown(void **state)
{
    disc_listing_release(&listing);
    return fixture_teardown(state);
}

/* Where a file lies whose path ends like this. */
static uint64_t place_of(const char *end)
{
    for (size_t i = 0; i < listing.count; i++) {
        size_t len = strlen(listing.files[i].path);
        if (len >= strlen(end) && strcmp(listing.files[i].path + len - strlen(end), end) == 0)
            return listing.files[i].extents[0].offset;
    }
    fail_msg("%s is not on the disc", end);
    return 0;
}

static void a_sound_image_is_sound(void **state)
{
    (void)state;
    fixture_audit("d.iso", AUDIT_ALL, &found);
    fixture_none(&found);
    assert_int_equal(strlen(found.report.signer), 64);
    assert_true(found.report.bytes > 3 * FIXTURE_BYTES);
    fixture_audit("d.iso", AUDIT_SIZES, &found);
    fixture_none(&found);
}

static void each_flipped_file_is_one_finding(void **state)
{
    (void)state;
    static const char *const names[] = {"data/R2.mp4", "SHA256SUMS",          "disc.json",
                                        "README.txt",  "manifest-sha256.txt", "index.json",
                                        "index.html",  "disc.json.sig",       "bagit.txt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t place = place_of(names[i]) + 5;
        fixture_flip("d.iso", place);
        fixture_audit("d.iso", AUDIT_ALL, &found);
        fixture_only(&found, AUDIT_DAMAGED, names[i]);
        assert_true(found.at[0].first <= place && place <= found.at[0].last);
        fixture_flip("d.iso", place);
    }
}

static void damage_on_a_disc_names_recording_and_case(void **state)
{
    (void)state;
    fixture_flip("d.iso", place_of("data/R2.mp4"));
    fixture_audit("d.iso", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, "data/R2.mp4");
    assert_string_equal(found.at[0].recording, "R2");
    assert_string_equal(found.at[0].case_number, FIXTURE_CASE);
}

static void the_record_and_its_zeros_are_accounted_for(void **state)
{
    (void)state;
    for (uint64_t place = 0; place < 16 * SECTOR; place += 1021) {
        fixture_flip("d.iso", place);
        fixture_audit("d.iso", AUDIT_ALL, &found);
        assert_int_equal(found.count, 1);
        fixture_flip("d.iso", place);
    }
}

static void directories_and_padding_are_accounted_for(void **state)
{
    (void)state;
    /* behind the primary descriptor: the other descriptors, path tables and folders */
    for (uint64_t place = 17 * SECTOR; place < 60 * SECTOR; place += 677) {
        fixture_flip("d.iso", place);
        fixture_audit("d.iso", AUDIT_ALL, &found);
        assert_true(found.count > 0);
        fixture_flip("d.iso", place);
    }
    uint64_t padding = place_of("data/R4.mp4") + 7 + 100;
    fixture_flip("d.iso", padding);
    fixture_audit("d.iso", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_DAMAGED, NULL);
}

static void an_image_that_is_longer_or_shorter_is_found(void **state)
{
    (void)state;
    uint64_t size = fixture_size("d.iso");
    assert_int_equal(shell("head -c 2048 r1.mp4 >>d.iso"), 0);
    fixture_audit("d.iso", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_EXTRA, NULL);
    assert_int_equal(found.at[0].first, size);
    fixture_cut("d.iso", size - SECTOR);
    fixture_audit("d.iso", AUDIT_ALL, &found);
    assert_int_equal(fixture_count(&found, AUDIT_MISSING), 1); /* the file that is cut */
    assert_int_equal(found.count, 2);                          /* and how far the image goes */
    /* contents lie in front of the lists: what is left cannot be judged, and is not called extra */
    fixture_cut("d.iso", place_of("data/R2.mp4") + 100);
    fixture_audit("d.iso", AUDIT_LISTED, &found);
    assert_int_equal(fixture_count(&found, AUDIT_EXTRA), 0);
    assert_true(fixture_count(&found, AUDIT_MISSING) >= 8);
    assert_true(fixture_count(&found, AUDIT_UNREADABLE) >= FIXTURE_RECORDINGS);
}

static void zeros_behind_the_end_are_the_burning_programs_own(void **state)
{
    (void)state;
    assert_int_equal(shell("head -c 307200 /dev/zero >>d.iso"), 0);
    fixture_audit("d.iso", AUDIT_ALL, &found);
    assert_int_equal(found.count, 0);
    assert_int_equal(shell("printf x >>d.iso"), 0);
    fixture_audit("d.iso", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_EXTRA, NULL);
}

static void a_drive_is_read_like_an_image(void **state)
{
    (void)state;
    if (shell("truncate -s +4M d.iso && losetup -f --show d.iso >drive 2>/dev/null") != 0)
        skip(); /* loop devices need root and a kernel that has them */
    char drive[64] = "";
    FILE *file = fopen("drive", "re");
    assert_non_null(file);
    assert_non_null(fgets(drive, sizeof drive, file));
    assert_int_equal(fclose(file), 0);
    drive[strcspn(drive, "\n")] = '\0';
    fixture_audit(drive, AUDIT_ALL, &found);
    assert_int_equal(shell("losetup -d $(cat drive)"), 0);
    assert_int_equal(found.count, 0);
}

static void a_file_that_was_added_is_extra_and_one_removed_is_missing(void **state)
{
    (void)state;
    assert_int_equal(shell("echo more >more.txt && xorriso -dev d.iso -boot_image any keep "
                           "-map more.txt /cases/more.txt -rm /README.txt -- >xorriso.log 2>&1"),
                     0);
    fixture_audit("d.iso", AUDIT_ALL, &found);
    assert_int_equal(fixture_count(&found, AUDIT_EXTRA) >= 1, 1);
    assert_int_equal(fixture_count(&found, AUDIT_MISSING), 1);
    bool told = false;
    for (size_t i = 0; i < found.count; i++)
        told = told || strcmp(found.at[i].entry, "cases/more.txt") == 0;
    assert_true(told);
}

static void an_unpacked_disc_is_sound_and_its_faults_are_told_once(void **state)
{
    (void)state;
    assert_int_equal(shell("mkdir u && bsdtar -xf d.iso -C u && chmod -R u+w u"), 0);
    fixture_audit("u", AUDIT_ALL, &found);
    fixture_none(&found);
    assert_int_equal(shell("rm u/cases/*/data/R2.mp4"), 0);
    fixture_audit("u", AUDIT_ALL, &found);
    fixture_only(&found, AUDIT_MISSING, "data/R2.mp4");
    assert_int_equal(shell("rm u/cases/*/bagit.txt && echo x >u/extra"), 0);
    fixture_audit("u", AUDIT_ALL, &found);
    assert_int_equal(found.count, 3);
}

#define DISC(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISC(a_sound_image_is_sound),
        DISC(each_flipped_file_is_one_finding),
        DISC(damage_on_a_disc_names_recording_and_case),
        DISC(the_record_and_its_zeros_are_accounted_for),
        DISC(directories_and_padding_are_accounted_for),
        DISC(an_image_that_is_longer_or_shorter_is_found),
        DISC(zeros_behind_the_end_are_the_burning_programs_own),
        DISC(a_drive_is_read_like_an_image),
        DISC(a_file_that_was_added_is_extra_and_one_removed_is_missing),
        DISC(an_unpacked_disc_is_sound_and_its_faults_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
