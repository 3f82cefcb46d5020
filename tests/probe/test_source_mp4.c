#include "probe/source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "probe/made.h"
#include "probe/sources/user_data.h"

extern const struct source source_movie_header, source_item_list, source_user_data, source_sony_xml,
    source_attachments, source_gopro;

enum { EPOCH_1904 = 2082844800 };

static const int64_t S = 1000000;
static const int64_t AT_2026 = 1768478400; /* 2026-01-15T12:00:00Z */

/* version, flags, creation, modification, timescale, duration, what else there is */
static void put_mvhd(struct made *made, unsigned version, uint64_t creation)
{
    size_t width = version == 1 ? 8 : 4;
    made_box(made, "mvhd");
    made_be(made, version << 24, 4);
    made_be(made, creation, width);
    made_zero(made, width + 4 + width + 80);
    made_end(made);
}

static void the_movie_headers_time_is_read_in_both_versions_and_from_1970(void **state)
{
    (void)state;
    static const struct {
        unsigned version;
        uint64_t creation;
    } cases[] = {{0, EPOCH_1904 + 1768478400ULL}, {1, EPOCH_1904 + 1768478400ULL}, {0, 1768478400}};
    for (size_t i = 0; i < 3; i++) {
        struct made made = {0};
        made_box(&made, "moov");
        put_mvhd(&made, cases[i].version, cases[i].creation);
        made_end(&made);
        struct probe_report *report = made_scan(&source_movie_header, made_bytes(&made));
        assert_int_equal(report->time_count, 1);
        assert_string_equal(report->times[0].source, "mvhd");
        assert_int_equal(report->times[0].us, AT_2026 * S);
        assert_int_equal(report->times[0].certainty, PROBE_DEFINED_UTC);
        probe_report_free(report);
        made_scan_cuts(&source_movie_header, &made);
    }
}

static void without_it_the_tracks_time_is_taken_and_nothings_is_none(void **state)
{
    (void)state;
    static const uint64_t tracks[] = {0, EPOCH_1904 + 1768478400ULL, EPOCH_1904};
    for (size_t i = 0; i < 3; i++) {
        struct made made = {0};
        made_box(&made, "moov");
        put_mvhd(&made, 0, 0);
        made_box(&made, "trak");
        made_box(&made, "mdia");
        made_box(&made, "mdhd");
        made_be(&made, 0, 4);
        made_be(&made, tracks[i], 4);
        made_zero(&made, 16);
        made_end(&made);
        made_end(&made);
        made_end(&made);
        made_end(&made);
        struct probe_report *report = made_scan(&source_movie_header, made_bytes(&made));
        assert_int_equal(report->time_count, i == 1);
        if (i == 1)
            assert_string_equal(report->times[0].source, "mdhd");
        probe_report_free(report);
    }
}

static void put_key(struct made *made, const char *key)
{
    made_box(made, "mdta");
    made_text(made, key);
    made_end(made);
}

static void put_value(struct made *made, const char type[4], uint32_t kind, const void *value,
                      size_t len)
{
    made_box(made, type);
    made_box(made, "data");
    made_be(made, kind, 4);
    made_be(made, 0x465215c7, 4); /* country and language */
    made_put(made, value, len);
    made_end(made);
    made_end(made);
}

