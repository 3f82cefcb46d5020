#include "source_run.h"

static void chunk(struct octets *o, const char *name, const void *content, size_t len)
{
    put_text(o, name);
    put_le(o, len, 4);
    put(o, content, len);
    if (len % 2 == 1)
        put_le(o, 0, 1);
}

static void list(struct octets *o, const char *name, const struct octets *content)
{
    put_text(o, "LIST");
    put_le(o, content->len + 4, 4);
    put_text(o, name);
    put(o, content->at, content->len);
}

static void riff(struct octets *o, const char *form, const struct octets *content)
{
    put_text(o, "RIFF");
    put_le(o, content->len + 4, 4);
    put_text(o, form);
    put(o, content->at, content->len);
}

/* An AVI with a date as text in its header list. */
static void avi_of(struct octets *o, const char *date)
{
    struct octets header = {0};
    struct octets whole = {0};
    chunk(&header, "avih", "0123456789", 10);
    chunk(&header, "IDIT", date, strlen(date) + 1);
    list(&whole, "hdrl", &header);
    riff(o, "AVI ", &whole);
}

static void every_way_of_writing_an_avi_date_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        const char *text;
    } cases[] = {
        {"Tue Oct 27 12:14:34 2009\n", "2009-10-27T12:14:34+08:00"},
        {"TUE OCT 27 12:14:34 2009", "2009-10-27T12:14:34+08:00"},
        {"2009-10-27 12:14:34", "2009-10-27T12:14:34+08:00"},
        {"2009/10/27 12:14:34", "2009-10-27T12:14:34+08:00"},
        {"2009/10/27/ 12:14", "2009-10-27T12:14:00+08:00"},
        {"2001/ 1/27  1:42PM", "2001-01-27T13:42:00+08:00"},
        {"2002-12-16  15:35:01", "2002-12-16T15:35:01+08:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct octets o = {0};
        avi_of(&o, cases[i].date);
        struct probe_report *report = scan_octets("riff", o.at, o.len);
        assert_time(report, "riff-idit", cases[i].text, PROBE_ZONE_ASSUMED);
        probe_report_free(report);
    }
}

static void no_date_is_made_of_what_is_none(void **state)
{
    (void)state;
    static const char *const dates[] = {
        "", "unknown", "2009", "2009-13-27 12:14:34", "0000/00/00", "Tue Oct 2009", "2009-10-27"};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct octets o = {0};
        avi_of(&o, dates[i]);
        struct probe_report *report = scan_octets("riff", o.at, o.len);
        assert_int_equal(report->time_count, 0);
        probe_report_free(report);
    }
}

static void an_avi_cut_anywhere_gives_its_date_or_none(void **state)
{
    (void)state;
    struct octets o = {0};
    avi_of(&o, "2009-10-27 12:14:34");
    assert_cuts_hold("riff", "riff-idit", o.at, o.len);
}

static void a_chunk_that_claims_too_much_is_read_to_the_end(void **state)
{
    (void)state;
    struct octets o = {0};
    avi_of(&o, "2009-10-27 12:14:34");
    memset(o.at + 16, 0xff, 4); /* the header list */
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_non_null(time_of(report, "riff-idit"));
    probe_report_free(report);
}

