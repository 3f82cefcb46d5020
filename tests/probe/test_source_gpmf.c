#include "probe/sources/gpmf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "probe/made.h"

static const int64_t S = 1000000;

static void put_item(struct made *made, const char *key, char type, size_t size, size_t count)
{
    made_text(made, key);
    made_put(made, &type, 1);
    made_be(made, size, 1);
    made_be(made, count, 2);
}

static void put_string(struct made *made, const char *key, const char *text)
{
    put_item(made, key, 'c', 1, strlen(text));
    made_text(made, text);
    made_zero(made, (4 - strlen(text) % 4) % 4);
}

static void put_number(struct made *made, const char *key, uint32_t value)
{
    put_item(made, key, 'L', 4, 1);
    made_be(made, value, 4);
}

/* Opens a container whose size put_close writes: one octet a structure. */
static size_t put_open(struct made *made, const char *key)
{
    put_item(made, key, '\0', 1, 0);
    return made->len;
}

static void put_close(struct made *made, size_t start)
{
    size_t len = made->len - start;
    made->bytes[start - 2] = (uint8_t)(len >> 8);
    made->bytes[start - 1] = (uint8_t)len;
}

/* A HERO5's stream: lock, time, scale, two records of latitude, longitude, altitude and speeds. */
static void put_gps5(struct made *made, uint32_t lock, const char *time, int32_t latitude)
{
    static const uint32_t scales[] = {10000000, 10000000, 1000, 1000, 100};
    size_t device = put_open(made, "DEVC");
    put_string(made, "DVNM", "Hero6 Black");
    size_t stream = put_open(made, "STRM");
    put_number(made, "GPSF", lock);
    if (time != NULL) {
        put_item(made, "GPSU", 'U', 16, 1);
        made_put(made, time, 16);
    }
    put_item(made, "SCAL", 'l', 4, 5);
    for (size_t i = 0; i < 5; i++)
        made_be(made, scales[i], 4);
    put_item(made, "GPS5", 'l', 20, 2);
    for (int i = 0; i < 2; i++) {
        made_be(made, (uint32_t)(latitude + i * 1000), 4);
        made_be(made, (uint32_t)-1173310746, 4);
        made_be(made, (uint32_t)-20184, 4);
        made_be(made, 167, 4);
        made_be(made, 19, 4);
    }
    put_close(made, stream);
    put_close(made, device);
}

static struct probe_report *read_made(struct probe_bytes bytes)
{
    struct probe_report *report = made_report();
    struct track track = {.source = "gpmf"};
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.len);
    gpmf_read((struct probe_bytes){copy, bytes.len}, &track, report);
    free(copy);
    return report;
}

static void a_locked_fix_gives_place_time_and_model(void **state)
{
    (void)state;
    struct made made = {0};
    put_gps5(&made, 3, "170417173103.250", 331253688);
    struct probe_report *report = read_made(made_bytes(&made));
    assert_string_equal(report->make, "GoPro");
    assert_string_equal(report->model, "Hero6 Black");
    assert_int_equal(report->position_count, 1);
    assert_near(report->positions[0].fix.latitude, 33.1253688, 1e-9);
    assert_near(report->positions[0].fix.longitude, -117.3310746, 1e-9);
    assert_near(report->positions[0].fix.altitude_m, -20.184, 1e-9);
    assert_int_equal(report->time_count, 1);
    assert_int_equal(report->times[0].us, INT64_C(1492450263) * S + 250000);
    assert_int_equal(report->times[0].certainty, PROBE_CERTAIN);
    assert_int_equal(report->track_count, 2);
    assert_int_equal(report->track[1].us - report->track[0].us, S / 2);
    probe_report_free(report);
}

static void without_a_lock_there_is_neither_place_nor_time(void **state)
{
    (void)state;
    static const uint32_t locks[] = {0, 1};
    for (size_t i = 0; i < 2; i++) {
        struct made made = {0};
        put_gps5(&made, locks[i], "170417173103.250", 331253688);
        struct probe_report *report = read_made(made_bytes(&made));
        assert_int_equal(report->position_count + report->time_count + report->track_count, 0);
        probe_report_free(report);
    }
}

