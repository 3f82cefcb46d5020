/*
 * The pool: workers that carry jobs, and a few threads that wait for the disk.
 *
 *   queued ──worker──► read, write, both digests ──► done            (nothing to be synced)
 *                                                └──► unsynced ──syncer──► done
 *
 * With at least as many jobs as workers, each worker computes both digests of its job on buffers
 * that are still in its core's cache: no byte travels between cores. A job that is alone would
 * leave the other cores idle; so a worker that sees an idle one and no job waiting offers it a
 * share: the SM3 half, fed through the worker's ring of buffers. As soon as a job waits again, the
 * share is ended and the partner set free for it.
 *
 * One mutex guards all that is shared; it is taken once or twice a buffer (128 KiB: a third of a
 * millisecond of hashing), so nobody waits long for it.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "digest/digest.h"
#include "digest/hash.h"
#include "digest/thread.h"
#include "digest/transfer.h"

#include "base/banned.h"

enum {
    WORKERS_MAX = 16, /* × RING × TRANSFER_BYTES: 8 MiB of buffers at most */
    RING = 4,
    SYNCERS = 4, /* fsyncs of several files share one commit of the file system's journal */
    ROOM_PER_WORKER = 2,
};

/* How a worker's job is spread:
 *   ALONE ──offer──► OFFERED ──a partner takes it──► SHARED ──end_share──► ENDING ──partner──►
 * ALONE OFFERED ──end_share──► ALONE */
enum spread { ALONE, OFFERED, SHARED, ENDING };

struct worker {
    struct digest_pool *pool;
    pthread_t thread;
    uint8_t *ring; /* RING buffers; slot n is the worker's until filled > n, then the partner's */
    EVP_MD_CTX *sha256;
    EVP_MD_CTX *sm3; /* the partner's while slots are filled and not hashed, else the worker's */
    /* guarded by pool->lock: */
    enum spread spread;
    uint64_t filled, hashed; /* slots of the ring that went to a partner, and came back */
    struct bytes slots[RING];
    bool sm3_failed;
    pthread_cond_t turned; /* any of these changed */
};

struct list {
    struct digest_job *first;
    struct digest_job **end;
};

struct digest_pool {
    size_t workers, syncers; /* threads started; written before any job is put */
    struct worker worker[WORKERS_MAX];
    pthread_t syncer[SYNCERS];
    atomic_uint_fast64_t bytes;
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t work;  /* something for an idle worker, or closing */
    pthread_cond_t sync;  /* something for a syncer, or closing */
    pthread_cond_t done;  /* a job came back */
    pthread_cond_t space; /* fewer under way */
    struct list queued, unsynced, finished;
    size_t under_way; /* put and not finished */
    size_t idle;      /* workers that wait */
    struct worker *offer;
    bool closing;
};

