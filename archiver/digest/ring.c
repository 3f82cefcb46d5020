#include "digest/ring.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/file.h"
#include "digest/thread.h"

#include "base/banned.h"

enum { SLOTS = 8 };

struct consumer {
    struct ring *of;
    struct ring_consumer what;
    pthread_t thread;
    uint64_t taken; /* slots; guarded by of->lock */
};

struct ring {
    struct consumer consumers[RING_CONSUMERS_MAX];
    size_t count;
    size_t slot_bytes;
    uint8_t *slots;       /* slot n is the producer's until filled > n, then the consumers' */
    size_t lens[SLOTS];   /* as the slots */
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    uint64_t filled; /* slots; written by the producer alone */
    bool ended;      /* nothing more comes */
    bool given_up;   /* what has come is not wanted */
};

static uint8_t *slot_at(const struct ring *ring, uint64_t number)
{
    return ring->slots + (size_t)(number % SLOTS) * ring->slot_bytes;
}

static void *consumer_run(void *argument)
{
    struct consumer *self = argument;
    struct ring *ring = self->of;
    (void)pthread_mutex_lock(&ring->lock);
    for (;;) {
        while (self->taken == ring->filled && !ring->ended && !ring->given_up)
            (void)pthread_cond_wait(&ring->changed, &ring->lock);
        if (self->taken == ring->filled || ring->given_up)
            break;
        const uint64_t number = self->taken;
        (void)pthread_mutex_unlock(&ring->lock);
        const struct bytes bytes = {slot_at(ring, number), ring->lens[number % SLOTS]};
        const bool well = self->what.take(self->what.context, bytes);
        (void)pthread_mutex_lock(&ring->lock);
        self->taken++;
        ring->given_up = ring->given_up || !well;
        (void)pthread_cond_broadcast(&ring->changed);
    }
    (void)pthread_mutex_unlock(&ring->lock);
    return NULL;
}

int ring_open(const struct ring_consumer *consumers, size_t count, size_t slot_bytes,
              struct ring **out, struct err *err)
{
    AUTO(ring_free) struct ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL)
        return err_memory(err, NULL);
    (void)pthread_mutex_init(&ring->lock, NULL); /* cannot fail with default attributes */
    (void)pthread_cond_init(&ring->changed, NULL);
    ring->slot_bytes = slot_bytes;
    ring->slots = aligned_alloc(FILE_DIRECT_ALIGN, SLOTS * slot_bytes);
    if (ring->slots == NULL)
        return err_memory(err, NULL);
    for (; ring->count < count; ring->count++) {
        struct consumer *consumer = &ring->consumers[ring->count];
        *consumer = (struct consumer){.of = ring, .what = consumers[ring->count]};
        if (thread_start(&consumer->thread, consumer_run, consumer, err) < 0)
            return -1;
    }
    *out = ring;
    ring = NULL;
    return 0;
}

/* With the lock held: whether the slot to be filled next is still a consumer's. */
static bool is_full(const struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->filled - ring->consumers[i].taken == SLOTS)
            return true;
    return false;
}

uint8_t *ring_slot(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
    while (is_full(ring) && !ring->given_up)
        (void)pthread_cond_wait(&ring->changed, &ring->lock);
    const bool given_up = ring->given_up;
    (void)pthread_mutex_unlock(&ring->lock);
    return given_up ? NULL : slot_at(ring, ring->filled);
}

void ring_pass(struct ring *ring, size_t len)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->lens[ring->filled % SLOTS] = len;
    ring->filled++;
    (void)pthread_cond_broadcast(&ring->changed);
    (void)pthread_mutex_unlock(&ring->lock);
}

static bool stop(struct ring *ring, bool give_up)
{
    (void)pthread_mutex_lock(&ring->lock);
    ring->ended = true;
    ring->given_up = ring->given_up || give_up;
    (void)pthread_cond_broadcast(&ring->changed);
    (void)pthread_mutex_unlock(&ring->lock);
    for (; ring->count > 0; ring->count--)
        (void)pthread_join(ring->consumers[ring->count - 1].thread, NULL); /* ours, joined once */
    return !ring->given_up;
}

bool ring_end(struct ring *ring)
{
    return stop(ring, false);
}

void ring_free(struct ring *ring)
{
    if (ring == NULL)
        return;
    (void)stop(ring, true);
    (void)pthread_cond_destroy(&ring->changed);
    (void)pthread_mutex_destroy(&ring->lock);
    free(ring->slots);
    free(ring);
}
