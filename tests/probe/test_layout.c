/* Structures that claim other than the file holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "probe/layout.h"
#include "tests/probe/made.h"

/* The codes of the issues, joined by blanks. */
static const char *issues_of(const struct made *made, const char *format)
{
    static char codes[512];
    struct probe_report *report = made_report();
    struct probe_input *input = input_from_bytes(made_bytes(made));
    const char *found = layout_check(input, report);
    assert_true(found == format || (found != NULL && strcmp(found, format) == 0));
    assert_int_equal(report->is_media, format != NULL);
    codes[0] = '\0';
    size_t len = 0;
    for (size_t i = 0; i < report->issue_count; i++)
        len += (size_t)snprintf(codes + len, sizeof codes - len, "%s%s", i > 0 ? " " : "",
                                report->issues[i].code);
    input_free(input);
    probe_report_free(report);
    return codes;
}

static void put_file_type(struct made *made)
{
    made_box(made, "ftyp");
    made_text(made, "isom");
    made_be(made, 0, 4);
    made_end(made);
}

static void put_empty(struct made *made, const char *type, size_t len)
{
    made_box(made, type);
    made_zero(made, len);
    made_end(made);
}

static void a_whole_film_of_boxes_has_no_issue(void **state)
{
    (void)state;
    struct made made = {0};
    put_file_type(&made);
    put_empty(&made, "moov", 20);
    put_empty(&made, "free", 20);
    put_empty(&made, "mdat", 100);
    assert_string_equal(issues_of(&made, "mov"), "");
}

static void a_film_without_its_index_was_not_finalised(void **state)
{
    (void)state;
    struct made made = {0};
    put_file_type(&made);
    put_empty(&made, "mdat", 100);
    assert_string_equal(issues_of(&made, "mov"), "not-finalised");
    put_empty(&made, "moov", 40);
    made.len -= 10;
    assert_string_equal(issues_of(&made, "mov"), "not-finalised truncated");
}

static void a_film_cut_in_its_data_is_truncated(void **state)
{
    (void)state;
    struct made made = {0};
    put_file_type(&made);
    put_empty(&made, "moov", 20);
    put_empty(&made, "mdat", 100);
    made.len -= 10;
    assert_string_equal(issues_of(&made, "mov"), "truncated");
}

static void bytes_behind_the_boxes_are_told_and_samsungs_trailer_is_known(void **state)
{
    (void)state;
    struct made made = {0};
    put_file_type(&made);
    put_empty(&made, "moov", 20);
    made_text(&made, "and something else behind it");
    assert_string_equal(issues_of(&made, "mov"), "trailing-bytes");
    made_text(&made, "SEFT");
    assert_string_equal(issues_of(&made, "mov"), "");
}

/* Makers put boxes of their own behind the film; what is cut off or has no name is none. */
static void a_whole_box_of_an_unknown_type_belongs_to_the_file(void **state)
{
    (void)state;
    struct made made = {0};
    put_file_type(&made);
    put_empty(&made, "beam", 12);
    put_empty(&made, "moov", 20);
    put_empty(&made, "mdat", 100);
    put_empty(&made, "xyz1", 50);
    assert_string_equal(issues_of(&made, "mov"), "");
    made.len -= 10;
    assert_string_equal(issues_of(&made, "mov"), "trailing-bytes");
    made.len -= 48;
    made_zero(&made, 58);
    assert_string_equal(issues_of(&made, "mov"), "trailing-bytes");
}

static void a_picture_of_items_needs_no_index(void **state)
{
    (void)state;
    struct made made = {0};
    put_file_type(&made);
    made_box(&made, "meta");
    made_be(&made, 0, 4);
    made_box(&made, "pitm");
    made_be(&made, 0, 4);
    made_be(&made, 1, 2);
    made_end(&made);
    made_end(&made);
    put_empty(&made, "mdat", 100);
    assert_string_equal(issues_of(&made, "heif"), "");
    put_empty(&made, "moov", 20);
    assert_string_equal(issues_of(&made, "mov"), "");
}

static void an_encrypted_track_is_told(void **state)
{
    (void)state;
    struct made made = {0};
    put_file_type(&made);
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd"};
    for (size_t i = 0; i < 6; i++)
        made_box(&made, path[i]);
    made_be(&made, 0, 4);
    made_be(&made, 1, 4);
    put_empty(&made, "encv", 78);
    for (size_t i = 0; i < 6; i++)
        made_end(&made);
    assert_string_equal(issues_of(&made, "mov"), "encrypted");
}

