#ifndef SHILU_DIGEST_RING_H
#define SHILU_DIGEST_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

struct err;

/*
 * A bounded ring of buffers: one producer, and consumers on threads of their own, each of which is
 * given every buffer in order. The producer is as fast as the slowest consumer allows.
 */
struct ring;

enum { RING_CONSUMERS_MAX = 4 };

struct ring_consumer {
    /* The next bytes, on the consumer's thread. False: it gives up, and so does the ring. */
    bool (*take)(void *context, struct bytes bytes);
    void *context; /* the caller's; the consumer's thread has it until ring_end or ring_free */
};

/* Starts a thread a consumer, at most RING_CONSUMERS_MAX. `slot_bytes` is a multiple of
 * FILE_DIRECT_ALIGN. ERR_MEMORY, ERR_SYSTEM. */
int ring_open(const struct ring_consumer *consumers, size_t count, size_t slot_bytes,
              struct ring **out, struct err *err);

/* The buffer to be filled next, of slot_bytes, aligned to FILE_DIRECT_ALIGN; waits for it. NULL: a
 * consumer gave up. The same until ring_pass. */
uint8_t *ring_slot(struct ring *ring);

/* Hands the first `len` bytes of that buffer to the consumers. */
void ring_pass(struct ring *ring, size_t len);

/* Waits until the consumers have had all, and ends their threads. False: one gave up. */
bool ring_end(struct ring *ring);

/* Stops at what the consumers are at. Takes NULL. */
void ring_free(struct ring *ring);
AUTO_DEFINE(struct ring *, ring_free, NULL);

#endif
