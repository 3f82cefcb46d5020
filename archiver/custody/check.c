#include "custody/custody.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "custody/checkpoint.h"
#include "custody/log.h"
#include "custody/tile.h"
#include "custody/tree.h"
#include "digest/hash.h"

#include "base/banned.h"

/* The tile of a level whose hashes are being compared, as it lies there. */
struct row {
    struct tile tile; /* width 0: none has been read */
    bool sound;       /* it could be read */
    uint8_t octets[TILE_BYTES];
};

struct checker {
    int folder;
    EVP_MD_CTX *sha;
    void (*found)(void *context, const struct custody_finding *finding);
    void *context;
    struct custody_check *check;
    bool is_signed; /* the size is the log's own word, not a stranger's */
    struct tree_frontier frontier;
    uint64_t known_from; /* leaves below cannot all be computed: neither entry nor hash is there */
    uint64_t gap;        /* leaves before the next one of which that is so, without a break */
    struct row rows[TILE_LEVELS];
};

static void finding(struct checker *checker, const char *path, uint64_t first, uint64_t count,
                    const char *detail)
{
    checker->check->findings++;
    checker->found(checker->context, &(struct custody_finding){path, first, count, detail});
}

/* A file that could not be read is a finding, but for want of memory. 0, or -1. */
static int finding_of_file(struct checker *checker, const struct tile *tile, const struct err *why)
{
    if (why->kind == ERR_MEMORY)
        return -1;
    const int level = tile->level == TILE_ENTRIES ? 0 : tile->level;
    const uint64_t covers = UINT64_C(1) << (TILE_HEIGHT * level);
    finding(checker, why->object, tile->number * TILE_WIDTH * covers, tile->width * covers,
            why->text);
    return 0;
}

/* ---- hashes ---- */

/* Reads a tile that is to be compared; *err says why it is not sound. */
static bool row_load(struct checker *checker, int level, uint64_t number, struct err *err)
{
    struct row *row = &checker->rows[level];
    row->tile = tile_of(level, number, checker->check->head.size);
    row->sound = tile_read(checker->folder, &row->tile, row->octets, err) == 0;
    if (row->sound)
        checker->check->bytes += (uint64_t)row->tile.width * CUSTODY_HASH;
    return row->sound;
}

/* Compares a hash above the leaves: that of the last complete subtree of its level. */
static int hash_compare(struct checker *checker, int level, const uint8_t hash[static CUSTODY_HASH],
                        struct err *err)
{
    struct row *row = &checker->rows[level];
    const uint64_t position = tile_total(level, checker->frontier.size) - 1;
    const uint64_t first = position << (TILE_HEIGHT * level);
    if (row->tile.width == 0 || row->tile.number != position / TILE_WIDTH) {
        if (!row_load(checker, level, position / TILE_WIDTH, err) &&
            finding_of_file(checker, &row->tile, err) < 0)
            return -1;
    }
    const uint8_t *stored = row->octets + position % TILE_WIDTH * CUSTODY_HASH;
    if (!row->sound || first < checker->known_from || memcmp(stored, hash, CUSTODY_HASH) == 0)
        return 0;
    char path[TILE_PATH_MAX], detail[160];
    tile_path(&row->tile, path);
    (void)snprintf(detail, sizeof detail,
                   _("hash %u is not the one that the entries below it give"),
                   (unsigned)(position % TILE_WIDTH));
    finding(checker, path, first, checker->frontier.size - first, detail);
    return 0;
}

static int leaf_add(struct checker *checker, const uint8_t leaf[static CUSTODY_HASH],
                    struct err *err)
{
    struct tree_grown grown;
    if (tree_add(checker->sha, &checker->frontier, leaf, &grown, err) < 0)
        return -1;
    for (int level = 1; (unsigned)level * TILE_HEIGHT < grown.levels; level++)
        if (hash_compare(checker, level, grown.hashes[(size_t)level * TILE_HEIGHT], err) < 0)
            return -1;
    return 0;
}

/* ---- entries ---- */

static void entry_differs(struct checker *checker, const struct tile *tile, uint64_t index)
{
    char path[TILE_PATH_MAX], hashes[TILE_PATH_MAX], detail[256];
    tile_path(tile, path);
    tile_path(&checker->rows[0].tile, hashes);
    (void)snprintf(detail, sizeof detail, _("entry %llu does not have the hash that stands in %s"),
                   (unsigned long long)index, hashes);
    finding(checker, path, index, 1, detail);
}

/* The leaves of a bundle: computed from the entries, else as the tile has them. */
static int leaves_add(struct checker *checker, const struct tile *tile, const struct bundle *bundle,
                      struct err *err)
{
    const struct row *row = &checker->rows[0];
    for (unsigned i = 0; i < tile->width; i++) {
        uint8_t leaf[CUSTODY_HASH] = {0};
        const uint8_t *stored = row->octets + (size_t)i * CUSTODY_HASH;
        const uint64_t index = checker->frontier.size;
        if (bundle->count > 0) {
            if (tree_leaf(checker->sha, bundle_entry(bundle, i), leaf, err) < 0)
                return -1;
            checker->check->entries++;
            if (row->sound && memcmp(leaf, stored, CUSTODY_HASH) != 0)
                entry_differs(checker, tile, index);
        } else if (row->sound) {
            memcpy(leaf, stored, CUSTODY_HASH);
        } else {
            checker->known_from = index + 1;
        }
        if (leaf_add(checker, leaf, err) < 0)
            return -1;
    }
    return 0;
}

