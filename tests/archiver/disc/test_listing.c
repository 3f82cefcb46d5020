#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archiver/disc/shell.h"
#include "base/err.h"
#include "base/file.h"
#include "disc/disc.h"

#include "base/banned.h"

enum { SECTOR = 2048 };

static const char LONG_NAME[] =
    "a-name-that-needs-a-continuation-area-because-it-is-longer-than-a-directory-record-leaves-"
    "room-for-which-is-why-it-goes-on-and-on-until-it-is-well-beyond-two-hundred-characters-long-"
    "and-then-some-more.txt";

/* An image made by a program that is not ours. */
static int make_images(void **state)
{
    (void)state;
    return shell(
        "set -e; rm -rf tree t.iso big.iso bigtree; mkdir -p tree/cases/one/data tree/b; "
        "printf hello > tree/cases/one/data/R1.mp4; printf x > tree/README.txt; "
        ": > tree/b/empty; printf long > tree/b/%s; "
        "head -c 5000 /dev/urandom > tree/b/odd.bin; "
        "xorriso -as mkisofs -quiet -J -r -iso-level 3 -no-pad -o t.iso tree 2>xorriso.txt",
        LONG_NAME);
}

static int list(const char *path, struct disc_listing *listing, struct err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const int result = disc_listing_read(fd, path, listing, err);
    close(fd);
    return result;
}

static void a_strangers_image_is_listed_by_its_rock_ridge_names(void **state)
{
    (void)state;
    struct err err;
    struct disc_listing listing;
    char long_path[300];
    (void)snprintf(long_path, sizeof long_path, "b/%s", LONG_NAME);
    const char *const paths[] = {"README.txt", long_path, "b/empty", "b/odd.bin",
                                 "cases/one/data/R1.mp4"};
    const uint64_t sizes[] = {1, 4, 0, 5000, 5};
    assert_int_equal(list("t.iso", &listing, &err), 0);
    assert_int_equal(listing.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(listing.files[i].path, paths[i]);
        assert_int_equal(listing.files[i].size, sizes[i]);
        assert_int_equal(listing.files[i].extent_count, sizes[i] > 0);
        assert_ptr_equal(disc_listing_find(&listing, paths[i]), &listing.files[i]);
    }
    assert_null(disc_listing_find(&listing, "b"));
    disc_listing_release(&listing);
}

static void extents_are_where_the_content_lies(void **state)
{
    (void)state;
    struct err err;
    struct disc_listing listing;
    assert_int_equal(list("t.iso", &listing, &err), 0);
    const struct disc_file *file = disc_listing_find(&listing, "b/odd.bin");
    assert_non_null(file);
    assert_int_equal(shell("tail -c +%llu t.iso | head -c %llu | cmp - tree/b/odd.bin",
                           (unsigned long long)file->extents[0].offset + 1,
                           (unsigned long long)file->extents[0].size),
                     0);
    disc_listing_release(&listing);
}

static void a_file_above_4_gib_has_several_extents(void **state)
{
    (void)state;
    struct err err;
    struct disc_listing listing;
    assert_int_equal(
        shell("set -e; mkdir -p bigtree; truncate -s 4400M bigtree/R1.mp4; "
              "xorriso -as mkisofs -quiet -J -r -iso-level 3 -o - bigtree 2>xorriso.txt "
              "| dd of=big.iso bs=1M iflag=fullblock conv=sparse status=none"),
        0);
    assert_int_equal(list("big.iso", &listing, &err), 0);
    assert_int_equal(listing.count, 1);
    assert_int_equal(listing.files[0].size, (uint64_t)4400 << 20);
    assert_int_equal(listing.files[0].extent_count, 2);
    assert_int_equal(listing.files[0].extents[1].offset,
                     listing.files[0].extents[0].offset + listing.files[0].extents[0].size);
    disc_listing_release(&listing);
    assert_int_equal(shell("rm -rf big.iso bigtree"), 0);
}

/* ---- damaged and forged images ---- */

/* Finds the record of a name in the image: where `octets` first stand. */
static uint64_t find(const char *path, const char *octets, size_t len)
{
    struct err err;
    char *text = NULL;
    size_t size = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(file_read_all(fd, path, 1 << 24, &text, &size, &err), 0);
    close(fd);
    const char *at = memmem(text, size, octets, len);
    assert_non_null(at);
    const uint64_t offset = (uint64_t)(at - text);
    free(text);
    return offset;
}

