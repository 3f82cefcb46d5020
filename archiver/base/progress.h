#ifndef SHILU_BASE_PROGRESS_H
#define SHILU_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How far a long piece of work has come. A room calls `update` from the thread that called the
 * room, a few times a second at least; the door makes of it a bar, a JSON line or an event. Rooms
 * take a `const struct progress *`, which may be NULL.
 */
struct progress {
    void (*update)(void *context, const char *what, uint64_t done_bytes, uint64_t total_bytes);
    void *context;
};

static inline void progress_update(const struct progress *progress, const char *what,
                                   uint64_t done_bytes, uint64_t total_bytes)
{
    if (progress != NULL)
        progress->update(progress->context, what, done_bytes, total_bytes);
}

#endif
