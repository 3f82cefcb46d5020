#include "catalog/fixture.h"

#include <string.h>

static int add(struct fixture *fixture, const char *number)
{
    char text[8192], by[] = "os:test";
    assert_true(strlen(number) < sizeof text);
    memcpy(text, number, strlen(number) + 1);
    struct catalog_case one = {.number = text, .opened_us = 1, .opened_by = by};
    return catalog_case_add(fixture->catalog, &one, &fixture->err);
}

static bool is_there(struct fixture *fixture, const char *number)
{
    bool found = false;
    ok(catalog_case_find(fixture->catalog, number, &found, &fixture->err));
    return found;
}

static void any_characters_make_a_number(void **state)
{
    struct fixture *fixture = *state;
    static const char *const numbers[] = {
        "津西青综执〔2026〕12号",  "a/b\\c", "it's \"so\"", "..", "%_*",
        "'; DROP TABLE cases; --", "🚔 12"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ok(add(fixture, numbers[i]));
        assert_true(is_there(fixture, numbers[i]));
    }
    assert_false(is_there(fixture, "津西青综执〔2026〕1号"));
}

static void a_number_is_unique_without_regard_to_ascii_case(void **state)
{
    struct fixture *fixture = *state;
    ok(add(fixture, "CASE-2026-a"));
    refused(add(fixture, "CASE-2026-a"), CATALOG_ERR_CONFLICT, "CASE-2026-a");
    refused(add(fixture, "case-2026-A"), CATALOG_ERR_CONFLICT, "case-2026-A");
    assert_false(is_there(fixture, "case-2026-A"));
}

static void a_number_that_is_none_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char longest[201 * 3 + 1] = "";
    for (int i = 0; i < 200; i++)
        memcpy(longest + i * 3, "案", 4);
    ok(add(fixture, longest));
    memcpy(longest + 600, "案", 4);
    refused(add(fixture, longest), CATALOG_ERR_USAGE, NULL);
    char huge[4001];
    memset(huge, 'x', 4000);
    huge[4000] = '\0';
    refused(add(fixture, huge), CATALOG_ERR_USAGE, NULL);
    assert_non_null(strstr(fixture->err.text, "4000"));
    refused(add(fixture, ""), CATALOG_ERR_USAGE, NULL);
    refused(add(fixture, "a\nb"), CATALOG_ERR_USAGE, NULL);
    refused(add(fixture, "a\x7f"), CATALOG_ERR_USAGE, NULL);
    refused(add(fixture, "a\xc2\x85"), CATALOG_ERR_USAGE, NULL);
    refused(add(fixture, "a\xe6\xa1"), CATALOG_ERR_USAGE, NULL);
}

static void a_case_is_loaded_as_it_was_added(void **state)
{
    struct fixture *fixture = *state;
    char number[] = "1", procedure[] = "general", cause[] = "占路经营", party[] = "某某",
         by[] = "os:x", wrong[] = "swift";
    struct catalog_case one = {.number = number,
                               .procedure = procedure,
                               .cause = cause,
                               .party = party,
                               .opened_us = 77,
                               .opened_by = by};
    ok(catalog_case_add(fixture->catalog, &one, &fixture->err));
    struct catalog_case *loaded = NULL;
    ok(catalog_case_load(fixture->catalog, "1", &loaded, &fixture->err));
    assert_string_equal(loaded->procedure, "general");
    assert_string_equal(loaded->cause, cause);
    assert_string_equal(loaded->party, party);
    assert_int_equal(loaded->opened_us, 77);
    assert_int_equal(loaded->closed_us, 0);
    assert_null(loaded->closed_by);
    catalog_case_free(loaded);
    one.procedure = wrong;
    refused(catalog_case_add(fixture->catalog, &one, &fixture->err), CATALOG_ERR_USAGE, "1");
    refused(catalog_case_load(fixture->catalog, "2", &loaded, &fixture->err), CATALOG_ERR_MISSING,
            "2");
}

static void a_case_is_closed_once(void **state)
{
    struct fixture *fixture = *state;
    ok(add(fixture, "1"));
    refused(catalog_case_close(fixture->catalog, "2", "os:y", 9, &fixture->err),
            CATALOG_ERR_MISSING, "2");
    ok(catalog_case_close(fixture->catalog, "1", "os:y", 9, &fixture->err));
    refused(catalog_case_close(fixture->catalog, "1", "os:z", 10, &fixture->err),
            CATALOG_ERR_CONFLICT, "1");
    struct catalog_case *loaded = NULL;
    ok(catalog_case_load(fixture->catalog, "1", &loaded, &fixture->err));
    assert_int_equal(loaded->closed_us, 9);
    assert_string_equal(loaded->closed_by, "os:y");
    catalog_case_free(loaded);
}

struct counted {
    int cases;
    uint64_t recordings, sealed, bytes;
};

static void count(void *context, const struct catalog_case *one)
{
    struct counted *counted = context;
    counted->cases++;
    counted->recordings += one->recordings;
    counted->sealed += one->sealed;
    counted->bytes += one->bytes;
}

static void the_list_counts_what_belongs_to_each_case(void **state)
{
    struct fixture *fixture = *state;
    ok(add(fixture, "1"));
    ok(add(fixture, "2"));
    ok(add(fixture, "3"));
    struct catalog_tag both[] = {TAG(CATALOG_CASE, "1"), TAG(CATALOG_CASE, "2")};
    int64_t first = fixture_recording(fixture, 1, both, 2);
    (void)fixture_recording(fixture, 2, both, 1);
    char number[] = "1", path[] = "a.tar", by[] = "os:x";
    struct catalog_archive archive = {
        .case_number = number, .volume = 1, .path = path, .sealed_us = 1, .sealed_by = by};
    int64_t added = 0;
    ok(catalog_archive_add(fixture->catalog, &archive, &first, 1, NULL, 0, &added, &fixture->err));
    ok(catalog_case_close(fixture->catalog, "2", "os:y", 9, &fixture->err));

    struct counted all = {0}, open = {0};
    ok(catalog_case_each(fixture->catalog, false, count, &all, &fixture->err));
    assert_int_equal(all.cases, 3);
    assert_int_equal(all.recordings, 3);
    assert_int_equal(all.sealed, 1); /* in an archive of case 1, not of case 2 */
    assert_int_equal(all.bytes, 3000);
    ok(catalog_case_each(fixture->catalog, true, count, &open, &fixture->err));
    assert_int_equal(open.cases, 2);
    assert_int_equal(open.recordings, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(any_characters_make_a_number),
        each_test(a_number_is_unique_without_regard_to_ascii_case),
        each_test(a_number_that_is_none_is_refused),
        each_test(a_case_is_loaded_as_it_was_added),
        each_test(a_case_is_closed_once),
        each_test(the_list_counts_what_belongs_to_each_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
