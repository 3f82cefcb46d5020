#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "digest/digest.h"
#include "digest/hash.h"
#include "digest/thread.h"

#include "base/banned.h"

enum { SLOTS = 8, SLOT_BYTES = 128 << 10 };

/* One algorithm's thread. */
struct hasher {
    struct digest *of;
    EVP_MD_CTX *context; /* the thread's while it runs */
    pthread_t thread;
    bool started;
    bool failed;     /* guarded by of->lock */
    uint64_t hashed; /* slots; guarded by of->lock */
};

struct digest {
    struct hasher hashers[HASH_ALGORITHMS];
    size_t used;          /* octets in the slot being filled; the feeder's */
    uint8_t *slots;       /* slot n is the feeder's until filled > n, then the hashers' */
    size_t lens[SLOTS];   /* as the slots */
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    uint64_t filled; /* slots */
    bool ended;
};

static uint8_t *slot_at(const struct digest *digest, uint64_t number)
{
    return digest->slots + (size_t)(number % SLOTS) * SLOT_BYTES;
}

static void *hasher_run(void *argument)
{
    struct hasher *self = argument;
    struct digest *digest = self->of;
    (void)pthread_mutex_lock(&digest->lock);
    for (;;) {
        while (self->hashed == digest->filled && !digest->ended)
            (void)pthread_cond_wait(&digest->changed, &digest->lock);
        if (self->hashed == digest->filled)
            break;
        uint64_t number = self->hashed;
        (void)pthread_mutex_unlock(&digest->lock);
        struct bytes bytes = {slot_at(digest, number), digest->lens[number % SLOTS]};
        bool well = hash_feed(self->context, bytes);
        (void)pthread_mutex_lock(&digest->lock);
        self->hashed++;
        self->failed = self->failed || !well;
        (void)pthread_cond_broadcast(&digest->changed);
    }
    (void)pthread_mutex_unlock(&digest->lock);
    return NULL;
}

int digest_open(struct digest **out, struct err *err)
{
    AUTO(digest_free) struct digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL)
        return err_memory(err, NULL);
    (void)pthread_mutex_init(&digest->lock, NULL); /* cannot fail with default attributes */
    (void)pthread_cond_init(&digest->changed, NULL);
    digest->slots = malloc((size_t)SLOTS * SLOT_BYTES);
    if (digest->slots == NULL)
        return err_memory(err, NULL);
    for (unsigned i = 0; i < HASH_ALGORITHMS; i++) {
        struct hasher *hasher = &digest->hashers[i];
        hasher->of = digest;
        if (hash_open((enum hash_algorithm)i, &hasher->context, err) < 0 ||
            thread_start(&hasher->thread, hasher_run, hasher, err) < 0)
            return -1;
        hasher->started = true;
    }
    *out = digest;
    digest = NULL;
    return 0;
}

/* With the lock held: whether the slot to be filled next is still being hashed. */
static bool is_full(const struct digest *digest)
{
    for (unsigned i = 0; i < HASH_ALGORITHMS; i++)
        if (digest->filled - digest->hashers[i].hashed == SLOTS)
            return true;
    return false;
}

/* Hands the slot over and waits until the next one is free. */
static void publish(struct digest *digest)
{
    (void)pthread_mutex_lock(&digest->lock);
    digest->lens[digest->filled % SLOTS] = digest->used;
    digest->filled++;
    digest->used = 0;
    (void)pthread_cond_broadcast(&digest->changed);
    while (is_full(digest))
        (void)pthread_cond_wait(&digest->changed, &digest->lock);
    (void)pthread_mutex_unlock(&digest->lock);
}

int digest_feed(struct digest *digest, struct bytes more, struct err *err)
{
    if (digest->ended)
        return err_set(err, ERR_USAGE, NULL, "%s", _("the digest is finished"));
    while (more.len > 0) {
        size_t part = SLOT_BYTES - digest->used;
        if (part > more.len)
            part = more.len;
        /* `filled` is written by this thread alone */
        memcpy(slot_at(digest, digest->filled) + digest->used, more.at, part);
        digest->used += part;
        more.at += part;
        more.len -= part;
        if (digest->used == SLOT_BYTES)
            publish(digest);
    }
    return 0;
}

static void stop(struct digest *digest)
{
    (void)pthread_mutex_lock(&digest->lock);
    digest->ended = true;
    (void)pthread_cond_broadcast(&digest->changed);
    (void)pthread_mutex_unlock(&digest->lock);
    for (unsigned i = 0; i < HASH_ALGORITHMS; i++) {
        if (digest->hashers[i].started)
            (void)pthread_join(digest->hashers[i].thread, NULL); /* ours, joined once */
        digest->hashers[i].started = false;
    }
}

int digest_finish(struct digest *digest, struct digest_pair *pair, struct err *err)
{
    if (digest->ended)
        return err_set(err, ERR_USAGE, NULL, "%s", _("the digest is finished"));
    if (digest->used > 0)
        publish(digest);
    stop(digest);
    struct digest_pair both;
    uint8_t *to[HASH_ALGORITHMS] = {[HASH_SHA256] = both.sha256, [HASH_SM3] = both.sm3};
    for (unsigned i = 0; i < HASH_ALGORITHMS; i++)
        if (digest->hashers[i].failed || !hash_end(digest->hashers[i].context, to[i]))
            return hash_failed(NULL, err);
    *pair = both;
    return 0;
}

void digest_free(struct digest *digest)
{
    if (digest == NULL)
        return;
    stop(digest);
    for (unsigned i = 0; i < HASH_ALGORITHMS; i++)
        EVP_MD_CTX_free(digest->hashers[i].context);
    (void)pthread_cond_destroy(&digest->changed);
    (void)pthread_mutex_destroy(&digest->lock);
    free(digest->slots);
    free(digest);
}
