#ifndef SHILU_DISC_CONTENTS_H
#define SHILU_DISC_CONTENTS_H

#include <stdint.h>

struct cargo;
struct disc_listing;
struct err;
struct progress;

/* The image that contents are written into: its head, with all folders and tables, is there, and
 * what no file covers is zeros. */
struct contents_target {
    int fd;
    const char *path; /* for errors */
    const char *name; /* for progress */
    uint64_t head;    /* length of that head, in bytes */
    uint64_t bytes;   /* of the image */
};

/*
 * Copies every file of the cargo to where the listing has it, straight from the sealed archives,
 * checks each SHA-256 on the way, and computes that of the whole image from the bytes that were
 * written. Nothing is flushed: the caller does that.
 * ERR_DAMAGED: an archive's bytes are not what was sealed, or a file's place is not one piece;
 * else as reading and writing fail.
 */
int contents_write(const struct cargo *cargo, const struct disc_listing *listing,
                   const struct contents_target *target, const struct progress *progress,
                   uint8_t sha256[static 32], struct err *err);

#endif
