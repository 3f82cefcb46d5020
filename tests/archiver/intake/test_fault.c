#include "archiver/intake/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/progress.h"

#include "base/banned.h"

/* ---- a source that changes ---- */

struct meddler {
    const char *command; /* run once, when the source is open and being read */
    bool done;
};

static void meddle(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct meddler *meddler = context;
    (void)done, (void)total;
    if (meddler->done || what[0] == '\0')
        return;
    meddler->done = true;
    fixture_shell(meddler->command);
}

struct one {
    enum intake_outcome outcome;
    bool clearable;
    char reason[512];
    size_t count;
};

static void keep_one(void *context, const struct intake_result *result)
{
    struct one *one = context;
    one->outcome = result->outcome;
    one->clearable = result->clearable;
    (void)snprintf(one->reason, sizeof one->reason, "%s",
                   result->reason != NULL ? result->reason : "");
    one->count++;
}

static void a_source_that_changes_while_it_is_read_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *command, *reason;
    } cases[] = {
        {"printf x >> a.mp4", "size changed"},
        {"truncate -s 1000000 a.mp4", "size changed"},
        {"truncate -s 0 a.mp4", "size changed"},
        {"printf x | dd of=a.mp4 conv=notrunc status=none", "written to"},
        {"cp a.mp4 new && mv new a.mp4", "another file"},
        {"mv a.mp4 elsewhere && ln -s elsewhere a.mp4", "another file"},
        {"rm a.mp4", "gone"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)unlink("a.mp4");
        fixture_noise("a.mp4", 20000000, i);
        struct meddler meddler = {.command = cases[i].command};
        const struct progress progress = {.update = meddle, .context = &meddler};
        struct intake_options options = PLAIN;
        options.helper = getenv("SHILU_PROBE");
        struct one one = {0};
        const char *const paths[] = {"a.mp4"};
        assert_int_equal(intake_run(fixture->vault, paths, 1, &options, keep_one, &one, &progress,
                                    &fixture->report, &fixture->err),
                         0);
        assert_true(meddler.done);
        assert_int_equal(one.count, 1);
        assert_int_equal(one.outcome, INTAKE_REFUSED);
        assert_false(one.clearable);
        if (strstr(one.reason, cases[i].reason) == NULL)
            fail_msg("%s: %s", cases[i].command, one.reason);
        assert_int_equal(fixture_check(fixture), 0);
    }
}

/* A file of sysfs says it has 4096 bytes and ends before. */
static void a_source_that_ends_before_its_size_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const char *path = "/sys/kernel/mm/transparent_hugepage/enabled";
    struct stat st;
    if (stat(path, &st) < 0 || st.st_size < 1000) {
        print_message("%s is not as expected here\n", path);
        skip();
    }
    struct intake_options any = PLAIN;
    any.any = true;
    assert_int_equal(INGEST(fixture, any, path), 0);
    assert_int_equal(fixture->told[0].outcome, INTAKE_REFUSED);
    assert_non_null(strstr(fixture->told[0].reason, "early"));
}

static void what_is_no_regular_file_is_refused_and_named(void **state)
{
    struct fixture *fixture = *state;
    fixture_noise("real.mp4", 2000, 1);
    assert_int_equal(symlink("real.mp4", "link.mp4"), 0);
    assert_int_equal(mkfifo("fifo.mp4", 0600), 0);
    assert_int_equal(
        INGEST(fixture, PLAIN, "link.mp4", "fifo.mp4", "/dev/zero", "none.mp4", "real.mp4"), 0);
    assert_int_equal(fixture->report.refused, 4);
    assert_int_equal(fixture->report.accepted, 1);
    assert_non_null(strstr(fixture_told(fixture, "link.mp4")->reason, "symbolic link"));
    assert_non_null(strstr(fixture_told(fixture, "fifo.mp4")->reason, "FIFO"));
    assert_non_null(strstr(fixture_told(fixture, "/dev/zero")->reason, "device"));
    assert_int_equal(fixture_check(fixture), 1);
}

/* ---- other processes ---- */

/* A child that ingests `path` into V and writes the digest of each recording that it was told is
 * accepted or held to `output`; a companion is none. */
static void report_number(void *context, const struct intake_result *result)
{
    const int *output = context;
    struct err err;
    if (result->outcome != INTAKE_REFUSED && !result->companion &&
        file_write(*output, "pipe", &result->digests.sha256, 32, &err) < 0)
        _exit(4);
}