/* As a phone writes it: QuickTime's meta box has no version and flags, ISO's has. */
static void put_keys_file(struct made *made, bool full_box)
{
    static const uint8_t fps[] = {0x43, 0x70, 0, 0}; /* 240 */
    made_box(made, "moov");
    made_box(made, "meta");
    if (full_box)
        made_zero(made, 4);
    made_box(made, "hdlr");
    made_zero(made, 8);
    made_text(made, "mdta");
    made_zero(made, 13);
    made_end(made);
    made_box(made, "keys");
    made_be(made, 0, 4);
    made_be(made, 5, 4);
    put_key(made, "com.apple.quicktime.make");
    put_key(made, "com.apple.quicktime.creationdate");
    put_key(made, "com.apple.quicktime.location.ISO6709");
    put_key(made, "com.android.capture.fps");
    put_key(made, "com.apple.quicktime.model");
    made_end(made);
    made_box(made, "ilst");
    put_value(made, "\0\0\0\1", 1, "Apple", 5);
    put_value(made, "\0\0\0\2", 1, "2019-02-12T15:27:12+0800", 24);
    put_value(made, "\0\0\0\3", 1, "+27.1281+100.2508+010.500/", 26);
    put_value(made, "\0\0\0\4", 23, fps, 4);
    put_value(made, "\0\0\0\5", 2, "\0i\0P\0h\0o\0n\0e", 12);
    put_value(made, "\0\0\0\6", 1, "no such key", 11);
    made_end(made);
    made_end(made);
    made_end(made);
}

static void apples_keys_are_read_with_their_zone_and_height(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        struct made made = {0};
        put_keys_file(&made, full != 0);
        struct probe_report *report = made_scan(&source_item_list, made_bytes(&made));
        assert_string_equal(report->make, "Apple");
        assert_string_equal(report->model, "iPhone");
        assert_int_equal(report->time_count, 1);
        assert_string_equal(report->times[0].source, "apple-creationdate");
        assert_int_equal(report->times[0].us, INT64_C(1549956432) * S);
        assert_int_equal(report->times[0].offset_minutes, 480);
        assert_int_equal(report->times[0].certainty, PROBE_CERTAIN);
        assert_int_equal(report->position_count, 1);
        assert_near(report->positions[0].fix.latitude, 27.1281, 1e-9);
        assert_near(report->positions[0].fix.longitude, 100.2508, 1e-9);
        assert_near(report->positions[0].fix.altitude_m, 10.5, 1e-9);
        assert_int_equal(report->content_count, 1);
        assert_string_equal(report->contents[0].detail, "240");
        probe_report_free(report);
        made_scan_cuts(&source_item_list, &made);
    }
}

static void keys_that_lie_about_their_sizes_are_passed_over(void **state)
{
    (void)state;
    struct made made = {0};
    put_keys_file(&made, true);
    for (size_t at = 0; at + 4 <= made.len; at++) {
        static const uint8_t lies[][4] = {
            {0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 0, 7}, {0x7f, 0, 0, 0}};
        for (size_t i = 0; i < 5; i++) {
            struct made lied = made;
            memcpy(lied.bytes + at, lies[i], 4);
            probe_report_free(made_scan(&source_item_list, made_bytes(&lied)));
        }
    }
}

static void put_international(struct made *made, const char *type, const char *text)
{
    made_box(made, type);
    made_be(made, strlen(text), 2);
    made_be(made, 0x15c7, 2);
    made_text(made, text);
    made_end(made);
}

static void user_data_is_read_with_and_without_lengths(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "moov");
    made_box(&made, "udta");
    put_international(&made, "\251xyz", "+27.2939+112.6932/");
    put_international(&made, "\251day", "2024-02-03T15:05:38+08:00");
    made_box(&made, "\251mak");
    made_text(&made, "DJI"); /* as it stands, no length */
    made_end(&made);
    put_international(&made, "\251swr", "Lavf58.29.100"); /* a program that rewrote the file */
    put_international(&made, "@mod", "RICOH THETA Z1");
    made_end(&made);
    made_end(&made);
    struct probe_report *report = made_scan(&source_user_data, made_bytes(&made));
    assert_string_equal(report->make, "DJI");
    assert_string_equal(report->model, "RICOH THETA Z1");
    assert_null(report->firmware);
    assert_int_equal(report->times[0].us, INT64_C(1706943938) * S);
    assert_near(report->positions[0].fix.longitude, 112.6932, 1e-9);
    assert_true(isnan(report->positions[0].fix.altitude_m));
    probe_report_free(report);
    made_scan_cuts(&source_user_data, &made);
}

