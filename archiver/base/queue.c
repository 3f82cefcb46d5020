#include "base/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"

#include "base/banned.h"

struct queue {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    size_t room;
    size_t first;
    size_t count;
    bool closed;
    void *messages[];
};

int queue_open(size_t room, struct queue **out, struct err *err)
{
    struct queue *queue = calloc(1, sizeof *queue + room * sizeof *queue->messages);
    if (queue == NULL)
        return err_memory(err, NULL);
    queue->room = room;
    /* with default attributes these cannot fail on Linux */
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->changed, NULL);
    *out = queue;
    return 0;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    (void)pthread_mutex_destroy(&queue->lock);
    (void)pthread_cond_destroy(&queue->changed);
    free(queue);
}

bool queue_push(struct queue *queue, void *message)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->room && !queue->closed)
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    bool taken = !queue->closed;
    if (taken) {
        queue->messages[(queue->first + queue->count) % queue->room] = message;
        queue->count++;
        (void)pthread_cond_broadcast(&queue->changed);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return taken;
}

/* With the lock held. */
static void *take_first(struct queue *queue)
{
    if (queue->count == 0)
        return NULL;
    void *message = queue->messages[queue->first];
    queue->first = (queue->first + 1) % queue->room;
    queue->count--;
    (void)pthread_cond_broadcast(&queue->changed);
    return message;
}

void *queue_pop(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed)
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    void *message = take_first(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return message;
}

void *queue_try_pop(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    void *message = take_first(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return message;
}

void queue_close(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
}
