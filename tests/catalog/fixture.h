#ifndef SHILU_TESTS_CATALOG_FIXTURE_H
#define SHILU_TESTS_CATALOG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/catalog.h"

/* A new catalog for each test, in the test's own folder. */
struct fixture {
    struct catalog *catalog;
    struct catalog_err err;
    const char *path;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Closes and opens it again. */
void fixture_reopen(struct fixture *fixture, enum catalog_mode mode);

/* Takes a catalog and what lies beside it away. */
void fixture_remove(const char *path);

void fixture_case(struct fixture *fixture, const char *number);

/* A recording with digests made of `seed`, and these tags (field and value), of source "given". */
int64_t fixture_recording(struct fixture *fixture, uint32_t seed, const struct catalog_tag *tags,
                          size_t count);
struct catalog_new_recording fixture_new(uint32_t seed, uint8_t digest[static 32]);

/* Where a call must not fail. */
#define ok(call)                                                                                   \
    do {                                                                                           \
        if ((call) < 0)                                                                            \
            fail_msg("%s: kind %d, %s: %s", #call, (int)fixture->err.kind, fixture->err.object,    \
                     fixture->err.text);                                                           \
    } while (0)

/* Where it must, of this kind and about this object (NULL: any). */
#define refused(call, of_kind, of_object)                                                          \
    do {                                                                                           \
        assert_int_equal((call), -1);                                                              \
        assert_int_equal(fixture->err.kind, (of_kind));                                            \
        const char *object_ = (of_object);                                                         \
        if (object_ != NULL)                                                                       \
            assert_string_equal(fixture->err.object, object_);                                     \
    } while (0)

#define each_test(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* A tag's texts are not constant in the header, though add only reads them. */
#define TAG(field_, value_)                                                                        \
    {                                                                                              \
        .field = (field_), .value = (char[]){value_}, .source = (char[])                           \
        {                                                                                          \
            "given"                                                                                \
        }                                                                                          \
    }

#endif
