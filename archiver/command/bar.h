#ifndef SHILU_COMMAND_BAR_H
#define SHILU_COMMAND_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"

/* A progress bar with rate and time left on stderr, where that is a terminal; else nothing. */
struct bar {
    struct progress progress; /* hand &bar.progress to a room */
    bool on;
    bool shown;
    int64_t started_us;
    int64_t drawn_us;
};

/* Off where `wanted` is false (JSON) or stderr is no terminal. */
void bar_start(struct bar *bar, bool wanted);

/* Takes the bar off the line, so that something else can be printed; the next update draws it. */
void bar_clear(struct bar *bar);

#endif