/* version, language "eng", name, role, longitude, latitude, altitude, body, notes */
static void put_loci(struct made *made, const char *name, size_t name_len, uint8_t role,
                     const char *body)
{
    made_be(made, 0, 4);
    made_be(made, 0x15c7, 2);
    made_put(made, name, name_len);
    made_be(made, role, 1);
    made_be(made, (uint64_t)(int64_t)(-117.25 * 65536), 4);
    made_be(made, (uint64_t)(int64_t)(33.125 * 65536), 4);
    made_be(made, 12 * 65536, 4);
    made_put(made, body, strlen(body) + 1);
    made_be(made, 0, 1);
}

static void locis_place_is_read_behind_names_of_both_widths(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t name_len;
        uint8_t role;
        const char *body;
        bool found;
    } cases[] = {
        {"", 1, 0, "earth", true},
        {"Carlsbad", 9, 1, "", true},
        {"\xfe\xff\x67\x68\x00\x00", 6, 0, "earth", true},
        {"set", 4, 2, "earth", false}, /* fictional */
        {"sea", 4, 0, "moon", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made made = {0};
        put_loci(&made, cases[i].name, cases[i].name_len, cases[i].role, cases[i].body);
        struct probe_report *report = made_report();
        user_data_item(report, "loci", made_bytes(&made));
        assert_int_equal(report->position_count, cases[i].found);
        if (cases[i].found) {
            assert_near(report->positions[0].fix.latitude, 33.125, 1e-9);
            assert_near(report->positions[0].fix.longitude, -117.25, 1e-9);
            assert_near(report->positions[0].fix.altitude_m, 12, 1e-9);
        }
        for (size_t len = 0; len < made.len - 7; len++)
            user_data_item(report, "loci", (struct probe_bytes){made.bytes, len});
        probe_report_free(report);
    }
}

static void nought_nought_and_a_year_alone_are_unknown(void **state)
{
    (void)state;
    struct probe_report *report = made_report();
    struct made made = {0};
    made_text(&made, "+00.0000+000.0000/");
    user_data_item(report, "\251xyz", made_bytes(&made));
    made = (struct made){0};
    made_text(&made, "2010");
    user_data_item(report, "\251day", made_bytes(&made));
    made = (struct made){0};
    made_text(&made, "1904-01-01T00:00:00Z");
    user_data_item(report, "\251day", made_bytes(&made));
    assert_int_equal(report->time_count + report->position_count, 0);
    probe_report_free(report);
}

static void nikons_and_samsungs_records_are_read(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "NCTG");
    made_be(&made, 1, 4);
    made_be(&made, 2, 2);
    made_be(&made, 6, 2);
    made_text(&made, "NIKON ");
    made_be(&made, 0x12, 4);
    made_be(&made, 2, 2);
    made_be(&made, 20, 2);
    made_put(&made, "2011:12:27 13:43:59", 20);
    made_be(&made, 2, 4);
    made_be(&made, 2, 2);
    made_be(&made, 0xffff, 2); /* longer than there is */
    made_end(&made);
    struct probe_report *report = made_report();
    user_data_item(report, "NCDT", made_bytes(&made));
    assert_string_equal(report->make, "NIKON");
    assert_null(report->model);
    assert_int_equal(report->times[0].certainty, PROBE_ZONE_ASSUMED);

    made = (struct made){0};
    made_zero(&made, 4);
    made_box(&made, "mdln");
    made_put(&made, "SM-G991B", 9);
    made_end(&made);
    user_data_item(report, "smta", made_bytes(&made));
    assert_string_equal(report->model, "SM-G991B");
    probe_report_free(report);
}

