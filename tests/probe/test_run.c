/* Starting the helper, and what is left when it does not end well. Helpers that misbehave are
 * shell scripts in the place of the real one. */
#include "tests/probe/ffmpeg.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

static void script(const char *path, const char *body)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", body) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static int file_of(const char *text)
{
    int fd = memfd_create("file", MFD_CLOEXEC);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    return fd;
}

static struct probe_report *run_script(const char *body, uint32_t wall_seconds)
{
    script("./helper.sh", body);
    struct probe_options options = {.helper = "./helper.sh", .wall_seconds = wall_seconds};
    struct probe_report *report = NULL;
    struct probe_err err = {0};
    int fd = file_of("12345");
    if (probe_run(fd, "NO20260101-120000-000001F.MP4", &options, &report, &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
    assert_int_equal(report->size_bytes, 5);
    (void)close(fd);
    return report;
}

static void assert_failure(const char *body, uint32_t wall_seconds, const char *detail)
{
    struct probe_report *report = run_script(body, wall_seconds);
    assert_int_equal(report->issue_count, 1);
    assert_string_equal(report->issues[0].code, "probe");
    assert_string_equal(report->issues[0].detail, detail);
    probe_report_free(report);
}

static void a_helper_that_ends_badly_still_gives_a_report(void **state)
{
    (void)state;
    assert_failure("kill -SYS $$", 60, "killed by SIGSYS");
    assert_failure("kill -SEGV $$", 60, "killed by SIGSEGV");
    assert_failure("exit 3", 60, "ended with status 3");
    assert_failure("echo '{}'", 60, "its report was damaged");
    assert_failure(":", 60, "its report was damaged");
    assert_failure("exec yes", 60, "its report was too long");
}

static void a_helper_that_does_not_end_is_killed(void **state)
{
    (void)state;
    assert_failure("exec sleep 600", 1, "took longer than 1 s");
    /* closes its report and goes on */
    assert_failure("exec sleep 600 >&-", 1, "took longer than 1 s");
}

/* The second start, for the name alone, is the real helper's. */
static void what_the_name_says_is_kept_when_the_file_kills_the_helper(void **state)
{
    (void)state;
    char body[8192];
    (void)snprintf(body, sizeof body,
                   "case \" $* \" in *' --no-file '*) exec %s \"$@\";; esac; kill -SYS $$",
                   getenv("SHILU_PROBE"));
    struct probe_report *report = run_script(body, 120);
    assert_string_equal(report->name.pattern, "70mai");
    assert_string_equal(report->name.channel, "F");
    assert_int_equal(report->time_count, 1);
    assert_string_equal(report->issues[0].detail, "killed by SIGSYS");
    probe_report_free(report);
}

static void a_helper_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct probe_options options = {.helper = "/nowhere/shilu-probe"};
    struct probe_report *report = NULL;
    struct probe_err err = {0};
    int fd = file_of("x");
    assert_int_equal(probe_run(fd, "a.mp4", &options, &report, &err), -1);
    assert_int_equal(err.kind, PROBE_ERR_SYSTEM);
    assert_int_equal(err.number, ENOENT);
    assert_string_equal(err.object, "/nowhere/shilu-probe");
    assert_null(report);
    (void)close(fd);
}

static void a_zone_that_nobody_knows_is_refused(void **state)
{
    (void)state;
    static const char *const zones[] = {"",     "Asia/Nowhere", "../../etc/passwd", "/etc/passwd",
                                        "Asia", "a b"};
    int fd = file_of("x");
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct probe_options options = {.helper = getenv("SHILU_PROBE"), .zone = zones[i]};
        struct probe_report *report = NULL;
        struct probe_err err = {0};
        assert_int_equal(probe_run(fd, "a.mp4", &options, &report, &err), -1);
        assert_int_equal(err.kind, PROBE_ERR_USAGE);
    }
    (void)close(fd);
}

