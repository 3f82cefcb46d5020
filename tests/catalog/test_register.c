#include "catalog/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep_collector(void *context, const struct catalog_collector *one)
{
    char *out = context;
    (void)snprintf(out, 200, "%s|%s|%d|%s|%s", one->number, one->name != NULL ? one->name : "-",
                   (int)one->kind, one->valid_from != NULL ? one->valid_from : "-",
                   one->valid_to != NULL ? one->valid_to : "-");
}

static void a_collector_is_added_and_changed(void **state)
{
    struct fixture *fixture = *state;
    char number[] = "0212000001", name[] = "王小明", from[] = "2024-01-01", to[] = "2028-12-31",
         found[200] = "";
    struct catalog_collector one = {.number = number,
                                    .name = name,
                                    .kind = CATALOG_OFFICER,
                                    .valid_from = from,
                                    .valid_to = to};
    ok(catalog_collector_set(fixture->catalog, &one, &fixture->err));
    ok(catalog_collector_each(fixture->catalog, keep_collector, found, &fixture->err));
    assert_string_equal(found, "0212000001|王小明|0|2024-01-01|2028-12-31");
    one = (struct catalog_collector){.number = number, .name = name, .kind = CATALOG_AUXILIARY};
    ok(catalog_collector_set(fixture->catalog, &one, &fixture->err));
    ok(catalog_collector_each(fixture->catalog, keep_collector, found, &fixture->err));
    assert_string_equal(found, "0212000001|王小明|1|-|-");
}