static void put_riff(struct made *made, uint32_t size, const char *kind)
{
    made_text(made, "RIFF");
    made_le(made, size, 4);
    made_text(made, kind);
}

static void put_chunk(struct made *made, const char *type, uint32_t claimed, size_t there)
{
    made_text(made, type);
    made_le(made, claimed, 4);
    made_zero(made, there);
}

static void riff_films_and_sound_are_checked(void **state)
{
    (void)state;
    struct made film = {0};
    put_riff(&film, 4 + 28 + 24, "AVI ");
    made_text(&film, "LIST");
    made_le(&film, 20, 4);
    made_text(&film, "movi");
    made_zero(&film, 16);
    put_chunk(&film, "idx1", 16, 16);
    assert_string_equal(issues_of(&film, "avi"), "");
    made_text(&film, "more");
    assert_string_equal(issues_of(&film, "avi"), "trailing-bytes");
    film.len -= 8;
    assert_string_equal(issues_of(&film, "avi"), "truncated");

    struct made open_film = {0};
    put_riff(&open_film, 0, "AVI ");
    put_chunk(&open_film, "JUNK", 16, 16);
    assert_string_equal(issues_of(&open_film, "avi"), "not-finalised not-finalised");

    struct made sound = {0};
    put_riff(&sound, 4 + 24 + 16, "WAVE");
    put_chunk(&sound, "fmt ", 16, 16);
    put_chunk(&sound, "data", 8, 8);
    assert_string_equal(issues_of(&sound, "wav"), "");
    sound.len -= 2;
    assert_string_equal(issues_of(&sound, "wav"), "truncated truncated");
}

static void matroska_segments_are_checked(void **state)
{
    (void)state;
    struct made made = {0};
    made_be(&made, 0x1A45DFA3, 4);
    made_be(&made, 0x84, 1);
    made_zero(&made, 4);
    made_be(&made, 0x18538067, 4);
    made_be(&made, 0x01000000000000C8, 8);
    made_zero(&made, 200);
    assert_string_equal(issues_of(&made, "matroska"), "");
    made_zero(&made, 1);
    assert_string_equal(issues_of(&made, "matroska"), "trailing-bytes");
    made.len -= 20;
    assert_string_equal(issues_of(&made, "matroska"), "truncated");
    memset(made.bytes + 14, 0xFF, 7);
    assert_string_equal(issues_of(&made, "matroska"), "not-finalised");
    made.len = 9;
    assert_string_equal(issues_of(&made, "matroska"), "not-finalised");
}

static void transport_packets_are_checked(void **state)
{
    (void)state;
    struct made made = {0};
    for (int i = 0; i < 6; i++) {
        made_be(&made, 0x47000010, 4);
        made_zero(&made, 184);
    }
    assert_string_equal(issues_of(&made, "mpegts"), "");
    made.len -= 1;
    assert_string_equal(issues_of(&made, "mpegts"), "truncated");
    made.len += 1;
    made.bytes[3] |= 0x80;
    assert_string_equal(issues_of(&made, "mpegts"), "encrypted");
}

static void pictures_without_their_end_are_truncated(void **state)
{
    (void)state;
    struct made made = {0};
    made_be(&made, 0xFFD8FFE0, 4);
    made_zero(&made, 50);
    assert_string_equal(issues_of(&made, "jpeg_pipe"), "truncated");
    made_be(&made, 0xFFD9, 2);
    assert_string_equal(issues_of(&made, "jpeg_pipe"), "");
}

static void other_files_are_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "just a text of some length, not a recording",
                                        "RIFF....CDXA", "<?xml version=\"1.0\"?>"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct made made = {0};
        made_text(&made, texts[i]);
        assert_string_equal(issues_of(&made, NULL), "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_film_of_boxes_has_no_issue),
        cmocka_unit_test(a_film_without_its_index_was_not_finalised),
        cmocka_unit_test(a_film_cut_in_its_data_is_truncated),
        cmocka_unit_test(bytes_behind_the_boxes_are_told_and_samsungs_trailer_is_known),
        cmocka_unit_test(a_whole_box_of_an_unknown_type_belongs_to_the_file),
        cmocka_unit_test(a_picture_of_items_needs_no_index),
        cmocka_unit_test(an_encrypted_track_is_told),
        cmocka_unit_test(riff_films_and_sound_are_checked),
        cmocka_unit_test(matroska_segments_are_checked),
        cmocka_unit_test(transport_packets_are_checked),
        cmocka_unit_test(pictures_without_their_end_are_truncated),
        cmocka_unit_test(other_files_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
