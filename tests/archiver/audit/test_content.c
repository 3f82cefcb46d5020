#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

#include "archiver/audit/fixture.h"

#include "base/banned.h"

/* The linker puts this in the place of pread64 (--wrap): from the `skip`th read that holds the byte
 * at `bad_at` on, `bad_times` reads give it wrong, or fail. */
static atomic_llong bad_at = -1;
static atomic_int bad_times;
static atomic_int fails;

ssize_t __real_pread64(int fd, void *at, size_t room, off_t offset);
ssize_t __wrap_pread64(int fd, void *at, size_t room, off_t offset);

ssize_t __wrap_pread64(int fd, void *at, size_t room, off_t offset)
{
    ssize_t got = __real_pread64(fd, at, room, offset);
    long long byte = atomic_load(&bad_at) - (long long)offset;
    if (atomic_load(&bad_at) < 0 || byte < 0 || byte >= got)
        return got;
    if (atomic_fetch_sub(&bad_times, 1) <= 0)
        return got;
    if (atomic_load(&fails) != 0) {
        errno = EIO;
        return -1;
    }
    ((uint8_t *)at)[byte] ^= 1;
    return got;
}

static struct fixture_found found;

static void audit_with(long long at, int times, int failing)
{
    atomic_store(&bad_times, times);
    atomic_store(&fails, failing);
    atomic_store(&bad_at, at);
    fixture_audit("a.tar", AUDIT_ALL, &found);
    atomic_store(&bad_at, -1);
}

static void a_byte_that_is_wrong_once_is_transient(void **state)
{
    (void)state;
    audit_with((long long)fixture_offset("a.tar", "R2") + 50000, 1, 0);
    fixture_only(&found, AUDIT_TRANSIENT, "/data/R2.mp4");
    assert_string_equal(found.at[0].recording, "R2");
    fixture_audit("a.tar", AUDIT_ALL, &found);
    fixture_none(&found);
}

static void a_byte_that_stays_wrong_is_damage(void **state)
{
    (void)state;
    audit_with((long long)fixture_offset("a.tar", "R2") + 50000, 1000, 0);
    fixture_only(&found, AUDIT_DAMAGED, "/data/R2.mp4");
}

static void a_read_that_fails_once_is_transient(void **state)
{
    (void)state;
    audit_with((long long)fixture_offset("a.tar", "R3") + 50000, 1, 1);
    fixture_only(&found, AUDIT_TRANSIENT, "/data/R3.mp4");
}

static void a_read_that_keeps_failing_is_unreadable(void **state)
{
    (void)state;
    audit_with((long long)fixture_offset("a.tar", "R3") + 50000, 1000, 1);
    fixture_only(&found, AUDIT_UNREADABLE, "/data/R3.mp4");
}

static void second_readings_are_counted(void **state)
{
    (void)state;
    fixture_audit("a.tar", AUDIT_ALL, &found);
    uint64_t checked = found.report.checked;
    uint64_t bytes = found.report.bytes;
    audit_with((long long)fixture_offset("a.tar", "R2") + 50000, 1, 0);
    /* the bag's own sum is left out where something was found */
    assert_int_equal(found.report.checked, checked - 1);
    assert_int_equal(found.report.bytes, bytes + FIXTURE_BYTES);
}

#define SEALED(test) cmocka_unit_test_setup_teardown(test, fixture_setup_sealed, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEALED(a_byte_that_is_wrong_once_is_transient),
        SEALED(a_byte_that_stays_wrong_is_damage),
        SEALED(a_read_that_fails_once_is_transient),
        SEALED(a_read_that_keeps_failing_is_unreadable),
        SEALED(second_readings_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