static void a_collectors_days_are_days_in_order(void **state)
{
    struct fixture *fixture = *state;
    static const char *const wrong[][2] = {{"2024-13-01", NULL},         {"2023-02-29", NULL},
                                           {"yesterday", NULL},          {NULL, "2024-1-1"},
                                           {"2024-01-02", "2024-01-01"}, {"2024-01-01 ", NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char number[] = "1", from[32] = "", to[32] = "";
        (void)snprintf(from, sizeof from, "%s", wrong[i][0] != NULL ? wrong[i][0] : "");
        (void)snprintf(to, sizeof to, "%s", wrong[i][1] != NULL ? wrong[i][1] : "");
        struct catalog_collector one = {.number = number,
                                        .valid_from = wrong[i][0] != NULL ? from : NULL,
                                        .valid_to = wrong[i][1] != NULL ? to : NULL};
        refused(catalog_collector_set(fixture->catalog, &one, &fixture->err), CATALOG_ERR_USAGE,
                "1");
    }
}

static void keep_device(void *context, const struct catalog_device *one)
{
    char *out = context;
    (void)snprintf(out, 200, "%s|%s|%s|%s", one->number, one->make != NULL ? one->make : "-",
                   one->model != NULL ? one->model : "-", one->note != NULL ? one->note : "-");
}

static void a_device_is_added_and_changed(void **state)
{
    struct fixture *fixture = *state;
    char number[] = "DSJ-1", make[] = "海康", note[] = "二中队", found[200] = "";
    struct catalog_device one = {.number = number, .make = make};
    ok(catalog_device_set(fixture->catalog, &one, &fixture->err));
    ok(catalog_device_each(fixture->catalog, keep_device, found, &fixture->err));
    assert_string_equal(found, "DSJ-1|海康|-|-");
    one = (struct catalog_device){.number = number, .note = note};
    ok(catalog_device_set(fixture->catalog, &one, &fixture->err));
    ok(catalog_device_each(fixture->catalog, keep_device, found, &fixture->err));
    assert_string_equal(found, "DSJ-1|-|-|二中队");
}

static void count_hold(void *context, const struct catalog_hold *hold)
{
    (void)hold;
    ++*(int *)context;
}

static int holds_of(struct fixture *fixture, int64_t recording)
{
    int count = 0;
    ok(catalog_hold_of(fixture->catalog, recording, count_hold, &count, &fixture->err));
    return count;
}

/* Taking the case off a recording does not take it out of the hold. */
static void a_hold_bars_all_that_belonged_to_its_case_since_it_was_set(void **state)
{
    struct fixture *fixture = *state;
    char reason[] = "复议";
    const struct catalog_tag tag = TAG(CATALOG_CASE, "C1");
    fixture_case(fixture, "C1");
    int64_t of_case = fixture_recording(fixture, 1, &tag, 1);
    int64_t other = fixture_recording(fixture, 2, NULL, 0);
    struct catalog_hold hold = {.case_number = tag.value,
                                .reason = reason,
                                .set_us = 1000,
                                .set_by = reason,
                                .lifted_us = 3000,
                                .lifted_by = reason,
                                .lift_reason = reason};
    ok(catalog_hold_set(fixture->catalog, &hold, &fixture->err));
    refused(catalog_hold_set(fixture->catalog, &hold, &fixture->err), CATALOG_ERR_CONFLICT, "C1");
    assert_int_equal(holds_of(fixture, of_case), 1);
    assert_int_equal(holds_of(fixture, other), 0);
    ok(catalog_tag_set(fixture->catalog, of_case, CATALOG_CASE, NULL, 0, "given", "os:x", "error",
                       2000, &fixture->err));
    assert_int_equal(holds_of(fixture, of_case), 1);
    struct catalog_hold own = hold;
    own.case_number = NULL;
    own.recording = of_case;
    ok(catalog_hold_set(fixture->catalog, &own, &fixture->err));
    assert_int_equal(holds_of(fixture, of_case), 2);
    ok(catalog_hold_lift(fixture->catalog, &hold, &fixture->err));
    ok(catalog_hold_lift(fixture->catalog, &own, &fixture->err));
    assert_int_equal(holds_of(fixture, of_case), 0);
    refused(catalog_hold_lift(fixture->catalog, &own, &fixture->err), CATALOG_ERR_MISSING, "R1");
    own.recording = 99;
    refused(catalog_hold_set(fixture->catalog, &own, &fixture->err), CATALOG_ERR_MISSING, "R99");
    own.recording = other;
    own.reason = (char[]){" "};
    refused(catalog_hold_set(fixture->catalog, &own, &fixture->err), CATALOG_ERR_USAGE, NULL);
}

static void a_disposal_is_decided_once_and_disposes_once(void **state)
{
    struct fixture *fixture = *state;
    char reason[] = "保管期满";
    int64_t number = 0;
    const int64_t both[] = {fixture_recording(fixture, 1, NULL, 0),
                            fixture_recording(fixture, 2, NULL, 0)};
    const int64_t unknown[] = {99};
    struct catalog_disposal one = {.reason = reason,
                                   .requested_us = 1,
                                   .requested_by = reason,
                                   .state = CATALOG_DISPOSAL_WITHDRAWN,
                                   .decided_us = 2,
                                   .decided_by = reason,
                                   .decided_reason = reason};
    refused(catalog_disposal_request(fixture->catalog, &one, both, 0, &number, &fixture->err),
            CATALOG_ERR_USAGE, NULL);
    refused(catalog_disposal_request(fixture->catalog, &one, unknown, 1, &number, &fixture->err),
            CATALOG_ERR_MISSING, NULL);
    ok(catalog_disposal_request(fixture->catalog, &one, both, 2, &number, &fixture->err));
    refused(catalog_disposal_request(fixture->catalog, &one, both, 1, &number, &fixture->err),
            CATALOG_ERR_CONFLICT, "R1");
    one.number = number;
    ok(catalog_disposal_decide(fixture->catalog, &one, &fixture->err));
    refused(catalog_disposal_decide(fixture->catalog, &one, &fixture->err), CATALOG_ERR_CONFLICT,
            "X1");
    ok(catalog_disposal_request(fixture->catalog, &one, both, 1, &number, &fixture->err));
    assert_int_equal(number, 2);
    one.number = number;
    one.state = CATALOG_DISPOSAL_DONE;
    ok(catalog_disposal_decide(fixture->catalog, &one, &fixture->err));
    ok(catalog_recording_dispose(fixture->catalog, 1, &fixture->err));
    refused(catalog_recording_dispose(fixture->catalog, 1, &fixture->err), CATALOG_ERR_MISSING,
            "R1");
    struct catalog_recording *recording = NULL;
    ok(catalog_recording_load(fixture->catalog, 1, &recording, &fixture->err));
    assert_int_equal(recording->state, CATALOG_DISPOSED);
    bool loose = false; /* the fixture's recordings share their stored bytes */
    ok(catalog_stored_is_loose(fixture->catalog, recording->stored_name, &loose, &fixture->err));
    assert_true(loose);
    ok(catalog_recording_dispose(fixture->catalog, 2, &fixture->err));
    ok(catalog_stored_is_loose(fixture->catalog, recording->stored_name, &loose, &fixture->err));
    assert_false(loose);
    catalog_recording_free(recording);
    one.number = 7;
    refused(catalog_disposal_decide(fixture->catalog, &one, &fixture->err), CATALOG_ERR_MISSING,
            "X7");
}

static void an_accounts_name_is_taken_once(void **state)
{
    struct fixture *fixture = *state;
    char secadmin[] = "secadmin";
    struct catalog_account account = {.name = (char[]){"admin"}, .duties = secadmin};
    ok(catalog_account_add(fixture->catalog, &account, &fixture->err));
    account.name = (char[]){"Admin"};
    refused(catalog_account_add(fixture->catalog, &account, &fixture->err), CATALOG_ERR_CONFLICT,
            "Admin");
    account.name = (char[]){""};
    refused(catalog_account_add(fixture->catalog, &account, &fixture->err), CATALOG_ERR_USAGE,
            NULL);
}

static void an_accounts_password_stands_apart(void **state)
{
    struct fixture *fixture = *state;
    char *encoded = NULL;
    struct catalog_account account = {.name = (char[]){"Wang"}, .duties = (char[]){"officer"}};
    ok(catalog_account_add(fixture->catalog, &account, &fixture->err));
    ok(catalog_password_load(fixture->catalog, "Wang", &encoded, &fixture->err));
    assert_null(encoded);
    ok(catalog_password_set(fixture->catalog, "wang", "first", &fixture->err));
    ok(catalog_password_set(fixture->catalog, "Wang", "second", &fixture->err));
    ok(catalog_password_load(fixture->catalog, "WANG", &encoded, &fixture->err));
    assert_string_equal(encoded, "second");
    free(encoded);
    refused(catalog_password_set(fixture->catalog, "Zhao", "x", &fixture->err), CATALOG_ERR_MISSING,
            "Zhao");
    refused(catalog_account_set_duties(fixture->catalog, "Zhao", "officer", &fixture->err),
            CATALOG_ERR_MISSING, "Zhao");
    struct catalog_account *loaded = NULL;
    ok(catalog_account_set_disabled(fixture->catalog, "wang", true, &fixture->err));
    ok(catalog_account_load(fixture->catalog, "wang", &loaded, &fixture->err));
    assert_string_equal(loaded->name, "Wang");
    assert_true(loaded->disabled);
    assert_false(loaded->has_password_sha256);
    catalog_account_free(loaded);
    const uint8_t sha256[32] = {1, 2, 3};
    ok(catalog_account_set_password_sha256(fixture->catalog, "wang", sha256, &fixture->err));
    ok(catalog_account_load(fixture->catalog, "wang", &loaded, &fixture->err));
    assert_true(loaded->has_password_sha256);
    assert_memory_equal(loaded->password_sha256, sha256, sizeof sha256);
    catalog_account_free(loaded);
}

static void the_same_bytes_are_taken_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = fixture_recording(fixture, 1, NULL, 0), found = 0;
    uint8_t digest[32];
    struct catalog_new_recording new = fixture_new(1, digest);
    refused(catalog_recording_add(fixture->catalog, &new, &found, &fixture->err),
            CATALOG_ERR_CONFLICT, "IMG_0001.MP4");
    ok(catalog_recording_by_digest(fixture->catalog, digest, &found, &fixture->err));
    assert_int_equal(found, number);
    digest[31] = 1;
    ok(catalog_recording_by_digest(fixture->catalog, digest, &found, &fixture->err));
    assert_int_equal(found, 0);
}

