#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/made.h"
#include "probe/sources/freegps.h"

extern const struct source source_freegps, source_camera_boxes, source_text_track,
    source_binary_track, source_ligo;

static const int64_t S = 1000000;
static const int64_t AT_2021 = 1634110677; /* 2021-10-13T15:37:57+08:00 */

static void put_le32s(struct made *made, size_t at, const uint32_t *values, size_t count)
{
    if (made->len < at + 4 * count)
        made_zero(made, at + 4 * count - made->len);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 4; k++)
            made->bytes[at + 4 * i + k] = (uint8_t)(values[i] >> (8 * k));
}

static void put_at(struct made *made, size_t at, const void *value, size_t len)
{
    if (made->len < at + len)
        made_zero(made, at + len - made->len);
    memcpy(made->bytes + at, value, len);
}

/* Where each camera puts its record's parts, from the mark, as the dumps in ExifTool's
 * QuickTimeStream.pl show them (which count from four octets before it). */
struct place {
    size_t clock, date, status, north, east, latitude, longitude;
    bool wide;
    bool date_first;
};

static const struct place PLACES[] = {
    {44, 56, 68, 69, 70, 72, 76, false, false}, {12, 24, 36, 37, 38, 40, 44, false, false},
    {16, 28, 40, 41, 42, 44, 48, false, false}, {60, 72, 84, 85, 86, 88, 92, false, false},
    {44, 84, 56, 64, 72, 60, 68, false, false}, {44, 108, 56, 68, 84, 60, 76, true, false},
    {12, 76, 24, 36, 52, 28, 44, true, false},  {76, 64, 60, 61, 62, 92, 88, false, true},
};

static void put_number(struct made *made, size_t at, double value, bool wide)
{
    float narrow = (float)value;
    if (wide)
        put_at(made, at, &value, sizeof value);
    else
        put_at(made, at, &narrow, sizeof narrow);
}

static void put_block(struct made *made, const struct place *place, const char letters[4])
{
    static const uint32_t clock[] = {15, 37, 57};
    static const uint32_t date[] = {21, 10, 13};
    put_at(made, 0, "freeGPS L\0\0\0", 12);
    put_le32s(made, place->clock, clock, 3);
    put_le32s(made, place->date, date, 3);
    put_at(made, place->status, letters, 1);
    put_at(made, place->north, letters + 1, 1);
    put_at(made, place->east, letters + 2, 1);
    put_number(made, place->latitude, 2232.5, place->wide);
    put_number(made, place->longitude, 11403.25, place->wide);
    made_zero(made, 64);
}

static struct probe_report *read_block(struct probe_bytes bytes)
{
    struct probe_report *report = made_report();
    struct freegps state = {0};
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.len);
    freegps_block(&state, (struct probe_bytes){copy, bytes.len}, report);
    free(copy);
    return report;
}

static void novateks_record_is_read_in_every_place_it_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        struct made made = {0};
        put_block(&made, &PLACES[i], "ASW");
        struct probe_report *report = read_block(made_bytes(&made));
        if (report->position_count != 1)
            fail_msg("layout %zu gives %zu positions", i, report->position_count);
        assert_near(report->positions[0].fix.latitude, -22.541667, 2e-5);
        assert_near(report->positions[0].fix.longitude, -114.054167, 2e-5);
        assert_int_equal(report->times[0].us, AT_2021 * S);
        assert_int_equal(report->times[0].certainty, PROBE_ZONE_ASSUMED);
        probe_report_free(report);
        for (size_t len = 0; len < made.len; len++)
            probe_report_free(read_block((struct probe_bytes){made.bytes, len}));
    }
}

static void a_void_record_and_one_of_zeros_are_no_fix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        struct made made = {0};
        put_block(&made, &PLACES[i], "VNE");
        struct probe_report *report = read_block(made_bytes(&made));
        assert_int_equal(report->position_count + report->time_count + report->track_count, 0);
        probe_report_free(report);

        made = (struct made){0};
        put_block(&made, &PLACES[i], "ANE");
        put_number(&made, PLACES[i].latitude, 0, PLACES[i].wide);
        put_number(&made, PLACES[i].longitude, 0, PLACES[i].wide);
        report = read_block(made_bytes(&made));
        assert_int_equal(report->position_count + report->time_count + report->track_count, 0);
        probe_report_free(report);
    }
}

