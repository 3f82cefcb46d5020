#include "command/bar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/i18n.h"
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

    char rate_text[32];
    char left_text[32];
    say_size((uint64_t)rate, rate_text);
    say_duration(rate > 0 && total >= done ? (double)(total - done) / rate : NAN, left_text);
    (void)fprintf(stderr, _("\r%s [%s] %3d %%  %s/s  %s left\033[K"), what, cells,
                  (int)(share * 100), rate_text, left_text);
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
