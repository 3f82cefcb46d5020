#include "catalog/fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>

#include "catalog/err.h"

static void each_result_code_has_its_kind(void **state)
{
    (void)state;
    static const struct {
        int code;
        enum catalog_err_kind kind;
    } cases[] = {
        {SQLITE_FULL, CATALOG_ERR_SPACE},
        {SQLITE_READONLY_DIRECTORY, CATALOG_ERR_DENIED},
        {SQLITE_PERM, CATALOG_ERR_DENIED},
        {SQLITE_CORRUPT_VTAB, CATALOG_ERR_DAMAGED},
        {SQLITE_NOTADB, CATALOG_ERR_DAMAGED},
        {SQLITE_BUSY_SNAPSHOT, CATALOG_ERR_CONFLICT},
        {SQLITE_NOMEM, CATALOG_ERR_MEMORY},
        {SQLITE_IOERR_NOMEM, CATALOG_ERR_MEMORY},
        {SQLITE_CONSTRAINT_UNIQUE, CATALOG_ERR_CONFLICT},
        {SQLITE_CONSTRAINT_FOREIGNKEY, CATALOG_ERR_MISSING},
        {SQLITE_CONSTRAINT_CHECK, CATALOG_ERR_USAGE},
        {SQLITE_IOERR_FSYNC, CATALOG_ERR_SYSTEM},
        {SQLITE_CANTOPEN, CATALOG_ERR_SYSTEM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(catalog_err_kind_of(cases[i].code), cases[i].kind);
}

/* A file that may grow no further stands for a full disk: what was there before stays. */
static void a_full_disk_is_told_and_nothing_is_lost(void **state)
{
    struct fixture *fixture = *state;
    (void)fixture_recording(fixture, 1, NULL, 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 600 << 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int result = 0;
    uint32_t added = 2;
    for (; result == 0 && added < 500; added++) {
        uint8_t digest[32];
        struct catalog_new_recording new = fixture_new(added, digest);
        int64_t number = 0;
        result = catalog_recording_add(fixture->catalog, &new, &number, &fixture->err);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -1);
    assert_true(fixture->err.kind == CATALOG_ERR_SPACE || fixture->err.kind == CATALOG_ERR_SYSTEM);
    uint8_t digest[32];
    for (uint32_t i = 1; i < added - 1; i++) {
        (void)fixture_new(i, digest);
        int64_t number = 0;
        ok(catalog_recording_by_digest(fixture->catalog, digest, &number, &fixture->err));
        assert_true(number != 0);
    }
    (void)fixture_recording(fixture, 9999, NULL, 0); /* and it goes on after room was made */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_code_has_its_kind),
        each_test(a_full_disk_is_told_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
