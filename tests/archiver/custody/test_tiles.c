#include "custody/tiles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "custody/grow.h"
#include "made_log.h"

/* ---- places ---- */

static void paths_are_those_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        struct tile tile;
        const char *path;
    } cases[] = {
        {{0, 0, 256}, "tile/0/000"},
        {{0, 7, 3}, "tile/0/007.p/3"},
        {{1, 999, 256}, "tile/1/999"},
        {{0, 1000, 256}, "tile/0/x001/000"},
        {{0, 1234067, 256}, "tile/0/x001/x234/067"},
        {{7, 1234067, 255}, "tile/7/x001/x234/067.p/255"},
        {{TILE_ENTRIES, 0, 1}, "tile/entries/000.p/1"},
        {{TILE_ENTRIES, 1234567, 256}, "tile/entries/x001/x234/567"},
        {{TILE_ENTRIES, UINT64_MAX, 255}, "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[TILE_PATH_MAX];
        tile_path(&cases[i].tile, path);
        assert_string_equal(path, cases[i].path);
    }
}

static void assert_width(int level, uint64_t number, uint64_t size, unsigned width)
{
    struct tile tile = tile_of(level, number, size);
    assert_int_equal(tile.level, level);
    assert_int_equal(tile.number, number);
    assert_int_equal(tile.width, width);
}

static void widths_follow_from_the_size(void **state)
{
    (void)state;
    /* the example of C2SP tlog-tiles */
    assert_width(0, 0, 70000, 256);
    assert_width(0, 272, 70000, 256);
    assert_width(0, 273, 70000, 112);
    assert_width(0, 274, 70000, 0);
    assert_width(1, 0, 70000, 256);
    assert_width(1, 1, 70000, 17);
    assert_width(2, 0, 70000, 1);
    assert_width(3, 0, 70000, 0);
    assert_width(0, 0, 256, 256);
    assert_width(1, 0, 256, 1);
    assert_width(TILE_ENTRIES, 273, 70000, 112);
    assert_width(0, 0, 0, 0);
    assert_width(7, 0, CUSTODY_SIZE_MAX, 127);
    assert_width(0, CUSTODY_SIZE_MAX / 256, CUSTODY_SIZE_MAX, 255);
}

/* ---- bundles ---- */

static void lengths_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        size_t len;
        unsigned count;
        int result;
    } cases[] = {
        {"", 0, 0, 0},
        {"\0\0", 2, 1, 0},
        {"\0\1a\0\2bc", 7, 2, 0},
        {"\0\1a\0\2bc", 7, 1, -1}, /* something behind */
        {"\0\1a\0\2bc", 7, 3, -1}, /* one entry too few */
        {"\0\1a\0\3bc", 7, 2, -1}, /* longer than the file */
        {"\0\1a\0\1bc", 7, 2, -1}, /* shorter */
        {"\0\1a\0", 4, 2, -1},     /* half a length */
        {"\xFF\xFFz", 3, 1, -1},
        {"", 0, 1, -1},
        {"", 0, TILE_WIDTH + 1, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t starts[TILE_WIDTH + 1];
        struct bytes octets = {(const uint8_t *)cases[i].octets, cases[i].len};
        if (bundle_parse(octets, cases[i].count, starts) != cases[i].result)
            fail_msg("case %zu", i);
    }
}

/* ---- reading ---- */

static struct tiles *open_tiles(int folder)
{
    struct tiles *tiles;
    struct err err;
    assert_int_equal(tiles_open(folder, &tiles, &err), 0);
    return tiles;
}

static void assert_object(int result, const struct err *err, enum err_kind kind, const char *object)
{
    assert_int_equal(result, -1);
    assert_int_equal(err->kind, kind);
    assert_string_equal(err->object, object);
}

static int ask_hash(int folder, uint64_t size, unsigned level, uint64_t index, struct err *err)
{
    AUTO(tiles_free) struct tiles *tiles = open_tiles(folder);
    uint8_t hash[CUSTODY_HASH];
    return tiles_hash(tiles, size, level, index, hash, err);
}