static void other_makers_blocks_are_read(void **state)
{
    (void)state;
    /* Azdome GS63H and EEEkit, as ExifTool's comments dump them, from the mark */
    static const uint8_t AZDOME[] = {
        'f',  'r',  'e',  'e',  'G',  'P',  'S',  ' ',  0x05, 0x01, 0x00, 0x00, 0x01, 0x03, 0xaa,
        0xaa, 0xf2, 0xe1, 0xf0, 0xee, 0x54, 0x54, 0x98, 0x9a, 0x9b, 0x92, 0x9a, 0x93, 0x98, 0x9e,
        0x98, 0x98, 0x9e, 0x93, 0x98, 0x92, 0xa6, 0x9f, 0x9f, 0x9c, 0x9d, 0xed, 0xfa, 0x8a};
    static const char AZDOME_PLACE[] = "N40464350W007040308";
    struct made made = {0};
    made_put(&made, AZDOME, sizeof AZDOME);
    put_at(&made, 52, "", 0);
    for (size_t i = 0; i < sizeof AZDOME_PLACE - 1; i++) {
        uint8_t octet = (uint8_t)AZDOME_PLACE[i] ^ 0xaa;
        put_at(&made, 52 + i, &octet, 1);
    }
    made_zero(&made, 64);
    struct probe_report *report = read_block(made_bytes(&made));
    assert_near(report->positions[0].fix.latitude, 40 + 46.4350 / 60, 1e-6);
    assert_near(report->positions[0].fix.longitude, -(7 + 4.0308 / 60), 1e-6);
    assert_int_equal(report->times[0].us, INT64_C(1537800568) * S); /* 2018-09-24T22:49:28+08:00 */
    probe_report_free(report);

    /* NMEA with each octet raised by 16 (EACHPAI's dump, its checksum included) */
    static const char EACHPAI[] = "4W`b]S<AGEEBB>@@@<Q<DBD@>HFCE<^<@HCAB>FBGH<g<@>@B<C>CA<@B@FB@<<<"
                                  "Q:GF";
    made = (struct made){0};
    made_text(&made, "freeGPS ");
    put_at(&made, 56, EACHPAI, sizeof EACHPAI);
    made_zero(&made, 64);
    report = read_block(made_bytes(&made));
    assert_near(report->positions[0].fix.latitude, 42 + 40.8635 / 60, 1e-7);
    assert_near(report->positions[0].fix.longitude, -(83 + 12.6278 / 60), 1e-7);
    assert_int_equal(report->times[0].us, INT64_C(1591120522) * S);
    probe_report_free(report);

    /* Vantrue: NMEA as it stands */
    made = (struct made){0};
    made_text(&made, "freeGPS ");
    put_at(&made, 108,
           "$GNRMC,132230.000,A,4721.35197,N,00830.80859,E,22.519,199.88,141222,,,A*75\r\n", 76);
    report = read_block(made_bytes(&made));
    assert_near(report->positions[0].fix.latitude, 47 + 21.35197 / 60, 1e-7);
    assert_int_equal(report->times[0].certainty, PROBE_CERTAIN);
    assert_int_equal(report->times[0].us, INT64_C(1671024150) * S);
    probe_report_free(report);

    /* 70mai: its tag twice, degrees as integers, no clock */
    made = (struct made){0};
    made_text(&made, "freeGPS ");
    made_le(&made, 0x2c, 4);
    made_le(&made, 0, 2);
    made_le(&made, 0x2c, 2);
    made_zero(&made, 10);
    made_text(&made, "A");
    made_le(&made, 225416667, 4);
    made_le(&made, 1140541667, 4);
    made_zero(&made, 32);
    report = read_block(made_bytes(&made));
    assert_near(report->positions[0].fix.longitude, 114.0541667, 1e-9);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
}

