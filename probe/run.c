#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe/fail.h"
#include "probe/helper.h"
#include "probe/report.h"

/*
 * Starts the helper, feeds nothing but descriptors to it, and takes its report from a pipe. The
 * helper is presumed to be hostile from its first octet of the file on: what it writes is bounded
 * and parsed as a stranger's, and it has until the deadline.
 */

enum { WALL_SECONDS = 20, PIPE_READ_BYTES = 65536 };

#ifdef SHILU_SANITIZED
static const bool keep_stderr = true; /* where the sanitizers report */
#else
static const bool keep_stderr = false;
#endif

/* What the helper is started with. The descriptors are our own copies, above all that it gets. */
struct start {
    const char *path;
    char **arguments;
    size_t argument_count;
    char zone[64]; /* "TZ=Asia/Shanghai" */
    int file;      /* -1: only the name is read */
    int companions[PROBE_COMPANIONS_MAX];
    size_t companion_count;
};

/* How the helper ended. */
struct ending {
    bool timed_out;
    int status; /* as waitpid gives it */
    char *text;
    size_t len;
    bool too_long;
};

static void start_release(struct start *start)
{
    for (size_t i = 0; i < start->companion_count; i++)
        (void)close(start->companions[i]);
    if (start->file >= 0)
        (void)close(start->file);
    free(start->arguments);
}

static void start_argument(struct start *start, const char *text)
{
    /* posix_spawn takes char ** and does not write to it */
    memcpy(&start->arguments[start->argument_count++], &text, sizeof text);
}

static void start_arguments(struct start *start, const char *name,
                            const struct probe_options *options)
{
    start_argument(start, "shilu-probe");
    if (start->file < 0)
        start_argument(start, "--no-file");
    if (name != NULL) {
        start_argument(start, "--name");
        start_argument(start, name);
    }
    for (size_t i = 0; i < options->pattern_count; i++) {
        start_argument(start, "--pattern");
        start_argument(start, options->patterns[i].name);
        start_argument(start, options->patterns[i].pattern);
    }
    for (size_t i = 0; i < start->companion_count; i++) {
        start_argument(start, "--companion");
        start_argument(start, options->companions[i].extension);
    }
}

/* A copy above the numbers that the helper's descriptors take. */
static int copy_fd(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, HELPER_FIRST_COMPANION + PROBE_COMPANIONS_MAX);
}

static int start_prepare(struct start *start, int fd, const char *name,
                         const struct probe_options *options, struct probe_err *err)
{
    start->file = -1;
    start->arguments =
        calloc(8 + 3 * options->pattern_count + 2 * options->companion_count, sizeof(char *));
    if (start->arguments == NULL)
        return probe_fail_memory(err);
    if (fd >= 0) {
        start->file = copy_fd(fd);
        if (start->file < 0)
            return probe_fail_system(err, errno, name, "pass the file to the helper");
        for (size_t i = 0; i < options->companion_count; i++) {
            int copy = copy_fd(options->companions[i].fd);
            if (copy < 0)
                return probe_fail_system(err, errno, name, "pass a companion to the helper");
            start->companions[start->companion_count++] = copy;
        }
    }
    start_arguments(start, name, options);
    return 0;
}

/* Gives an errno. */
static int spawn_with(const struct start *start, posix_spawn_file_actions_t *actions,
                      posix_spawnattr_t *attributes, int report, pid_t *pid)
{
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    char zone[sizeof start->zone];
    memcpy(zone, start->zone, sizeof zone);
    char *environment[] = {zone, NULL};

    int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, report, STDOUT_FILENO);
    if (failed == 0 && !keep_stderr)
        failed = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (failed == 0 && start->file >= 0)
        failed = posix_spawn_file_actions_adddup2(actions, start->file, HELPER_FILE);
    for (size_t i = 0; failed == 0 && i < start->companion_count; i++)
        failed = posix_spawn_file_actions_adddup2(actions, start->companions[i],
                                                  HELPER_FIRST_COMPANION + (int)i);
    if (failed == 0)
        failed = posix_spawnattr_setsigmask(attributes, &none);
    if (failed == 0)
        failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (failed == 0)
        failed =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (failed == 0)
        failed = posix_spawn(pid, start->path, actions, attributes, start->arguments, environment);
    return failed;
}

