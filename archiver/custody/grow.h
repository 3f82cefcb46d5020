#ifndef SHILU_CUSTODY_GROW_H
#define SHILU_CUSTODY_GROW_H

#include "custody/tiles.h"

/*
 * Writes the bundles and tiles that a log of frontier->size entries gets with `count` more. After 0
 * all of them are durable and the frontier is the new one; no file that the present size needs has
 * changed. The same entries give the same bytes, in however many calls.
 *
 *   frontier   that of the present size, compared with the signed root; untouched on failure
 *
 * What lies at the places of new tiles, left by an append that was cut off, is replaced. ERR_USAGE:
 * an entry is too long (err->object is its place among `entries`), or the log is full. ERR_MISSING,
 * ERR_DAMAGED: the partial tiles that go on are not what they must be.
 */
int grow_write(struct tiles *tiles, struct tree_frontier *frontier, const struct bytes *entries,
               size_t count, struct err *err);

/*
 * Removes the partial tiles that full ones have replaced since the log had `from` entries, and what
 * writers that are gone have left in the log's folder. Only once the checkpoint of `to` entries is
 * durable. What fails is left for later: it is room that is lost, no more.
 */
void grow_tidy(int folder, uint64_t from, uint64_t to);

#endif
