#include "catalog/fixture.h"

#include <stdlib.h>
#include <string.h>

static int64_t attach(struct fixture *fixture, int64_t recording, const char *name,
                      const char *stored)
{
    char kind[] = "note", by[] = "os:x", shown[64], file[64];
    (void)strncpy(shown, name, sizeof shown - 1);
    (void)strncpy(file, stored, sizeof file - 1);
    shown[63] = file[63] = '\0';
    struct catalog_attachment one = {.kind = kind,
                                     .name = shown,
                                     .stored_name = file,
                                     .size_bytes = 5,
                                     .added_us = 3,
                                     .added_by = by};
    ok(catalog_attachment_add(fixture->catalog, recording, &one, &fixture->err));
    refused(catalog_attachment_add(fixture->catalog, recording, &one, &fixture->err),
            CATALOG_ERR_CONFLICT, name);
    struct catalog_recording *loaded = NULL;
    ok(catalog_recording_load(fixture->catalog, recording, &loaded, &fixture->err));
    struct catalog_attachment *last = &loaded->attachments[loaded->attachment_count - 1];
    assert_string_equal(last->name, name);
    assert_string_equal(last->stored_name, stored);
    assert_int_equal(last->recording, recording);
    assert_int_equal(last->archive, 0);
    int64_t number = last->number;
    catalog_recording_free(loaded);
    return number;
}

static int seal(struct fixture *fixture, const char *case_number, uint32_t volume, const char *path,
                const int64_t *recordings, size_t count, const int64_t *attachments,
                size_t attachment_count, int64_t *number)
{
    char text[64], file[64], by[] = "os:x";
    (void)strncpy(text, case_number, sizeof text - 1);
    (void)strncpy(file, path, sizeof file - 1);
    text[63] = file[63] = '\0';
    struct catalog_archive one = {.case_number = text,
                                  .volume = volume,
                                  .path = file,
                                  .size_bytes = 10240,
                                  .tagmanifest_sha256 = {7, 8, 9},
                                  .sealed_us = 8,
                                  .sealed_by = by};
    return catalog_archive_add(fixture->catalog, &one, recordings, count, attachments,
                               attachment_count, number, &fixture->err);
}

static void count_archive(void *context, const struct catalog_archive *one)
{
    assert_true(one->volume >= 1);
    (*(int *)context)++;
}

static void count_attachment(void *context, const struct catalog_attachment *one)
{
    assert_string_equal(one->kind, "note");
    (*(int *)context)++;
}

static bool is_loose(struct fixture *fixture, const char *stored)
{
    bool loose = false, known = false;
    ok(catalog_stored_is_loose(fixture->catalog, stored, &loose, &fixture->err));
    ok(catalog_stored_is_known(fixture->catalog, stored, &known, &fixture->err));
    assert_true(known || !loose);
    return loose;
}

static uint64_t loose_bytes(struct fixture *fixture, const char *case_number)
{
    uint64_t bytes = 99;
    ok(catalog_loose_bytes(fixture->catalog, case_number, &bytes, &fixture->err));
    return bytes;
}

static size_t unsealed(struct fixture *fixture, const char *case_number)
{
    int64_t *numbers = NULL;
    size_t count = 0;
    ok(catalog_unsealed(fixture->catalog, case_number, &numbers, &count, &fixture->err));
    free(numbers);
    return count;
}

static int attachments_unsealed(struct fixture *fixture, const char *case_number)
{
    int waiting = 0;
    ok(catalog_attachments_unsealed(fixture->catalog, case_number, count_attachment, &waiting,
                                    &fixture->err));
    return waiting;
}

