#include "catalog/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_time_is_read_with_its_zone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-01-01T12:00:00+08:00", 1767240000000000},
        {"2026-01-01T04:00:00.123456789Z", 1767240000123456},
        {"2026-01-01 04:00:00z", 1767240000000000},
        {"1969-12-31T23:59:59.5Z", -500000},
        {"2000-02-29T00:00:00-00:30", 951784200000000},
        {"2016-12-31T23:59:60Z", 1483228800000000},
        {"0001-01-01T00:00:00Z", -62135596800000000},
        {"9999-12-31T23:59:59Z", 253402300799000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = 1;
        assert_int_equal(catalog_instant_parse(cases[i].text, &us), 0);
        assert_int_equal(us, cases[i].us);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2026-01-01",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00Z",
        "2026-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-01-32T12:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T12:60:00Z",
        "2026-01-01T12:00:61Z",
        "2026-01-01T12:00:00.Z",
        "2026-01-01T12:00:00+24:00",
        "2026-01-01T12:00:00+0800",
        "2026-01-01T12:00:00Z ",
        "0000-01-01T00:00:00Z",
        "+026-01-01T12:00:00Z",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = 1;
        assert_int_equal(catalog_instant_parse(cases[i], &us), -1);
        assert_int_equal(us, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_read_with_its_zone),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
