#include "catalog/fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int add(struct fixture *fixture, uint64_t seq, const char *subject)
{
    char leaf[64];
    int len = snprintf(leaf, sizeof leaf, "{\"seq\":%llu}", (unsigned long long)seq);
    const struct catalog_log_entry entry = {.seq = seq,
                                            .at_us = 1000 + (int64_t)seq,
                                            .actor = "os:test",
                                            .action = "tagged",
                                            .subject = subject,
                                            .entry = leaf,
                                            .entry_len = (size_t)len};
    return catalog_log_add(fixture->catalog, &entry, &fixture->err);
}

struct seen {
    uint64_t numbers[16];
    size_t count, stop_at;
};

static bool see(void *context, const struct catalog_log_entry *entry)
{
    struct seen *seen = context;
    char leaf[64];
    int len = snprintf(leaf, sizeof leaf, "{\"seq\":%llu}", (unsigned long long)entry->seq);
    assert_int_equal(entry->entry_len, len);
    assert_memory_equal(entry->entry, leaf, (size_t)len);
    assert_int_equal(entry->at_us, 1000 + (int64_t)entry->seq);
    assert_string_equal(entry->actor, "os:test");
    assert_string_equal(entry->action, "tagged");
    seen->numbers[seen->count++] = entry->seq;
    return seen->count != seen->stop_at;
}

static struct seen each(struct fixture *fixture, uint64_t from, const char *subject, size_t stop_at)
{
    struct seen seen = {.stop_at = stop_at};
    ok(catalog_log_each(fixture->catalog, from, subject, see, &seen, &fixture->err));
    return seen;
}

static uint64_t size_of(struct fixture *fixture)
{
    uint64_t size = 99;
    ok(catalog_log_size(fixture->catalog, &size, &fixture->err));
    return size;
}

static void entries_are_numbered_without_gaps(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(size_of(fixture), 0);
    refused(add(fixture, 1, "R1"), CATALOG_ERR_CONFLICT, NULL);
    ok(add(fixture, 0, "R1"));
    refused(add(fixture, 0, "R1"), CATALOG_ERR_CONFLICT, NULL);
    ok(add(fixture, 1, "津西青综执〔2026〕12号"));
    ok(add(fixture, 2, "R1"));
    fixture_reopen(fixture, CATALOG_READ);
    assert_int_equal(size_of(fixture), 3);
}

static void they_are_given_from_a_number_on_and_of_one_subject(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t seq = 0; seq < 6; seq++)
        ok(add(fixture, seq, seq % 2 == 0 ? "R1" : "R2"));
    struct seen all = each(fixture, 0, NULL, 0);
    assert_int_equal(all.count, 6);
    assert_int_equal(all.numbers[5], 5);
    struct seen late = each(fixture, 4, NULL, 0);
    assert_int_equal(late.count, 2);
    assert_int_equal(late.numbers[0], 4);
    struct seen second = each(fixture, 2, "R2", 0);
    assert_int_equal(second.count, 2);
    assert_int_equal(second.numbers[0], 3);
    assert_int_equal(second.numbers[1], 5);
    assert_int_equal(each(fixture, 0, NULL, 2).count, 2);
    assert_int_equal(each(fixture, UINT64_MAX, NULL, 0).count, 0);
    assert_int_equal(each(fixture, 0, "R3", 0).count, 0);
}

static void an_entry_goes_with_its_transaction(void **state)
{
    struct fixture *fixture = *state;
    ok(catalog_begin(fixture->catalog, &fixture->err));
    ok(add(fixture, 0, "R1"));
    catalog_rollback(fixture->catalog);
    assert_int_equal(size_of(fixture), 0);
    ok(catalog_begin(fixture->catalog, &fixture->err));
    ok(add(fixture, 0, "R1"));
    ok(catalog_commit(fixture->catalog, &fixture->err));
    assert_int_equal(size_of(fixture), 1);
}

static void what_the_log_cannot_hold_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static char leaf[65536];
    struct catalog_log_entry entry = {.actor = "os:test",
                                      .action = "tagged",
                                      .subject = "R1",
                                      .entry = leaf,
                                      .entry_len = sizeof leaf};
    refused(catalog_log_add(fixture->catalog, &entry, &fixture->err), CATALOG_ERR_USAGE, NULL);
    entry.entry_len = 0;
    refused(catalog_log_add(fixture->catalog, &entry, &fixture->err), CATALOG_ERR_USAGE, NULL);
    entry.entry_len = sizeof leaf - 1;
    ok(catalog_log_add(fixture->catalog, &entry, &fixture->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(entries_are_numbered_without_gaps),
        each_test(they_are_given_from_a_number_on_and_of_one_subject),
        each_test(an_entry_goes_with_its_transaction),
        each_test(what_the_log_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests_name("catalog/log", tests, NULL, NULL);
}
