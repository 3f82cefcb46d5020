#ifndef SHILU_BACKING_KEPT_H
#define SHILU_BACKING_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backing/backing.h"

struct custody_entry;

/* Of all entries that tell of what backs the log. */
extern const char kept_subject[];

/* What an entry of the log keeps. Its texts are the entry's. */
struct kept {
    uint64_t size;
    const char *checkpoint;
    const char *timestamp; /* in base64, over the checkpoint's bytes; NULL: none */
};
int kept_take(const struct custody_entry *entry, struct kept *kept, struct err *err);

/* Puts it in the place of the best one so far where it is better. ERR_DAMAGED: a cosignature of one
 * of the witnesses, or the timestamp, does not hold. */
int kept_consider(const struct kept *kept, const struct backing_known *known, struct backing *best,
                  struct err *err);

/* The best one of at least, or of exactly, so many entries. What does not hold is not counted. */
int kept_find(struct vault *vault, uint64_t size, bool exactly, struct backing *best,
              struct err *err);

/* What the log's last entry, of `size`, keeps: nothing is new since then. checkpoint is NULL where
 * the last entry is another; else the caller's. */
struct kept_last {
    uint64_t size;
    char *checkpoint;
    bool is_stamped;
};
int kept_last(struct vault *vault, uint64_t size, struct kept_last *found, struct err *err);

/* Logs one, within a transaction; `timestamp` NULL: none. ERR_USAGE: it is too long. */
int kept_tell(struct vault *vault, uint64_t size, const char *checkpoint,
              const struct bytes *timestamp, struct err *err);

#endif
