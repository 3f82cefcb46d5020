#include "probe/sources/sei.h"

#include "source_run.h"

static const struct source_stream h264 = {.type = PROBE_VIDEO, .codec = "h264"};
static const struct source_stream h264_mp4 = {
    .type = PROBE_VIDEO, .codec = "h264", .nal_length_size = 4};
static const struct source_stream h265 = {.type = PROBE_VIDEO, .codec = "hevc"};

/* An Annex B access unit: delimiter, one SEI message with emulation prevention, a slice. */
static void access_unit(struct octets *o, bool is_h265, unsigned type, const uint8_t *payload,
                        size_t len)
{
    struct octets sei = {0};
    put_be(&sei, type, 1);
    for (size_t left = len;; left -= 255) {
        put_be(&sei, left < 255 ? left : 255, 1);
        if (left < 255)
            break;
    }
    put(&sei, payload, len);
    put_be(&sei, 0x80, 1);

    put(o, is_h265 ? "\0\0\0\1\x46\1\x50" : "\0\0\0\1\x09\xf0", is_h265 ? 7 : 6);
    put(o, is_h265 ? "\0\0\1\x4e\1" : "\0\0\1\x06", is_h265 ? 5 : 4);
    unsigned zeros = 0;
    for (size_t i = 0; i < sei.len; i++) {
        if (zeros >= 2 && sei.at[i] <= 3) {
            put_be(o, 3, 1);
            zeros = 0;
        }
        put(o, sei.at + i, 1);
        zeros = sei.at[i] == 0 ? zeros + 1 : 0;
    }
    put(o, is_h265 ? "\0\0\1\x26\1\xaf" : "\0\0\1\x65\x88\x84", 6);
}

static const uint8_t mdpm_head[] = {0x17, 0xee, 0x8c, 0x60, 0xf8, 0x4d, 0x11, 0xd9, 0x8c, 0xd6,
                                    0x08, 0x00, 0x20, 0x0c, 0x9a, 0x66, 'M',  'D',  'P',  'M'};

/* A camera in Berlin in winter, at 48 deg 7' 30" N, 11 deg 30' 0" E, 520 m, with all packs. */
static size_t mdpm_payload(uint8_t *at, uint8_t zone, char status)
{
    static const uint8_t packs[][5] = {
        {0x18, 0x00, 0x20, 0x12, 0x02},
        {0x19, 0x29, 0x23, 0x16, 0x24},
        {0xb1, 'N', 0, 0, 0},
        {0xb2, 0, 48, 0, 1},
        {0xb3, 0, 7, 0, 1},
        {0xb4, 0, 30, 0, 1},
        {0xb5, 'E', 0, 0, 0},
        {0xb6, 0, 11, 0, 1},
        {0xb7, 0, 30, 0, 1},
        {0xb8, 0, 0, 0, 1},
        {0xb9, 0, 0, 0, 0},
        {0xba, 2, 8, 0, 1},
        {0xbb, 0, 22, 0, 1},
        {0xbc, 0, 16, 0, 1},
        {0xbd, 0, 20, 0, 1},
        {0xbe, 0, 0, 0, 0},
        {0xca, '2', '0', '1', '2'},
        {0xcb, ':', '0', '2', ':'},
        {0xcc, '2', '9', 0, 0},
        {0xe0, 0x01, 0x08, 0x31, 0x00},
        {0xe4, 'H', 'D', 'R', '-'},
        {0xe5, 'C', 'X', '7', '4'},
        {0xe6, '0', 0, 0, 0},
    };
    memcpy(at, mdpm_head, sizeof mdpm_head);
    at[sizeof mdpm_head] = (uint8_t)(sizeof packs / 5);
    uint8_t *body = at + sizeof mdpm_head + 1;
    memcpy(body, packs, sizeof packs);
    body[1] = zone;
    body[15 * 5 + 1] = (uint8_t)status;
    return sizeof mdpm_head + 1 + sizeof packs;
}

static void an_avchd_camera_tells_time_zone_place_and_model(void **state)
{
    (void)state;
    uint8_t payload[256];
    struct octets o = {0};
    access_unit(&o, false, SEI_USER_DATA_UNREGISTERED, payload, mdpm_payload(payload, 0x02, 'A'));
    struct probe_report *report = feed_packet("mdpm", &h264, o.at, o.len);
    assert_time(report, "mdpm", "2012-02-29T23:16:24+01:00", PROBE_CERTAIN);
    assert_time(report, "mdpm-gps", "2012-02-29T22:16:20Z", PROBE_CERTAIN);
    assert_string_equal(report->make, "Sony");
    assert_string_equal(report->model, "HDR-CX740");
    assert_int_equal(report->position_count, 1);
    assert_float_equal(report->positions[0].fix.latitude, 48.125, 1e-6);
    assert_float_equal(report->positions[0].fix.longitude, 11.5, 1e-6);
    assert_float_equal(report->positions[0].fix.altitude_m, 520, 1e-6);
    probe_report_free(report);
}