static void list_init(struct list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_put(struct list *list, struct digest_job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct digest_job *list_take(struct list *list)
{
    struct digest_job *job = list->first;
    if (job != NULL) {
        list->first = job->next;
        if (list->first == NULL)
            list->end = &list->first;
    }
    return job;
}

/* ---- a worker's job ---- */

/* With the lock held: takes the SM3 half back. The ring is empty afterwards. */
static void end_share(struct worker *self)
{
    struct digest_pool *pool = self->pool;
    if (self->spread == OFFERED) {
        pool->offer = NULL;
        self->spread = ALONE;
    }
    if (self->spread != SHARED)
        return;
    self->spread = ENDING;
    (void)pthread_cond_signal(&self->turned);
    while (self->spread != ALONE)
        (void)pthread_cond_wait(&self->turned, &pool->lock);
}

/*
 * Before each buffer: ends a share that others need, offers one that an idle worker could take.
 * True when the coming buffer goes to a partner; its slot is free then.
 */
static bool choose_spread(struct worker *self, bool stays_long)
{
    struct digest_pool *pool = self->pool;
    (void)pthread_mutex_lock(&pool->lock);
    if (pool->queued.first != NULL)
        end_share(self);
    else if (self->spread == ALONE && stays_long && pool->idle > 0 && pool->offer == NULL) {
        self->spread = OFFERED;
        pool->offer = self;
        (void)pthread_cond_signal(&pool->work);
    }
    bool shared = self->spread == SHARED;
    while (shared && self->filled - self->hashed == RING)
        (void)pthread_cond_wait(&self->turned, &pool->lock);
    (void)pthread_mutex_unlock(&pool->lock);
    return shared;
}

static void publish(struct worker *self, struct bytes bytes)
{
    (void)pthread_mutex_lock(&self->pool->lock);
    self->slots[self->filled % RING] = bytes;
    self->filled++;
    (void)pthread_cond_signal(&self->turned);
    (void)pthread_mutex_unlock(&self->pool->lock);
}

/* The partner's side, with the lock held: SM3 of the owner's buffers until the owner ends it. */
static void serve(struct digest_pool *pool, struct worker *owner)
{
    for (;;) {
        while (owner->hashed == owner->filled && owner->spread == SHARED)
            (void)pthread_cond_wait(&owner->turned, &pool->lock);
        if (owner->hashed == owner->filled)
            break;
        struct bytes bytes = owner->slots[owner->hashed % RING];
        (void)pthread_mutex_unlock(&pool->lock);
        bool well = hash_feed(owner->sm3, bytes);
        (void)pthread_mutex_lock(&pool->lock);
        owner->sm3_failed = owner->sm3_failed || !well;
        owner->hashed++;
        (void)pthread_cond_signal(&owner->turned);
    }
    owner->spread = ALONE;
    (void)pthread_cond_signal(&owner->turned);
}

static bool is_closing(struct digest_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    bool closing = pool->closing;
    (void)pthread_mutex_unlock(&pool->lock);
    return closing;
}

/* One buffer of the job. *more is false at its end. */
static int carry_buffer(struct worker *self, struct transfer *transfer, bool *more)
{
    struct digest_job *job = transfer->job;
    bool stays_long = job->done > 0 && transfer->left > (uint64_t)RING * TRANSFER_BYTES;
    bool shared = choose_spread(self, stays_long && !job->only_sha256);
    bool own_sm3 = !shared && !job->only_sha256;
    uint8_t *buffer = self->ring + (size_t)(self->filled % RING) * TRANSFER_BYTES;
    struct bytes got;
    if (transfer_read(transfer, buffer, &got, job->err) < 0)
        return -1;
    *more = got.len > 0;
    if (got.len == 0)
        return 0;
    job->done += got.len;
    (void)atomic_fetch_add_explicit(&self->pool->bytes, got.len, memory_order_relaxed);
    if (shared)
        publish(self, got);
    if (transfer_write(transfer, got, job->err) < 0) {
        job->write_failed = true;
        return -1;
    }
    if (!hash_feed(self->sha256, got) || (own_sm3 && !hash_feed(self->sm3, got)))
        return hash_failed(job->object, job->err);
    return 0;
}

static int carry_all(struct worker *self, struct transfer *transfer)
{
    struct digest_job *job = transfer->job;
    if (!hash_begin(self->sha256) || !hash_begin(self->sm3))
        return hash_failed(job->object, job->err);
    for (bool more = true; more;) {
        if (is_closing(self->pool))
            return err_set(job->err, ERR_CONFLICT, job->object, "%s", _("cancelled"));
        if (carry_buffer(self, transfer, &more) < 0)
            return -1;
    }
    return 0;
}

static void carry(struct worker *self, struct digest_job *job)
{
    struct transfer transfer;
    transfer_begin(&transfer, job);
    self->sm3_failed = false;
    job->failed = carry_all(self, &transfer) < 0;
    transfer_end(&transfer);

    (void)pthread_mutex_lock(&self->pool->lock);
    end_share(self);
    (void)pthread_mutex_unlock(&self->pool->lock);

    struct digest_pair pair = {0};
    if (!job->failed && (self->sm3_failed || !hash_end(self->sha256, pair.sha256) ||
                         (!job->only_sha256 && !hash_end(self->sm3, pair.sm3))))
        job->failed = hash_failed(job->object, job->err) < 0;
    if (!job->failed)
        job->pair = pair;
}

/* ---- the threads ---- */

/* With the lock held. */
static void finish(struct digest_pool *pool, struct digest_job *job)
{
    list_put(&pool->finished, job);
    pool->under_way--;
    (void)pthread_cond_signal(&pool->done);
    (void)pthread_cond_signal(&pool->space);
}

static void *worker_run(void *argument)
{
    struct worker *self = argument;
    struct digest_pool *pool = self->pool;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->closing) {
        struct digest_job *job = list_take(&pool->queued);
        if (job != NULL) {
            (void)pthread_mutex_unlock(&pool->lock);
            carry(self, job);
            (void)pthread_mutex_lock(&pool->lock);
            if (job->to >= 0 && job->sync && !job->failed) {
                list_put(&pool->unsynced, job);
                (void)pthread_cond_signal(&pool->sync);
            } else {
                finish(pool, job);
            }
        } else if (pool->offer != NULL) {
            struct worker *owner = pool->offer;
            pool->offer = NULL;
            owner->spread = SHARED;
            serve(pool, owner);
        } else {
            pool->idle++;
            (void)pthread_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void *syncer_run(void *argument)
{
    struct digest_pool *pool = argument;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->closing) {
        struct digest_job *job = list_take(&pool->unsynced);
        if (job == NULL) {
            (void)pthread_cond_wait(&pool->sync, &pool->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&pool->lock);
        job->failed = file_sync(job->to, job->to_object, job->err) < 0;
        job->write_failed = job->failed;
        (void)pthread_mutex_lock(&pool->lock);
        finish(pool, job);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- the caller's side ---- */

static size_t core_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return 2; /* more than 1024 cores, or none of our business: safe for all */
    return (size_t)CPU_COUNT(&set);
}

static int worker_open(struct digest_pool *pool, struct worker *self, struct err *err)
{
    self->pool = pool;
    self->ring = aligned_alloc(FILE_DIRECT_ALIGN, (size_t)RING * TRANSFER_BYTES);
    if (self->ring == NULL)
        return err_memory(err, NULL);
    if (hash_open(HASH_SHA256, &self->sha256, err) < 0 || hash_open(HASH_SM3, &self->sm3, err) < 0)
        return -1;
    return thread_start(&self->thread, worker_run, self, err);
}

static void pool_init(struct digest_pool *pool)
{
    /* none of these can fail with such attributes on Linux */
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pool->done, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
    (void)pthread_cond_init(&pool->sync, NULL);
    (void)pthread_cond_init(&pool->space, NULL);
    for (size_t i = 0; i < WORKERS_MAX; i++)
        (void)pthread_cond_init(&pool->worker[i].turned, NULL);
    list_init(&pool->queued);
    list_init(&pool->unsynced);
    list_init(&pool->finished);
}

int digest_pool_open(struct digest_pool **out, struct err *err)
{
    AUTO(digest_pool_free) struct digest_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return err_memory(err, NULL);
    pool_init(pool);
    size_t workers = core_count();
    if (workers > WORKERS_MAX)
        workers = WORKERS_MAX;
    for (; pool->workers < workers; pool->workers++)
        if (worker_open(pool, &pool->worker[pool->workers], err) < 0)
            return -1;
    for (; pool->syncers < SYNCERS; pool->syncers++)
        if (thread_start(&pool->syncer[pool->syncers], syncer_run, pool, err) < 0)
            return -1;
    *out = pool;
    pool = NULL;
    return 0;
}

void digest_pool_free(struct digest_pool *pool)
{
    if (pool == NULL)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_cond_broadcast(&pool->sync);
    (void)pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->workers; i++)
        (void)pthread_join(pool->worker[i].thread, NULL); /* ours, joined once */
    for (size_t i = 0; i < pool->syncers; i++)
        (void)pthread_join(pool->syncer[i], NULL);
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        EVP_MD_CTX_free(pool->worker[i].sha256);
        EVP_MD_CTX_free(pool->worker[i].sm3);
        free(pool->worker[i].ring);
        (void)pthread_cond_destroy(&pool->worker[i].turned);
    }
    (void)pthread_cond_destroy(&pool->space);
    (void)pthread_cond_destroy(&pool->done);
    (void)pthread_cond_destroy(&pool->sync);
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

size_t digest_pool_room(const struct digest_pool *pool)
{
    return pool->workers * ROOM_PER_WORKER + pool->syncers;
}

void digest_pool_put(struct digest_pool *pool, struct digest_job *job)
{
    job->failed = false;
    job->write_failed = false;
    job->done = 0;
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->under_way >= digest_pool_room(pool))
        (void)pthread_cond_wait(&pool->space, &pool->lock);
    list_put(&pool->queued, job);
    pool->under_way++;
    (void)pthread_cond_signal(&pool->work);
    (void)pthread_mutex_unlock(&pool->lock);
}

static struct timespec until(int wait_ms)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at); /* this clock is always there */
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

struct digest_job *digest_pool_take(struct digest_pool *pool, int wait_ms, bool *pending)
{
    struct timespec limit = until(wait_ms < 0 ? 0 : wait_ms);
    bool late = false;
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->finished.first == NULL && pool->under_way > 0 && !late) {
        if (wait_ms < 0)
            (void)pthread_cond_wait(&pool->done, &pool->lock);
        else
            late = pthread_cond_timedwait(&pool->done, &pool->lock, &limit) == ETIMEDOUT;
    }
    struct digest_job *job = list_take(&pool->finished);
    if (pending != NULL)
        *pending = job == NULL && pool->under_way > 0;
    (void)pthread_mutex_unlock(&pool->lock);
    return job;
}

uint64_t digest_pool_bytes(const struct digest_pool *pool)
{
    return atomic_load_explicit(&pool->bytes, memory_order_relaxed);
}
