#ifndef SHILU_DIGEST_H
#define SHILU_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

struct err;

/*
 * SHA-256 (FIPS 180-4) and SM3 (GB/T 32905) of the same bytes, in one pass, by OpenSSL.
 *
 * Two ways in: a stream that is fed while it is written (digest_open …), and a pool that copies or
 * reads byte ranges of descriptors with all cores. This room is the one that starts threads.
 */

struct digest_pair {
    uint8_t sha256[32];
    uint8_t sm3[32];
};

/* Makes OpenSSL ready, before any thread. False: there is no memory for its library context;
 * OpenSSL says so here alone, and would fall at a later call. */
bool digest_start(void);

bool digest_equal(const struct digest_pair *a, const struct digest_pair *b);

/* ---- a stream ---- */

struct digest;

/* Both digests of one stream, each on a thread of its own, fed through a bounded ring. */
int digest_open(struct digest **out, struct err *err);

/* Takes a copy of the bytes before it returns; waits while the ring is full. */
int digest_feed(struct digest *digest, struct bytes more, struct err *err);

/* Ends the stream and gives both digests. The handle is then only good for digest_free. */
int digest_finish(struct digest *digest, struct digest_pair *pair, struct err *err);

void digest_free(struct digest *digest);
AUTO_DEFINE(struct digest *, digest_free, NULL);

/* Of bytes in memory, on the calling thread. */
int digest_bytes(struct bytes bytes, struct digest_pair *pair, struct err *err);

/* ---- a pool ---- */

/* What a job is to do; the caller keeps the struct and its descriptors until it comes back. */
struct digest_job {
    int from;           /* read here, by position */
    uint64_t offset;    /* first byte */
    uint64_t size;      /* bytes; DIGEST_TO_END: until the end of the file */
    const char *object; /* names `from` in errors */
    int to;             /* the bytes are written there; -1: they are only read */
    uint64_t to_offset; /* first byte written in `to` */
    const char *to_object;
    bool sync;        /* fsync `to` before the job comes back */
    bool only_sha256; /* pair.sm3 is zeros then */
    bool past_cache;  /* read from the medium, not from the page cache: see transfer.h */
    void *context;    /* the caller's */

    /* The result. */
    bool failed;
    struct err *err;   /* the caller's; set when failed. ERR_DAMAGED: `from` ended early */
    bool write_failed; /* it was `to` that failed, not `from` */
    uint64_t done;     /* bytes read */
    struct digest_pair pair;

    struct digest_job *next; /* the pool's */
};

#define DIGEST_TO_END UINT64_MAX

struct digest_pool;

/* As many workers as there are cores; a single job at a time is spread over two threads. */
int digest_pool_open(struct digest_pool **out, struct err *err);

/* Cancels what has not begun, stops what has at its next buffer, and frees. Jobs that were not
 * taken back are then the caller's again, without a result. */
void digest_pool_free(struct digest_pool *pool);
AUTO_DEFINE(struct digest_pool *, digest_pool_free, NULL);

/* How many jobs may be under way (put and not done) before digest_pool_put waits. */
size_t digest_pool_room(const struct digest_pool *pool);

/* Hands a job over; waits while the pool is full. Jobs begin in the order they were put. */
void digest_pool_put(struct digest_pool *pool, struct digest_job *job);

/*
 * The next job that is done, in the order of completion, with its result; NULL when none is under
 * way. Waits at most `wait_ms` (-1: until one is done) and gives NULL with *pending true if time
 * ran out. pending may be NULL.
 */
struct digest_job *digest_pool_take(struct digest_pool *pool, int wait_ms, bool *pending);

/* Bytes read so far by all jobs since the pool was opened, for progress. */
uint64_t digest_pool_bytes(const struct digest_pool *pool);

#endif
