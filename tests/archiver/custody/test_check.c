#include "custody/custody.h"

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

#include "base/err.h"
#include "custody/checkpoint.h"
#include "made_log.h"

/* The findings of the last check. */
static struct {
    unsigned count;
    struct {
        char path[80];
        uint64_t first, count;
    } all[64];
} found;

static void note_finding(void *context, const struct custody_finding *finding)
{
    (void)context;
    assert_true(finding->detail[0] != '\0');
    if (found.count < sizeof found.all / sizeof *found.all) {
        (void)snprintf(found.all[found.count].path, sizeof found.all[0].path, "%s", finding->path);
        found.all[found.count].first = finding->first;
        found.all[found.count].count = finding->count;
    }
    found.count++;
}

static void look(int folder, struct custody_check *check)
{
    AUTO(key_free) struct key *key = made_log_key();
    struct err err;
    found.count = 0;
    assert_int_equal(custody_log_check(folder, key, MADE_ORIGIN, note_finding, NULL, check, &err),
                     0);
    assert_int_equal(check->findings, found.count);
}

static void assert_finding(unsigned i, const char *path, uint64_t first, uint64_t count)
{
    assert_true(i < found.count);
    assert_string_equal(found.all[i].path, path);
    assert_int_equal(found.all[i].first, first);
    assert_int_equal(found.all[i].count, count);
}

