#include "catalog/fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "catalog/corpus.h"

static void keep(void *context, const char *what)
{
    char *found = context;
    size_t len = strlen(found);
    (void)snprintf(found + len, 2000 - len, "%s\n", what);
}

/* What the check says after this was done behind the catalog's back. */
static void check_after(struct fixture *fixture, const char *text, char found[static 2000])
{
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    fixture_reopen(fixture, CATALOG_READ);
    found[0] = '\0';
    ok(catalog_check(fixture->catalog, keep, found, &fixture->err));
}

static void fill(struct fixture *fixture)
{
    ok(corpus_registers(fixture->catalog, &fixture->err));
    ok(catalog_begin(fixture->catalog, &fixture->err));
    for (int64_t i = 0; i < 30; i++)
        ok(corpus_add(fixture->catalog, i, &fixture->err));
    ok(catalog_commit(fixture->catalog, &fixture->err));
}

static void a_sound_catalog_has_no_findings(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture);
    const char *place = "青远路";
    ok(catalog_tag_set(fixture->catalog, 3, CATALOG_PLACE, &place, 1, "given", "os:x", NULL, 5,
                       &fixture->err));
    char found[2000] = "";
    ok(catalog_check(fixture->catalog, keep, found, &fixture->err));
    assert_string_equal(found, "");
    check_after(fixture, "SELECT 1", found);
    assert_string_equal(found, "");
}

static void what_was_changed_behind_its_back_is_found(void **state)
{
    static const struct {
        const char *change, *found;
    } cases[] = {
        {"UPDATE lines SET purpose = '别的' WHERE recording = 7", "search index"},
        {"UPDATE lines SET purpose = '证明占道经营事实 ' || purpose WHERE recording = 7",
         "search index"},
        {"DELETE FROM search_data WHERE id > 100", "search index"},
        {"PRAGMA foreign_keys = OFF; DELETE FROM lines WHERE recording = 7", "R7"},
        {"UPDATE recordings SET latitude = 10, longitude = 10 WHERE number = 7", "R7"},
        {"UPDATE recordings SET latitude = NULL, longitude = NULL", "position without"},
        {"PRAGMA foreign_keys = OFF; DELETE FROM recordings WHERE number = 7",
         "refers to nothing in recordings"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        catalog_free(fixture->catalog);
        fixture_remove(fixture->path);
        ok(catalog_open(fixture->path, CATALOG_CREATE, &fixture->catalog, &fixture->err));
        fill(fixture);
        char found[2000];
        check_after(fixture, cases[i].change, found);
        if (strstr(found, cases[i].found) == NULL)
            fail_msg("%s: found %s", cases[i].change, found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(a_sound_catalog_has_no_findings),
        each_test(what_was_changed_behind_its_back_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