static void lists_within_lists_end_somewhere(void **state)
{
    (void)state;
    struct octets o = {0};
    put_text(&o, "RIFF\xff\xff\xff\xff"
                 "AVI ");
    while (o.len + 12 <= sizeof o.at)
        put_text(&o, "LIST\xff\xff\xff\xffhdrl");
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

static void a_camera_is_known_by_its_makers_chunks(void **state)
{
    (void)state;
    uint8_t junk[0xc0] = "OLYMDigital Camera";
    memcpy(junk + 0x12, "OLYMPUS OPTICAL CO.,LTD", 23);
    memcpy(junk + 0x2c, "C-5060WZ", 8);
    memcpy(junk + 0x83, "2003/11/04 10:11:12", 19);
    struct octets header = {0};
    struct octets whole = {0};
    struct octets o = {0};
    chunk(&header, "avih", "0123456789", 10);
    chunk(&header, "JUNK", junk, sizeof junk);
    list(&whole, "hdrl", &header);
    riff(&o, "AVI ", &whole);
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_string_equal(report->make, "OLYMPUS OPTICAL CO.,LTD");
    assert_string_equal(report->model, "C-5060WZ");
    assert_time(report, "riff-maker", "2003-11-04T10:11:12+08:00", PROBE_ZONE_ASSUMED);
    probe_report_free(report);
}

static void nikons_tags_are_read(void **state)
{
    (void)state;
    static const struct {
        unsigned tag;
        const char *text;
    } tags[] = {{3, "NIKON"},
                {4, "COOLPIX S4000"},
                {5, "COOLPIX S4000V1.0"},
                {0x13, "2010:05:06 07:08:09"}};
    struct octets values = {0};
    struct octets inner = {0};
    struct octets whole = {0};
    struct octets o = {0};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        put_le(&values, tags[i].tag, 2);
        put_le(&values, strlen(tags[i].text) + 1, 2);
        put(&values, tags[i].text, strlen(tags[i].text) + 1);
    }
    chunk(&inner, "nctg", values.at, values.len);
    list(&whole, "ncdt", &inner);
    riff(&o, "AVI ", &whole);
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_string_equal(report->make, "NIKON");
    assert_string_equal(report->model, "COOLPIX S4000");
    assert_string_equal(report->firmware, "COOLPIX S4000V1.0");
    assert_time(report, "riff-nikon", "2010-05-06T07:08:09+08:00", PROBE_ZONE_ASSUMED);
    probe_report_free(report);
}

static void a_place_in_ixml_is_read(void **state)
{
    (void)state;
    static const char xml[] =
        "<BWFXML><LOCATION><LOCATION_GPS>47.756787, -123.729977</LOCATION_GPS>"
        "<LOCATION_ALTITUDE>110</LOCATION_ALTITUDE></LOCATION></BWFXML>";
    struct octets whole = {0};
    struct octets o = {0};
    chunk(&whole, "iXML", xml, sizeof xml - 1);
    riff(&o, "WAVE", &whole);
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, 47.756787, 1e-9);
    assert_float_equal(report->positions[0].fix.longitude, -123.729977, 1e-9);
    assert_float_equal(report->positions[0].fix.altitude_m, 110, 1e-9);
    probe_report_free(report);
}

static void a_broadcast_wav_of_ffmpeg_is_read(void **state)
{
    (void)state;
    static const char *const kinds[] = {"never", "always"};
    for (size_t i = 0; i < 2; i++) {
        run((const char *[]){FFMPEG, SOUND, "-write_bext", "1", "-rf64", kinds[i], "-metadata",
                             "origination_date=2020-01-02", "-metadata",
                             "origination_time=03:04:05", "bext.wav", NULL});
        struct probe_report *report = scan_file("riff", "bext.wav");
        assert_time(report, "wav-bext", "2020-01-02T03:04:05+08:00", PROBE_ZONE_ASSUMED);
        probe_report_free(report);
    }
}

static void a_creation_date_that_ffmpeg_wrote_is_read(void **state)
{
    (void)state;
    run((const char *[]){FFMPEG, PICTURE, "-metadata", "date=2020-01-02 03:04:05", "date.avi",
                         NULL});
    struct probe_report *report = scan_file("riff", "date.avi");
    assert_time(report, "riff-icrd", "2020-01-02T03:04:05+08:00", PROBE_ZONE_ASSUMED);
    probe_report_free(report);
}

static void the_real_files_agree_with_exiftool(void **state)
{
    (void)state;
    struct probe_report *avi = scan_file("riff", sample("pentax.avi"));
    assert_time(avi, "riff-idit", "2009-10-27T12:14:34+08:00", PROBE_ZONE_ASSUMED);
    assert_string_equal(avi->make, "PENTAX");
    assert_string_equal(avi->model, "PENTAX K-x");
    probe_report_free(avi);

    struct probe_report *wav = scan_file("riff", sample("voice.wav"));
    assert_time(wav, "riff-icrd", "2005-08-08T16:23:35+08:00", PROBE_ZONE_ASSUMED);
    assert_string_equal(wav->make, "PENTAX Corporation");
    assert_string_equal(wav->model, "PENTAX Optio WP");
    probe_report_free(wav);
}

