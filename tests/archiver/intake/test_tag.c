#include "archiver/intake/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

static struct catalog_recording *load(const struct fixture *fixture, int64_t number)
{
    struct catalog_recording *recording = NULL;
    struct catalog_err wrong;
    assert_int_equal(
        catalog_recording_load(vault_catalog(fixture->vault), number, &recording, &wrong), 0);
    return recording;
}

static int64_t take_one(struct fixture *fixture)
{
    fixture_noise("a.mp4", 5000, 1);
    assert_int_equal(INGEST(fixture, PLAIN, "a.mp4"), 0);
    assert_int_equal(fixture->told[0].outcome, INTAKE_ACCEPTED);
    return fixture->told[0].number;
}

static int set(struct fixture *fixture, int64_t number, enum catalog_field field, const char *value,
               const char *reason)
{
    const struct acts_change change = {.field = field, .values = &value, .value_count = 1};
    return intake_tag(fixture->vault, number, &change, 1, "os:tester", reason, &fixture->err);
}

static void a_corrected_tag_leaves_the_old_value_in_the_history(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = take_one(fixture);
    assert_int_equal(set(fixture, number, CATALOG_PLACE, "柳口路", "first"), 0);
    assert_int_equal(fixture_check(fixture), 1); /* the sidecar is up to date each time */
    assert_int_equal(set(fixture, number, CATALOG_PLACE, "柳霞路", "misread"), 0);
    assert_int_equal(fixture_check(fixture), 1);
    AUTO(catalog_recording_free) struct catalog_recording *recording = load(fixture, number);
    assert_int_equal(recording->standing_count, 1);
    assert_string_equal(recording->tags[0].value, "柳霞路");
    assert_string_equal(recording->tags[0].reason, "misread");
    assert_int_equal(recording->tag_count, 2);
    assert_string_equal(recording->tags[1].value, "柳口路");
    assert_int_not_equal(recording->tags[1].ended_us, 0);
}

static void changes_are_all_made_or_none(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = take_one(fixture);
    const char *place = "柳口路";
    const char *unknown = "no such case";
    const struct acts_change changes[] = {
        {.field = CATALOG_PLACE, .values = &place, .value_count = 1},
        {.field = CATALOG_CASE, .values = &unknown, .value_count = 1},
    };
    assert_int_equal(
        intake_tag(fixture->vault, number, changes, 2, "os:tester", NULL, &fixture->err), -1);
    assert_int_equal(fixture->err.kind, ERR_MISSING);
    AUTO(catalog_recording_free) struct catalog_recording *recording = load(fixture, number);
    assert_int_equal(recording->tag_count, 0);
    assert_int_equal(set(fixture, number + 1, CATALOG_PLACE, place, NULL), -1);
    assert_int_equal(fixture->err.kind, ERR_MISSING);
}

static void a_file_is_attached_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = take_one(fixture);
    fixture_write("words.txt", "甲：你好\n", 14);
    assert_int_equal(intake_attach(fixture->vault, number, "words.txt", "transcript", "os:tester",
                                   &fixture->err),
                     0);
    assert_int_equal(fixture_check(fixture), 1);
    assert_int_equal(intake_attach(fixture->vault, number, "words.txt", "transcript", "os:tester",
                                   &fixture->err),
                     -1);
    assert_int_equal(fixture->err.kind, ERR_CONFLICT);
    AUTO(catalog_recording_free) struct catalog_recording *recording = load(fixture, number);
    assert_int_equal(recording->attachment_count, 1);
    assert_string_equal(recording->attachments[0].kind, "transcript");
    assert_string_equal(recording->attachments[0].name, "words.txt");
    assert_string_equal(recording->attachments[0].added_by, "os:tester");
}

static void an_attachment_that_is_lost_is_restored_when_it_is_given_again(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = take_one(fixture);
    fixture_write("words.txt", "words\n", 6);
    assert_int_equal(
        intake_attach(fixture->vault, number, "words.txt", "note", "os:tester", &fixture->err), 0);
    fixture_shell("rm -f V/recordings/*/*.txt");
    assert_int_equal(
        intake_attach(fixture->vault, number, "words.txt", "note", "os:tester", &fixture->err), -1);
    assert_int_equal(fixture->err.kind, ERR_CONFLICT);
    assert_int_equal(fixture_check(fixture), 1);
}

static void one_file_may_belong_to_two_recordings(void **state)
{
    struct fixture *fixture = *state;
    int64_t first = take_one(fixture);
    fixture_noise("b.mp4", 5000, 2);
    assert_int_equal(INGEST(fixture, PLAIN, "b.mp4"), 0);
    int64_t second = fixture->told[0].number;
    fixture_write("words.txt", "words\n", 6);
    assert_int_equal(
        intake_attach(fixture->vault, first, "words.txt", "note", "os:tester", &fixture->err), 0);
    assert_int_equal(
        intake_attach(fixture->vault, second, "words.txt", "note", "os:tester", &fixture->err), 0);
    assert_int_equal(fixture_check(fixture), 2);
}

static void what_cannot_be_attached_is_named(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = take_one(fixture);
    assert_int_equal(symlink("a.mp4", "link"), 0);
    assert_int_equal(
        intake_attach(fixture->vault, number, "link", "note", "os:tester", &fixture->err), -1);
    assert_int_equal(fixture->err.kind, ERR_USAGE);
    assert_int_equal(
        intake_attach(fixture->vault, number, "none", "note", "os:tester", &fixture->err), -1);
    assert_int_equal(fixture->err.kind, ERR_MISSING);
    assert_int_equal(
        intake_attach(fixture->vault, number + 1, "a.mp4", "note", "os:tester", &fixture->err), -1);
    assert_int_equal(fixture->err.kind, ERR_MISSING);
    AUTO(catalog_recording_free) struct catalog_recording *recording = load(fixture, number);
    assert_int_equal(recording->attachment_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_enter, fixture_leave)
    const struct CMUnitTest tests[] = {
        TEST(a_corrected_tag_leaves_the_old_value_in_the_history),
        TEST(changes_are_all_made_or_none),
        TEST(a_file_is_attached_once),
        TEST(an_attachment_that_is_lost_is_restored_when_it_is_given_again),
        TEST(one_file_may_belong_to_two_recordings),
        TEST(what_cannot_be_attached_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