static void a_recording_is_loaded_as_it_was_added(void **state)
{
    struct fixture *fixture = *state;
    uint8_t digest[32];
    struct catalog_new_recording new = fixture_new(77, digest);
    new.has_position = true;
    new.latitude = 39.13;
    new.longitude = -117.5;
    new.duration_s = 12.5;
    int64_t number = 0;
    ok(catalog_recording_add(fixture->catalog, &new, &number, &fixture->err));
    struct catalog_recording *loaded = NULL;
    ok(catalog_recording_load(fixture->catalog, number, &loaded, &fixture->err));
    assert_memory_equal(loaded->sha256, digest, 32);
    assert_memory_equal(loaded->sm3, digest, 32);
    assert_string_equal(loaded->report, new.report);
    assert_string_equal(loaded->stored_name, "ab.mp4");
    assert_int_equal(loaded->size_bytes, 1000);
    assert_int_equal(loaded->state, CATALOG_LOOSE);
    assert_int_equal(loaded->accepted_us, new.accepted_us);
    assert_int_equal(loaded->accepted_offset_minutes, 480);
    assert_true(loaded->has_position && !loaded->has_captured);
    assert_true(loaded->latitude == 39.13 && loaded->longitude == -117.5);
    assert_true(loaded->duration_s == 12.5);
    catalog_recording_free(loaded);
    new.longitude = 181;
    digest[0] = 78;
    refused(catalog_recording_add(fixture->catalog, &new, &number, &fixture->err),
            CATALOG_ERR_USAGE, "IMG_0001.MP4");
    refused(catalog_recording_load(fixture->catalog, 999, &loaded, &fixture->err),
            CATALOG_ERR_MISSING, "R999");
}

