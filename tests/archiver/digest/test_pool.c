#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <sched.h>

#include "archiver/digest/made.h"
#include "base/err.h"

#include "base/banned.h"

static struct err job_err[64];

static struct digest_job job_read(int fd, uint64_t offset, uint64_t size)
{
    return (struct digest_job){.from = fd,
                               .offset = offset,
                               .size = size,
                               .object = "source",
                               .to = -1,
                               .to_object = "copy",
                               .err = &job_err[0]};
}

static struct digest_pool *pool_open(void)
{
    struct digest_pool *pool = NULL;
    struct err err;
    assert_int_equal(digest_pool_open(&pool, &err), 0);
    return pool;
}

/* One job alone. */
static void run(struct digest_job *job)
{
    AUTO(digest_pool_free) struct digest_pool *pool = pool_open();
    digest_pool_put(pool, job);
    assert_ptr_equal(digest_pool_take(pool, -1, NULL), job);
    assert_int_equal(digest_pool_bytes(pool), job->done);
    assert_null(digest_pool_take(pool, -1, NULL));
}

/* Lengths around a buffer, a few buffers, and long enough to be spread over two threads. */
static const size_t lengths[] = {0,      1,      511,    4096,    131071,  131072,
                                 131073, 262144, 655360, 1000003, 40000001};

static void a_file_has_the_digests_that_others_compute(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        AUTO(close) int fd = made_file("pool", lengths[i], i);
        for (unsigned past = 0; past < 2; past++) {
            struct digest_job whole = job_read(fd, 0, lengths[i]);
            whole.past_cache = past == 1;
            run(&whole);
            assert_false(whole.failed);
            assert_int_equal(whole.done, lengths[i]);
            made_expect("pool", 0, lengths[i], &whole.pair);

            struct digest_job to_end = job_read(fd, 0, DIGEST_TO_END);
            to_end.past_cache = past == 1;
            run(&to_end);
            assert_false(to_end.failed);
            assert_int_equal(to_end.done, lengths[i]);
            assert_true(digest_equal(&whole.pair, &to_end.pair));
        }
    }
}

static void ranges_are_digested_without_their_surroundings(void **state)
{
    (void)state;
    static const uint64_t ranges[][2] = {{0, 0},        {0, 1},        {1, 1},
                                         {512, 700000}, {4095, 4098},  {131000, 200},
                                         {999999, 1},   {777, 999226}, {1000000, 0}};
    AUTO(close) int fd = made_file("ranges", 1000003, 3);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        for (unsigned past = 0; past < 2; past++) {
            struct digest_job job = job_read(fd, ranges[i][0], ranges[i][1]);
            job.past_cache = past == 1;
            run(&job);
            assert_false(job.failed);
            made_expect("ranges", ranges[i][0], ranges[i][1], &job.pair);
        }
}

static void many_jobs_side_by_side_are_each_right(void **state)
{
    (void)state;
    enum { JOBS = 60, LEN = 3000017 };
    AUTO(close) int fd = made_file("many", LEN, 5);
    AUTO(digest_pool_free) struct digest_pool *pool = pool_open();
    struct digest_job jobs[JOBS];
    struct digest_pair expected[JOBS];
    uint64_t bytes = 0;
    for (size_t i = 0; i < JOBS; i++) {
        uint64_t offset = i * 7919;
        uint64_t size = i % 3 == 0 ? LEN - offset : i * 5003;
        jobs[i] = job_read(fd, offset, size);
        jobs[i].err = &job_err[i];
        bytes += size;
        AUTO(free) uint8_t *octets = malloc(LEN);
        assert_non_null(octets);
        made_fill(octets, LEN, 5);
        struct err err;
        assert_int_equal(digest_bytes((struct bytes){octets + offset, size}, &expected[i], &err),
                         0);
    }
    for (size_t i = 0; i < JOBS; i++)
        digest_pool_put(pool, &jobs[i]);
    size_t taken = 0;
    for (const struct digest_job *job; (job = digest_pool_take(pool, -1, NULL)) != NULL; taken++)
        assert_false(job->failed);
    assert_int_equal(taken, JOBS);
    for (size_t i = 0; i < JOBS; i++)
        assert_true(digest_equal(&jobs[i].pair, &expected[i]));
    assert_int_equal(digest_pool_bytes(pool), bytes);
}

/* The long one is spread over two threads until the short ones want them, and again after. */
static void a_long_job_gives_its_second_thread_up_for_others(void **state)
{
    (void)state;
    enum { LONG = 60000000, SHORT = 200003 };
    AUTO(close) int fd = made_file("long", LONG, 11);
    AUTO(digest_pool_free) struct digest_pool *pool = pool_open();
    struct digest_job big = job_read(fd, 0, LONG);
    digest_pool_put(pool, &big);
    bool big_done = false;
    for (unsigned i = 0; i < 20; i++) {
        struct digest_job small = job_read(fd, i, SHORT);
        small.err = &job_err[1];
        digest_pool_put(pool, &small);
        const struct digest_job *back = digest_pool_take(pool, -1, NULL);
        if (back == &big) {
            big_done = true;
            back = digest_pool_take(pool, -1, NULL);
        }
        assert_ptr_equal(back, &small);
        assert_false(small.failed);
        made_expect("long", i, SHORT, &small.pair);
    }
    if (!big_done)
        assert_ptr_equal(digest_pool_take(pool, -1, NULL), &big);
    assert_false(big.failed);
    made_expect("long", 0, LONG, &big.pair);
}

