#ifndef SHILU_INTAKE_HELD_H
#define SHILU_INTAKE_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest_job;
struct err;
struct vault;

/*
 * Whether the vault still holds the bytes that its catalog speaks of. Sizes and names say nothing
 * of a flipped bit: they are read. SHA-256 alone is computed; it is what they are named by, and a
 * fraction of SM3's cost.
 */

/* Where they should lie. */
struct held {
    const char *stored_name; /* loose; NULL: in archives */
    int64_t recording;       /* the archives that hold this recording, … */
    int64_t attachment;      /* … or this attachment, unless 0 */
    uint64_t size;
    const uint8_t *sha256;
};

/*
 * Makes a job that reads them where they lie `at` (0 for the first place, 1 …), to be compared with
 * held_agrees; its `from` is the caller's to close. `object`, `context` and `err` are the caller's
 * to set. *more is false where there is no such place; from is -1 where it is missing, of another
 * size, or an archive that cannot be read.
 */
int held_find(struct vault *vault, const struct held *held, size_t at, struct digest_job *job,
              bool *more, struct err *err);

/* After the job came back. */
bool held_agrees(const struct digest_job *job, const uint8_t sha256[static 32]);

/* Reads them, place by place, until they are found to be sound. */
int held_check(struct vault *vault, const struct held *held, bool *sound, struct err *err);

#endif
