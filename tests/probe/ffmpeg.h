#ifndef SHILU_TESTS_PROBE_FFMPEG_H
#define SHILU_TESTS_PROBE_FFMPEG_H

/* Recordings made by ffmpeg in the folder in which the test runs, and what the helper says. */

#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/probe.h"

enum { FFMPEG_WORDS_MAX = 48 };

/* Runs ffmpeg with these arguments (a list ended by NULL) and the output's name behind them. */
static inline void ffmpeg(const char *const *arguments, const char *output)
{
    extern char **environ;
    static const char *const first[] = {"ffmpeg", "-nostdin", "-v", "error", "-y"};
    char *words[FFMPEG_WORDS_MAX + 8] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        words[count++] = strdup(first[i]);
    for (; *arguments != NULL && count < FFMPEG_WORDS_MAX; arguments++)
        words[count++] = strdup(*arguments);
    words[count++] = strdup(output);
    pid_t pid = -1;
    int status = 0;
    assert_int_equal(posix_spawnp(&pid, words[0], NULL, NULL, words, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (size_t i = 0; i < count; i++)
        free(words[i]);
    if (status != 0)
        fail_msg("ffmpeg could not make %s", output);
}

static inline int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s cannot be opened", path);
    return fd;
}

/* The report by the helper; a helper that ended badly is a failure of the test. */
static inline struct probe_report *probe_fd(int fd, const char *name)
{
    /* the machine may be busy: it is the CPU limit that bounds the helper */
    struct probe_options options = {.helper = getenv("SHILU_PROBE"), .wall_seconds = 120};
    struct probe_report *report = NULL;
    struct probe_err err = {0};
    if (probe_run(fd, name, &options, &report, &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
    return report;
}

static inline struct probe_report *probe_path(const char *path)
{
    int fd = open_file(path);
    struct probe_report *report = probe_fd(fd, path);
    (void)close(fd);
    return report;
}

static inline const struct probe_issue *issue_of(const struct probe_report *report,
                                                 const char *code)
{
    for (size_t i = 0; i < report->issue_count; i++) {
        if (strcmp(report->issues[i].code, code) == 0)
            return &report->issues[i];
    }
    return NULL;
}

static inline void assert_issue(const struct probe_report *report, const char *code)
{
    if (issue_of(report, code) == NULL)
        fail_msg("the issue \"%s\" is missing", code);
}

static inline void assert_no_issue(const struct probe_report *report, const char *path)
{
    for (size_t i = 0; i < report->issue_count; i++)
        fail_msg("%s: %s: %s", path, report->issues[i].code,
                 report->issues[i].detail != NULL ? report->issues[i].detail : "");
}

#endif