static void sonys_xml_gives_time_and_camera(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "meta");
    made_zero(&made, 4);
    made_box(&made, "xml ");
    made_zero(&made, 4);
    made_text(&made,
              "<?xml version=\"1.0\"?><NonRealTimeMeta><Duration value=\"10\"/>"
              "<CreationDate value=\"2023-05-06T07:08:09+08:00\"/>"
              "<Device manufacturer=\"Sony\" modelName=\"ILCE-7M4\" serialNo=\"4294967295\"/>"
              "</NonRealTimeMeta>");
    made_end(&made);
    made_end(&made);
    struct probe_report *report = made_scan(&source_sony_xml, made_bytes(&made));
    assert_string_equal(report->make, "Sony");
    assert_string_equal(report->model, "ILCE-7M4");
    assert_null(report->serial);
    assert_int_equal(report->times[0].us, INT64_C(1683328089) * S);
    probe_report_free(report);
    made_scan_cuts(&source_sony_xml, &made);
}

static void what_else_stands_in_the_file_is_named(void **state)
{
    (void)state;
    static const uint8_t C2PA[] = {0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c,
                                   0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81};
    struct made made = {0};
    made_box(&made, "ftyp");
    made_text(&made, "mp42");
    made_zero(&made, 4);
    made_end(&made);
    made_box(&made, "uuid");
    made_put(&made, C2PA, 16);
    made_text(&made, "manifest");
    made_end(&made);
    made_le(&made, 0x0890, 4);
    made_le(&made, 15, 4);
    made_text(&made, "SlowMotion_Data1:2:3");
    made_text(&made, "SEFH");
    made_le(&made, 106, 4);
    made_le(&made, 1, 4);
    made_le(&made, 0x0890, 4);
    made_le(&made, 28, 4);
    made_le(&made, 28, 4);
    made_le(&made, 24, 4);
    made_text(&made, "SEFT");
    struct probe_report *report = made_scan(&source_attachments, made_bytes(&made));
    assert_int_equal(report->content_count, 2);
    assert_string_equal(report->contents[0].name, "c2pa");
    assert_string_equal(report->contents[0].detail, "not validated");
    assert_string_equal(report->contents[1].name, "samsung-sef");
    assert_string_equal(report->contents[1].detail, "SlowMotion_Data");
    probe_report_free(report);
    made_scan_cuts(&source_attachments, &made);
}

static void gopros_record_at_the_start_of_the_media_data_names_the_camera(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "mdat");
    made_text(&made, "GPRO");
    made_le(&made, 300, 4);
    made_text(&made, "HD5.02.02.00.00LENS00000000001");
    made_zero(&made, 87 - 38);
    made_put(&made, "C3161300000000", 15);
    made_text(&made, "HERO5 Black");
    made_zero(&made, 40);
    made_end(&made);
    struct probe_report *report = made_scan(&source_gopro, made_bytes(&made));
    assert_string_equal(report->make, "GoPro");
    assert_string_equal(report->model, "HERO5 Black");
    assert_string_equal(report->serial, "C3161300000000");
    assert_string_equal(report->firmware, "HD5.02.02.00.00");
    probe_report_free(report);
    made_scan_cuts(&source_gopro, &made);
}

int main(void)
{
    (void)setenv("TZ", "Asia/Shanghai", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_movie_headers_time_is_read_in_both_versions_and_from_1970),
        cmocka_unit_test(without_it_the_tracks_time_is_taken_and_nothings_is_none),
        cmocka_unit_test(apples_keys_are_read_with_their_zone_and_height),
        cmocka_unit_test(keys_that_lie_about_their_sizes_are_passed_over),
        cmocka_unit_test(user_data_is_read_with_and_without_lengths),
        cmocka_unit_test(locis_place_is_read_behind_names_of_both_widths),
        cmocka_unit_test(nought_nought_and_a_year_alone_are_unknown),
        cmocka_unit_test(nikons_and_samsungs_records_are_read),
        cmocka_unit_test(sonys_xml_gives_time_and_camera),
        cmocka_unit_test(what_else_stands_in_the_file_is_named),
        cmocka_unit_test(gopros_record_at_the_start_of_the_media_data_names_the_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
