#include "catalog/fixture.h"

#include <stdlib.h>
#include <string.h>

static struct catalog_recording *load(struct fixture *fixture, int64_t number)
{
    struct catalog_recording *loaded = NULL;
    ok(catalog_recording_load(fixture->catalog, number, &loaded, &fixture->err));
    return loaded;
}

static int set(struct fixture *fixture, int64_t number, enum catalog_field field, const char *value,
               int64_t at_us)
{
    return catalog_tag_set(fixture->catalog, number, field, &value, value != NULL ? 1 : 0, "given",
                           "os:second", "seen again", at_us, &fixture->err);
}

static void the_old_value_stays_in_the_history(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_tag first[] = {TAG(CATALOG_PLACE, "柳口路")};
    int64_t number = fixture_recording(fixture, 1, first, 1);
    ok(set(fixture, number, CATALOG_PLACE, "青远路", 10));
    ok(set(fixture, number, CATALOG_PLACE, "新华道", 20));

    struct catalog_recording *loaded = load(fixture, number);
    assert_int_equal(loaded->tag_count, 3);
    assert_int_equal(loaded->standing_count, 1);
    assert_string_equal(loaded->tags[0].value, "新华道");
    assert_string_equal(loaded->tags[0].by, "os:second");
    assert_string_equal(loaded->tags[0].reason, "seen again");
    assert_null(loaded->tags[0].ended_by);
    assert_string_equal(loaded->tags[1].value, "青远路");
    assert_int_equal(loaded->tags[1].ended_us, 20);
    assert_string_equal(loaded->tags[2].value, "柳口路");
    assert_string_equal(loaded->tags[2].by, "os:test");
    assert_int_equal(loaded->tags[2].ended_us, 10);
    assert_string_equal(loaded->tags[2].ended_by, "os:second");
    catalog_recording_free(loaded);
}

static void no_value_empties_the_field(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_tag first[] = {TAG(CATALOG_PLACE, "柳口路")};
    int64_t number = fixture_recording(fixture, 1, first, 1);
    ok(set(fixture, number, CATALOG_PLACE, NULL, 10));
    struct catalog_recording *loaded = load(fixture, number);
    assert_int_equal(loaded->standing_count, 0);
    assert_int_equal(loaded->tag_count, 1);
    catalog_recording_free(loaded);
}

static void a_list_holds_several_and_each_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = fixture_recording(fixture, 1, NULL, 0);
    const char *people[] = {"0212000001", "0212000002", "0212000001"};
    ok(catalog_tag_set(fixture->catalog, number, CATALOG_COLLECTOR, people, 3, "given", "os:a",
                       NULL, 5, &fixture->err));
    struct catalog_recording *loaded = load(fixture, number);
    assert_int_equal(loaded->standing_count, 2);
    assert_null(loaded->tags[0].reason);
    catalog_recording_free(loaded);
}

static void count_collector(void *context, const struct catalog_collector *one)
{
    assert_int_equal(one->kind, CATALOG_COLLECTOR_UNKNOWN);
    assert_null(one->name);
    (*(int *)context)++;
}

static void an_unknown_collector_is_entered_by_number(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_tag first[] = {TAG(CATALOG_COLLECTOR, "0212000001")};
    (void)fixture_recording(fixture, 1, first, 1);
    int count = 0;
    ok(catalog_collector_each(fixture->catalog, count_collector, &count, &fixture->err));
    assert_int_equal(count, 1);
}