static _Noreturn void ingest_and_exit(const char *path, int output)
{
    struct err err;
    struct vault *vault = NULL;
    struct intake_report report;
    struct intake_options options = PLAIN;
    options.helper = getenv("SHILU_PROBE");
    if (vault_open("V", VAULT_WRITE, &vault, &err) < 0) {
        (void)fprintf(stderr, "open: %s\n", err.text);
        _exit(2);
    }
    int done = intake_run(vault, &path, 1, &options, report_number, &output, NULL, &report, &err);
    if (done < 0)
        (void)fprintf(stderr, "%s\n", err.text);
    vault_free(vault);
    _exit(done == 0 ? 0 : 3);
}

/* The vault must be closed before: a child may not use its parent's connection. */
static pid_t start(const char *path, int *input)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        ingest_and_exit(path, ends[1]);
    }
    assert_int_equal(close(ends[1]), 0);
    *input = ends[0];
    return child;
}

static int wait_for(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* Reads what the child told, and looks for each in the catalog. */
static size_t assert_held(const struct fixture *fixture, int input)
{
    struct err err;
    struct catalog_err wrong;
    uint8_t sha256[32];
    size_t count = 0;
    for (size_t len = 32; len == 32;) {
        assert_int_equal(file_read(input, "pipe", sha256, 32, &len, &err), 0);
        if (len < 32)
            break;
        int64_t number;
        assert_int_equal(
            catalog_recording_by_digest(vault_catalog(fixture->vault), sha256, &number, &wrong), 0);
        assert_int_not_equal(number, 0);
        count++;
    }
    assert_int_equal(close(input), 0);
    return count;
}

static void close_vault(struct fixture *fixture)
{
    vault_free(fixture->vault);
    fixture->vault = NULL;
}

static void two_ingests_at_once_accept_each_file_once(void **state)
{
    struct fixture *fixture = *state;
    enum { FILES = 30 };
    assert_int_equal(mkdir("d", 0700), 0);
    for (unsigned i = 0; i < FILES; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "d/%02u.mp4", i);
        fixture_noise(path, 100000 + i, i);
    }
    close_vault(fixture);
    int first_input, second_input;
    pid_t first = start("d", &first_input);
    pid_t second = start("d", &second_input);
    assert_int_equal(wait_for(first), 0);
    assert_int_equal(wait_for(second), 0);
    fixture_reopen(fixture);
    assert_int_equal(assert_held(fixture, first_input), FILES);
    assert_int_equal(assert_held(fixture, second_input), FILES);
    assert_int_equal(fixture_check(fixture), FILES);
}

static void an_ingest_killed_at_any_moment_loses_nothing_and_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    enum { ROUNDS = 15, FILES = 6 };
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (unsigned round = 0; round < ROUNDS; round++) {
        char folder[32];
        (void)snprintf(folder, sizeof folder, "d%02u", round);
        assert_int_equal(mkdir(folder, 0700), 0);
        for (unsigned i = 0; i < FILES; i++) {
            char path[64];
            (void)snprintf(path, sizeof path, "%s/%u.mp4", folder, i);
            fixture_noise(path, 200000 * (i + 1), round * FILES + i);
            (void)snprintf(path, sizeof path, "%s/%u.log", folder, i);
            if (i % 2 == 0)
                fixture_noise(path, 1000, round * FILES + i);
        }
        close_vault(fixture);
        int input;
        pid_t child = start(folder, &input);
        const struct timespec moment = {.tv_nsec = (long)(rand_r(&seed) % 450) * 1000000};
        (void)nanosleep(&moment, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        (void)wait_for(child);
        fixture_reopen(fixture);
        (void)assert_held(fixture, input);
        (void)fixture_check(fixture);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        char folder[32];
        (void)snprintf(folder, sizeof folder, "d%02u", round);
        assert_int_equal(INGEST(fixture, PLAIN, folder), 0);
        assert_int_equal(fixture->report.accepted + fixture->report.duplicate, FILES);
    }
    assert_int_equal(fixture_check(fixture), ROUNDS * FILES);
}

/* ---- a disk that fails or is full ---- */