static void coordinates_that_are_encrypted_are_unknown(void **state)
{
    (void)state;
    /* Akaso V1, as ExifTool's comment dumps it: a plausible clock, and no readable place */
    static const uint8_t AKASO[] = {
        0x0e, 0,    0,    0,    0x27, 0,    0,    0,    0x2c, 0,    0,    0,    0xe3, 0x07,
        0,    0,    5,    0,    0,    0,    0x1d, 0,    0,    0,    'A',  'N',  'E',  0,
        0,    0,    0,    0,    0xf1, 0x4e, 0x3e, 0x3d, 0x90, 0xdf, 0xca, 0x40, 0xe3, 0x50,
        0xbf, 0x0b, 0x0b, 0x31, 0xa0, 0x40, 0x4b, 0xdc, 0xc8, 0x41, 0x9a, 0x79, 0xa7, 0x43};
    struct made made = {0};
    made_text(&made, "freeGPS ");
    put_at(&made, 44, AKASO, sizeof AKASO);
    made_zero(&made, 64);
    struct probe_report *report = read_block(made_bytes(&made));
    assert_int_equal(report->position_count + report->time_count, 0);
    probe_report_free(report);
}

static void blocks_are_found_by_their_index_and_without_it(void **state)
{
    (void)state;
    for (int indexed = 0; indexed < 2; indexed++) {
        struct made made = {0};
        made_box(&made, "ftyp");
        made_text(&made, "isom");
        made_zero(&made, 4);
        made_end(&made);
        made_box(&made, "mdat");
        made_zero(&made, 100);
        size_t at = made.len;
        struct made block = {0};
        put_block(&block, &PLACES[0], "ANE");
        made_be(&made, 0x8000, 4);
        made_put(&made, block.bytes, block.len);
        made_end(&made);
        made_box(&made, "moov");
        if (indexed == 1) {
            made_box(&made, "gps ");
            made_be(&made, 0x101, 4);
            made_be(&made, 3, 4);
            made_be(&made, at, 4);
            made_be(&made, 0x8000, 4);
            made_be(&made, 0xffffff00, 4); /* beyond the file */
            made_be(&made, 0x8000, 4);
            made_be(&made, 4, 4); /* none there */
            made_be(&made, 0x8000, 4);
            made_end(&made);
        }
        made_end(&made);
        struct probe_report *report = made_scan(&source_freegps, made_bytes(&made));
        assert_int_equal(report->track_count, 1);
        assert_string_equal(report->contents[0].name, "freegps");
        assert_string_equal(report->contents[0].detail, "1 blocks");
        probe_report_free(report);
        made_scan_cuts(&source_freegps, &made);
    }
}

/* Gives a source one packet. */
static bool feed(const struct source *source, void *state, const char *tag,
                 enum probe_stream_type type, struct probe_bytes data, struct probe_report *report)
{
    struct source_stream stream = {.type = type, .codec = "none"};
    memcpy(stream.tag, tag, strlen(tag));
    uint8_t *copy = malloc(data.len > 0 ? data.len : 1);
    assert_non_null(copy);
    memcpy(copy, data.at, data.len);
    assert_true(source->wants(&stream));
    const struct source_packet packet = {
        .data = {copy, data.len}, .time_s = NAN, .duration_s = NAN};
    bool more = source->packet(state, &stream, &packet, report);
    free(copy);
    return more;
}

/* One transport packet of a stream. */
static void put_transport(struct made *made, size_t time_bytes, bool start, struct probe_bytes part)
{
    size_t stuffing = 184 - part.len;
    made_zero(made, time_bytes);
    made_be(made, start ? 0x474300 : 0x470300, 3);
    made_be(made, stuffing > 0 ? 0x30 : 0x10, 1);
    if (stuffing > 0) {
        made_be(made, stuffing - 1, 1);
        made_zero(made, stuffing - 1);
    }
    made_put(made, part.at, part.len);
}