/* One finding for a stretch of the log that is gone, however many files it was. */
static void gap_end(struct checker *checker)
{
    if (checker->gap == 0)
        return;
    char path[TILE_PATH_MAX];
    const uint64_t size = checker->check->head.size;
    const uint64_t first = checker->frontier.size - checker->gap;
    const struct tile tile = tile_of(TILE_ENTRIES, first / TILE_WIDTH, size);
    tile_path(&tile, path);
    finding(checker, path, first, checker->gap,
            _("neither the entries nor their hashes are there"));
    checker->gap = 0;
}

static int bundle_check(struct checker *checker, uint64_t number, struct err *err)
{
    const struct tile tile = tile_of(TILE_ENTRIES, number, checker->check->head.size);
    struct err of_tile;
    AUTO(bundle_release) struct bundle bundle = {0};
    const bool sound = bundle_read(checker->folder, &tile, &bundle, err) == 0;
    const struct row *row = &checker->rows[0];
    if (!row_load(checker, 0, number, &of_tile) && !sound && err->kind == ERR_MISSING &&
        of_tile.kind == ERR_MISSING) {
        checker->gap += tile.width;
    } else {
        gap_end(checker);
        if (!sound && finding_of_file(checker, &tile, err) < 0)
            return -1;
        if (!row->sound && finding_of_file(checker, &row->tile, &of_tile) < 0) {
            *err = of_tile;
            return -1;
        }
    }
    if (sound)
        checker->check->bytes += bundle.starts[bundle.count];
    return leaves_add(checker, &tile, &bundle, err);
}

/* ---- the checkpoint ---- */

/* False: there is nothing to compare with, and a finding says so. -1: it could not look. */
static int head_read(struct checker *checker, const struct key *key, const char *origin,
                     bool *readable, struct err *err)
{
    struct checkpoint checkpoint;
    AUTO(free) char *text = NULL;
    size_t len = 0;
    *readable = false;
    if (log_checkpoint_read(checker->folder, &text, &len, err) < 0) {
        if (err->kind == ERR_MEMORY)
            return -1;
        finding(checker, log_checkpoint_name, 0, 0, err->text);
        return 0;
    }
    const struct bytes octets = {(const uint8_t *)text, len};
    *readable = checkpoint_parse(octets, log_checkpoint_name, &checkpoint, err) == 0;
    if (*readable)
        checker->check->head = checkpoint.head;
    checker->is_signed = *readable && checkpoint_open(octets, log_checkpoint_name, origin, key,
                                                      &checkpoint, err) == 0;
    if (checker->is_signed)
        return 0;
    if (err->kind != ERR_DAMAGED && err->kind != ERR_MISSING)
        return -1;
    finding(checker, log_checkpoint_name, 0, 0, err->text);
    return 0;
}

static int root_compare(struct checker *checker, struct err *err)
{
    uint8_t root[CUSTODY_HASH];
    const struct custody_head *head = &checker->check->head;
    if (checker->known_from > 0 || checker->frontier.size < head->size)
        return 0; /* that has been told */
    if (tree_root(checker->sha, &checker->frontier, root, err) < 0)
        return -1;
    if (memcmp(root, head->root, CUSTODY_HASH) != 0)
        finding(checker, log_checkpoint_name, 0, head->size,
                _("the entries do not give the root that stands in it"));
    return 0;
}

static int check_all(struct checker *checker, const struct key *key, const char *origin,
                     struct err *err)
{
    bool readable;
    if (hash_open(HASH_SHA256, &checker->sha, err) < 0 ||
        head_read(checker, key, origin, &readable, err) < 0)
        return -1;
    if (!readable)
        return 0;
    const uint64_t size = checker->check->head.size;
    for (uint64_t number = 0; number * TILE_WIDTH < size; number++) {
        if (bundle_check(checker, number, err) < 0)
            return -1;
        if (checker->gap > 0 && !checker->is_signed)
            break; /* a size that nobody answers for could go on for ever */
    }
    gap_end(checker);
    return root_compare(checker, err);
}

int custody_log_check(int folder, const struct key *key, const char *origin,
                      void (*found)(void *context, const struct custody_finding *finding),
                      void *context, struct custody_check *check, struct err *err)
{
    AUTO(free) struct checker *checker = calloc(1, sizeof *checker);
    if (checker == NULL)
        return err_memory(err, NULL);
    *check = (struct custody_check){0};
    checker->folder = folder;
    checker->found = found;
    checker->context = context;
    checker->check = check;
    int done = check_all(checker, key, origin, err);
    EVP_MD_CTX_free(checker->sha);
    return done;
}
