#ifndef SHILU_DIGEST_TRANSFER_H
#define SHILU_DIGEST_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct digest_job;
struct err;

/* Small enough to stay in a core's cache from the read to the second digest; large enough that
 * system calls do not count. */
enum { TRANSFER_BYTES = 128 << 10 };

/*
 * The reading and writing of one job, buffer by buffer.
 *
 * Past the cache: by file_open_direct, so that every byte comes from the medium (dirty pages are
 * written to it first). Where the file system has no O_DIRECT (tmpfs, some FUSE) the cached pages
 * are dropped with POSIX_FADV_DONTNEED and read again, which spares pages that others have mapped.
 */
struct transfer {
    struct digest_job *job;
    int direct;       /* our own descriptor, -1 where not past the cache */
    uint64_t at;      /* where the next byte is read */
    uint64_t left;    /* bytes still to be read; DIGEST_TO_END: until the file ends */
    uint64_t flushed; /* bytes of `to` whose storing has begun */
};

void transfer_begin(struct transfer *transfer, struct digest_job *job);

/* Reads the next bytes into `buffer` (TRANSFER_BYTES, aligned to FILE_DIRECT_ALIGN); *got is a part
 * of it, empty at the end. ERR_DAMAGED where the file ends before the range does. */
int transfer_read(struct transfer *transfer, uint8_t *buffer, struct bytes *got, struct err *err);

/* Writes what was read where the job wants it, and lets the kernel begin to store it: the fsync at
 * the end then finds little left to do. Nothing where job->to is -1. */
int transfer_write(struct transfer *transfer, struct bytes bytes, struct err *err);

void transfer_end(struct transfer *transfer);

#endif