static void sealing_takes_what_lies_loose(void **state)
{
    struct fixture *fixture = *state;
    fixture_case(fixture, "甲");
    fixture_case(fixture, "乙");
    struct catalog_tag both[] = {TAG(CATALOG_CASE, "甲"), TAG(CATALOG_CASE, "乙")};
    int64_t recording = fixture_recording(fixture, 1, both, 2);
    int64_t note = attach(fixture, recording, "note.txt", "cd.txt");
    assert_true(is_loose(fixture, "ab.mp4"));
    assert_true(is_loose(fixture, "cd.txt"));
    assert_true(loose_bytes(fixture, NULL) > 0);
    assert_int_equal(loose_bytes(fixture, "乙"), loose_bytes(fixture, NULL));
    assert_int_equal(loose_bytes(fixture, "丙"), 0);
    assert_int_equal(unsealed(fixture, "甲"), 1);
    assert_int_equal(attachments_unsealed(fixture, "甲"), 1);

    int64_t first = 0, found = 0;
    ok(seal(fixture, "甲", 1, "v1.tar", &recording, 1, &note, 1, &first));
    assert_false(is_loose(fixture, "ab.mp4"));
    assert_false(is_loose(fixture, "cd.txt"));
    assert_int_equal(loose_bytes(fixture, NULL), 0);
    assert_int_equal(loose_bytes(fixture, "甲"), 0);
    bool known = false;
    ok(catalog_stored_is_known(fixture->catalog, "cd.txt", &known, &fixture->err));
    assert_true(known);
    ok(catalog_stored_is_known(fixture->catalog, "ef.txt", &known, &fixture->err));
    assert_false(known);
    assert_int_equal(unsealed(fixture, "甲"), 0);
    assert_int_equal(unsealed(fixture, "乙"), 1);
    ok(catalog_archive_by_path(fixture->catalog, "v1.tar", &found, &fixture->err));
    assert_int_equal(found, first);
    ok(catalog_archive_by_path(fixture->catalog, "v2.tar", &found, &fixture->err));
    assert_int_equal(found, 0);
    int held = 0;
    ok(catalog_archive_attachments(fixture->catalog, first, count_attachment, &held,
                                   &fixture->err));
    assert_int_equal(held, 1);

    /* the other case's archive is to hold the attachment too */
    int64_t second = 0;
    assert_int_equal(attachments_unsealed(fixture, "甲"), 0);
    assert_int_equal(attachments_unsealed(fixture, "乙"), 1);
    ok(seal(fixture, "乙", 1, "w1.tar", &recording, 1, &note, 1, &second));
    assert_int_equal(attachments_unsealed(fixture, "乙"), 0);
    held = 0;
    ok(catalog_archive_attachments(fixture->catalog, second, count_attachment, &held,
                                   &fixture->err));
    assert_int_equal(held, 1);
    struct catalog_recording *whole = NULL;
    ok(catalog_recording_load(fixture->catalog, recording, &whole, &fixture->err));
    assert_int_equal(whole->attachments[0].archive, first);
    catalog_recording_free(whole);
    int holding = 0;
    ok(catalog_archive_of_attachment(fixture->catalog, note, count_archive, &holding,
                                     &fixture->err));
    assert_int_equal(holding, 2);
    int archives = 0;
    ok(catalog_archive_of(fixture->catalog, recording, count_archive, &archives, &fixture->err));
    assert_int_equal(archives, 2);
    ok(catalog_archive_each(fixture->catalog, "乙", count_archive, &archives, &fixture->err));
    assert_int_equal(archives, 3);
    struct catalog_archive *loaded = NULL;
    ok(catalog_archive_load(fixture->catalog, second, &loaded, &fixture->err));
    assert_string_equal(loaded->case_number, "乙");
    assert_int_equal(loaded->recordings, 1);
    assert_int_equal(loaded->size_bytes, 10240);
    assert_int_equal(loaded->tagmanifest_sha256[2], 9);
    catalog_archive_free(loaded);
    int64_t *numbers = NULL;
    size_t count = 0;
    ok(catalog_archive_recordings(fixture->catalog, second, &numbers, &count, &fixture->err));
    assert_int_equal(count, 1);
    assert_int_equal(numbers[0], recording);
    free(numbers);
}

static void bytes_stay_while_any_recording_needs_them(void **state)
{
    struct fixture *fixture = *state;
    fixture_case(fixture, "甲");
    struct catalog_tag tag[] = {TAG(CATALOG_CASE, "甲")};
    int64_t first = fixture_recording(fixture, 1, tag, 1);
    (void)fixture_recording(fixture, 2, NULL, 0); /* the same stored name */
    int64_t number = 0;
    ok(seal(fixture, "甲", 1, "v1.tar", &first, 1, NULL, 0, &number));
    assert_true(is_loose(fixture, "ab.mp4"));
}

static void an_archive_that_cannot_be_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture_case(fixture, "甲");
    struct catalog_tag tag[] = {TAG(CATALOG_CASE, "甲")};
    int64_t recordings[] = {fixture_recording(fixture, 1, tag, 1), 999}, number = 0;
    refused(seal(fixture, "甲", 1, "v1.tar", recordings, 2, NULL, 0, &number), CATALOG_ERR_MISSING,
            "R999");
    refused(seal(fixture, "丙", 1, "v1.tar", recordings, 1, NULL, 0, &number), CATALOG_ERR_MISSING,
            "丙");
    refused(seal(fixture, "甲", 1, "v1.tar", recordings, 1, recordings + 1, 1, &number),
            CATALOG_ERR_MISSING, NULL);
    refused(seal(fixture, "甲", 0, "v1.tar", recordings, 1, NULL, 0, &number), CATALOG_ERR_USAGE,
            "v1.tar");
    assert_int_equal(unsealed(fixture, "甲"), 1);
    ok(seal(fixture, "甲", 1, "v1.tar", recordings, 1, NULL, 0, &number));
    refused(seal(fixture, "甲", 1, "v2.tar", NULL, 0, NULL, 0, &number), CATALOG_ERR_CONFLICT,
            "v2.tar");
    refused(seal(fixture, "甲", 2, "v1.tar", NULL, 0, NULL, 0, &number), CATALOG_ERR_CONFLICT,
            "v1.tar");
    ok(seal(fixture, "甲", 2, "v2.tar", NULL, 0, NULL, 0, &number));
}

static void count_disc(void *context, const struct catalog_disc *one)
{
    assert_string_equal(one->name, "SL_D1");
    assert_int_equal(one->size_bytes, 4096);
    (*(int *)context)++;
}

static void a_disc_holds_archives_that_are_there(void **state)
{
    struct fixture *fixture = *state;
    fixture_case(fixture, "甲");
    int64_t archive = 0, disc = 0, missing = 99;
    ok(seal(fixture, "甲", 1, "v1.tar", NULL, 0, NULL, 0, &archive));
    char name[] = "SL_D1", image[] = "/tmp/d1.iso", by[] = "os:x";
    struct catalog_disc one = {
        .name = name, .image = image, .size_bytes = 4096, .made_us = 5, .made_by = by};
    refused(catalog_disc_add(fixture->catalog, &one, &missing, 1, &disc, &fixture->err),
            CATALOG_ERR_MISSING, "A99");
    ok(catalog_disc_add(fixture->catalog, &one, &archive, 1, &disc, &fixture->err));
    int count = 0;
    ok(catalog_disc_each(fixture->catalog, count_disc, &count, &fixture->err));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(sealing_takes_what_lies_loose),
        each_test(bytes_stay_while_any_recording_needs_them),
        each_test(an_archive_that_cannot_be_changes_nothing),
        each_test(a_disc_holds_archives_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
