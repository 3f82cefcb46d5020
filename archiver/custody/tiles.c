#include "custody/tiles.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "digest/hash.h"

#include "base/banned.h"

enum {
    KEPT = 16, /* tiles: twice what a proof in the largest log needs */
    NODES = 2 * TILE_WIDTH - 1,
};

/* A tile and the nodes of the tree above its hashes, as far as they are complete. */
struct kept {
    struct tile tile; /* width 0: nothing is kept here */
    uint64_t used;    /* when it was last asked for, by the handle's clock */
    uint8_t nodes[NODES * CUSTODY_HASH];
};

struct tiles {
    int folder;
    EVP_MD_CTX *sha;
    uint64_t clock;
    struct kept kept[KEPT];
    struct tile bundle_tile; /* width 0: none is kept */
    struct bundle bundle;
};

int tiles_open(int folder, struct tiles **out, struct err *err)
{
    AUTO(tiles_free) struct tiles *tiles = calloc(1, sizeof *tiles);
    if (tiles == NULL)
        return err_memory(err, NULL);
    tiles->folder = folder;
    if (hash_open(HASH_SHA256, &tiles->sha, err) < 0)
        return -1;
    *out = tiles;
    tiles = NULL;
    return 0;
}

void tiles_free(struct tiles *tiles)
{
    if (tiles == NULL)
        return;
    EVP_MD_CTX_free(tiles->sha);
    bundle_release(&tiles->bundle);
    free(tiles);
}

int tiles_folder(const struct tiles *tiles)
{
    return tiles->folder;
}

EVP_MD_CTX *tiles_sha(struct tiles *tiles)
{
    return tiles->sha;
}

static bool is_same(const struct tile *a, const struct tile *b)
{
    return a->level == b->level && a->number == b->number && a->width == b->width;
}

/* A node: there are 256 of height 0, then 128, 64, … */
static uint8_t *node_at(struct kept *kept, unsigned height, size_t index)
{
    const size_t before = 2 * (size_t)TILE_WIDTH - (2 * (size_t)TILE_WIDTH >> height);
    return kept->nodes + (before + index) * CUSTODY_HASH;
}

static int hash_up(EVP_MD_CTX *sha, struct kept *kept, struct err *err)
{
    for (unsigned height = 1; kept->tile.width >> height > 0; height++)
        for (size_t i = 0; i < kept->tile.width >> height; i++)
            if (tree_node(sha, node_at(kept, height - 1, 2 * i),
                          node_at(kept, height - 1, 2 * i + 1), node_at(kept, height, i), err) < 0)
                return -1;
    return 0;
}

/* The tile's place in memory, read if need be over the one that was longest not asked for. */
static int keep(struct tiles *tiles, const struct tile *tile, struct kept **out, struct err *err)
{
    struct kept *oldest = tiles->kept;
    assert(tile->width > 0); /* 0 stands for an empty place */
    tiles->clock++;
    for (struct kept *kept = tiles->kept; kept < tiles->kept + KEPT; kept++) {
        if (is_same(&kept->tile, tile)) {
            kept->used = tiles->clock;
            *out = kept;
            return 0;
        }
        if (kept->used < oldest->used)
            oldest = kept;
    }
    oldest->tile = (struct tile){0}; /* until it is whole */
    if (tile_read(tiles->folder, tile, oldest->nodes, err) < 0)
        return -1;
    oldest->tile = *tile;
    oldest->used = tiles->clock;
    if (hash_up(tiles->sha, oldest, err) < 0) {
        oldest->tile = (struct tile){0};
        return -1;
    }
    *out = oldest;
    return 0;
}

int tiles_hash(struct tiles *tiles, uint64_t size, unsigned level, uint64_t index,
               uint8_t hash[static CUSTODY_HASH], struct err *err)
{
    const unsigned height = level % TILE_HEIGHT; /* within the tile */
    const uint64_t first = index << height;      /* hash of the tile's level below the node */
    const struct tile tile = tile_of((int)(level / TILE_HEIGHT), first / TILE_WIDTH, size);
    struct kept *kept;
    if (keep(tiles, &tile, &kept, err) < 0)
        return -1;
    memcpy(hash, node_at(kept, height, first % TILE_WIDTH >> height), CUSTODY_HASH);
    return 0;
}

int tiles_row(struct tiles *tiles, const struct tile *tile, const uint8_t **row, struct err *err)
{
    struct kept *kept;
    if (keep(tiles, tile, &kept, err) < 0)
        return -1;
    *row = kept->nodes;
    return 0;
}

/* ---- entries ---- */

/* A bundle may be read without its tile, but what is given out as entries of the log is looked at:
 * a bundle and a tile do not change alike by accident. */
static int compare(struct tiles *tiles, const struct tile *tile, const struct bundle *bundle,
                   struct err *err)
{
    const struct tile hashes = {0, tile->number, tile->width};
    const uint8_t *row;
    if (tiles_row(tiles, &hashes, &row, err) < 0)
        return -1;
    for (unsigned i = 0; i < bundle->count; i++) {
        uint8_t leaf[CUSTODY_HASH];
        if (tree_leaf(tiles->sha, bundle_entry(bundle, i), leaf, err) < 0)
            return -1;
        if (memcmp(leaf, row + (size_t)i * CUSTODY_HASH, CUSTODY_HASH) != 0) {
            char path[TILE_PATH_MAX];
            tile_path(tile, path);
            return err_set(err, ERR_DAMAGED, path,
                           _("entry %llu is not the one whose hash stands in the tree"),
                           (unsigned long long)(tile->number * TILE_WIDTH + i));
        }
    }
    return 0;
}

int tiles_bundle(struct tiles *tiles, const struct tile *tile, const struct bundle **bundle,
                 struct err *err)
{
    assert(tile->width > 0);
    if (!is_same(&tiles->bundle_tile, tile)) {
        AUTO(bundle_release) struct bundle read = {0};
        if (bundle_read(tiles->folder, tile, &read, err) < 0 ||
            compare(tiles, tile, &read, err) < 0)
            return -1;
        bundle_release(&tiles->bundle);
        tiles->bundle = read;
        tiles->bundle_tile = *tile;
        read = (struct bundle){0};
    }
    *bundle = &tiles->bundle;
    return 0;
}

int tiles_entry(struct tiles *tiles, uint64_t size, uint64_t index, struct bytes *entry,
                struct err *err)
{
    const struct tile tile = tile_of(TILE_ENTRIES, index / TILE_WIDTH, size);
    const struct bundle *bundle;
    if (tiles_bundle(tiles, &tile, &bundle, err) < 0)
        return -1;
    *entry = bundle_entry(bundle, (unsigned)(index % TILE_WIDTH));
    return 0;
}

/* ---- the right edge ---- */

struct edge {
    struct tiles *tiles;
    uint64_t size;
};

static int edge_hash(void *context, unsigned level, uint64_t index,
                     uint8_t hash[static CUSTODY_HASH], struct err *err)
{
    const struct edge *edge = context;
    return tiles_hash(edge->tiles, edge->size, level, index, hash, err);
}

int tiles_frontier(struct tiles *tiles, uint64_t size, struct tree_frontier *frontier,
                   struct err *err)
{
    struct edge edge = {tiles, size};
    return tree_frontier_load(&(struct tree_source){edge_hash, &edge}, size, frontier, err);
}
