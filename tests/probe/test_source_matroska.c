#include "source_run.h"

static void tags_of_ffmpeg_and_its_date_are_read(void **state)
{
    (void)state;
    run((const char *[]){FFMPEG, PICTURE, "-metadata", "creation_time=2021-02-03T04:05:06Z",
                         "-metadata", "DATE_RECORDED=2021-02-03 12:05:06", "-metadata",
                         "com.apple.quicktime.creationdate=2021-02-03T05:05:06+0100", "-metadata",
                         "com.apple.quicktime.location.ISO6709=+48.8789+002.3376+041.000/",
                         "-metadata", "com.apple.quicktime.make=Apple", "-metadata",
                         "com.apple.quicktime.model=iPhone 4S", "tags.mkv", NULL});
    struct probe_report *report = scan_file("matroska", "tags.mkv");
    assert_time(report, "matroska-dateutc", "2021-02-03T04:05:06Z", PROBE_DEFINED_UTC);
    assert_time(report, "matroska-date-recorded", "2021-02-03T12:05:06+08:00", PROBE_ZONE_ASSUMED);
    assert_time(report, "apple-creationdate", "2021-02-03T05:05:06+01:00", PROBE_CERTAIN);
    assert_string_equal(report->make, "Apple");
    assert_string_equal(report->model, "iPhone 4S");
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, 48.8789, 1e-6);
    assert_float_equal(report->positions[0].fix.altitude_m, 41, 1e-6);
    probe_report_free(report);
}

static void a_live_stream_of_unknown_size_is_read_to_its_first_cluster(void **state)
{
    (void)state;
    run((const char *[]){FFMPEG, PICTURE, "-metadata", "creation_time=2021-02-03T04:05:06Z",
                         "-live", "1", "-f", "matroska", "live.mkv", NULL});
    struct probe_report *report = scan_file("matroska", "live.mkv");
    assert_time(report, "matroska-dateutc", "2021-02-03T04:05:06Z", PROBE_DEFINED_UTC);
    probe_report_free(report);
}

static const uint8_t dated[] = {
    0x1a, 0x45, 0xdf, 0xa3, 0x80,                                           /* EBML, empty */
    0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* Segment, unknown */
    0x15, 0x49, 0xa9, 0x66, 0x8b,                                           /* Info */
    0x44, 0x61, 0x88, 0x03, 0xcd, 0x64, 0xe9, 0xdf, 0xdb, 0x2a, 0x00,       /* DateUTC */
};

static void an_encrypted_track_is_told(void **state)
{
    (void)state;
    static const uint8_t tracks[] = {
        0x16, 0x54, 0xae, 0x6b, 0x95, /* Tracks */
        0xae, 0x81, 0x00,             /* a track that is open */
        0xae, 0x90,                   /* and one that is not */
        0xd7, 0x81, 0x02,             /* its number */
        0x6d, 0x80, 0x8a,             /* ContentEncodings */
        0x62, 0x40, 0x87,             /* ContentEncoding */
        0x50, 0x35, 0x84,             /* ContentEncryption */
        0x47, 0xe1, 0x81, 0x05,       /* its algorithm: AES */
    };
    for (unsigned type = 0; type < 2; type++) {
        struct octets o = {0};
        put(&o, dated, sizeof dated);
        put(&o, tracks, sizeof tracks);
        if (type == 1)
            o.at[o.len - 6] = 0x34; /* ContentCompression */
        struct probe_report *report = scan_octets("matroska", o.at, o.len);
        assert_int_equal(report->issue_count, type == 0 ? 1 : 0);
        if (type == 0)
            assert_string_equal(report->issues[0].code, "encrypted");
        probe_report_free(report);
    }
}

static void a_segment_cut_anywhere_gives_its_date_or_none(void **state)
{
    (void)state;
    assert_cuts_hold("matroska", "matroska-dateutc", dated, sizeof dated);
}

static void the_epoch_is_unknown(void **state)
{
    (void)state;
    uint8_t zero[sizeof dated];
    memcpy(zero, dated, sizeof dated);
    memset(zero + sizeof zero - 8, 0, 8);
    struct probe_report *report = scan_octets("matroska", zero, sizeof zero);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

static void tags_within_tags_end_somewhere(void **state)
{
    (void)state;
    struct octets o = {0};
    put(&o, dated, 17);
    put(&o,
        "\x12\x54\xc3\x67\x01\xff\xff\xff\xff\xff\xff\xff\x73\x73\x01\xff\xff\xff\xff\xff\xff\xff",
        22);
    while (o.len + 10 <= sizeof o.at)
        put(&o, "\x67\xc8\x01\xff\xff\xff\xff\xff\xff\xff", 10);
    struct probe_report *report = scan_octets("matroska", o.at, o.len);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

static void the_real_files_agree_with_their_truth(void **state)
{
    (void)state;
    struct probe_report *webm = scan_file("matroska", sample("vp8.webm"));
    assert_time(webm, "matroska-dateutc", "2009-09-09T09:09:09Z", PROBE_DEFINED_UTC);
    probe_report_free(webm);
    struct probe_report *mkv = scan_file("matroska", sample("clip.mkv"));
    assert_int_equal(mkv->time_count, 0);
    assert_int_equal(mkv->position_count, 0);
    probe_report_free(mkv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_of_ffmpeg_and_its_date_are_read),
        cmocka_unit_test(a_live_stream_of_unknown_size_is_read_to_its_first_cluster),
        cmocka_unit_test(an_encrypted_track_is_told),
        cmocka_unit_test(a_segment_cut_anywhere_gives_its_date_or_none),
        cmocka_unit_test(the_epoch_is_unknown),
        cmocka_unit_test(tags_within_tags_end_somewhere),
        cmocka_unit_test(the_real_files_agree_with_their_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