static int64_t time_in(const char *zone)
{
    struct probe_options options = {
        .helper = getenv("SHILU_PROBE"), .zone = zone, .wall_seconds = 120};
    struct probe_report *report = NULL;
    struct probe_err err = {0};
    int fd = file_of("x");
    if (probe_run(fd, "VID_20260101_120000.mp4", &options, &report, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(report->time_count, 1);
    int64_t us = report->times[0].us;
    probe_report_free(report);
    (void)close(fd);
    return us;
}

static void times_without_a_zone_get_that_of_the_options(void **state)
{
    (void)state;
    const int64_t hour = INT64_C(3600000000);
    const int64_t utc = time_in("UTC");
    assert_true(utc == INT64_C(1767268800000000));
    assert_true(time_in("Asia/Shanghai") == utc - 8 * hour);
    assert_true(time_in("Asia/Urumqi") == utc - 6 * hour);
    assert_true(time_in(NULL) == utc - 8 * hour);
}

static void patterns_of_ones_own_replace_the_built_in_ones(void **state)
{
    (void)state;
    static const struct probe_pattern mine[] = {{"局里的", "案{device:3}-{officer}"}};
    struct probe_options options = {
        .helper = getenv("SHILU_PROBE"), .patterns = mine, .pattern_count = 1, .wall_seconds = 120};
    struct probe_report *report = NULL;
    struct probe_err err = {0};
    int fd = file_of("x");
    assert_int_equal(probe_run(fd, "案007-bond.mp4", &options, &report, &err), 0);
    assert_string_equal(report->name.pattern, "局里的");
    assert_string_equal(report->name.device, "007");
    assert_string_equal(report->name.officer, "bond");
    probe_report_free(report);
    /* any octets are a name */
    assert_int_equal(probe_run(fd, "\xff\xfe -- \n.mp4", &options, &report, &err), 0);
    assert_null(report->name.pattern);
    probe_report_free(report);
    (void)close(fd);
}

static void companions_are_read_by_the_helper(void **state)
{
    (void)state;
    static const char nmea[] =
        "$GPRMC,040000.00,A,3908.1234,N,11701.5678,E,0.0,0.0,010126,,,A*67\n";
    static const char gpx[] = "<gpx><trk><trkseg><trkpt lat=\"39.5\" lon=\"117.25\">"
                              "<time>2026-01-01T04:00:00Z</time></trkpt></trkseg></trk></gpx>";
    int fds[2] = {file_of(gpx), file_of(nmea)};
    struct probe_companion companions[] = {{fds[0], "gpx"}, {fds[1], "nmea"}};
    struct probe_options options = {.helper = getenv("SHILU_PROBE"),
                                    .companions = companions,
                                    .companion_count = 2,
                                    .wall_seconds = 120};
    struct probe_report *report = NULL;
    struct probe_err err = {0};
    int fd = file_of("x");
    assert_int_equal(probe_run(fd, "a.mp4", &options, &report, &err), 0);
    bool found = false;
    for (size_t i = 0; i < report->position_count; i++)
        found = found || (strcmp(report->positions[i].source, "companion:gpx") == 0 &&
                          report->positions[i].fix.latitude > 39.49 &&
                          report->positions[i].fix.latitude < 39.51);
    assert_true(found);
    probe_report_free(report);
    (void)close(fd);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
}

static void no_descriptor_is_left_and_the_files_place_is_not_moved(void **state)
{
    (void)state;
    struct probe_report *report = NULL;
    int fd = file_of("12345");
    assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
    size_t before = open_descriptors();
    for (int i = 0; i < 3; i++) {
        report = probe_fd(fd, "a.mp4");
        probe_report_free(report);
    }
    probe_report_free(run_script("kill -SYS $$", 60));
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 2);
    (void)close(fd);
}

static void *probe_some(void *opaque)
{
    int fd = *(int *)opaque;
    struct probe_options options = {.helper = getenv("SHILU_PROBE"), .wall_seconds = 120};
    for (int i = 0; i < 4; i++) {
        struct probe_report *report = NULL;
        struct probe_err err;
        if (probe_run(fd, "IMG_1234.MOV", &options, &report, &err) < 0)
            return opaque;
        bool well = report->name.sequence != NULL && report->size_bytes == 5;
        probe_report_free(report);
        if (!well)
            return opaque;
    }
    return NULL;
}

static void threads_may_probe_at_once(void **state)
{
    (void)state;
    enum { THREADS = 6 };
    pthread_t threads[THREADS];
    int fd = file_of("12345");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, probe_some, &fd), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_helper_that_ends_badly_still_gives_a_report),
        cmocka_unit_test(a_helper_that_does_not_end_is_killed),
        cmocka_unit_test(what_the_name_says_is_kept_when_the_file_kills_the_helper),
        cmocka_unit_test(a_helper_that_is_not_there_is_an_error),
        cmocka_unit_test(a_zone_that_nobody_knows_is_refused),
        cmocka_unit_test(times_without_a_zone_get_that_of_the_options),
        cmocka_unit_test(patterns_of_ones_own_replace_the_built_in_ones),
        cmocka_unit_test(companions_are_read_by_the_helper),
        cmocka_unit_test(no_descriptor_is_left_and_the_files_place_is_not_moved),
        cmocka_unit_test(threads_may_probe_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