static void patch(uint64_t offset, const char *octets, size_t len)
{
    struct err err;
    assert_int_equal(shell("cp t.iso forged.iso"), 0);
    const int fd = open("forged.iso", O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(file_write_at(fd, "forged.iso", offset, octets, len, &err), 0);
    close(fd);
}

static void forged_images_are_refused(void **state)
{
    (void)state;
    const uint64_t volume = 16 * SECTOR;
    const uint64_t readme = find("t.iso", "README.TXT;1", 12) - 33; /* the directory record */
    const uint64_t name = find("t.iso", "NM\x0f\x01\x00README.txt", 15);
    /* the folder "b" of the primary tree points back at the root */
    char root[8];
    struct err err;
    const int fd = open("t.iso", O_RDONLY | O_CLOEXEC);
    assert_int_equal(file_read_exact(fd, "t.iso", volume + 158, root, sizeof root, &err), 0);
    close(fd);
    const uint64_t folder = find("t.iso",
                                 "\x01"
                                 "B"
                                 "PX",
                                 4) +
                            1 - 33;

    const struct {
        const char *what;
        uint64_t offset;
        const char *octets;
        size_t len;
    } cases[] = {
        {"another descriptor", volume, "\xff", 1},
        {"another standard", volume + 1, "CD002", 5},
        {"another sector size", volume + 129, "\x10", 1},
        {"a root beyond the end", volume + 158, "\xff\xff\xff\x7f\x7f\xff\xff\xff", 8},
        {"a root in front of the volume", volume + 158, "\x01\x00\x00\x00\x00\x00\x00\x01", 8},
        {"a root of no length", volume + 166, "\x00\x00\x00\x00\x00\x00\x00\x00", 8},
        {"a root of 3 GB", volume + 166, "\x00\x00\x00\xc0\xc0\x00\x00\x00", 8},
        {"byte orders that differ", readme + 2, "\x01", 1},
        {"a record that reaches over the next", folder, "\xff", 1},
        {"a record shorter than its head", readme, "\x10", 1},
        {"a name longer than its record", readme + 32, "\xf0", 1},
        {"an extended attribute record", readme + 1, "\x01", 1},
        {"interleaved content", readme + 26, "\x01\x01", 2},
        {"an extent that does not follow", readme + 25, "\x80", 1},
        {"a field of no length that reaches out", name + 2, "\xff", 1},
        {"a slash in a name", name + 6, "/", 1},
        {"a control character in a name", name + 6, "\n", 1},
        {"bad UTF-8 in a name", name + 6, "\xff", 1},
        {"the name of the parent folder", name + 4, "\x04", 1},
        {"a link", name, "SL", 2},
        {"a folder that leads back to the root", folder + 2, root, sizeof root},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct disc_listing listing = {0};
        patch(cases[i].offset, cases[i].octets, cases[i].len);
        print_message("%s\n", cases[i].what);
        assert_int_equal(list("forged.iso", &listing, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "forged.iso");
    }
}

static void an_image_cut_in_its_contents_is_listed_and_one_cut_in_its_folders_is_refused(
    void **state)
{
    (void)state;
    struct err err;
    struct disc_listing listing;
    assert_int_equal(list("t.iso", &listing, &err), 0);
    const uint64_t last = disc_listing_find(&listing, "cases/one/data/R1.mp4")->extents[0].offset;
    disc_listing_release(&listing);

    assert_int_equal(shell("head -c %llu t.iso > cut.iso", (unsigned long long)last + 2), 0);
    assert_int_equal(list("cut.iso", &listing, &err), 0);
    struct digest_pair structure;
    const int fd = open("cut.iso", O_RDONLY | O_CLOEXEC);
    assert_int_equal(disc_structure(fd, "cut.iso", &listing, last + SECTOR, &structure, &err), -1);
    close(fd);
    assert_int_equal(err.kind, ERR_DAMAGED);
    disc_listing_release(&listing);

    for (unsigned sectors = 0; sectors < 20; sectors++) {
        assert_int_equal(shell("head -c %u t.iso > cut.iso", sectors * SECTOR), 0);
        assert_int_equal(list("cut.iso", &listing, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
    }
}

static void the_structure_is_every_byte_that_is_no_content(void **state)
{
    (void)state;
    struct err err;
    struct disc_listing listing;
    struct digest_pair sound;
    struct digest_pair other;
    assert_int_equal(list("t.iso", &listing, &err), 0);
    int fd = open("t.iso", O_RDONLY | O_CLOEXEC);
    assert_int_equal(disc_structure(fd, "t.iso", &listing, listing.size, &sound, &err), 0);
    close(fd);

    const struct disc_extent odd = disc_listing_find(&listing, "b/odd.bin")->extents[0];
    const struct {
        uint64_t offset;
        bool counts;
    } cases[] = {
        {0, false}, /* the system area is taken as zeros */
        {32767, false},
        {32768 + 100, true}, /* the volume descriptor */
        {odd.offset, false}, /* content */
        {odd.offset + odd.size - 1, false},
        {odd.offset + odd.size, true}, /* its padding */
        {odd.offset + odd.size + 1000, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char octet;
        fd = open("t.iso", O_RDONLY | O_CLOEXEC);
        assert_int_equal(file_read_exact(fd, "t.iso", cases[i].offset, &octet, 1, &err), 0);
        close(fd);
        octet = (char)(octet ^ 1);
        patch(cases[i].offset, &octet, 1);
        fd = open("forged.iso", O_RDONLY | O_CLOEXEC);
        assert_int_equal(disc_structure(fd, "forged.iso", &listing, listing.size, &other, &err), 0);
        close(fd);
        assert_int_equal(!digest_equal(&sound, &other), cases[i].counts);
    }
    disc_listing_release(&listing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strangers_image_is_listed_by_its_rock_ridge_names),
        cmocka_unit_test(extents_are_where_the_content_lies),
        cmocka_unit_test(a_file_above_4_gib_has_several_extents),
        cmocka_unit_test(forged_images_are_refused),
        cmocka_unit_test(
            an_image_cut_in_its_contents_is_listed_and_one_cut_in_its_folders_is_refused),
        cmocka_unit_test(the_structure_is_every_byte_that_is_no_content),
    };
    return cmocka_run_group_tests_name("disc/listing", tests, make_images, NULL);
}