static int ask_entry(int folder, uint64_t size, uint64_t index, struct err *err)
{
    AUTO(tiles_free) struct tiles *tiles = open_tiles(folder);
    struct bytes entry;
    return tiles_entry(tiles, size, index, &entry, err);
}

static void what_is_wrong_with_a_tile_is_told_with_its_path(void **state)
{
    (void)state;
    struct err err;
    AUTO(close) int folder = made_log("wrong", 300, 300);
    assert_int_equal(ask_hash(folder, 300, 0, 299, &err), 0);

    made_run("chmod -R u+w wrong; truncate -s -1 wrong/tile/0/001.p/44");
    assert_object(ask_hash(folder, 300, 0, 299, &err), &err, ERR_DAMAGED, "tile/0/001.p/44");
    made_run("truncate -s +2 wrong/tile/0/001.p/44");
    assert_object(ask_hash(folder, 300, 0, 299, &err), &err, ERR_DAMAGED, "tile/0/001.p/44");
    made_run("rm wrong/tile/0/001.p/44");
    assert_object(ask_hash(folder, 300, 0, 299, &err), &err, ERR_MISSING, "tile/0/001.p/44");
    made_run("rmdir wrong/tile/0/001.p");
    assert_object(ask_hash(folder, 300, 0, 299, &err), &err, ERR_MISSING, "tile/0/001.p/44");
    made_run("mv wrong/tile/1/000.p wrong/elsewhere; ln -s ../../elsewhere wrong/tile/1/000.p");
    assert_int_equal(ask_hash(folder, 300, 8, 0, &err), -1); /* no link is followed */
    assert_string_equal(err.object, "tile/1/000.p/1");
    made_run("rm wrong/tile/0/000; mkfifo wrong/tile/0/000");
    assert_object(ask_hash(folder, 300, 0, 0, &err), &err, ERR_USAGE, "tile/0/000");
}

static void what_is_wrong_with_a_bundle_is_told_with_its_path(void **state)
{
    (void)state;
    struct err err;
    AUTO(close) int folder = made_log("wrong", 300, 300);
    assert_int_equal(ask_entry(folder, 300, 299, &err), 0);
    made_flip(folder, "tile/entries/000", 8 * 40 + 1); /* an entry's byte */
    assert_object(ask_entry(folder, 300, 255, &err), &err, ERR_DAMAGED, "tile/entries/000");
    made_flip(folder, "tile/entries/000", 8 * 40 + 1);
    assert_int_equal(ask_entry(folder, 300, 255, &err), 0);
    made_flip(folder, "tile/entries/000", 8 + 4); /* a length */
    assert_object(ask_entry(folder, 300, 255, &err), &err, ERR_DAMAGED, "tile/entries/000");
    made_run("printf x >> wrong/tile/entries/001.p/44");
    assert_object(ask_entry(folder, 300, 299, &err), &err, ERR_DAMAGED, "tile/entries/001.p/44");
    made_run("rm wrong/tile/entries/001.p/44");
    assert_object(ask_entry(folder, 300, 299, &err), &err, ERR_MISSING, "tile/entries/001.p/44");
}

static void a_full_tile_serves_where_the_partial_one_is_gone(void **state)
{
    (void)state;
    struct err err;
    AUTO(close) int folder = made_log("full", 256, 256);
    assert_int_equal(ask_hash(folder, 100, 0, 99, &err), 0);
    assert_int_equal(ask_hash(folder, 100, 5, 2, &err), 0);
    assert_int_equal(ask_entry(folder, 100, 99, &err), 0);
    made_run("chmod -R u+w full; truncate -s 3200 full/tile/0/000"); /* a full one must be full */
    assert_object(ask_hash(folder, 100, 0, 99, &err), &err, ERR_DAMAGED, "tile/0/000");
}

