#include "probe/report_private.h"

#include <string.h>

/*
 * The order of sources, by the start of their names; "*" is where one that is not named stands. Of
 * equal rank the first that was found wins.
 *
 * Times: what a device writes for the start of the recording, with its zone, comes first. A movie
 * header (mvhd) is rewritten by exporters and by trimming, so the tags that they leave alone win
 * over it. A receiver's clock is certain, but its first fix may come minutes into the recording.
 * What lies outside the file comes last: a companion, then the file's name.
 */
static const char *const time_order[] = {
    "apple-creationdate",
    "apple-",
    "mdpm",
    "exif-datetimeoriginal",
    "exif",
    "dv",
    "gpmf",
    "*",
    "mvhd",
    "mdhd",
    "tkhd",
    "gps",
    "nmea",
    "companion:",
    "name:",
};

/* Positions: the point written for the recording, then the first fix of a track. */
static const char *const position_order[] = {
    "apple-location", "exif", "udta", "loci", "gpmf", "*", "companion:", "name:",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t rank_of(const char *source, const char *const *order, size_t count)
{
    size_t other = count;
    for (size_t i = 0; i < count; i++) {
        if (order[i][0] == '*')
            other = i;
        else if (strncmp(source, order[i], strlen(order[i])) == 0)
            return i;
    }
    return other;
}

static size_t time_rank(const struct probe_time *time)
{
    return rank_of(time->source, time_order, COUNT(time_order));
}

static size_t position_rank(const struct probe_position *position)
{
    return rank_of(position->source, position_order, COUNT(position_order));
}

/* By insertion: stable, and the lists are short. */
static void sort_times(struct probe_time *times, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct probe_time time = times[i];
        size_t at = i;
        for (; at > 0 && time_rank(&times[at - 1]) > time_rank(&time); at--)
            times[at] = times[at - 1];
        times[at] = time;
    }
}

static void sort_positions(struct probe_position *positions, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct probe_position position = positions[i];
        size_t at = i;
        for (; at > 0 && position_rank(&positions[at - 1]) > position_rank(&position); at--)
            positions[at] = positions[at - 1];
        positions[at] = position;
    }
}

static bool is_outside(const char *source)
{
    return strncmp(source, "companion:", 10) == 0 || strncmp(source, "name:", 5) == 0;
}

static void compare_times(struct probe_report *report)
{
    const int64_t tolerance_us = 2000000;
    const struct probe_time *best = &report->times[0];
    for (size_t i = 1; i < report->time_count; i++) {
        const struct probe_time *other = &report->times[i];
        if (is_outside(other->source))
            return; /* these stand last */
        if (other->us - best->us <= tolerance_us && best->us - other->us <= tolerance_us)
            continue;
        char chosen[40];
        char differs[40];
        probe_time_print(best, chosen);
        probe_time_print(other, differs);
        report_add_issue(report, "times-disagree", "%s says %s, %s says %s", best->source, chosen,
                         other->source, differs);
    }
}

void report_rank(struct probe_report *report)
{
    struct own_report *self = report_own(report);
    sort_times(self->times, report->time_count);
    sort_positions(self->positions, report->position_count);
    if (report->time_count > 1)
        compare_times(report);
}
