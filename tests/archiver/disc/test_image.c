#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archiver/disc/made_vault.h"
#include "archiver/disc/shell.h"
#include "base/err.h"
#include "base/file.h"
#include "custody/key.h"
#include "disc/disc.h"
#include "disc/image.h"
#include "vault/vault.h"

#include "base/banned.h"

#define CASE "津西青综执〔2026〕12号"

static const int64_t MADE_US = INT64_C(1777694400000000);

static char tar[4096];

static struct vault *vault_of(void **state)
{
    return *state;
}

static const char *const cases[] = {CASE};

static int make(struct vault *vault, const char *path, struct disc_made *made, struct err *err)
{
    return disc_image_at(vault, cases, 1, path, "os:tester", MADE_US, NULL, made, err);
}

static int make_all(void **state)
{
    if (shell(
            "set -e; rm -rf media *.iso *.iso.shilu-part out joliet; mkdir media; "
            "ffmpeg -loglevel error -f lavfi -i testsrc2=s=320x240:d=2 -pix_fmt yuv420p media/a.mp4; "
            "ffmpeg -loglevel error -f lavfi -i testsrc2=s=320x240:d=1 media/b.mkv; "
            "ffmpeg -loglevel error -f lavfi -i sine=d=2 media/c.wav; "
            "ffmpeg -loglevel error -f lavfi -i testsrc2 -frames:v 1 media/d.jpg") != 0)
        return -1;
    struct vault *vault = made_vault("vault", CASE);
    made_recording(vault, "media/a.mp4", "A B.mp4", CASE);
    made_recording(vault, "media/b.mkv", "柳口路</script>.mkv", CASE);
    made_recording(vault, "media/c.wav", "c.wav", CASE);
    made_volume(vault, CASE, tar, sizeof tar);
    made_recording(vault, "media/d.jpg", "d.jpg", CASE);
    char second[4096];
    made_volume(vault, CASE, second, sizeof second);
    struct disc_made made;
    struct err err;
    if (make(vault, "t.iso", &made, &err) < 0) {
        print_message("%s\n", err.text);
        return -1;
    }
    *state = vault;
    return 0;
}

static int free_all(void **state)
{
    vault_free(*state);
    return 0;
}

/* ---- read by programs that are not ours ---- */

static void bsdtar_unpacks_it_and_every_sum_holds(void **state)
{
    (void)state;
    assert_int_equal(shell("set -e; rm -rf out; mkdir out; bsdtar -xf t.iso -C out; cd out; "
                           "sha256sum --quiet -c SHA256SUMS; "
                           "test $(find . -type f | wc -l) = $(($(wc -l < SHA256SUMS) + 1)); "
                           "for bag in cases/*; do (cd $bag; "
                           "sha256sum --quiet -c manifest-sha256.txt; "
                           "sha256sum --quiet -c tagmanifest-sha256.txt); done; "
                           "test $(ls -d cases/* | wc -l) = 2"),
                     0);
}

static void the_bags_are_what_the_tars_unpack_to(void **state)
{
    (void)state;
    assert_int_equal(shell("set -e; rm -rf out bags; mkdir out bags; bsdtar -xf t.iso -C out; "
                           "find vault/archives -name '*.tar' -exec tar -xf {} -C bags \\; ; "
                           "diff -r out/cases bags"),
                     0);
}

static void xorriso_and_isoinfo_see_the_same_names(void **state)
{
    (void)state;
    assert_int_equal(
        shell("set -e; cut -c 67- out/SHA256SUMS > names; echo SHA256SUMS >> names; "
              "sort names > names.sorted; "
              "xorriso -indev t.iso -find / -type f -exec echo 2>/dev/null "
              "| tr -d \"'\" | sed 's,^/,,' | sort > by-xorriso; cmp names.sorted by-xorriso; "
              "isoinfo -J -f -i t.iso > by-joliet; "
              "while read -r name; do grep -q -x -F \"/$name\" by-joliet; done < names; "
              "isoinfo -d -i t.iso | grep -q '^Volume id: SHILU_'"),
        0);
}

static void the_description_is_signed_by_the_bureau(void **state)
{
    (void)state;
    assert_int_equal(shell("set -e; cd out; openssl pkeyutl -verify -pubin -inkey signer.pem "
                           "-rawin -in disc.json -sigfile disc.json.sig > /dev/null; "
                           "test \"$(jq -r .key_id disc.json)\" = \"$(openssl pkey -pubin "
                           "-in signer.pem -outform DER | sha256sum | cut -c 1-64)\"; "
                           "test \"$(jq -r '.cases[0]' disc.json)\" = '%s'; "
                           "for bag in 0 1; do "
                           "folder=$(jq -r .bags[$bag].folder disc.json); "
                           "sum=$(sha256sum $folder/tagmanifest-sha256.txt | cut -c 1-64); "
                           "test $(jq -r .bags[$bag].tagmanifest_sha256 disc.json) = $sum; done; "
                           "sum=$(sha256sum < '../%s' | cut -c 1-64); "
                           "test $(jq -r .bags[0].tar_sha256 disc.json) = $sum",
                           CASE, tar),
                     0);
}