static void what_its_field_does_not_allow_is_refused_and_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_tag first[] = {TAG(CATALOG_PLACE, "柳口路"),
                                  TAG(CATALOG_CAPTURED_AT, "2026-01-01T12:00:00+08:00")};
    int64_t number = fixture_recording(fixture, 1, first, 2);
    const char *two[] = {"甲", "乙"};
    refused(catalog_tag_set(fixture->catalog, number, CATALOG_PLACE, two, 2, "given", "os:a", NULL,
                            5, &fixture->err),
            CATALOG_ERR_USAGE, "place");
    refused(set(fixture, number, CATALOG_CAPTURED_AT, "yesterday", 5), CATALOG_ERR_USAGE,
            "yesterday");
    refused(set(fixture, number, CATALOG_CAPTURED_AT, "2026-02-30T00:00:00Z", 5), CATALOG_ERR_USAGE,
            NULL);
    refused(set(fixture, number, CATALOG_CASE, "no such", 5), CATALOG_ERR_MISSING, "no such");
    refused(set(fixture, number, CATALOG_PLACE, "a\037b", 5), CATALOG_ERR_USAGE, "place");
    refused(set(fixture, number, CATALOG_PLACE, "\xff", 5), CATALOG_ERR_USAGE, "place");
    refused(set(fixture, number, CATALOG_PLACE, "", 5), CATALOG_ERR_USAGE, "place");
    refused(set(fixture, 999, CATALOG_PLACE, "甲", 5), CATALOG_ERR_MISSING, "R999");

    struct catalog_recording *loaded = load(fixture, number);
    assert_int_equal(loaded->tag_count, 2);
    assert_int_equal(loaded->standing_count, 2);
    catalog_recording_free(loaded);
}

static void a_refusal_leaves_the_callers_transaction_whole(void **state)
{
    struct fixture *fixture = *state;
    ok(catalog_begin(fixture->catalog, &fixture->err));
    int64_t number = fixture_recording(fixture, 1, NULL, 0);
    ok(set(fixture, number, CATALOG_PLACE, "柳口路", 5));
    refused(set(fixture, number, CATALOG_CASE, "no such", 6), CATALOG_ERR_MISSING, NULL);
    refused(catalog_begin(fixture->catalog, &fixture->err), CATALOG_ERR_USAGE, NULL);
    ok(catalog_commit(fixture->catalog, &fixture->err));
    struct catalog_recording *loaded = load(fixture, number);
    assert_int_equal(loaded->standing_count, 1);
    catalog_recording_free(loaded);
}

static void the_time_of_capture_follows_its_tag(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_tag first[] = {TAG(CATALOG_CAPTURED_AT, "2026-01-01T12:00:00+08:00")};
    int64_t number = fixture_recording(fixture, 1, first, 1);
    struct catalog_recording *loaded = load(fixture, number);
    assert_true(loaded->has_captured);
    assert_int_equal(loaded->captured_us, 1767240000000000);
    catalog_recording_free(loaded);

    ok(set(fixture, number, CATALOG_CAPTURED_AT, "1969-12-31T23:59:59.5Z", 5));
    loaded = load(fixture, number);
    assert_int_equal(loaded->captured_us, -500000);
    catalog_recording_free(loaded);

    ok(set(fixture, number, CATALOG_CAPTURED_AT, NULL, 6));
    loaded = load(fixture, number);
    assert_false(loaded->has_captured);
    catalog_recording_free(loaded);
}

static void a_sidecar_is_due_after_each_change(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = fixture_recording(fixture, 1, NULL, 0);
    int64_t *due = NULL;
    size_t count = 0;
    ok(catalog_sidecars_due(fixture->catalog, &due, &count, &fixture->err));
    assert_int_equal(count, 1);
    assert_int_equal(due[0], number);
    free(due);
    ok(catalog_sidecar_done(fixture->catalog, number, &fixture->err));
    ok(catalog_sidecars_due(fixture->catalog, &due, &count, &fixture->err));
    assert_int_equal(count, 0);
    free(due);
    ok(set(fixture, number, CATALOG_PLACE, "柳口路", 5));
    ok(catalog_sidecars_due(fixture->catalog, &due, &count, &fixture->err));
    assert_int_equal(count, 1);
    free(due);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(the_old_value_stays_in_the_history),
        each_test(no_value_empties_the_field),
        each_test(a_list_holds_several_and_each_once),
        each_test(an_unknown_collector_is_entered_by_number),
        each_test(what_its_field_does_not_allow_is_refused_and_changes_nothing),
        each_test(a_refusal_leaves_the_callers_transaction_whole),
        each_test(the_time_of_capture_follows_its_tag),
        each_test(a_sidecar_is_due_after_each_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
