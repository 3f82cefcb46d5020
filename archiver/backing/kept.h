#ifndef SHILU_BACKING_KEPT_H
#define SHILU_BACKING_KEPT_H

#include <stddef.h>
#include <stdint.h>

#include "backing/backing.h"

struct custody_entry;
struct custody_witness;

/* What an entry of the log keeps. Its text is the entry's. */
struct kept {
    uint64_t size;
    const char *checkpoint;
};
int kept_take(const struct custody_entry *entry, struct kept *kept, struct err *err);

/* Puts it in the place of the best one so far where it is better. ERR_DAMAGED: a cosignature of one
 * of the witnesses does not hold. */
int kept_consider(const struct kept *kept, const struct custody_witness *witnesses, size_t count,
                  struct backing *best, struct err *err);

#endif