/* The commands of README.txt, 4. */
static void the_system_area_vouches_for_the_sums(void **state)
{
    (void)state;
    assert_int_equal(
        shell(
            "set -e; head -c 32768 t.iso | sed -n 2p | tr -d '\\n' > record.json; "
            "head -c 32768 t.iso | sed -n 3p | base64 -d > record.sig; "
            "openssl pkeyutl -verify -pubin -inkey out/signer.pem -rawin -in record.json "
            "-sigfile record.sig > /dev/null; "
            "test $(jq -r .sha256sums record.json) = $(sha256sum < out/SHA256SUMS | cut -c 1-64); "
            "test $(jq -r .image_bytes record.json) = $(stat -c %%s t.iso)"),
        0);
}

static void the_viewers_data_is_ascii_json_that_no_text_can_leave(void **state)
{
    (void)state;
    assert_int_equal(
        shell(
            "set -e; sed '1s/^window.shilu = //; $s/;$//' out/data.js > data.json; "
            "test \"$(jq -r '.indexes[0].recordings[1].original_name' data.json)\" = "
            "'柳口路</script>.mkv'; test \"$(LC_ALL=C tr -d '\\000-\\177' < out/data.js | wc -c)\" = 0; "
            "cmp out/index.html \"$(dirname '%s')/../../../archiver/disc/viewer.html\"",
            __FILE__),
        0);
}

/* ---- what is promised ---- */

static void the_same_inputs_and_time_give_the_same_image(void **state)
{
    struct err err;
    struct disc_made made;
    assert_int_equal(shell("rm -f again.iso; sleep 1"), 0);
    assert_int_equal(make(vault_of(state), "again.iso", &made, &err), 0);
    assert_int_equal(shell("cmp t.iso again.iso"), 0);
    char hex[65];
    bytes_to_hex(made.sha256, 32, hex);
    assert_int_equal(shell("test $(sha256sum < again.iso | cut -c 1-64) = %s", hex), 0);
}