/* Puts a checkpoint into a log that somebody else has signed. */
static void forge(const char *path, const struct custody_head *head)
{
    AUTO(key_free) struct key *other = NULL;
    AUTO(free) char *text = NULL;
    struct err err;
    assert_int_equal(key_generate(KEY_ED25519, &other, &err), 0);
    assert_int_equal(checkpoint_make(MADE_ORIGIN, head, other, &text, &err), 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

enum { SIZE = 600 }; /* two full tiles, a partial one, and a partial one above */

static void a_sound_log_has_no_findings(void **state)
{
    (void)state;
    struct custody_check check;
    struct stat bundle;
    AUTO(close) int folder = made_log("sound", SIZE, 97);
    look(folder, &check);
    assert_int_equal(check.findings, 0);
    assert_int_equal(check.entries, SIZE);
    assert_int_equal(check.head.size, SIZE);
    assert_int_equal(fstatat(folder, "tile/entries/000", &bundle, 0), 0);
    assert_true(check.bytes > (uint64_t)bundle.st_size + (SIZE + 2) * CUSTODY_HASH);
}

static void an_entry_that_was_changed_is_named(void **state)
{
    (void)state;
    struct custody_check check;
    AUTO(close) int folder = made_log("entry", SIZE, SIZE);
    made_flip(folder, "tile/entries/000", 8 * 12); /* within the first */
    look(folder, &check);
    assert_int_equal(found.count, 3);
    assert_finding(0, "tile/entries/000", 0, 1);
    assert_finding(1, "tile/1/000.p/2", 0, 256);
    assert_finding(2, "checkpoint", 0, SIZE);
    made_flip(folder, "tile/entries/000", 8 * 12);

    made_flip(folder, "tile/entries/002.p/88", 8 * 12);
    look(folder, &check);
    assert_int_equal(found.count, 2);
    assert_finding(0, "tile/entries/002.p/88", 512, 1);
    assert_finding(1, "checkpoint", 0, SIZE);
}

static void a_hash_that_was_changed_is_named(void **state)
{
    (void)state;
    struct custody_check check;
    AUTO(close) int folder = made_log("hash", SIZE, SIZE);
    made_flip(folder, "tile/0/001", 8 * 32 * 7);
    made_flip(folder, "tile/0/002.p/88", 8 * 32 * 87);
    made_flip(folder, "tile/1/000.p/2", 8 * 32);
    look(folder, &check);
    assert_int_equal(found.count, 3);
    assert_finding(0, "tile/entries/001", 263, 1);
    assert_finding(1, "tile/1/000.p/2", 256, 256);
    assert_finding(2, "tile/entries/002.p/88", 599, 1);
}

static void a_bit_flipped_anywhere_is_found(void **state)
{
    (void)state;
    struct custody_check check;
    AUTO(close) int folder = made_log("flip", SIZE, SIZE);
    static const char *const files[] = {
        "checkpoint", "tile/entries/000", "tile/entries/002.p/88",
        "tile/0/000", "tile/0/002.p/88",  "tile/1/000.p/2",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct stat file;
        assert_int_equal(fstatat(folder, files[i], &file, 0), 0);
        const uint64_t bits = (uint64_t)file.st_size * 8;
        for (uint64_t bit = 0; bit < bits; bit += bits < 2000 ? 1 : bits / 61) {
            made_flip(folder, files[i], bit);
            look(folder, &check);
            if (check.findings == 0)
                fail_msg("%s: bit %llu", files[i], (unsigned long long)bit);
            made_flip(folder, files[i], bit);
        }
    }
    look(folder, &check);
    assert_int_equal(check.findings, 0);
}

static void files_that_are_gone_or_of_another_length_are_named(void **state)
{
    (void)state;
    struct custody_check check;
    static const struct {
        const char *command, *path;
        uint64_t first, count;
    } cases[] = {
        {"rm lengths/tile/entries/001", "tile/entries/001", 256, 256},
        {"rm lengths/tile/entries/002.p/88", "tile/entries/002.p/88", 512, 88},
        {"printf x >> lengths/tile/entries/001", "tile/entries/001", 256, 256},
        {"truncate -s -1 lengths/tile/entries/001", "tile/entries/001", 256, 256},
        {"rm lengths/tile/0/001", "tile/0/001", 256, 256},
        {"truncate -s -32 lengths/tile/0/002.p/88", "tile/0/002.p/88", 512, 88},
        {"printf x >> lengths/tile/0/001", "tile/0/001", 256, 256},
        {"rm lengths/tile/1/000.p/2", "tile/1/000.p/2", 0, 512},
        {"rm -r lengths/tile/1", "tile/1/000.p/2", 0, 512},
        {"rm lengths/tile/0/001; mkfifo lengths/tile/0/001", "tile/0/001", 256, 256},
        {"rm lengths/tile/0/001; mkdir lengths/tile/0/001", "tile/0/001", 256, 256},
        {"rm -r lengths/tile/*/001", "tile/entries/001", 256, 256},
        {"rm -r lengths/tile/*/00[12]*", "tile/entries/001", 256, 344},
        {"rm lengths/checkpoint", "checkpoint", 0, 0},
        {"echo >> lengths/checkpoint", "checkpoint", 0, 0},
        {": > lengths/checkpoint", "checkpoint", 0, 0},
        {"head -c 70000 /dev/zero > lengths/checkpoint", "checkpoint", 0, 0},
    };
    AUTO(close) int folder = made_log("sound", SIZE, SIZE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(close) int copy = made_copy("sound", "lengths");
        made_run("%s", cases[i].command);
        look(copy, &check);
        if (found.count != 1)
            fail_msg("%s: %u findings", cases[i].command, found.count);
        assert_finding(0, cases[i].path, cases[i].first, cases[i].count);
    }
    made_run("rm -r lengths && cp -r sound lengths && rm -r lengths/tile");
    AUTO(close) int empty = made_copy("lengths", "gone");
    look(empty, &check);
    assert_finding(0, "tile/1/000.p/2", 0, 512);
    assert_finding(1, "tile/entries/000", 0, SIZE);
    assert_int_equal(found.count, 2);
}

static void it_does_not_stop_at_the_first(void **state)
{
    (void)state;
    struct custody_check check;
    AUTO(close) int folder = made_log("many", SIZE, SIZE);
    made_flip(folder, "tile/0/000", 8);
    made_flip(folder, "tile/entries/001", 8 * 12);
    made_run("rm many/tile/0/002.p/88");
    look(folder, &check);
    forge("many/checkpoint", &check.head);
    look(folder, &check);
    assert_finding(0, "checkpoint", 0, 0);
    assert_finding(1, "tile/entries/000", 0, 1);
    assert_finding(2, "tile/entries/001", 256, 1);
    assert_finding(3, "tile/1/000.p/2", 256, 256);
    assert_finding(4, "tile/0/002.p/88", 512, 88);
    assert_finding(5, "checkpoint", 0, SIZE);
    assert_int_equal(found.count, 6);
    assert_int_equal(check.entries, SIZE);
}

/* Whoever can write the folder can write any size into the checkpoint, but not sign it. */
static void a_size_that_nobody_signed_for_does_not_keep_it_busy(void **state)
{
    (void)state;
    const struct custody_head head = {CUSTODY_SIZE_MAX, {0}};
    struct custody_check check;
    AUTO(close) int folder = made_log("size", SIZE, SIZE);
    forge("size/checkpoint", &head);
    look(folder, &check);
    assert_true(check.findings >= 2);
    assert_finding(0, "checkpoint", 0, 0);
    assert_int_equal(check.entries, 512); /* the full bundles */
}

static void another_s_log_is_told_from_ours(void **state)
{
    (void)state;
    AUTO(key_free) struct key *other = NULL;
    AUTO(key_free) struct key *key = made_log_key();
    struct custody_check check;
    struct err err;
    AUTO(close) int folder = made_log("other", 3, 3);
    assert_int_equal(key_generate(KEY_ED25519, &other, &err), 0);
    found.count = 0;
    assert_int_equal(custody_log_check(folder, other, NULL, note_finding, NULL, &check, &err), 0);
    assert_int_equal(found.count, 1);
    assert_finding(0, "checkpoint", 0, 0);
    found.count = 0;
    assert_int_equal(
        custody_log_check(folder, key, "example.com/other", note_finding, NULL, &check, &err), 0);
    assert_int_equal(found.count, 1);
    assert_finding(0, "checkpoint", 0, 0);
    assert_int_equal(check.entries, 3);
    assert_int_equal(custody_log_check(folder, key, NULL, note_finding, NULL, &check, &err), 0);
    assert_int_equal(found.count, 1);
}

/* Levels above the second: one hash of 65536 entries. */
static void a_larger_log_s_upper_tiles_are_compared(void **state)
{
    (void)state;
    struct custody_check check;
    AUTO(close) int folder = made_log("large", 65537, 65537);
    look(folder, &check);
    assert_int_equal(check.findings, 0);
    made_flip(folder, "tile/1/000", 8 * 32 * 200);
    made_flip(folder, "tile/2/000.p/1", 5);
    look(folder, &check);
    assert_int_equal(found.count, 2);
    assert_finding(0, "tile/1/000", 51200, 256);
    assert_finding(1, "tile/2/000.p/1", 0, 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_log_has_no_findings),
        cmocka_unit_test(an_entry_that_was_changed_is_named),
        cmocka_unit_test(a_hash_that_was_changed_is_named),
        cmocka_unit_test(a_bit_flipped_anywhere_is_found),
        cmocka_unit_test(files_that_are_gone_or_of_another_length_are_named),
        cmocka_unit_test(it_does_not_stop_at_the_first),
        cmocka_unit_test(a_size_that_nobody_signed_for_does_not_keep_it_busy),
        cmocka_unit_test(another_s_log_is_told_from_ours),
        cmocka_unit_test(a_larger_log_s_upper_tiles_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
