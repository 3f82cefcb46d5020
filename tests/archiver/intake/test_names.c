#include "archiver/intake/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

/* What the catalog keeps of a name turns back into the very bytes. */
static void assert_name_kept(const struct fixture *fixture, const struct told *told)
{
    struct catalog_err wrong;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    assert_int_equal(
        catalog_recording_load(vault_catalog(fixture->vault), told->number, &recording, &wrong), 0);
    assert_true(text_is_utf8(bytes_of(recording->original_name)));
    AUTO(free) uint8_t *octets = NULL;
    size_t len;
    assert_int_equal(text_shown_bytes(recording->original_name, &octets, &len), 0);
    const char *name = strrchr(told->path, '/') + 1;
    assert_int_equal(len, strlen(name));
    assert_memory_equal(octets, name, len);
}

static void names_of_any_bytes_are_kept_and_stored_safely(void **state)
{
    struct fixture *fixture = *state;
    char longest[256];
    memset(longest, 'n', 251);
    memcpy(longest + 251, ".mp4", 5);
    const char *const names[] = {
        "line\nfeed.mp4",
        "bad\xff\xc0utf8.mp4",
        "bell\a\x1b[31m.mp4",
        "back\\slash\\x0a.mp4",
        "\xe2\x80\xae"
        "4pm.mp4",
        "..mp4",
        "-rf.mp4",
        "'; DROP TABLE x;--.mp4",
        "执法记录.mp4",
        "two  spaces .mp4",
        "x.M P4",
        "no_extension",
        "ends.with.dot.",
        "x.mp4\n.mp4",
        "y.json",
        longest,
    };
    enum { NAMES = sizeof names / sizeof *names };
    char paths[NAMES][512];
    const char *list[NAMES];
    assert_int_equal(mkdir("d", 0700), 0);
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "d/%s", names[i]);
        list[i] = paths[i];
        fixture_noise(paths[i], 3000 + i, i);
    }
    struct intake_options any = PLAIN;
    any.any = true;
    assert_int_equal(fixture_ingest(fixture, list, NAMES, any), 0);
    assert_int_equal(fixture->report.accepted, NAMES);
    for (unsigned i = 0; i < NAMES; i++)
        assert_name_kept(fixture, fixture_told(fixture, paths[i]));
    assert_int_equal(fixture_check(fixture), NAMES);
    assert_int_equal(fixture_ingest(fixture, list, NAMES, any), 0);
    assert_int_equal(fixture->report.duplicate, NAMES);
}

static void a_refused_name_of_any_bytes_is_told_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    fixture_write("bad\xff\n.txt", "words\n", 6);
    assert_int_equal(INGEST(fixture, PLAIN, "bad\xff\n.txt", "gone\x01\n.mp4"), 0);
    assert_int_equal(fixture_told(fixture, "bad\xff\n.txt")->outcome, INTAKE_REFUSED);
    assert_int_equal(fixture_told(fixture, "gone\x01\n.mp4")->outcome, INTAKE_REFUSED);
}

static void a_companion_of_a_bad_name_goes_with_it(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir("d", 0700), 0);
    fixture_noise("d/bad\xff.mp4", 4000, 1);
    fixture_write("d/bad\xff.LOG", "words\n", 6);
    assert_int_equal(INGEST(fixture, PLAIN, "d"), 0);
    const struct told *companion = fixture_told(fixture, "d/bad\xff.LOG");
    assert_int_equal(companion->outcome, INTAKE_ACCEPTED);
    assert_int_equal(companion->number, fixture_told(fixture, "d/bad\xff.mp4")->number);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_enter, fixture_leave)
    const struct CMUnitTest tests[] = {
        TEST(names_of_any_bytes_are_kept_and_stored_safely),
        TEST(a_refused_name_of_any_bytes_is_told_as_it_is),
        TEST(a_companion_of_a_bad_name_goes_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
