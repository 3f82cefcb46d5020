/*
 * shilu-probe: reads one stranger's file in a sandbox and writes a report. It is given everything
 * by descriptor and on its command line (probe/helper.h), and opens nothing.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "probe/demux.h"
#include "probe/examine.h"
#include "probe/helper.h"
#include "probe/name.h"
#include "probe/sandbox.h"
#include "probe/source.h"
#include "probe/text.h"

enum { PATTERNS_MAX = 256, COMPANION_BYTES_MAX = 16 << 20 };

struct task {
    const char *name; /* NULL: none */
    bool has_file;
    struct probe_pattern patterns[PATTERNS_MAX];
    size_t pattern_count;
    const char *companions[PROBE_COMPANIONS_MAX];
    size_t companion_count;
};

static bool take_argument(struct task *task, char **argv, int left, int *used)
{
    *used = 2;
    if (strcmp(argv[0], "--no-file") == 0) {
        task->has_file = false;
        *used = 1;
        return true;
    }
    if (left < 2)
        return false;
    if (strcmp(argv[0], "--name") == 0) {
        task->name = argv[1];
        return true;
    }
    if (strcmp(argv[0], "--companion") == 0 && task->companion_count < PROBE_COMPANIONS_MAX) {
        task->companions[task->companion_count++] = argv[1];
        return true;
    }
    if (strcmp(argv[0], "--pattern") == 0 && left >= 3 && task->pattern_count < PATTERNS_MAX) {
        task->patterns[task->pattern_count++] = (struct probe_pattern){argv[1], argv[2]};
        *used = 3;
        return true;
    }
    return false;
}

static bool take_arguments(struct task *task, int argc, char **argv)
{
    task->has_file = true;
    for (int i = 1; i < argc;) {
        int used = 0;
        if (!take_argument(task, argv + i, argc - i, &used))
            return false;
        i += used;
    }
    return true;
}

/* Loads what the C library and jansson would open files for. */
static void prepare(void)
{
    tzset();
    text_prepare();
    json_object_seed(0);
    demux_prepare();
}

static void read_companion(int fd, const char *extension, struct probe_report *report)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || status.st_size <= 0)
        return;
    size_t len =
        status.st_size < COMPANION_BYTES_MAX ? (size_t)status.st_size : (size_t)COMPANION_BYTES_MAX;
    struct probe_input *input = input_from_fd(fd, len);
    uint8_t *text = malloc(len);
    if (input != NULL && text != NULL) {
        size_t got = input_read(input, 0, text, len);
        companion_read((struct probe_bytes){text, got}, extension, report);
    }
    free(text);
    input_free(input);
}

static int read_file(const struct task *task, struct probe_report *report)
{
    struct stat status;
    if (fstat(HELPER_FILE, &status) < 0)
        return HELPER_EXIT_USAGE;
    report->size_bytes = (uint64_t)status.st_size;
    struct probe_input *input = input_from_fd(HELPER_FILE, report->size_bytes);
    if (input == NULL)
        return HELPER_EXIT_MEMORY;
    examine(input, task->name, report);
    input_free(input);
    for (size_t i = 0; i < task->companion_count; i++)
        read_companion(HELPER_FIRST_COMPANION + (int)i, task->companions[i], report);
    return 0;
}

static int write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(STDOUT_FILENO, text, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        text += put;
        len -= (size_t)put;
    }
    return 0;
}

static int run(const struct task *task)
{
    struct probe_err err;
    prepare();
    if (sandbox_enter(HELPER_FIRST_COMPANION + (int)task->companion_count, &err) < 0)
        return HELPER_EXIT_SANDBOX;

    struct probe_report *report = NULL;
    if (report_new(&report, &err) < 0)
        return HELPER_EXIT_MEMORY;
    int status = task->has_file ? read_file(task, report) : 0;
    if (status != 0)
        return status;
    if (task->name != NULL)
        name_read(task->name, task->patterns, task->pattern_count, report);
    report_rank(report);

    char *text = NULL;
    if (probe_report_to_json(report, &text, &err) < 0 || write_all(text, strlen(text)) < 0)
        return HELPER_EXIT_MEMORY;
    return 0;
}

int main(int argc, char **argv)
{
    static struct task task;
    if (!take_arguments(&task, argc, argv))
        return HELPER_EXIT_USAGE;
    /* the kernel gives back the memory; exit handlers of the many libraries are not wanted here */
    _exit(run(&task));
}