static void the_record_in_a_private_stream_is_read_with_and_without_a_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t prefix = i % 2 == 1 ? 164 : 0;
        size_t time_bytes = i / 2 == 1 ? 4 : 0;
        struct made block = {0};
        put_block(&block, &PLACES[0], "ANE");
        struct made packet = {0};
        made_be(&packet, 0x000001bf, 4);
        made_be(&packet, 300, 2);
        made_zero(&packet, prefix);
        made_put(&packet, block.bytes + 44, 48);
        made_zero(&packet, 300);

        struct made made = {0};
        put_transport(&made, time_bytes, true, (struct probe_bytes){packet.bytes, 184});
        put_transport(&made, time_bytes, false, (struct probe_bytes){packet.bytes + 184, 100});
        put_transport(&made, time_bytes, false, (struct probe_bytes){packet.bytes + 284, 184});
        made_zero(&made, 8);
        struct probe_report *report = made_scan(&source_freegps, made_bytes(&made));
        assert_int_equal(report->track_count, 1);
        assert_int_equal(report->times[0].us, AT_2021 * S);
        probe_report_free(report);
        made_scan_cuts(&source_freegps, &made);
    }
}

static void camera_boxes_give_their_tracks(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "free");
    made_box(&made, "gps ");
    made_text(&made,
              "[1694563199123]$GNRMC,,V,,,,,,,,,,N*4D\r\n"
              "[1694563200123]$GNRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230323,,\r\n");
    made_end(&made);
    made_end(&made);
    struct probe_report *report = made_scan(&source_camera_boxes, made_bytes(&made));
    assert_string_equal(report->track_source, "nmea-blackvue");
    assert_int_equal(report->times[0].us, INT64_C(1679574919) * S);
    probe_report_free(report);

    made = (struct made){0};
    made_box(&made, "GPS ");
    for (uint32_t i = 0; i < 3; i++) {
        made_le(&made, 1, 4);
        made_le(&made, i > 0, 4); /* the first has no fix yet */
        made_le(&made, i, 4);
        made_le(&made, 36000, 4);
        made_text(&made, "N");
        made_le(&made, 2232500 + i, 4); /* 22 degrees 32.5 minutes */
        made_text(&made, "E");
        made_le(&made, 11403250, 4);
        made_zero(&made, 10);
    }
    made_end(&made);
    report = made_scan(&source_camera_boxes, made_bytes(&made));
    assert_int_equal(report->track_count, 2);
    assert_near(report->positions[0].fix.latitude, 22 + 32.501 / 60, 1e-6);
    assert_int_equal(report->time_count, 0);
    probe_report_free(report);
    made_scan_cuts(&source_camera_boxes, &made);

    static const uint8_t clock[] = {21, 10, 13, 7, 37, 57, 0, 1, 1, 0};
    made = (struct made){0};
    made_box(&made, "gps0");
    made_le_double(&made, 5545.5);
    made_le_double(&made, 3737.5);
    made_le(&made, 128, 4);
    made_le(&made, 40, 2);
    made_put(&made, clock, sizeof clock);
    made_end(&made);
    report = made_scan(&source_camera_boxes, made_bytes(&made));
    assert_near(report->positions[0].fix.latitude, 55 + 45.5 / 60, 1e-9);
    assert_int_equal(report->times[0].us, AT_2021 * S);
    probe_report_free(report);
    made_scan_cuts(&source_camera_boxes, &made);
}

static void texts_in_tracks_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double latitude, longitude;
    } cases[] = {
        {"GPRMC,041646.00,A,5000.00000,N,3000.00000,E,14.101,16.87,020626,,,A*54", 50, 30},
        {"F/2.8, SS 1000, ISO 100, GPS (114.0542, 22.5417, 15), D 20m", 22.5417, 114.0542},
        {"HOME(114.1,22.5) GPS(114.0542,22.5417,15) BAROMETER:20", 22.5417, 114.0542},
        {"[iso: 100] [latitude: 22.5417] [longitude: 114.0542] [altitude: 30.5]", 22.5417,
         114.0542},
        {"{\"lat\": -22.5, \"lng\":\"114.25\"}", -22.5, 114.25},
        {"{\"lat\": null, \"lng\": null}", NAN, NAN},
        {"a platitude: 3", NAN, NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct probe_report *report = made_report();
        void *own = calloc(1, source_text_track.state_bytes);
        struct probe_bytes text = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};
        (void)feed(&source_text_track, own, "text", PROBE_SUBTITLE, text, report);
        if (isnan(cases[i].latitude)) {
            assert_int_equal(report->position_count, 0);
        } else {
            if (report->position_count != 1)
                fail_msg("nothing in %s", cases[i].text);
            assert_near(report->positions[0].fix.latitude, cases[i].latitude, 1e-9);
            assert_near(report->positions[0].fix.longitude, cases[i].longitude, 1e-9);
        }
        free(own);
        probe_report_free(report);
    }
}

