#include "command/bar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/i18n.h"
#include "command/cells.h"
#include "command/say.h"

#include "base/banned.h"

enum { REDRAW_US = 100000, SECOND_US = 1000000, BAR_CELLS = 24 };

static int64_t monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static void draw(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct bar *bar = context;
    int64_t now = monotonic_us();
    if (!bar->on || (bar->shown && now - bar->drawn_us < REDRAW_US && done < total))
        return;
    bar->drawn_us = now;
    bar->shown = true;

    double share = total > 0 ? (double)done / (double)total : 1;
    share = share > 1 ? 1 : share;
    double seconds = (double)(now - bar->started_us) / SECOND_US;
    double rate = seconds > 0.2 ? (double)done / seconds : 0;
    char cells[BAR_CELLS + 1];
    int full = (int)(share * BAR_CELLS);
    memset(cells, '#', (size_t)full);
    memset(cells + full, '.', (size_t)(BAR_CELLS - full));
    cells[BAR_CELLS] = '\0';

    char state[128];
    int percent = (int)(share * 100);
    if (rate > 0) {
        char rate_text[32];
        char left_text[32];
        say_size((uint64_t)rate, rate_text);
        say_duration(total >= done ? (double)(total - done) / rate : NAN, left_text);
        (void)snprintf(state, sizeof state, _("%3d %%  %s/s  %s left"), percent, rate_text,
                       left_text);
    } else {
        (void)snprintf(state, sizeof state, "%3d %%", percent);
    }
    /* a line that wraps could not be drawn over: the file's name alone, cut to what is free */
    const char *slash = strrchr(what, '/');
    const char *name = slash != NULL ? slash + 1 : what;
    size_t used = BAR_CELLS + sizeof " []  " + cells_width(state);
    size_t terminal = cells_of_terminal(STDERR_FILENO);
    size_t room = terminal > used ? terminal - used : 0;
    (void)fprintf(stderr, "\r%.*s [%s] %s\033[K", (int)cells_fit(name, room), name, cells, state);
}

void bar_start(struct bar *bar, bool wanted)
{
    *bar = (struct bar){
        .progress = {.update = draw, .context = bar},
        .on = wanted && isatty(STDERR_FILENO) == 1,
        .started_us = monotonic_us(),
    };
}

void bar_clear(struct bar *bar)
{
    if (bar->shown)
        (void)fputs("\r\033[K", stderr);
    bar->shown = false;
}