static void a_copy_is_the_same_bytes_at_its_place(void **state)
{
    (void)state;
    enum { LEN = 20000003, GAP = 1500 };
    AUTO(close) int from = made_file("from", LEN, 9);
    AUTO(close) int to = open("to", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(to >= 0);
    for (unsigned sync = 0; sync < 2; sync++) {
        struct digest_job job = job_read(from, 3, LEN - 3);
        job.to = to;
        job.to_offset = GAP;
        job.sync = sync == 1;
        run(&job);
        assert_false(job.failed);
        made_expect("from", 3, LEN - 3, &job.pair);
        made_expect("to", GAP, LEN - 3, &job.pair);
        uint64_t size;
        struct err err;
        assert_int_equal(file_size(to, "to", &size, &err), 0);
        assert_int_equal(size, LEN - 3 + GAP);
        assert_int_equal(ftruncate(to, 0), 0);
    }
}

/* Places within a buffer of the copy, where the first piece is shorter than the others. */
static void a_copy_to_an_odd_place_is_the_same_bytes_too(void **state)
{
    (void)state;
    static const uint64_t places[] = {1, 512, 2048, 131071, 131072, 131073, 700001};
    AUTO(close) int from = made_file("odd", 1000003, 12);
    AUTO(free) uint8_t *expected = malloc(1000003);
    AUTO(free) uint8_t *copied = malloc(1000003);
    assert_non_null(expected);
    assert_non_null(copied);
    made_fill(expected, 1000003, 12);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        AUTO(close) int to = open("odd.copy", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(to >= 0);
        struct digest_job job = job_read(from, 3, 1000000);
        job.to = to;
        job.to_offset = places[i];
        run(&job);
        assert_false(job.failed);
        assert_int_equal(pread(to, copied, 1000003, (off_t)places[i]), 1000000);
        assert_memory_equal(copied, expected + 3, 1000000);
        made_expect("odd", 3, 1000000, &job.pair);
    }
}

static void sha256_alone_is_the_same_and_leaves_sm3_zero(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    AUTO(close) int fd = made_file("alone", 40000001, 13);
    struct digest_job both = job_read(fd, 0, 40000001);
    struct digest_job alone = both;
    alone.only_sha256 = true;
    run(&both);
    run(&alone);
    assert_false(alone.failed);
    assert_memory_equal(alone.pair.sha256, both.pair.sha256, 32);
    assert_memory_equal(alone.pair.sm3, zeros, 32);
}

static void a_file_that_ends_early_is_damaged_and_named(void **state)
{
    (void)state;
    AUTO(close) int fd = made_file("short", 300000, 1);
    for (unsigned past = 0; past < 2; past++) {
        struct digest_job job = job_read(fd, 100, 300000);
        job.past_cache = past == 1;
        run(&job);
        assert_true(job.failed);
        assert_false(job.write_failed);
        assert_int_equal(job.done, 299900);
        assert_int_equal(job.err->kind, ERR_DAMAGED);
        assert_string_equal(job.err->object, "source");
    }
}

static void an_offset_beyond_any_file_is_an_error(void **state)
{
    (void)state;
    AUTO(close) int fd = made_file("short", 3000, 1);
    struct digest_job job = job_read(fd, UINT64_MAX - 5, 10);
    run(&job);
    assert_true(job.failed);
    assert_int_equal(job.err->kind, ERR_DAMAGED);
}

/* The kernel answers EIO for memory that is not mapped: a read error without a broken disk. */
static void a_read_error_names_the_source(void **state)
{
    (void)state;
    AUTO(close) int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct digest_job job = job_read(fd, 0, 4096);
    run(&job);
    assert_true(job.failed);
    assert_false(job.write_failed);
    assert_int_equal(job.err->kind, ERR_SYSTEM);
    assert_int_equal(job.err->number, EIO);
    assert_string_equal(job.err->object, "source");
}

static void a_full_disk_names_the_copy(void **state)
{
    (void)state;
    AUTO(close) int from = made_file("from", 300000, 2);
    AUTO(close) int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    struct digest_job job = job_read(from, 0, 300000);
    job.to = full;
    job.sync = true;
    run(&job);
    assert_true(job.failed);
    assert_true(job.write_failed);
    assert_int_equal(job.err->kind, ERR_SPACE);
    assert_string_equal(job.err->object, "copy");
}

static void a_flush_that_fails_is_the_copys_failure(void **state)
{
    (void)state;
    AUTO(close) int from = made_file("from", 300000, 2);
    AUTO(close) int null = open("/dev/null", O_WRONLY | O_CLOEXEC); /* cannot be fsynced */
    assert_true(null >= 0);
    struct digest_job job = job_read(from, 0, 300000);
    job.to = null;
    job.sync = true;
    run(&job);
    assert_true(job.failed);
    assert_true(job.write_failed);
    assert_string_equal(job.err->object, "copy");
}

/* On one core there is one worker: jobs come back as they were put. */
static void jobs_begin_in_the_order_they_were_put(void **state)
{
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    AUTO(close) int fd = made_file("order", 300000, 4);
    AUTO(digest_pool_free) struct digest_pool *pool = pool_open();
    struct digest_job jobs[40];
    for (size_t i = 0; i < 40; i++) {
        jobs[i] = job_read(fd, i, i % 2 == 0 ? 200000 : 10);
        jobs[i].err = &job_err[i];
        digest_pool_put(pool, &jobs[i]);
    }
    for (size_t i = 0; i < 40; i++)
        assert_ptr_equal(digest_pool_take(pool, -1, NULL), &jobs[i]);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

static void taking_tells_whether_something_is_under_way(void **state)
{
    (void)state;
    AUTO(close) int fd = made_file("wait", 30000000, 4);
    AUTO(digest_pool_free) struct digest_pool *pool = pool_open();
    bool pending = true;
    assert_null(digest_pool_take(pool, 0, &pending));
    assert_false(pending);
    struct digest_job job = job_read(fd, 0, 30000000);
    digest_pool_put(pool, &job);
    const struct digest_job *back = NULL;
    while ((back = digest_pool_take(pool, 1, &pending)) == NULL)
        assert_true(pending);
    assert_ptr_equal(back, &job);
    assert_false(pending);
}

static size_t thread_count(void)
{
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    size_t count = 0;
    while (readdir(tasks) != NULL)
        count++;
    (void)closedir(tasks);
    return count;
}

static void a_pool_freed_at_work_stops_and_ends_its_threads(void **state)
{
    (void)state;
    size_t before = thread_count();
    AUTO(close) int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0); /* a terabyte: nobody waits for that */
    for (unsigned i = 0; i < 20; i++) {
        struct digest_job jobs[6];
        AUTO(digest_pool_free) struct digest_pool *pool = pool_open();
        for (size_t j = 0; j < 1 + i % 6; j++) {
            jobs[j] = job_read(fd, 0, (uint64_t)1 << 40);
            jobs[j].err = &job_err[j];
            digest_pool_put(pool, &jobs[j]);
        }
        (void)digest_pool_take(pool, (int)i, NULL);
    }
    assert_int_equal(thread_count(), before);
    assert_int_equal(unlink("sparse"), 0);
}

/* Bytes that the process's reads fetched from the medium. */
static uint64_t medium_bytes(void)
{
    FILE *io = fopen("/proc/self/io", "re");
    assert_non_null(io);
    char line[128];
    unsigned long long bytes = 0;
    while (fgets(line, sizeof line, io) != NULL)
        if (strncmp(line, "read_bytes: ", 12) == 0)
            bytes = strtoull(line + 12, NULL, 10);
    (void)fclose(io);
    return bytes;
}

static void reading_past_the_cache_fetches_every_byte_from_the_medium(void **state)
{
    (void)state;
    enum { LEN = 8 << 20 };
    AUTO(close) int fd = made_file("medium", LEN, 6);
    assert_int_equal(fsync(fd), 0);
    AUTO(close) int direct = open("medium", O_RDONLY | O_CLOEXEC | O_DIRECT);
    if (direct < 0) {
        print_message("no O_DIRECT on this file system\n");
        skip();
    }
    struct digest_job cached = job_read(fd, 0, LEN);
    run(&cached);
    uint64_t before = medium_bytes();
    struct digest_job job = job_read(fd, 0, LEN);
    job.past_cache = true;
    run(&job);
    assert_false(job.failed);
    assert_true(medium_bytes() - before >= LEN);
    assert_true(digest_equal(&job.pair, &cached.pair));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_the_digests_that_others_compute),
        cmocka_unit_test(ranges_are_digested_without_their_surroundings),
        cmocka_unit_test(many_jobs_side_by_side_are_each_right),
        cmocka_unit_test(a_long_job_gives_its_second_thread_up_for_others),
        cmocka_unit_test(a_copy_is_the_same_bytes_at_its_place),
        cmocka_unit_test(a_copy_to_an_odd_place_is_the_same_bytes_too),
        cmocka_unit_test(sha256_alone_is_the_same_and_leaves_sm3_zero),
        cmocka_unit_test(a_file_that_ends_early_is_damaged_and_named),
        cmocka_unit_test(an_offset_beyond_any_file_is_an_error),
        cmocka_unit_test(a_read_error_names_the_source),
        cmocka_unit_test(a_full_disk_names_the_copy),
        cmocka_unit_test(a_flush_that_fails_is_the_copys_failure),
        cmocka_unit_test(jobs_begin_in_the_order_they_were_put),
        cmocka_unit_test(taking_tells_whether_something_is_under_way),
        cmocka_unit_test(a_pool_freed_at_work_stops_and_ends_its_threads),
        cmocka_unit_test(reading_past_the_cache_fetches_every_byte_from_the_medium),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
