/* Companion files: what lies beside a recording with the same stem and says where and when. */
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "probe/nmea.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/stamp.h"

enum {
    POINT_BYTES_MAX = 4096, /* a GPX point, a subtitle */
    JSON_BYTES_MAX = 8 << 20,
    JSON_DEPTH_MAX = 16,
    JSON_VALUES_MAX = 200000,
};

struct companion {
    struct probe_report *report;
    char source[32];
    bool has_position;
    bool has_time;
    unsigned values; /* of JSON, looked at */
};

static bool is_place(const struct probe_fix *fix)
{
    return fabs(fix->latitude) <= 90 && fabs(fix->longitude) <= 180 &&
           (fix->latitude != 0 || fix->longitude != 0);
}

static int64_t when_us(const struct when *when)
{
    return when->zoned ? when->wall_us - (int64_t)when->offset_minutes * 60 * 1000000
                       : when_from_local(when->wall_us);
}

/* Reports the first time; one before 1990 is a receiver's that has no lock yet. */
static void add_when(struct companion *c, const struct when *when)
{
    if (c->has_time || when_us(when) < INT64_C(631152000) * 1000000)
        return;
    when_report(c->report, c->source, when);
    c->has_time = true;
}

/* A fix, with the time written beside it or NULL. */
static void add_fix(struct companion *c, struct probe_fix fix, const struct when *when)
{
    if (when != NULL) {
        add_when(c, when);
        fix.has_time = true;
        fix.us = when_us(when);
    }
    if (!is_place(&fix))
        return;
    if (!c->has_position)
        report_add_position(c->report, c->source, fix);
    c->has_position = true;
    report_add_fix(c->report, c->source, fix);
}

static void nmea_read(struct companion *c, struct probe_bytes text)
{
    struct nmea_reader reader = {0};
    struct probe_fix fix;
    while (nmea_next(&reader, &text, &fix)) {
        struct when when = {.wall_us = fix.us, .zoned = true};
        add_fix(c, fix, fix.has_time ? &when : NULL);
    }
    if (reader.unsound)
        report_add_issue(c->report, "nmea-checksum", "no NMEA sentence has a right checksum");
}

/* What is left of `text` from `at` on, POINT_BYTES_MAX at most. */
static struct probe_bytes window(struct probe_bytes text, size_t at)
{
    size_t left = text.len - at;
    return (struct probe_bytes){text.at + at, left < POINT_BYTES_MAX ? left : POINT_BYTES_MAX};
}

/* A number behind `name` and what may stand between: lat="54.9", [latitude: 22.5], Lat = 3 */
static bool number_after(struct probe_bytes text, const char *name, double *value)
{
    for (size_t at = scan_find(text, 0, name); at < text.len; at = scan_find(text, at + 1, name)) {
        struct probe_bytes rest = window(text, at);
        if ((at > 0 && isalpha(text.at[at - 1])) || !scan_text(&rest, name))
            continue;
        scan_space(&rest);
        if (!scan_char(&rest, '=') && !scan_char(&rest, ':') && !scan_text(&rest, "："))
            continue;
        scan_space(&rest);
        if (!scan_char(&rest, '"'))
            (void)scan_char(&rest, '\'');
        scan_space(&rest);
        if (scan_decimal(&rest, value))
            return true;
    }
    return false;
}

static bool first_number(struct probe_bytes text, const char *const *names, double *value)
{
    for (; *names != NULL; names++) {
        if (number_after(text, *names, value))
            return true;
    }
    return false;
}

/* Whether a part of `text` has an end mark behind it: half a number is another. */
static bool ends_before(const struct probe_bytes *part, struct probe_bytes text)
{
    return part->at + part->len < text.at + text.len;
}

/* The text of an element without attributes in `text`. */
static bool element_text(struct probe_bytes text, const char *open, struct probe_bytes *part)
{
    size_t at = scan_find(text, 0, open);
    if (at >= text.len)
        return false;
    struct probe_bytes rest = window(text, at);
    return scan_text(&rest, open) && scan_until(&rest, '<', part) && ends_before(part, text);
}

