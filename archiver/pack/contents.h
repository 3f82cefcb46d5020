#ifndef SHILU_PACK_CONTENTS_H
#define SHILU_PACK_CONTENTS_H

#include <stdint.h>

#include "digest/digest.h"

struct err;
struct plan;
struct progress;
struct vault;

/*
 * Copies the plan's files to their offsets in `part`, each read once and both its digests checked
 * on the way, on all cores; and digests the whole tar behind, in file order. Everything else of the
 * tar must be written already.
 *   size    of the tar
 *   whole   its digests
 * ERR_DAMAGED, object = R12, where a file's bytes are not what was accepted; ERR_MISSING where they
 * are nowhere.
 */
int contents_copy(struct vault *vault, const struct plan *plan, int part, uint64_t size,
                  const struct progress *progress, struct digest_pair *whole, struct err *err);

#endif
