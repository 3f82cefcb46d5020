#ifndef SHILU_BASE_QUEUE_H
#define SHILU_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/*
 * A bounded queue between threads; ownership of a message travels with it. push waits while it is
 * full, pop while it is empty; close lets readers drain what is there and then end.
 */
struct queue;

/* Room for `room` messages (at least 1). ERR_MEMORY. */
int queue_open(size_t room, struct queue **out, struct err *err);

/* Messages still inside are not freed: drain it first. Takes NULL. */
void queue_free(struct queue *queue);

/* True when the queue took the message; false, and the message stays the caller's, once closed. */
bool queue_push(struct queue *queue, void *message);

/* The next message, or NULL once the queue is closed and empty. */
void *queue_pop(struct queue *queue);

/* As queue_pop, but gives NULL at once where nothing is there. */
void *queue_try_pop(struct queue *queue);

void queue_close(struct queue *queue);

#endif