static void a_zone_octet_is_read_as_its_bits_say(void **state)
{
    (void)state;
    static const struct {
        uint8_t octet;
        const char *text;
        enum probe_certainty certainty;
    } cases[] = {
        {0x10, "2012-02-29T23:16:24+08:00", PROBE_CERTAIN},
        {0x2a, "2012-02-29T23:16:24-05:00", PROBE_CERTAIN},
        {0x0b, "2012-02-29T23:16:24+05:30", PROBE_CERTAIN},
        {0x42, "2012-02-29T23:16:24+02:00", PROBE_CERTAIN}, /* summer time beside +01:00 */
        {0xff, "2012-02-29T23:16:24+08:00", PROBE_ZONE_ASSUMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t payload[256];
        struct octets o = {0};
        access_unit(&o, false, 5, payload, mdpm_payload(payload, cases[i].octet, 'A'));
        struct probe_report *report = feed_packet("mdpm", &h264, o.at, o.len);
        assert_time(report, "mdpm", cases[i].text, cases[i].certainty);
        probe_report_free(report);
    }
}

static void a_receiver_without_lock_gives_no_position(void **state)
{
    (void)state;
    uint8_t payload[256];
    struct octets o = {0};
    access_unit(&o, false, 5, payload, mdpm_payload(payload, 0x02, 'V'));
    struct probe_report *report = feed_packet("mdpm", &h264, o.at, o.len);
    assert_int_equal(report->position_count, 0);
    assert_non_null(time_of(report, "mdpm"));
    probe_report_free(report);
}

static void an_avchd_packet_cut_anywhere_is_read_to_the_cut(void **state)
{
    (void)state;
    uint8_t payload[256];
    struct octets o = {0};
    access_unit(&o, false, 5, payload, mdpm_payload(payload, 0x02, 'A'));
    for (size_t cut = 0; cut < o.len; cut++) {
        struct probe_report *report = feed_packet("mdpm", &h264, o.at, cut);
        const struct probe_time *time = time_of(report, "mdpm");
        if (time != NULL)
            assert_int_equal(time->us, INT64_C(1330553784000000));
        probe_report_free(report);
    }
}

static void the_real_camcorder_agrees_with_exiftool(void **state)
{
    (void)state;
    struct probe_report *report = feed_file("mdpm", sample("avchd.mts"));
    assert_time(report, "mdpm", "2008-12-31T23:16:24+01:00", PROBE_CERTAIN);
    assert_string_equal(report->make, "Canon");
    assert_int_equal(report->position_count, 0);
    probe_report_free(report);
}

/* Status, and the time with FF after its second, fourth and sixth octet. */
static size_t misb_payload(uint8_t *at, const void *uuid, uint8_t status, uint64_t time)
{
    memcpy(at, uuid, 16);
    at[16] = status;
    for (size_t i = 0, n = 0; i < 11; i++) {
        bool pad = i % 3 == 2;
        at[17 + i] = (uint8_t)(pad ? 0xff : time >> (56 - 8 * n));
        if (!pad)
            n++;
    }
    return 28;
}

static const uint8_t nano_uuid[16] = {0xcf, 0x84, 0x82, 0x78, 0xee, 0x23, 0x30, 0x6c,
                                      0x92, 0x65, 0xe8, 0xfe, 0xf2, 0x2f, 0xb8, 0xb8};

static void stamps_under_lock_are_a_time_and_are_counted(void **state)
{
    (void)state;
    uint8_t payload[28];
    struct octets o = {0};
    access_unit(&o, false, 5, payload,
                misb_payload(payload, "MISPmicrosectime", 0x1f, 1700000000123456));
    struct probe_report *report = feed_packet("misb-st0604", &h264, o.at, o.len);
    assert_time(report, "misb-st0604", "2023-11-14T22:13:20.123456Z", PROBE_CERTAIN);
    const struct probe_content *content = content_of(report, "misb-st0604");
    assert_non_null(content);
    assert_string_equal(content->detail, "1 stamps, 1 locked, 0 discontinuities, first "
                                         "2023-11-14T22:13:20Z (status 0x1f), last "
                                         "2023-11-14T22:13:20Z");
    probe_report_free(report);
}

static void nanoseconds_in_h265_are_read(void **state)
{
    (void)state;
    uint8_t payload[28];
    struct octets o = {0};
    access_unit(&o, true, 5, payload,
                misb_payload(payload, nano_uuid, 0x1f, UINT64_C(1700000000123456789)));
    struct probe_report *report = feed_packet("misb-st0604", &h265, o.at, o.len);
    assert_time(report, "misb-st0604", "2023-11-14T22:13:20.123456Z", PROBE_CERTAIN);
    probe_report_free(report);
}

static void stamps_without_lock_are_told_but_are_no_time(void **state)
{
    (void)state;
    uint8_t payload[28];
    struct octets o = {0};
    access_unit(&o, false, 5, payload,
                misb_payload(payload, "MISPmicrosectime", 0x9f, 1700000000123456));
    struct probe_report *report = feed_packet("misb-st0604", &h264, o.at, o.len);
    assert_int_equal(report->time_count, 0);
    assert_non_null(content_of(report, "misb-st0604"));
    probe_report_free(report);
}

static void a_stamp_without_its_fill_octets_is_none(void **state)
{
    (void)state;
    uint8_t payload[28];
    struct octets o = {0};
    size_t len = misb_payload(payload, "MISPmicrosectime", 0x1f, 1700000000123456);
    payload[19] = 0x12;
    access_unit(&o, false, 5, payload, len);
    struct probe_report *report = feed_packet("misb-st0604", &h264, o.at, o.len);
    assert_null(content_of(report, "misb-st0604"));
    probe_report_free(report);
}

static void the_kinds_of_signed_video_are_told_apart(void **state)
{
    (void)state;
    static const uint8_t onvif[24] = {0x00, 0x5b, 0xc9, 0x3f, 0x2d, 0x71, 0x5e, 0x95,
                                      0xad, 0xa4, 0x79, 0x6f, 0x90, 0x87, 0x7a, 0x6f};
    static const uint8_t axis[] = "Signed Video...0signature";
    static const struct {
        unsigned type;
        const uint8_t *payload;
        const char *detail;
    } cases[] = {
        {5, onvif, "ONVIF media signing"},
        {5, axis, "Axis signed video"},
        {220, onvif, "digitally signed content (ITU-T H.274)"},
        {222, onvif, "digitally signed content (ITU-T H.274)"},
        {219, onvif, NULL},
        {5, mdpm_head, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct octets o = {0};
        access_unit(&o, i % 2 == 1, cases[i].type, cases[i].payload, 20);
        struct probe_report *report =
            feed_packet("signed-stream", i % 2 == 1 ? &h265 : &h264, o.at, o.len);
        const struct probe_content *content = content_of(report, "signed-stream");
        if (cases[i].detail == NULL)
            assert_null(content);
        else
            assert_string_equal(content->detail, cases[i].detail);
        probe_report_free(report);
    }
}

static void signed_video_of_ffmpeg_is_seen_in_each_container(void **state)
{
    (void)state;
    static const char *const names[] = {"signed.mp4", "signed.ts", "signed.mkv", "signed.h264"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        run((const char *[]){FFMPEG, PICTURE, "-c:v", "libx264", "-bsf:v",
                             "h264_metadata=sei_user_data=5369676e656420566964656f2e2e2e30+x",
                             names[i], NULL});
        struct probe_report *report = feed_file("signed-stream", names[i]);
        const struct probe_content *content = content_of(report, "signed-stream");
        assert_non_null(content);
        assert_string_equal(content->detail, "Axis signed video");
        probe_report_free(report);
    }
}

static void lengths_beyond_the_packet_end_the_walk(void **state)
{
    (void)state;
    uint8_t payload[256];
    struct octets annex = {0};
    access_unit(&annex, false, 5, payload, mdpm_payload(payload, 0x02, 'A'));
    /* the SEI unit alone, with a length in front of it: right, one too long, all ones */
    size_t unit = annex.len - 9 - 6;
    const uint64_t lengths[] = {unit, unit + 1, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct octets o = {0};
        put_be(&o, lengths[i], 4);
        put(&o, annex.at + 9, unit);
        struct probe_report *report = feed_packet("mdpm", &h264_mp4, o.at, o.len);
        assert_int_equal(time_of(report, "mdpm") != NULL, i == 0);
        probe_report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_avchd_camera_tells_time_zone_place_and_model),
        cmocka_unit_test(a_zone_octet_is_read_as_its_bits_say),
        cmocka_unit_test(a_receiver_without_lock_gives_no_position),
        cmocka_unit_test(an_avchd_packet_cut_anywhere_is_read_to_the_cut),
        cmocka_unit_test(the_real_camcorder_agrees_with_exiftool),
        cmocka_unit_test(stamps_under_lock_are_a_time_and_are_counted),
        cmocka_unit_test(nanoseconds_in_h265_are_read),
        cmocka_unit_test(stamps_without_lock_are_told_but_are_no_time),
        cmocka_unit_test(a_stamp_without_its_fill_octets_is_none),
        cmocka_unit_test(the_kinds_of_signed_video_are_told_apart),
        cmocka_unit_test(signed_video_of_ffmpeg_is_seen_in_each_container),
        cmocka_unit_test(lengths_beyond_the_packet_end_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
