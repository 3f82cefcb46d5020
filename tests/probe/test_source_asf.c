#include "source_run.h"

static void object(struct octets *o, const char *guid, const struct octets *content)
{
    put(o, guid, 16);
    put_le(o, content->len + 24, 8);
    put(o, content->at, content->len);
}

#define HEADER_GUID     "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
#define PROPERTIES_GUID "\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\x00\xc0\x0c\x20\x53\x65"
#define ATTRIBUTES_GUID "\x40\xa4\xd0\xd2\x07\xe3\xd2\x11\x97\xf0\x00\xa0\xc9\x5e\xa8\x50"

static void utf16(struct octets *o, const char *text)
{
    for (; *text != '\0'; text++)
        put_le(o, (uint8_t)*text, 2);
    put_le(o, 0, 2);
}

/* A header with the time 2005-09-28T15:40:21Z, or the epoch, and a camera's attributes. */
static void asf_of(struct octets *o, uint64_t filetime)
{
    struct octets properties = {0};
    struct octets attributes = {0};
    struct octets body = {0};
    put_le(&properties, 0, 8);
    put_le(&properties, 0, 8);
    put_le(&properties, 12345, 8);
    put_le(&properties, filetime, 8);
    put_le(&attributes, 1, 2);
    put_le(&attributes, 38, 2);
    utf16(&attributes, "DeviceManufacturer");
    put_le(&attributes, 0, 2);
    put_le(&attributes, 10, 2);
    utf16(&attributes, "ACME");
    object(&body, PROPERTIES_GUID, &properties);
    object(&body, ATTRIBUTES_GUID, &attributes);
    put(o, HEADER_GUID, 16);
    put_le(o, 30 + body.len, 8);
    put_le(o, 2, 4);
    put_le(o, 0x0201, 2);
    put(o, body.at, body.len);
}

static const uint64_t CREATED = UINT64_C(127723956210000000);

static void the_headers_date_and_maker_are_read(void **state)
{
    (void)state;
    struct octets o = {0};
    asf_of(&o, CREATED);
    struct probe_report *report = scan_octets("asf", o.at, o.len);
    assert_time(report, "asf-creation-date", "2005-09-28T15:40:21Z", PROBE_DEFINED_UTC);
    assert_string_equal(report->make, "ACME");
    probe_report_free(report);
    assert_cuts_hold("asf", "asf-creation-date", o.at, o.len);
}

static void an_epoch_or_a_time_out_of_range_is_unknown(void **state)
{
    (void)state;
    static const uint64_t times[] = {0, 1, UINT64_C(116444736000000000), UINT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct octets o = {0};
        asf_of(&o, times[i]);
        struct probe_report *report = scan_octets("asf", o.at, o.len);
        assert_int_equal(report->time_count, 0);
        probe_report_free(report);
    }
}

static void an_object_that_lies_about_its_length_ends_the_walk(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {0, 23, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct octets o = {0};
        struct octets length = {0};
        asf_of(&o, CREATED);
        put_le(&length, lengths[i], 8);
        memcpy(o.at + 30 + 16, length.at, 8);
        struct probe_report *report = scan_octets("asf", o.at, o.len);
        assert_null(report->make);
        probe_report_free(report);
    }
}

static void a_date_that_ffmpeg_wrote_is_read(void **state)
{
    (void)state;
    run((const char *[]){FFMPEG, SOUND, "-metadata", "creation_time=2021-02-03T04:05:06Z",
                         "date.wma", NULL});
    struct probe_report *report = scan_file("asf", "date.wma");
    assert_time(report, "asf-creation-date", "2021-02-03T04:05:06Z", PROBE_DEFINED_UTC);
    probe_report_free(report);
}

static void the_real_file_agrees_with_exiftool(void **state)
{
    (void)state;
    struct probe_report *report = scan_file("asf", sample("testWMV.wmv"));
    const struct probe_time *time = time_of(report, "asf-creation-date");
    assert_non_null(time);
    assert_int_equal(time->us / 1000000, 1127922021);
    probe_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_date_and_maker_are_read),
        cmocka_unit_test(an_epoch_or_a_time_out_of_range_is_unknown),
        cmocka_unit_test(an_object_that_lies_about_its_length_ends_the_walk),
        cmocka_unit_test(a_date_that_ffmpeg_wrote_is_read),
        cmocka_unit_test(the_real_file_agrees_with_exiftool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