static void a_recording_with_a_tag_that_cannot_be_is_not_added(void **state)
{
    struct fixture *fixture = *state;
    uint8_t digest[32];
    struct catalog_new_recording new = fixture_new(1, digest);
    struct catalog_tag tags[] = {TAG(CATALOG_PLACE, "柳口路"), TAG(CATALOG_CASE, "none")};
    new.tags = tags;
    new.tag_count = 2;
    int64_t number = -1;
    refused(catalog_recording_add(fixture->catalog, &new, &number, &fixture->err),
            CATALOG_ERR_MISSING, "none");
    assert_int_equal(number, -1);
    ok(catalog_recording_by_digest(fixture->catalog, digest, &number, &fixture->err));
    assert_int_equal(number, 0);
}

static void the_numbers_of_a_case_are_its_own(void **state)
{
    struct fixture *fixture = *state;
    fixture_case(fixture, "甲");
    struct catalog_tag tag[] = {TAG(CATALOG_CASE, "甲")};
    (void)fixture_recording(fixture, 1, NULL, 0);
    int64_t second = fixture_recording(fixture, 2, tag, 1), *numbers = NULL;
    size_t count = 0;
    ok(catalog_recording_numbers(fixture->catalog, "甲", &numbers, &count, &fixture->err));
    assert_int_equal(count, 1);
    assert_int_equal(numbers[0], second);
    free(numbers);
    refused(catalog_recording_numbers(fixture->catalog, "乙", &numbers, &count, &fixture->err),
            CATALOG_ERR_MISSING, "乙");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(a_collector_is_added_and_changed),
        each_test(a_collectors_days_are_days_in_order),
        each_test(a_device_is_added_and_changed),
        each_test(a_hold_bars_all_that_belonged_to_its_case_since_it_was_set),
        each_test(a_disposal_is_decided_once_and_disposes_once),
        each_test(an_accounts_name_is_taken_once),
        each_test(an_accounts_password_stands_apart),
        each_test(the_same_bytes_are_taken_once),
        each_test(a_recording_is_loaded_as_it_was_added),
        each_test(a_recording_with_a_tag_that_cannot_be_is_not_added),
        each_test(the_numbers_of_a_case_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
