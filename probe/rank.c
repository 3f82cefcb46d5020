#include "probe/report_private.h"

#include <math.h>
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

static bool starts(const char *source, const char *start)
{
    return strncmp(source, start, strlen(start)) == 0;
}

static bool is_outside(const char *source)
{
    return starts(source, "companion:") || starts(source, "name:");
}

/*
 * How far two times may be apart and still be of one recording: movie headers are written at its
 * start or at its end, and a receiver's last fix may be minutes old when a picture is taken.
 */
static int64_t tolerance_us(const struct probe_report *report, const struct probe_time *time)
{
    const int64_t least = 2000000;
    const int64_t old_fix = 300000000;
    static const char *const headers[] = {"mvhd", "mdhd", "tkhd"};
    if (starts(time->source, "exif-gps"))
        return old_fix;
    for (size_t i = 0; i < COUNT(headers); i++) {
        if (starts(time->source, headers[i]) && isfinite(report->duration_s) &&
            report->duration_s < 1e6)
            return least + (int64_t)(report->duration_s * 1e6);
    }
    return least;
}

/*
 * A time whose zone is not certain agrees with another one where they differ by what zones differ:
 * whole quarters of an hour, 26 hours at most.
 */
static bool is_zone_apart(int64_t apart_us, int64_t tolerance)
{
    const int64_t quarter = INT64_C(900) * 1000000;
    int64_t rest = apart_us % quarter;
    return apart_us <= 104 * quarter + tolerance &&
           (rest <= tolerance || quarter - rest <= tolerance);
}

static bool agree(const struct probe_report *report, const struct probe_time *best,
                  const struct probe_time *other)
{
    int64_t apart = best->us > other->us ? best->us - other->us : other->us - best->us;
    int64_t tolerance = tolerance_us(report, other);
    bool zoned = best->certainty == PROBE_CERTAIN && other->certainty == PROBE_CERTAIN;
    return apart <= tolerance || (!zoned && is_zone_apart(apart, tolerance));
}

static void compare_times(struct probe_report *report)
{
    const struct probe_time *best = &report->times[0];
    for (size_t i = 1; i < report->time_count; i++) {
        const struct probe_time *other = &report->times[i];
        if (is_outside(other->source))
            return; /* these stand last */
        if (agree(report, best, other))
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