static void gpx_read(struct companion *c, struct probe_bytes text)
{
    static const char open[] = "<trkpt";
    size_t at = scan_find(text, 0, open);
    while (at < text.len) {
        size_t next = scan_find(text, at + 1, open);
        struct probe_bytes point = window(text, at);
        if (next - at < point.len)
            point.len = next - at;
        struct probe_fix fix = {.altitude_m = NAN};
        struct probe_bytes part;
        struct when when;
        struct probe_bytes end = point;
        struct probe_bytes attributes;
        bool timed = element_text(point, "<time>", &part) && when_parse(part, &when);
        if (element_text(point, "<ele>", &part)) {
            scan_space(&part);
            (void)scan_decimal(&part, &fix.altitude_m);
        }
        if (scan_until(&end, '>', &attributes) && ends_before(&attributes, point) &&
            number_after(attributes, "lat", &fix.latitude) &&
            number_after(attributes, "lon", &fix.longitude))
            add_fix(c, fix, timed ? &when : NULL);
        at = next;
    }
}

/* A date with a time of day anywhere in a subtitle: "2020-01-01 12:00:00,123,456". */
static bool date_in(struct probe_bytes text, struct when *when)
{
    for (size_t at = 0; at + 16 <= text.len; at++) {
        bool starts = (at == 0 || !isdigit(text.at[at - 1])) &&
                      (memcmp(text.at + at, "20", 2) == 0 || memcmp(text.at + at, "19", 2) == 0);
        if (starts && when_parse((struct probe_bytes){text.at + at, text.len - at}, when))
            return true;
    }
    return false;
}

/* "GPS(113.95,22.53,19)", "GPS (-122.3699, 37.8166, 15)": longitude first */
static bool gps_pair(struct probe_bytes text, struct probe_fix *fix)
{
    size_t at = scan_find(text, 0, "GPS");
    if (at >= text.len)
        return false;
    struct probe_bytes rest = window(text, at + 3);
    scan_space(&rest);
    if (!scan_char(&rest, '('))
        return false;
    scan_space(&rest);
    if (!scan_decimal(&rest, &fix->longitude))
        return false;
    scan_space(&rest);
    if (!scan_char(&rest, ','))
        return false;
    scan_space(&rest);
    return scan_decimal(&rest, &fix->latitude);
}

static void subtitle_read(struct companion *c, struct probe_bytes text)
{
    static const char *const latitudes[] = {"latitude", "Latitude", "lat", "Lat",
                                            "LAT",      "纬度",     NULL};
    /* one maker misspells it */
    static const char *const longitudes[] = {"longitude", "longtitude", "Longitude", "lon", "Lon",
                                             "LON",       "lng",        "经度",      NULL};
    static const char *const altitudes[] = {"abs_alt", "altitude", "Altitude", "alt", NULL};
    struct probe_fix fix = {.altitude_m = NAN};
    struct when when;
    bool dated = date_in(text, &when);
    bool placed = first_number(text, latitudes, &fix.latitude) &&
                  first_number(text, longitudes, &fix.longitude);
    if (placed)
        (void)first_number(text, altitudes, &fix.altitude_m);
    else
        placed = gps_pair(text, &fix);
    if (placed)
        add_fix(c, fix, dated ? &when : NULL);
    else if (dated)
        add_when(c, &when);
}

static void srt_read(struct companion *c, struct probe_bytes text)
{
    static const char arrow[] = "-->";
    size_t at = scan_find(text, 0, arrow);
    while (at < text.len) {
        size_t next = scan_find(text, at + 1, arrow);
        struct probe_bytes cue = window(text, at);
        struct probe_bytes timing;
        if (next - at < cue.len)
            cue.len = next - at;
        if (scan_until(&cue, '\n', &timing) && cue.len > 0)
            subtitle_read(c, cue);
        at = next;
    }
    if (!c->has_position)
        nmea_read(c, text);
}