static void garmins_record_in_the_place_of_a_caption_is_read(void **state)
{
    (void)state;
    for (size_t prefix = 0; prefix <= 2; prefix += 2) {
        struct made made = {0};
        made_be(&made, 20, prefix);
        made_text(&made, "PNDM");
        made_be(&made, 25, 4);
        made_zero(&made, 4);
        made_le(&made, 0x238e38e4, 4); /* 50 degrees */
        made_le(&made, (uint32_t)-0x15555555, 4);
        for (size_t len = 0; len <= made.len; len++) {
            struct probe_report *report = made_report();
            void *own = calloc(1, source_text_track.state_bytes);
            (void)feed(&source_text_track, own, "text", PROBE_SUBTITLE,
                       (struct probe_bytes){made.bytes, len}, report);
            assert_int_equal(report->position_count, len == made.len);
            if (len == made.len) {
                assert_near(report->positions[0].fix.latitude, 50, 1e-6);
                assert_near(report->positions[0].fix.longitude, -30, 1e-6);
            }
            free(own);
            probe_report_free(report);
        }
    }
}

static void put_scaled(struct made *made, size_t at, int64_t value, int64_t scale)
{
    put_at(made, at, &value, 8);
    put_at(made, at + 8, &scale, 8);
}

static void wolfboxs_record_under_gopros_tag_is_read(void **state)
{
    (void)state;
    static const uint32_t date[] = {13, 10, 2021};
    static const uint32_t clock[] = {7, 37, 57};
    struct made made = {0};
    put_le32s(&made, 0x68, date, 3);
    put_le32s(&made, 0xa0, clock, 3);
    put_scaled(&made, 0xb0, -22325, 10);
    put_scaled(&made, 0xc0, 11403250, 1000);
    put_scaled(&made, 0xe8, 155, 10);
    for (size_t len = 0; len <= made.len; len += 4) {
        struct probe_report *report = made_report();
        void *own = calloc(1, source_binary_track.state_bytes);
        (void)feed(&source_binary_track, own, "gpmd", PROBE_DATA,
                   (struct probe_bytes){made.bytes, len}, report);
        assert_int_equal(report->position_count, len == made.len);
        if (len == made.len) {
            assert_near(report->positions[0].fix.latitude, -(22 + 32.5 / 60), 1e-9);
            assert_near(report->positions[0].fix.altitude_m, 15.5, 1e-9);
            assert_int_equal(report->times[0].us, AT_2021 * S);
        }
        free(own);
        probe_report_free(report);
    }
}

static void registratorviewers_export_is_read(void **state)
{
    (void)state;
    struct made made = {0};
    made_text(&made, "gReV");
    made_le(&made, 114054167, 4);
    made_le(&made, (uint32_t)-22541667, 4);
    made_zero(&made, 8);
    made_text(&made, "\f");
    struct probe_report *report = made_report();
    void *own = calloc(1, source_binary_track.state_bytes);
    (void)feed(&source_binary_track, own, "RVMI", PROBE_DATA, made_bytes(&made), report);
    assert_near(report->positions[0].fix.latitude, -22.541667, 1e-9);
    assert_near(report->positions[0].fix.longitude, 114.054167, 1e-9);
    free(own);
    probe_report_free(report);
}

