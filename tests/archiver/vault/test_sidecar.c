#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/vault/fixture.h"
#include "base/err.h"
#include "base/json.h"

static struct catalog_recording *load(int64_t number)
{
    struct catalog_recording *recording;
    struct catalog_err wrong;
    assert_int_equal(
        catalog_recording_load(vault_catalog(fixture_vault()), number, &recording, &wrong), 0);
    return recording;
}

static char *text_of(int64_t number)
{
    struct err err;
    char *text;
    struct catalog_recording *recording = load(number);
    assert_int_equal(vault_sidecar_text(fixture_vault(), recording, &text, &err), 0);
    catalog_recording_free(recording);
    return text;
}

static void set_place(int64_t number, const char *place, const char *reason)
{
    struct catalog_err wrong;
    assert_int_equal(catalog_tag_set(vault_catalog(fixture_vault()), number, CATALOG_PLACE, &place,
                                     1, "given", "os:test", reason, INT64_C(1767240060000000),
                                     &wrong),
                     0);
}

static const char *string(const json_t *from, const char *key)
{
    return json_string_value(json_object_get(from, key));
}

static void it_holds_all_that_the_catalog_knows(void **state)
{
    (void)state;
    int64_t number = fixture_accept("the bytes", FIXTURE_SETTLED);
    set_place(number, "柳口路", NULL);
    set_place(number, "新华道", "mistaken");
    fixture_attach(number, "a note");
    AUTO(free) char *text = text_of(number);
    AUTO(json_decref) json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    /* by sha256sum and openssl dgst -sm3 */
    assert_string_equal(string(root, "sha256"),
                        "ed589341c9fd5da96aaff4c5efa008226282a716186608d5a032ac75895a9c2f");
    assert_string_equal(string(root, "sm3"),
                        "e0021650d91a68213b4935a9288626ed9ee0b804f13585b319d2f032d5d52202");
    assert_string_equal(string(root, "original_name"), "R12.MP4");
    assert_string_equal(string(root, "state"), "loose");
    assert_int_equal(json_integer_value(json_object_get(root, "size")), 9);
    const json_t *accepted = json_object_get(root, "accepted");
    assert_string_equal(string(accepted, "at"), "2026-01-01T12:00:00+08:00");
    assert_string_equal(string(accepted, "by"), "os:test");

    const json_t *tags = json_object_get(root, "tags");
    assert_int_equal(json_array_size(tags), 1);
    const json_t *tag = json_array_get(tags, 0);
    assert_string_equal(string(tag, "field"), "place");
    assert_string_equal(string(tag, "value"), "新华道");
    assert_string_equal(string(tag, "source"), "given");
    assert_string_equal(string(tag, "by"), "os:test");
    assert_string_equal(string(tag, "at"), "2026-01-01T12:01:00+08:00");
    assert_string_equal(string(tag, "reason"), "mistaken");
    const json_t *history = json_object_get(root, "history");
    assert_int_equal(json_array_size(history), 1);
    assert_string_equal(string(json_array_get(history, 0), "value"), "柳口路");
    assert_string_equal(string(json_array_get(history, 0), "ended_at"),
                        "2026-01-01T12:01:00+08:00");
    assert_string_equal(string(json_array_get(history, 0), "ended_by"), "os:test");

    const json_t *note = json_array_get(json_object_get(root, "attachments"), 0);
    char stored[VAULT_STORED_NAME];
    fixture_stored("a note", stored);
    assert_string_equal(string(note, "kind"), "note");
    assert_string_equal(string(note, "stored_name"), stored);
    /* the report as it came, no digit changed */
    assert_non_null(strstr(text, "\"report\": {\"container\":\"mov\",\"latitude\":33.1254}\n}"));
}

static void the_same_knowledge_gives_the_same_text(void **state)
{
    (void)state;
    int64_t number = fixture_accept("the bytes", FIXTURE_SETTLED);
    set_place(number, "柳口路", "a reason");
    AUTO(free) char *first = text_of(number);
    fixture_reopen();
    AUTO(free) char *second = text_of(number);
    assert_string_equal(first, second);
}

static void what_is_stored_is_what_must_be_there(void **state)
{
    (void)state;
    struct err err;
    int64_t number = fixture_accept("the bytes", FIXTURE_SETTLED);
    struct catalog_recording *recording = load(number);
    AUTO(free) char *text = text_of(number);
    AUTO(free) char *stored = NULL;
    assert_int_equal(vault_sidecar_load(fixture_vault(), recording->sha256, &stored, &err), 0);
    assert_string_equal(stored, text);
    assert_int_equal(fixture_incoming(), 0);

    set_place(number, "柳口路", NULL);
    AUTO(free) char *changed = text_of(number);
    assert_string_not_equal(changed, text);
    assert_int_equal(vault_sidecars_catch_up(fixture_vault(), &err), 0);
    AUTO(free) char *again = NULL;
    assert_int_equal(vault_sidecar_load(fixture_vault(), recording->sha256, &again, &err), 0);
    assert_string_equal(again, changed);
    catalog_recording_free(recording);
}

static void one_that_is_not_there_is_missing(void **state)
{
    (void)state;
    struct err err;
    char *text;
    struct catalog_recording *recording = load(fixture_accept("the bytes", FIXTURE_SETTLED));
    fixture_run("rm -f v/recordings/*/*.json");
    assert_int_equal(vault_sidecar_load(fixture_vault(), recording->sha256, &text, &err), -1);
    assert_int_equal(err.kind, ERR_MISSING);
    catalog_recording_free(recording);
}

/* More than are written in one transaction. */
static void many_that_are_due_are_all_written(void **state)
{
    (void)state;
    enum { MANY = 150 };
    struct err err;
    struct catalog_err wrong;
    for (int i = 0; i < MANY; i++) {
        char content[32];
        (void)snprintf(content, sizeof content, "bytes %d", i);
        set_place(fixture_accept(content, FIXTURE_SETTLED), "柳口路", NULL);
    }
    assert_int_equal(vault_sidecars_catch_up(fixture_vault(), &err), 0);
    int64_t *due;
    size_t count;
    assert_int_equal(catalog_sidecars_due(vault_catalog(fixture_vault()), &due, &count, &wrong), 0);
    assert_int_equal(count, 0);
    free(due);
    fixture_run("test $(grep -l 柳口路 v/recordings/*/*.json | wc -l) = 150");
}

static void a_sealed_one_names_its_archives(void **state)
{
    (void)state;
    int64_t number = fixture_accept("the bytes", FIXTURE_SETTLED);
    (void)fixture_archive("archives/2026/C/C-v001.tar", &number, 1, NULL, 0);
    AUTO(free) char *text = text_of(number);
    AUTO(json_decref) json_t *root = json_loads(text, 0, NULL);
    assert_string_equal(string(root, "state"), "sealed");
    const json_t *archives = json_object_get(root, "archives");
    assert_int_equal(json_array_size(archives), 1);
    assert_string_equal(json_string_value(json_array_get(archives, 0)),
                        "archives/2026/C/C-v001.tar");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_holds_all_that_the_catalog_knows, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(the_same_knowledge_gives_the_same_text, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_stored_is_what_must_be_there, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_not_there_is_missing, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(many_that_are_due_are_all_written, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_sealed_one_names_its_archives, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
