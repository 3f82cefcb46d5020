#ifndef SHILU_CUSTODY_TILES_H
#define SHILU_CUSTODY_TILES_H

#include "base/auto.h"
#include "custody/tile.h"
#include "custody/tree.h"

/*
 * The log's files, for reading: hashes of the tree and entries, with a few tiles kept in memory and
 * hashed up, so that a proof in a log of millions reads a file a tile level and hashes little.
 *
 * Every question says of which tree it is asked (`size`): the widths of its partial tiles follow
 * from it. What was read is kept for as long as the handle lives; a tile of one width never changes
 * once a checkpoint covers it. ERR_MISSING, ERR_DAMAGED: err->object is the file's path.
 */
struct tiles;

/* `folder` is the log's; it must stay open as long as the handle. */
int tiles_open(int folder, struct tiles **out, struct err *err);
void tiles_free(struct tiles *tiles);
AUTO_DEFINE(struct tiles *, tiles_free, NULL);

int tiles_folder(const struct tiles *tiles);
EVP_MD_CTX *tiles_sha(struct tiles *tiles); /* shared: for what is begun and ended at once */

/* The hash of a complete subtree: (index + 1) × 2^level is at most size. */
int tiles_hash(struct tiles *tiles, uint64_t size, unsigned level, uint64_t index,
               uint8_t hash[static CUSTODY_HASH], struct err *err);

/* The hashes of a tile, one after the other; the handle's, until the next question. */
int tiles_row(struct tiles *tiles, const struct tile *tile, const uint8_t **row, struct err *err);

/* A bundle, each of its entries compared with its hash; the handle's, until the next question. */
int tiles_bundle(struct tiles *tiles, const struct tile *tile, const struct bundle **bundle,
                 struct err *err);

/* An entry, as tiles_bundle has it; index < size. */
int tiles_entry(struct tiles *tiles, uint64_t size, uint64_t index, struct bytes *entry,
                struct err *err);

/* The frontier of the first `size` entries: reads the right edge alone. */
int tiles_frontier(struct tiles *tiles, uint64_t size, struct tree_frontier *frontier,
                   struct err *err);

#endif