static int spawn(const struct start *start, int report, pid_t *pid, struct probe_err *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0)
        return probe_fail_system(err, failed, start->path, "start the helper");
    failed = posix_spawnattr_init(&attributes);
    if (failed == 0) {
        failed = spawn_with(start, &actions, &attributes, report, pid);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return probe_fail_system(err, failed, start->path, "start the helper");
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the descriptor has something; false at the deadline. */
static bool wait_for(int fd, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - now_ms();
        if (left <= 0)
            return false;
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        int ready = poll(&poller, 1, (int)left);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* Reads the report to its end; false when that did not come. */
static bool read_report(int pipe_end, int64_t deadline, struct ending *ending)
{
    size_t room = 0;
    for (;;) {
        if (ending->len == room) {
            room += PIPE_READ_BYTES;
            char *text = realloc(ending->text, room);
            if (text == NULL)
                return false;
            ending->text = text;
        }
        if (!wait_for(pipe_end, deadline)) {
            ending->timed_out = true;
            return false;
        }
        ssize_t got = read(pipe_end, ending->text + ending->len, room - ending->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        ending->len += (size_t)got;
        if (ending->len > PROBE_REPORT_BYTES_MAX) {
            ending->too_long = true;
            return false;
        }
    }
}

/* Follows the helper to its end, which is forced at the deadline or on a report that is none. */
static void follow(pid_t pid, int pipe_end, uint32_t wall_seconds, struct ending *ending)
{
    int64_t deadline = now_ms() + (int64_t)wall_seconds * 1000;
    bool whole = read_report(pipe_end, deadline, ending);
    bool ended = false;
    if (whole) {
        /* it may close its end and go on */
        int handle = pidfd_open(pid, 0);
        if (handle >= 0) {
            ended = wait_for(handle, deadline);
            ending->timed_out = !ended;
            (void)close(handle);
        }
    }
    if (!ended) /* nor can it be waited for without a handle */
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, &ending->status, 0) < 0 && errno == EINTR)
        continue;
}

static int run_helper(const struct start *start, uint32_t wall_seconds, struct ending *ending,
                      struct probe_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return probe_fail_system(err, errno, start->path, "make a pipe");
    int report = copy_fd(ends[1]);
    int failed = report < 0 ? errno : 0;
    (void)close(ends[1]);
    pid_t pid = -1;
    int result = failed != 0 ? probe_fail_system(err, failed, start->path, "make a pipe")
                             : spawn(start, report, &pid, err);
    if (report >= 0)
        (void)close(report);
    if (result == 0)
        follow(pid, ends[0], wall_seconds, ending);
    (void)close(ends[0]);
    return result;
}

/* One start of the helper, without a file when fd is -1. *out stays NULL without a report, and
 * `why` says what was instead. */
static int attempt(int fd, const char *name, const struct probe_options *options,
                   struct probe_report **out, char why[static 128], struct probe_err *err)
{
    struct start start = {.path = options->helper};
    struct ending ending = {0};
    (void)snprintf(start.zone, sizeof start.zone, "TZ=%s", options->zone);
    int result = start_prepare(&start, fd, name, options, err);
    if (result == 0)
        result = run_helper(&start, options->wall_seconds, &ending, err);
    start_release(&start);
    if (result < 0) {
        free(ending.text);
        return -1;
    }

    struct probe_err damage = {0};
    if (ending.timed_out)
        (void)snprintf(why, 128, "took longer than %u s", options->wall_seconds);
    else if (ending.too_long)
        (void)snprintf(why, 128, "its report was too long");
    else if (WIFSIGNALED(ending.status))
        (void)snprintf(why, 128, "killed by SIG%s", sigabbrev_np(WTERMSIG(ending.status)));
    else if (WEXITSTATUS(ending.status) != 0)
        (void)snprintf(why, 128, "ended with status %d", WEXITSTATUS(ending.status));
    else if (probe_report_from_json(ending.text, ending.len, out, &damage) < 0)
        (void)snprintf(why, 128, "its report was damaged");
    free(ending.text);
    return damage.kind == PROBE_ERR_MEMORY ? probe_fail_memory(err) : 0;
}

/* Beside the program as it is built and installed: bin/shilu and libexec/shilu/shilu-probe. */
static bool helper_beside(char path[static 4096])
{
    static const char tail[] = "/../libexec/shilu/shilu-probe";
    ssize_t len = readlink("/proc/self/exe", path, 4096 - sizeof tail);
    if (len <= 0)
        return false;
    path[len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    memcpy(slash, tail, sizeof tail);
    return access(path, X_OK) == 0;
}

/* A zone that the system does not know would silently be UTC. */
static int check_zone(const char *zone, struct probe_err *err)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    char path[128];
    size_t len = strlen(zone);
    if (len == 0 || len > 48 || zone[0] == '/' || strspn(zone, letters) != len)
        return probe_fail(err, PROBE_ERR_USAGE, zone, "not the name of a zone");
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return probe_fail(err, PROBE_ERR_USAGE, zone, "this system knows no such zone");
    return 0;
}

/* The file gave no report: what its name says, its size, and what happened. */
static int report_failure(int fd, const char *name, const struct probe_options *options,
                          const char *why, struct probe_report **out, struct probe_err *err)
{
    char again[128] = "";
    struct probe_report *report = NULL;
    if (name != NULL && attempt(-1, name, options, &report, again, err) < 0)
        return -1;
    if (report == NULL && report_new(&report, err) < 0)
        return -1;
    struct stat status;
    if (fstat(fd, &status) == 0 && status.st_size > 0)
        report->size_bytes = (uint64_t)status.st_size;
    report_add_issue(report, "probe", "%s", why);
    *out = report;
    return 0;
}

int probe_run(int fd, const char *name, const struct probe_options *options,
              struct probe_report **out, struct probe_err *err)
{
    struct probe_options use = {0};
    char beside[4096];
    if (options != NULL)
        use = *options;
    if (use.helper == NULL)
        use.helper = helper_beside(beside) ? beside : SHILU_PROBE_INSTALLED;
    if (use.zone == NULL)
        use.zone = "Asia/Shanghai";
    if (use.patterns == NULL)
        use.patterns = probe_default_patterns(&use.pattern_count);
    if (use.wall_seconds == 0)
        use.wall_seconds = WALL_SECONDS;
    if (use.companion_count > PROBE_COMPANIONS_MAX)
        use.companion_count = PROBE_COMPANIONS_MAX;
    if (check_zone(use.zone, err) < 0)
        return -1;

    char why[128] = "";
    struct probe_report *report = NULL;
    if (attempt(fd, name, &use, &report, why, err) < 0)
        return -1;
    if (report == NULL)
        return report_failure(fd, name, &use, why, out, err);
    *out = report;
    return 0;
}
