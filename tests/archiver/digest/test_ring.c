#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "digest/ring.h"

#include "base/banned.h"

enum { SLOT_BYTES = 4096, PASSED = 1000 };

/* What a consumer has had: the numbers that the buffers carry, in order. */
struct had {
    uint64_t count;
    uint64_t gives_up_at; /* 0: never */
    bool in_order;
};

static bool take(void *context, struct bytes bytes)
{
    struct had *had = context;
    uint64_t number;
    memcpy(&number, bytes.at, sizeof number);
    had->in_order =
        had->in_order && number == had->count && bytes.len == sizeof number + (size_t)(number % 7);
    had->count++;
    return had->gives_up_at == 0 || had->count < had->gives_up_at;
}

/* How many were passed before the ring gave up, or PASSED. */
static uint64_t pass_all(struct ring *ring)
{
    uint64_t number = 0;
    for (; number < PASSED; number++) {
        uint8_t *slot = ring_slot(ring);
        if (slot == NULL)
            break;
        assert_int_equal((uintptr_t)slot % FILE_DIRECT_ALIGN, 0);
        memcpy(slot, &number, sizeof number);
        ring_pass(ring, sizeof number + (size_t)(number % 7));
    }
    return number;
}

static void every_consumer_has_every_buffer_in_order(void **state)
{
    (void)state;
    struct err err;
    struct had had[RING_CONSUMERS_MAX];
    struct ring_consumer consumers[RING_CONSUMERS_MAX];
    for (size_t i = 0; i < RING_CONSUMERS_MAX; i++) {
        had[i] = (struct had){.in_order = true};
        consumers[i] = (struct ring_consumer){take, &had[i]};
    }
    AUTO(ring_free) struct ring *ring = NULL;
    assert_int_equal(ring_open(consumers, RING_CONSUMERS_MAX, SLOT_BYTES, &ring, &err), 0);
    assert_int_equal(pass_all(ring), PASSED);
    assert_true(ring_end(ring));
    for (size_t i = 0; i < RING_CONSUMERS_MAX; i++) {
        assert_true(had[i].in_order);
        assert_int_equal(had[i].count, PASSED);
    }
}

static void one_that_gives_up_ends_it_for_all(void **state)
{
    (void)state;
    struct err err;
    struct had one = {.in_order = true, .gives_up_at = 20};
    struct had other = {.in_order = true};
    const struct ring_consumer consumers[] = {{take, &one}, {take, &other}};
    AUTO(ring_free) struct ring *ring = NULL;
    assert_int_equal(ring_open(consumers, 2, SLOT_BYTES, &ring, &err), 0);
    assert_true(pass_all(ring) < PASSED);
    assert_false(ring_end(ring));
    assert_int_equal(one.count, 20);
    assert_true(other.in_order);
}

static void it_can_be_freed_in_the_middle(void **state)
{
    (void)state;
    struct err err;
    struct had had = {.in_order = true};
    const struct ring_consumer consumer = {take, &had};
    struct ring *ring = NULL;
    assert_int_equal(ring_open(&consumer, 1, SLOT_BYTES, &ring, &err), 0);
    assert_int_equal(pass_all(ring), PASSED);
    assert_non_null(ring_slot(ring));
    ring_free(ring);
    assert_true(had.in_order);
    assert_true(had.count <= PASSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_consumer_has_every_buffer_in_order),
        cmocka_unit_test(one_that_gives_up_ends_it_for_all),
        cmocka_unit_test(it_can_be_freed_in_the_middle),
    };
    return cmocka_run_group_tests_name("digest/ring", tests, NULL, NULL);
}
