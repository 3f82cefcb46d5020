#ifndef SHILU_CUSTODY_TILE_H
#define SHILU_CUSTODY_TILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "custody/custody.h"

struct err;

/*
 * One file of the log: a tile of up to 256 hashes, or a bundle of up to 256 entries, by its place
 * and as bytes. Source: C2SP tlog-tiles.
 */

enum {
    TILE_HEIGHT = 8, /* levels of the tree in a tile */
    TILE_WIDTH = 1 << TILE_HEIGHT,
    TILE_LEVELS = 8,   /* of tiles, for any tree */
    TILE_ENTRIES = -1, /* stands for a level: the bundles of entries */
    TILE_BYTES = TILE_WIDTH * CUSTODY_HASH,
    TILE_PATH_MAX = 72,
    TILE_NAME_MAX = 16, /* a part of the path */
    BUNDLE_MAX = TILE_WIDTH * (2 + CUSTODY_ENTRY_MAX),
};

struct tile {
    int level;       /* 0 to 7, or TILE_ENTRIES */
    uint64_t number; /* within the level */
    unsigned width;  /* hashes or entries in it, 1 to 256; 0: there is no such tile */
};

/* The tile as a tree of `size` entries has it. */
struct tile tile_of(int level, uint64_t number, uint64_t size);

/* How many hashes of a level a tree of `size` entries has. */
uint64_t tile_total(int level, uint64_t size);

/* "tile/0/x001/x234/067", "tile/entries/000.p/17" */
void tile_path(const struct tile *tile, char path[static TILE_PATH_MAX]);

enum tile_folder_use { TILE_FOLDER_FIND, TILE_FOLDER_MAKE };

/*
 * Opens the folder below the log's in which the last part of a path lies, and gives that part. No
 * symbolic link is followed. TILE_FOLDER_MAKE: durably makes what is not there. The descriptor, or
 * -1 with *err naming the path.
 */
int tile_folder(int folder, const char *path, enum tile_folder_use use,
                char name[static TILE_NAME_MAX], struct err *err);

/*
 * The hashes of a tile. Where a partial tile is gone, the full one at its place serves: C2SP lets
 * a log drop partial tiles once there is a full one.
 *   octets   room for TILE_BYTES; tile->width × 32 are set
 * ERR_MISSING, ERR_DAMAGED where the file has another length, and what opening and reading says;
 * err->object is the path.
 */
int tile_read(int folder, const struct tile *tile, uint8_t octets[static TILE_BYTES],
              struct err *err);

/* Entries as their file holds them: each behind its length, a big-endian uint16. */
struct bundle {
    uint8_t *octets;
    unsigned count;
    uint32_t starts[TILE_WIDTH + 1]; /* of each entry's length; the last is the end */
};

/* Where exactly `count` entries begin and end in the bytes of a bundle, with nothing after them.
 * 0, or -1: the lengths lie. */
int bundle_parse(struct bytes octets, unsigned count, uint32_t starts[static TILE_WIDTH + 1]);

/* A bundle's file, as tile_read. To be released. */
int bundle_read(int folder, const struct tile *tile, struct bundle *bundle, struct err *err);
void bundle_release(struct bundle *bundle);

static inline void bundle_release_at(struct bundle *bundle)
{
    bundle_release(bundle);
}

/* An entry, which is the bundle's; index < count. */
struct bytes bundle_entry(const struct bundle *bundle, unsigned index);

#endif