static void ligogps_lines_behind_the_last_box_are_read(void **state)
{
    (void)state;
    struct made made = {0};
    made_box(&made, "mdat");
    made_text(&made, "LIGOGPSINFO 2001/01/01 00:00:00 N:1.0 E:1.0"); /* in the media: not read */
    made_end(&made);
    made_zero(&made, 20);
    made_text(&made, "LIGOGPSINFO");
    made_zero(&made, 9);
    made_text(&made, "2021/10/13 15:37:56 N:00.000000 W:000.000000 00.0 km/h");
    made_zero(&made, 20);
    made_text(&made, "2021/10/13 15:37:57 S:22.541667 W:114.054167 44.0 km/h");
    made_zero(&made, 20);
    made_text(&made, "2021/10/13 15:37:58 ?:22.541667 W:114.054167");
    struct probe_report *report = made_scan(&source_camera_boxes, made_bytes(&made));
    assert_int_equal(report->track_count, 1);
    assert_near(report->positions[0].fix.latitude, -22.541667, 1e-9);
    assert_near(report->positions[0].fix.longitude, -114.054167, 1e-9);
    assert_int_equal(report->times[0].us, AT_2021 * S);
    assert_int_equal(report->times[0].certainty, PROBE_ZONE_ASSUMED);
    probe_report_free(report);
    made_scan_cuts(&source_camera_boxes, &made);
}

static void texts_under_a_mask_in_tracks_are_read(void **state)
{
    (void)state;
    /* Blueskysea's and Ambarella's texts, as ExifTool's comments have them */
    static const struct {
        const char *text;
        double latitude, longitude;
        int64_t at_s;
    } cases[] = {
        {"..\0\0\0\0\xfe\xfe"
         "20190820075157"
         "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3"
         "N48515873E002197769",
         48 + 51.5873 / 60, 2 + 19.7769 / 60, 1566258717},
        {"..XKZD\xfe\xfe"
         "20191116100901"
         "\f"
         "01191016070859\3"
         "N55451167E037430041+0157000",
         55 + 45.1167 / 60, 37 + 43.0041 / 60, 1573870141},
    };
    for (size_t i = 0; i < 2; i++) {
        struct made made = {0};
        made_put(&made, cases[i].text, 57);
        made_zero(&made, 240);
        for (size_t k = 2; k < made.len; k++)
            made.bytes[k] ^= 0xaa;
        struct probe_report *report = made_report();
        void *own = calloc(1, source_text_track.state_bytes);
        (void)feed(&source_text_track, own, "text", PROBE_DATA, made_bytes(&made), report);
        assert_int_equal(report->position_count, 1);
        assert_near(report->positions[0].fix.latitude, cases[i].latitude, 1e-9);
        assert_near(report->positions[0].fix.longitude, cases[i].longitude, 1e-9);
        assert_int_equal(report->times[0].us, cases[i].at_s * S);
        free(own);
        probe_report_free(report);
    }
}

static void street_views_camera_motion_is_read(void **state)
{
    (void)state;
    for (uint16_t type = 5; type <= 6; type++) {
        for (uint32_t fix = 0; fix <= 3; fix += 3) {
            struct made made = {0};
            made_le(&made, 0, 2);
            made_le(&made, type, 2);
            if (type == 6) {
                made_le_double(&made, 1.3e9);
                made_le(&made, fix, 4);
            }
            made_le_double(&made, -22.5);
            made_le_double(&made, 114.25);
            if (type == 6)
                made_le_float(&made, 12.5F);
            else
                made_le_double(&made, 12.5);
            made_zero(&made, 20);
            struct probe_report *report = made_report();
            void *own = calloc(1, source_binary_track.state_bytes);
            (void)feed(&source_binary_track, own, "camm", PROBE_DATA, made_bytes(&made), report);
            assert_int_equal(report->position_count, type == 5 || fix == 3);
            if (report->position_count == 1) {
                assert_near(report->positions[0].fix.latitude, -22.5, 1e-9);
                assert_near(report->positions[0].fix.altitude_m, 12.5, 1e-9);
            }
            assert_int_equal(report->time_count, 0);
            free(own);
            probe_report_free(report);
        }
    }
}

