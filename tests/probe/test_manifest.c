/* The real samples against what is known of them, through the helper as it is shipped. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/probe.h"
#include "probe/time.h"

enum { COLUMNS = 15, LINE_BYTES = 4096 };

enum column {
    FILE_NAME = 0,
    SIZE = 2,
    CONTAINER = 5,
    VIDEO = 6,
    AUDIO = 7,
    DURATION = 8,
    TIME = 9,
    LATITUDE = 10,
    LONGITUDE = 11,
    MAKE = 12,
    MODEL = 13,
};

static const char *samples;

static bool is_known(const char *text)
{
    return text != NULL && strcmp(text, "-") != 0 && text[0] != '\0';
}

static size_t split(char *line, char *columns[static COLUMNS])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL && count < COLUMNS;)
        columns[count++] = strsep(&at, "\t");
    return count;
}

static bool has_codec(const struct probe_report *report, enum probe_stream_type type,
                      const char *codec)
{
    for (size_t i = 0; i < report->stream_count; i++) {
        const struct probe_stream *stream = &report->streams[i];
        bool right = stream->type == type || (type == PROBE_VIDEO && stream->type == PROBE_PICTURE);
        if (right && stream->codec != NULL && strcmp(stream->codec, codec) == 0)
            return true;
    }
    return false;
}

static unsigned wrong(const char *file, const char *what, const char *truth, const char *found)
{
    print_error("%s: %s is \"%s\", found \"%s\"\n", file, what, truth,
                found != NULL ? found : "(nothing)");
    return 1;
}

static unsigned check_text(char **columns, enum column column, const char *what, const char *found)
{
    if (!is_known(columns[column]) || (found != NULL && strcmp(columns[column], found) == 0))
        return 0;
    return wrong(columns[FILE_NAME], what, columns[column], found);
}

static unsigned check_number(char **columns, enum column column, const char *what, double found,
                             double within)
{
    char text[64];
    if (!is_known(columns[column]) || fabs(strtod(columns[column], NULL) - found) <= within)
        return 0;
    (void)snprintf(text, sizeof text, "%f", found);
    return wrong(columns[FILE_NAME], what, columns[column], text);
}

static unsigned check_time(char **columns, const struct probe_report *report)
{
    char text[64];
    int64_t truth = 0;
    int32_t offset = 0;
    if (!is_known(columns[TIME]))
        return 0;
    (void)snprintf(text, sizeof text, "%.10sT%sZ", columns[TIME], columns[TIME] + 11);
    assert_true(time_parse(text, &truth, &offset));
    if (report->time_count > 0 && llabs(report->times[0].us - truth) < 1000000)
        return 0;
    text[0] = '\0';
    if (report->time_count > 0)
        probe_time_print(&report->times[0], text);
    return wrong(columns[FILE_NAME], "time", columns[TIME], text);
}

static unsigned check_report(char **columns, const struct probe_report *report)
{
    struct probe_fix none = {.latitude = NAN, .longitude = NAN};
    const struct probe_fix *fix = report->position_count > 0 ? &report->positions[0].fix : &none;
    unsigned bad = check_text(columns, CONTAINER, "container", report->container);
    if (is_known(columns[VIDEO]) && !has_codec(report, PROBE_VIDEO, columns[VIDEO]))
        bad += wrong(columns[FILE_NAME], "video", columns[VIDEO], NULL);
    if (is_known(columns[AUDIO]) && !has_codec(report, PROBE_AUDIO, columns[AUDIO]))
        bad += wrong(columns[FILE_NAME], "audio", columns[AUDIO], NULL);
    if (is_known(columns[DURATION]))
        bad += check_number(columns, DURATION, "duration", report->duration_s,
                            fmax(0.02 * strtod(columns[DURATION], NULL), 0.005));
    bad += check_time(columns, report);
    bad += check_number(columns, LATITUDE, "latitude", fix->latitude, 0.0002);
    bad += check_number(columns, LONGITUDE, "longitude", fix->longitude, 0.0002);
    bad += check_text(columns, MAKE, "make", report->make);
    bad += check_text(columns, MODEL, "model", report->model);
    for (size_t i = 0; i < report->issue_count; i++) {
        if (strcmp(report->issues[i].code, "probe") == 0)
            bad += wrong(columns[FILE_NAME], "helper", "well", report->issues[i].detail);
    }
    return bad;
}

static unsigned check_sample(char **columns)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", samples, columns[FILE_NAME]);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return wrong(columns[FILE_NAME], "file", "there", "missing");
    struct probe_options options = {.helper = getenv("SHILU_PROBE"), .wall_seconds = 120};
    struct probe_report *report = NULL;
    struct probe_err err;
    assert_int_equal(probe_run(fd, columns[FILE_NAME], &options, &report, &err), 0);
    unsigned bad = check_report(columns, report);
    if (report->size_bytes != strtoull(columns[SIZE], NULL, 10))
        bad += wrong(columns[FILE_NAME], "size", columns[SIZE], NULL);
    if (!report->is_media)
        bad += wrong(columns[FILE_NAME], "media", "yes", "no");
    probe_report_free(report);
    (void)close(fd);
    return bad;
}

static void every_sample_is_read_as_its_truth_says(void **state)
{
    (void)state;
    char path[4096];
    char line[LINE_BYTES];
    (void)snprintf(path, sizeof path, "%s/MANIFEST.tsv", samples);
    FILE *manifest = fopen(path, "re");
    assert_non_null(manifest);
    unsigned count = 0;
    unsigned bad = 0;
    while (fgets(line, sizeof line, manifest) != NULL) {
        char *columns[COLUMNS] = {NULL};
        if (split(line, columns) < MODEL + 1 || strcmp(columns[0], "file") == 0)
            continue;
        bad += check_sample(columns);
        count++;
    }
    (void)fclose(manifest);
    print_message("%u samples\n", count);
    assert_true(count > 40);
    assert_int_equal(bad, 0);
}

int main(void)
{
    samples = getenv("SHILU_SAMPLES");
    if (samples == NULL || samples[0] == '\0') {
        print_message("SHILU_SAMPLES is not set: the real samples are left out\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_is_read_as_its_truth_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