static void every_subtree_has_the_hash_that_the_leaves_give(void **state)
{
    (void)state;
    enum { SIZE = 1300 };
    struct tree_frontier frontier = {0};
    struct tree_grown grown;
    struct err err;
    AUTO(close) int folder = made_log("subtrees", SIZE, 500);
    AUTO(tiles_free) struct tiles *tiles = open_tiles(folder);
    for (uint64_t i = 0; i < SIZE; i++) {
        uint8_t leaf[CUSTODY_HASH], hash[CUSTODY_HASH];
        assert_int_equal(custody_leaf_hash(made_entry(i), leaf, &err), 0);
        assert_int_equal(tree_add(tiles_sha(tiles), &frontier, leaf, &grown, &err), 0);
        for (unsigned level = 0; level < grown.levels; level++) {
            assert_int_equal(tiles_hash(tiles, SIZE, level, i >> level, hash, &err), 0);
            assert_memory_equal(hash, grown.hashes[level], sizeof hash);
        }
    }
}

/* ---- writing ---- */

static void an_entry_too_long_is_told_and_nothing_is_written(void **state)
{
    (void)state;
    static const uint8_t octets[CUSTODY_ENTRY_MAX + 1] = {0};
    const struct bytes entries[] = {{octets, 5}, {octets, sizeof octets}};
    struct tree_frontier frontier = {0};
    struct err err;
    AUTO(close) int folder = made_folder("long");
    AUTO(tiles_free) struct tiles *tiles = open_tiles(folder);
    assert_object(grow_write(tiles, &frontier, entries, 2, &err), &err, ERR_USAGE, "1");
    made_run("test -z \"$(ls long)\"");

    const struct bytes sound[] = {{octets, CUSTODY_ENTRY_MAX}, {octets, 0}};
    struct bytes entry;
    assert_int_equal(grow_write(tiles, &frontier, sound, 2, &err), 0);
    assert_int_equal(tiles_entry(tiles, 2, 0, &entry, &err), 0);
    assert_int_equal(entry.len, CUSTODY_ENTRY_MAX);
    assert_int_equal(tiles_entry(tiles, 2, 1, &entry, &err), 0);
    assert_int_equal(entry.len, 0);
}

static void partial_tiles_go_when_a_full_one_is_signed_for(void **state)
{
    (void)state;
    AUTO(close) int folder = made_log("tidy", 250, 50);
    made_run("test \"$(ls tidy/tile/0/000.p | wc -l)\" = 5");
    made_run("rm -rf tidy"); /* by itself, as it is at rest */
    AUTO(close) int larger = made_log("tidy", 300, 50);
    made_run("test ! -e tidy/tile/0/000.p && test -e tidy/tile/0/000");
    made_run("test ! -e tidy/tile/entries/000.p && test -e tidy/tile/entries/000");
    made_run("test -e tidy/tile/0/001.p/44 && test -e tidy/tile/1/000.p/1");
    made_run("cd tidy && touch checkpoint.1.1.tmp");
    grow_tidy(larger, 300, 300);
    made_run("test \"$(ls tidy | tr '\\n' ' ')\" = 'checkpoint tile '");
}

/* A partial tile is not given up where the full one is not there after all. */
static void a_partial_tile_stays_where_there_is_no_full_one(void **state)
{
    (void)state;
    AUTO(close) int folder = made_log("stays", 250, 250);
    grow_tidy(folder, 250, 600);
    made_run("test -e stays/tile/0/000.p/250 && test -e stays/tile/entries/000.p/250");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_the_specification),
        cmocka_unit_test(widths_follow_from_the_size),
        cmocka_unit_test(lengths_that_lie_are_refused),
        cmocka_unit_test(what_is_wrong_with_a_tile_is_told_with_its_path),
        cmocka_unit_test(what_is_wrong_with_a_bundle_is_told_with_its_path),
        cmocka_unit_test(a_full_tile_serves_where_the_partial_one_is_gone),
        cmocka_unit_test(every_subtree_has_the_hash_that_the_leaves_give),
        cmocka_unit_test(an_entry_too_long_is_told_and_nothing_is_written),
        cmocka_unit_test(partial_tiles_go_when_a_full_one_is_signed_for),
        cmocka_unit_test(a_partial_tile_stays_where_there_is_no_full_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