static void ligogps_under_its_cipher_is_read(void **state)
{
    (void)state;
    static const char PLAIN[] = "####2021/10/13 15:37:57 S:22.541667 W:114.054167";
    struct made made = {0};
    made_text(&made, "####");
    made_le(&made, 0, 4);
    for (size_t i = 0; i < sizeof PLAIN - 1; i += 4) {
        /* the fourth octet lacks the bits 0x10 that the control octet brings */
        made_be(&made, 0xc0 | (PLAIN[i + 3] & 0x10), 1);
        for (size_t k = 0; k < 4; k++)
            made_be(&made, (uint8_t)(PLAIN[i + k] ^ 0x20) & (k == 3 ? 0xef : 0xff), 1);
    }
    made.bytes[4] = (uint8_t)(made.len - 8);
    for (size_t len = 0; len <= made.len; len++) {
        struct probe_report *report = made_report();
        void *own = calloc(1, source_ligo.state_bytes);
        (void)feed(&source_ligo, own, "ssmd", PROBE_DATA, (struct probe_bytes){made.bytes, len},
                   report);
        if (len == made.len) {
            assert_int_equal(report->position_count, 1);
            assert_near(report->positions[0].fix.latitude, -22.541667, 1e-9);
            assert_near(report->positions[0].fix.longitude, -114.054167, 1e-9);
            assert_int_equal(report->times[0].us, AT_2021 * S);
        }
        free(own);
        probe_report_free(report);
    }
}

static void fixed_records_in_tracks_are_read(void **state)
{
    (void)state;
    struct made made = {0};
    made_zero(&made, 52);
    made_le(&made, 1, 1);
    made_le(&made, 0, 1);
    made_le(&made, 55, 2);
    made_le_float(&made, 27);
    made_le_float(&made, 5000.5F);
    made_le_float(&made, 3000.25F);
    made_le(&made, 1762851263, 4); /* 2025-11-11T08:54:23 on the camera's clock */
    struct probe_report *report = made_report();
    void *own = calloc(1, source_binary_track.state_bytes);
    assert_true(feed(&source_binary_track, own, "mp4s", PROBE_DATA, made_bytes(&made), report));
    assert_near(report->positions[0].fix.longitude, -(30 + 0.25 / 60), 1e-5);
    assert_near(report->positions[0].fix.altitude_m, 55, 1e-9);
    assert_int_equal(report->times[0].us, INT64_C(1762822463) * S);
    assert_int_equal(report->times[0].certainty, PROBE_ZONE_ASSUMED);
    free(own);
    probe_report_free(report);

    /* Neoline: no fix first (its mark is 4294967295), then one */
    report = made_report();
    own = calloc(1, source_binary_track.state_bytes);
    for (int fix = 0; fix < 2; fix++) {
        made = (struct made){0};
        made_le_double(&made, fix == 1 ? 55.75 : 4294967295.0);
        made_le_double(&made, fix == 1 ? 37.5 : 4294967295.0);
        made_le(&made, 365, 4);
        made_le(&made, 16, 2);
        made_le(&made, fix == 1 ? 0x057e : 0x047e, 2);
        made_zero(&made, 16);
        assert_true(feed(&source_binary_track, own, "ssmd", PROBE_DATA, made_bytes(&made), report));
        assert_int_equal(report->position_count, fix);
    }
    assert_near(report->positions[0].fix.latitude, 55.75, 1e-9);
    assert_int_equal(report->time_count, 0);
    free(own);
    probe_report_free(report);
}

int main(void)
{
    (void)setenv("TZ", "Asia/Shanghai", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(novateks_record_is_read_in_every_place_it_has),
        cmocka_unit_test(a_void_record_and_one_of_zeros_are_no_fix),
        cmocka_unit_test(other_makers_blocks_are_read),
        cmocka_unit_test(coordinates_that_are_encrypted_are_unknown),
        cmocka_unit_test(blocks_are_found_by_their_index_and_without_it),
        cmocka_unit_test(the_record_in_a_private_stream_is_read_with_and_without_a_prefix),
        cmocka_unit_test(camera_boxes_give_their_tracks),
        cmocka_unit_test(texts_in_tracks_are_read),
        cmocka_unit_test(garmins_record_in_the_place_of_a_caption_is_read),
        cmocka_unit_test(wolfboxs_record_under_gopros_tag_is_read),
        cmocka_unit_test(registratorviewers_export_is_read),
        cmocka_unit_test(ligogps_lines_behind_the_last_box_are_read),
        cmocka_unit_test(texts_under_a_mask_in_tracks_are_read),
        cmocka_unit_test(street_views_camera_motion_is_read),
        cmocka_unit_test(ligogps_under_its_cipher_is_read),
        cmocka_unit_test(fixed_records_in_tracks_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