static const json_t *member(const json_t *object, const char *const *names)
{
    for (; *names != NULL; names++) {
        const json_t *value = json_object_get(object, *names);
        if (value != NULL)
            return value;
    }
    return NULL;
}

static bool json_decimal(const json_t *value, double *number)
{
    if (json_is_number(value)) {
        *number = json_number_value(value);
        return true;
    }
    if (!json_is_string(value))
        return false;
    struct probe_bytes text = {(const uint8_t *)json_string_value(value),
                               json_string_length(value)};
    scan_space(&text);
    return scan_decimal(&text, number);
}

/* A text, or seconds, milliseconds or microseconds since 1970 told apart by their size. */
static bool json_when(const json_t *value, struct when *when)
{
    if (json_is_string(value))
        return stamp_parse((struct probe_bytes){(const uint8_t *)json_string_value(value),
                                                json_string_length(value)},
                           when);
    if (!json_is_number(value))
        return false;
    double number = json_number_value(value);
    double unit = number < 1e11 ? 1e6 : number < 1e14 ? 1e3 : 1;
    if (!(number > 6e8) || !(number < 1e16)) /* what is less is a time in the recording */
        return false;
    *when = (struct when){.wall_us = (int64_t)(number * unit), .zoned = true};
    return true;
}

/* A place with its time; a time alone only in the outermost object: who knows what one further in
 * is the time of. */
static void json_object_read(struct companion *c, const json_t *object, int depth)
{
    static const char *const latitudes[] = {"latitude", "lat", "Latitude", NULL};
    static const char *const longitudes[] = {"longitude", "lon", "lng", "long", "Longitude", NULL};
    static const char *const altitudes[] = {"altitude", "alt", "ele", "elevation", NULL};
    static const char *const times[] = {"creation_time", "captured_at", "timestamp", "time",
                                        "datetime",      "start_time",  NULL};
    struct probe_fix fix = {.altitude_m = NAN};
    struct when when;
    bool dated = json_when(member(object, times), &when);
    if (json_decimal(member(object, latitudes), &fix.latitude) &&
        json_decimal(member(object, longitudes), &fix.longitude)) {
        (void)json_decimal(member(object, altitudes), &fix.altitude_m);
        add_fix(c, fix, dated ? &when : NULL);
    } else if (dated && depth == 0) {
        add_when(c, &when);
    }
}

static void json_walk(struct companion *c, json_t *value, int depth)
{
    if (depth > JSON_DEPTH_MAX || ++c->values > JSON_VALUES_MAX)
        return;
    if (json_is_object(value)) {
        const char *key;
        json_t *inner;
        json_object_read(c, value, depth);
        json_object_foreach(value, key, inner) json_walk(c, inner, depth + 1);
    } else if (json_is_array(value)) {
        size_t i;
        json_t *inner;
        json_array_foreach(value, i, inner) json_walk(c, inner, depth + 1);
    }
}

static void json_read(struct companion *c, struct probe_bytes text)
{
    if (text.len > JSON_BYTES_MAX)
        return;
    json_t *root = json_loadb((const char *)text.at, text.len, JSON_DISABLE_EOF_CHECK, NULL);
    if (root == NULL)
        return;
    json_walk(c, root, 0);
    json_decref(root);
}

void companion_read(struct probe_bytes text, const char *extension, struct probe_report *report)
{
    struct companion c = {.report = report};
    (void)snprintf(c.source, sizeof c.source, "companion:%s", extension);
    for (char *at = c.source; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    }
    const char *kind = strchr(c.source, ':') + 1;
    struct probe_bytes start = text;
    (void)scan_text(&start, "\xef\xbb\xbf");
    scan_space(&start);
    if (start.len == 0)
        return;
    /* .gps and .log are any of the others under another name */
    if (strcmp(kind, "gpx") == 0 || start.at[0] == '<')
        gpx_read(&c, start);
    else if (strcmp(kind, "json") == 0 || start.at[0] == '{')
        json_read(&c, start);
    else if (strcmp(kind, "srt") == 0)
        srt_read(&c, start);
    else
        nmea_read(&c, start);
}