static void nought_nought_and_the_receivers_first_day_are_unknown(void **state)
{
    (void)state;
    struct made made = {0};
    put_gps5(&made, 3, "000101000000.000", 331253688);
    struct probe_report *report = read_made(made_bytes(&made));
    assert_int_equal(report->position_count, 1);
    assert_int_equal(report->time_count, 0);
    assert_false(report->positions[0].fix.has_time);
    probe_report_free(report);

    made = (struct made){0};
    put_gps5(&made, 3, NULL, 1000000000); /* 100 degrees north */
    report = read_made(made_bytes(&made));
    assert_int_equal(report->position_count + report->track_count, 0);
    probe_report_free(report);
}

/* HERO11: lock and time in each record. 8934 days since 2000 is 2024-06-17. */
static void put_gps9(struct made *made, uint16_t lock)
{
    static const uint32_t scales[] = {10000000, 10000000, 1000, 1000, 100, 1, 1000, 100, 1};
    size_t device = put_open(made, "DEVC");
    size_t stream = put_open(made, "STRM");
    put_string(made, "TYPE", "lllllllSS");
    put_item(made, "SCAL", 'l', 4, 9);
    for (size_t i = 0; i < 9; i++)
        made_be(made, scales[i], 4);
    put_item(made, "GPS9", '?', 32, 1);
    made_be(made, 331253688, 4);
    made_be(made, 1173310746, 4);
    made_be(made, 12000, 4);
    made_be(made, 0, 8);
    made_be(made, 8934, 4);
    made_be(made, 43200500, 4);
    made_be(made, 150, 2);
    made_be(made, lock, 2);
    put_close(made, stream);
    put_close(made, device);
}

static void a_record_with_its_own_lock_and_time_is_read(void **state)
{
    (void)state;
    struct made made = {0};
    put_gps9(&made, 3);
    struct probe_report *report = read_made(made_bytes(&made));
    assert_int_equal(report->position_count, 1);
    assert_near(report->positions[0].fix.longitude, 117.3310746, 1e-9);
    assert_int_equal(report->times[0].us, INT64_C(1718625600) * S + 500000);
    probe_report_free(report);

    made = (struct made){0};
    put_gps9(&made, 0);
    report = read_made(made_bytes(&made));
    assert_int_equal(report->position_count + report->time_count, 0);
    probe_report_free(report);
}

static void where_both_kinds_stand_the_one_with_times_wins(void **state)
{
    (void)state;
    struct made made = {0};
    put_gps9(&made, 3);
    /* into the same device: the outer sizes are those of GPS9's, so join by hand */
    struct made five = {0};
    put_gps5(&five, 3, "170417173103.250", 100000000);
    size_t head = 8 + 8 + 12; /* DEVC, DVNM */
    made_put(&made, five.bytes + head, five.len - head);
    size_t len = made.len - 8;
    made.bytes[6] = (uint8_t)(len >> 8);
    made.bytes[7] = (uint8_t)len;
    struct probe_report *report = read_made(made_bytes(&made));
    assert_int_equal(report->track_count, 1);
    assert_near(report->track[0].latitude, 33.1253688, 1e-9);
    probe_report_free(report);
}

static void a_payload_cut_or_with_lying_sizes_is_read_within_its_length(void **state)
{
    (void)state;
    struct made made = {0};
    put_gps5(&made, 3, "170417173103.250", 331253688);
    put_gps9(&made, 3);
    for (size_t len = 0; len < made.len; len++)
        probe_report_free(read_made((struct probe_bytes){made.bytes, len}));
    for (size_t at = 0; at + 4 <= made.len; at += 4) {
        static const uint8_t lies[][4] = {
            {'?', 255, 255, 255}, {0, 255, 255, 255}, {'d', 0, 0, 9}, {'l', 3, 0, 7}, {0, 0, 0, 0}};
        for (size_t i = 0; i < 5; i++) {
            struct made lied = made;
            memcpy(lied.bytes + at, lies[i], 4);
            probe_report_free(read_made(made_bytes(&lied)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locked_fix_gives_place_time_and_model),
        cmocka_unit_test(without_a_lock_there_is_neither_place_nor_time),
        cmocka_unit_test(nought_nought_and_the_receivers_first_day_are_unknown),
        cmocka_unit_test(a_record_with_its_own_lock_and_time_is_read),
        cmocka_unit_test(where_both_kinds_stand_the_one_with_times_wins),
        cmocka_unit_test(a_payload_cut_or_with_lying_sizes_is_read_within_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