static void avi_of_junk(struct octets *o, const void *junk, size_t len)
{
    struct octets whole = {0};
    struct octets header = {0};
    chunk(&header, "avih", "0123456789", 10);
    list(&whole, "hdrl", &header);
    chunk(&whole, "JUNK", "padding", 7);
    chunk(&whole, "JUNK", junk, len);
    riff(o, "AVI ", &whole);
}

static void nmea_in_the_padding_of_an_avi_is_read(void **state)
{
    (void)state;
    static const char junk[] =
        "\0\0gps$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230326,003.1,W\r\n";
    struct octets o = {0};
    avi_of_junk(&o, junk, sizeof junk);
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_time(report, "nmea-riff", "2026-03-23T12:35:19Z", PROBE_CERTAIN);
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, 48.1173, 1e-6);
    probe_report_free(report);
    assert_cuts_hold("riff", "nmea-riff", o.at, o.len);
}

static void lucas_positions_are_read(void **state)
{
    (void)state;
    struct octets junk = {0};
    struct octets o = {0};
    put(&junk, "0GPS", 4);
    for (int i = 0; i < 6; i++)
        put_le(&junk, 0, 8);
    put_text(&junk, "$GA,052349,V,,,,,,*00\r\n$GA,052350,A,0949.6626,07635.4439,049,S,E,*4C\r\n"
                    "$GC,052351,180914,0000955,1,08,1.1,0017,,A*45\r\n"
                    "$GA,052351,A,0949.6627,07635.4440,049,S,E,*4C\r\n");
    avi_of_junk(&o, junk.at, junk.len);
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_time(report, "gps-lucas", "2014-09-18T05:23:51Z", PROBE_CERTAIN);
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, -9.827710, 1e-5);
    assert_float_equal(report->positions[0].fix.longitude, 76.590732, 1e-5);
    assert_int_equal(report->track_count, 2);
    probe_report_free(report);
    assert_cuts_hold("riff", "gps-lucas", o.at, o.len);
}

static void xmp_of_a_webp_is_read_where_it_stands_alone(void **state)
{
    (void)state;
    static const char xmp[] = "<rdf:Description xmp:CreateDate=\"2026-01-15T12:00:00+01:00\"/>";
    struct octets whole = {0};
    struct octets o = {0};
    chunk(&whole, "VP8 ", "0123456789", 10);
    chunk(&whole, "XMP ", xmp, sizeof xmp - 1);
    riff(&o, "WEBP", &whole);
    struct probe_report *report = scan_octets("riff", o.at, o.len);
    assert_time(report, "xmp-createdate", "2026-01-15T12:00:00+01:00", PROBE_CERTAIN);
    probe_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_writing_an_avi_date_is_read),
        cmocka_unit_test(no_date_is_made_of_what_is_none),
        cmocka_unit_test(an_avi_cut_anywhere_gives_its_date_or_none),
        cmocka_unit_test(a_chunk_that_claims_too_much_is_read_to_the_end),
        cmocka_unit_test(lists_within_lists_end_somewhere),
        cmocka_unit_test(a_camera_is_known_by_its_makers_chunks),
        cmocka_unit_test(nikons_tags_are_read),
        cmocka_unit_test(a_place_in_ixml_is_read),
        cmocka_unit_test(a_broadcast_wav_of_ffmpeg_is_read),
        cmocka_unit_test(a_creation_date_that_ffmpeg_wrote_is_read),
        cmocka_unit_test(the_real_files_agree_with_exiftool),
        cmocka_unit_test(nmea_in_the_padding_of_an_avi_is_read),
        cmocka_unit_test(lucas_positions_are_read),
        cmocka_unit_test(xmp_of_a_webp_is_read_where_it_stands_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