static void a_path_that_is_taken_is_left_alone(void **state)
{
    struct err err;
    struct disc_made made;
    assert_int_equal(shell("echo mine > taken.iso"), 0);
    assert_int_equal(make(vault_of(state), "taken.iso", &made, &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_int_equal(shell("echo mine | cmp - taken.iso && ! test -e taken.iso.shilu-part"), 0);
}

static void a_part_left_by_a_crash_is_taken_over(void **state)
{
    struct err err;
    struct disc_made made;
    assert_int_equal(shell("rm -f left.iso; head -c 5000000 /dev/urandom > left.iso.shilu-part"),
                     0);
    assert_int_equal(make(vault_of(state), "left.iso", &made, &err), 0);
    assert_int_equal(shell("cmp t.iso left.iso && ! test -e left.iso.shilu-part"), 0);
}

static void an_unknown_case_leaves_nothing_behind(void **state)
{
    struct err err;
    struct disc_made made;
    const char *const unknown[] = {"no such case"};
    assert_int_equal(
        disc_image(vault_of(state), unknown, 1, "unknown.iso", "os:tester", NULL, &made, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    assert_int_equal(shell("! ls unknown.iso*"), 0);
}

static void an_archive_whose_bytes_changed_stops_the_image(void **state)
{
    struct err err;
    struct disc_made made;
    /* a bit in the middle of the first recording, then one in the index */
    const char *const places[] = {"ftyp", "shilu-archive/1"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            shell("set -e; cp '%s' sound.tar; chmod u+w '%s'; "
                  "at=$(grep -abo '%s' '%s' | head -1 | cut -d: -f1); "
                  "printf X | dd of='%s' bs=1 seek=$((at + 2)) conv=notrunc status=none",
                  tar, tar, places[i], tar, tar),
            0);
        assert_int_equal(make(vault_of(state), "bad.iso", &made, &err), -1);
        print_message("%s\n", err.text);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_non_null(strstr(err.object, ".tar"));
        assert_int_equal(shell("cat sound.tar > '%s'; ! ls bad.iso*", tar), 0);
    }
}

/* Sound as an auditor finds it: structure as signed, contents as SHA256SUMS says. */
static bool is_sound(const char *path, const struct key *key)
{
    struct err err;
    struct disc_listing listing = {0};
    struct disc_record record = {0};
    struct digest_pair structure;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const bool sound =
        disc_record_read(fd, path, &record, &err) == 0 &&
        key_verify(key, bytes_of(record.message),
                   (struct bytes){record.signature, record.signature_len}, path, &err) == 0 &&
        disc_listing_read(fd, path, &listing, &err) == 0 &&
        disc_structure(fd, path, &listing, record.image_bytes, &structure, &err) == 0 &&
        digest_equal(&structure, &record.structure);
    disc_listing_release(&listing);
    disc_record_release(&record);
    close(fd);
    return sound;
}

static bool is_content(const struct disc_listing *listing, uint64_t offset)
{
    for (size_t i = 0; i < listing->count; i++) {
        for (size_t k = 0; k < listing->files[i].extent_count; k++) {
            const struct disc_extent *extent = &listing->files[i].extents[k];
            if (offset >= extent->offset && offset - extent->offset < extent->size)
                return true;
        }
    }
    return false;
}

static void a_bit_flipped_anywhere_is_content_or_breaks_the_structure(void **state)
{
    struct err err;
    const struct key *key = NULL;
    struct disc_listing listing = {0};
    assert_int_equal(vault_public_key(vault_of(state), &key, &err), 0);
    assert_true(is_sound("t.iso", key));
    assert_int_equal(shell("cp t.iso flipped.iso && chmod u+w flipped.iso"), 0);
    const int fd = open("flipped.iso", O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(disc_listing_read(fd, "flipped.iso", &listing, &err), 0);
    uint64_t random = 88172645463325252U; /* xorshift64: the same places in each run */
    for (unsigned i = 0; i < 400; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        /* half of them in the head, where the folders are */
        const uint64_t offset = random % (i % 2 == 0 ? 40 * UINT64_C(2048) : listing.size);
        uint8_t octet;
        assert_int_equal(file_read_exact(fd, "flipped.iso", offset, &octet, 1, &err), 0);
        octet ^= (uint8_t)(1U << (i % 8));
        assert_int_equal(file_write_at(fd, "flipped.iso", offset, &octet, 1, &err), 0);
        assert_int_equal(is_sound("flipped.iso", key), is_content(&listing, offset));
        octet ^= (uint8_t)(1U << (i % 8));
        assert_int_equal(file_write_at(fd, "flipped.iso", offset, &octet, 1, &err), 0);
    }
    assert_true(is_sound("flipped.iso", key));
    close(fd);
    disc_listing_release(&listing);
}

struct expected {
    const struct disc_made *made;
    unsigned found;
};

static void take_disc(void *context, const struct catalog_disc *disc)
{
    struct expected *expected = context;
    if (disc->number != expected->made->number)
        return;
    expected->found++;
    assert_memory_equal(disc->sha256, expected->made->sha256, 32);
    assert_string_equal(disc->name, expected->made->name);
    assert_int_equal(disc->size_bytes, expected->made->bytes);
    assert_int_equal(disc->made_us, MADE_US);
    assert_int_equal(shell("test -f '%s'", disc->image), 0);
}

static void the_catalog_knows_the_disc(void **state)
{
    struct err err;
    struct catalog_err from;
    struct disc_made made;
    struct expected expected = {.made = &made};
    assert_int_equal(shell("rm -f known.iso"), 0);
    assert_int_equal(make(vault_of(state), "known.iso", &made, &err), 0);
    assert_int_equal(catalog_disc_each(vault_catalog(vault_of(state)), take_disc, &expected, &from),
                     0);
    assert_int_equal(expected.found, 1);
}

static void a_full_disk_is_said_before_the_work(void **state)
{
    struct err err;
    struct disc_made made;
    if (shell("mkdir -p small && mount -t tmpfs -o size=100k none small 2>/dev/null") != 0)
        skip();
    const int result = make(vault_of(state), "small/full.iso", &made, &err);
    assert_int_equal(shell("ls small/* 2>/dev/null | wc -l | grep -qx 0"), 0);
    assert_int_equal(shell("umount small"), 0);
    assert_int_equal(result, -1);
    assert_int_equal(err.kind, ERR_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bsdtar_unpacks_it_and_every_sum_holds),
        cmocka_unit_test(the_bags_are_what_the_tars_unpack_to),
        cmocka_unit_test(xorriso_and_isoinfo_see_the_same_names),
        cmocka_unit_test(the_description_is_signed_by_the_bureau),
        cmocka_unit_test(the_system_area_vouches_for_the_sums),
        cmocka_unit_test(the_viewers_data_is_ascii_json_that_no_text_can_leave),
        cmocka_unit_test(the_same_inputs_and_time_give_the_same_image),
        cmocka_unit_test(a_path_that_is_taken_is_left_alone),
        cmocka_unit_test(a_part_left_by_a_crash_is_taken_over),
        cmocka_unit_test(an_unknown_case_leaves_nothing_behind),
        cmocka_unit_test(an_archive_whose_bytes_changed_stops_the_image),
        cmocka_unit_test(a_bit_flipped_anywhere_is_content_or_breaks_the_structure),
        cmocka_unit_test(the_catalog_knows_the_disc),
        cmocka_unit_test(a_full_disk_is_said_before_the_work),
    };
    return cmocka_run_group_tests_name("disc/image", tests, make_all, free_all);
}