/* RLIMIT_FSIZE makes the kernel refuse a write in the middle of the copy. */
static void a_write_that_fails_stops_the_run_and_keeps_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture_noise("a.mp4", 3000000, 1);
    close_vault(fixture);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = 2000000, .rlim_max = 2000000};
        (void)signal(SIGXFSZ, SIG_IGN);
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
            _exit(5);
        ingest_and_exit("a.mp4", null);
    }
    int status = wait_for(child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    fixture_reopen(fixture);
    assert_int_equal(fixture_check(fixture), 0);
}

/* A small disk of its own with the vault on it; false where none can be had. */
static bool enter_small_disk(struct fixture *fixture)
{
    struct vault_created created;
    assert_int_equal(mkdir("small", 0700), 0);
    if (mount("none", "small", "tmpfs", 0, "size=6m") < 0) {
        print_message("mounting needs root: the small disk is left out\n");
        return false;
    }
    assert_int_equal(chdir("small"), 0);
    close_vault(fixture);
    assert_int_equal(vault_create("V", &(struct vault_new){.unit = "unit", .by = "os:tester"},
                                  &created, &fixture->err),
                     0);
    fixture_reopen(fixture);
    return true;
}

static void leave_small_disk(struct fixture *fixture)
{
    assert_true(fixture_check(fixture) > 0);
    close_vault(fixture);
    assert_int_equal(chdir(".."), 0);
    assert_int_equal(umount("small"), 0);
    fixture_reopen(fixture);
}

static void a_recording_too_large_for_the_disk_stops_the_run_and_is_named(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir("d", 0700), 0);
    fixture_noise("d/a.mp4", 500000, 1);
    fixture_noise("d/b.mp4", 20000000, 2);
    fixture_noise("d/c.mp4", 500000, 3);
    if (!enter_small_disk(fixture))
        skip();
    assert_int_equal(INGEST(fixture, PLAIN, "../d"), -1);
    assert_int_equal(fixture->err.kind, ERR_SPACE);
    assert_non_null(strstr(fixture->err.text, "b.mp4"));
    assert_int_equal(fixture->report.accepted, 1); /* what was under way */
    assert_int_equal(fixture_check(fixture), 1);
    assert_int_equal(unlink("../d/b.mp4"), 0);
    assert_int_equal(INGEST(fixture, PLAIN, "../d"), 0);
    assert_int_equal(fixture->report.accepted, 1);
    assert_int_equal(fixture->report.duplicate, 1);
    leave_small_disk(fixture);
}

static void a_disk_that_fills_up_anywhere_loses_nothing_and_goes_on(void **state)
{
    struct fixture *fixture = *state;
    enum { FILES = 60 };
    assert_int_equal(mkdir("d", 0700), 0);
    for (unsigned i = 0; i < FILES; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "d/%02u.mp4", i);
        fixture_noise(path, 20000 + 1000 * i, i);
    }
    if (!enter_small_disk(fixture))
        skip();
    size_t full = 0;
    for (unsigned left = 0; left < 16; left++) {
        char command[128]; /* leaves so many pages free */
        (void)snprintf(command, sizeof command,
                       "rm -f ballast; free=$(stat -f -c %%f .); "
                       "head -c $(( (free - %u) * 4096 )) /dev/zero > ballast",
                       20 + left * 6);
        fixture_shell(command);
        if (INGEST(fixture, PLAIN, "../d") < 0) {
            full++;
            assert_int_equal(fixture->err.kind, ERR_SPACE);
        }
        size_t told = fixture->report.accepted + fixture->report.duplicate;
        fixture_shell("rm -f ballast");
        fixture_reopen(fixture); /* tidies up */
        assert_true(fixture_check(fixture) >= told);
    }
    assert_true(full > 0);
    assert_int_equal(INGEST(fixture, PLAIN, "../d"), 0);
    assert_int_equal(fixture_check(fixture), FILES);
    leave_small_disk(fixture);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_enter, fixture_leave)
    const struct CMUnitTest tests[] = {
        TEST(a_source_that_changes_while_it_is_read_is_refused),
        TEST(a_source_that_ends_before_its_size_is_refused),
        TEST(what_is_no_regular_file_is_refused_and_named),
        TEST(two_ingests_at_once_accept_each_file_once),
        TEST(an_ingest_killed_at_any_moment_loses_nothing_and_leaves_nothing),
        TEST(a_write_that_fails_stops_the_run_and_keeps_nothing),
        TEST(a_recording_too_large_for_the_disk_stops_the_run_and_is_named),
        TEST(a_disk_that_fills_up_anywhere_loses_nothing_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
