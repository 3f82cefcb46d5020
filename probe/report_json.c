#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/fail.h"
#include "probe/report.h"
#include "probe/time.h"

/* Printing and reading stand side by side, so that a field is added to both. */

static const char *const stream_types[] = {
    [PROBE_VIDEO] = "video", [PROBE_AUDIO] = "audio",     [PROBE_SUBTITLE] = "subtitle",
    [PROBE_DATA] = "data",   [PROBE_PICTURE] = "picture",
};

static const char *const certainties[] = {
    [PROBE_CERTAIN] = "certain",
    [PROBE_DEFINED_UTC] = "defined-utc",
    [PROBE_ZONE_ASSUMED] = "zone-assumed",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A failed allocation leaves NULL where a value should stand; the _new functions of jansson take
 * that as an error, which `bad` gathers. */
struct printer {
    bool bad;
};

static void put(struct printer *printer, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        printer->bad = true;
}

static void append(struct printer *printer, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0)
        printer->bad = true;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Numbers of streams: 0 is unknown. */
static json_t *count_or_null(uint64_t value)
{
    return value > 0 ? json_integer((json_int_t)value) : json_null();
}

static json_t *time_text(int64_t us, int32_t offset_minutes)
{
    char text[40];
    probe_time_print(&(struct probe_time){.us = us, .offset_minutes = offset_minutes}, text);
    return json_string(text);
}

static json_t *fix_time(const struct probe_fix *fix)
{
    return fix->has_time ? time_text(fix->us, 0) : json_null();
}

static void put_captured(struct printer *printer, json_t *root, const struct probe_report *report)
{
    if (report->time_count == 0) {
        put(printer, root, "captured_at", json_null());
        put(printer, root, "captured_at_source", json_null());
        return;
    }
    const struct probe_time *time = &report->times[0];
    const char *remark = time->certainty == PROBE_ZONE_ASSUMED ? " (zone assumed)" : "";
    put(printer, root, "captured_at", time_text(time->us, time->offset_minutes));
    put(printer, root, "captured_at_source", json_sprintf("%s%s", time->source, remark));
}

static void put_location(struct printer *printer, json_t *root, const struct probe_report *report)
{
    static const struct probe_position unknown = {NULL, {NAN, NAN, NAN, false, 0}};
    const struct probe_position *position =
        report->position_count > 0 ? &report->positions[0] : &unknown;
    put(printer, root, "latitude", real_or_null(position->fix.latitude));
    put(printer, root, "longitude", real_or_null(position->fix.longitude));
    put(printer, root, "altitude_m", real_or_null(position->fix.altitude_m));
    put(printer, root, "location_source", text_or_null(position->source));
}

static void put_name(struct printer *printer, json_t *root, const struct probe_name *name)
{
    if (name->pattern == NULL) {
        put(printer, root, "name", json_null());
        return;
    }
    json_t *parts = json_object();
    put(printer, parts, "pattern", text_or_null(name->pattern));
    put(printer, parts, "device", text_or_null(name->device));
    put(printer, parts, "officer", text_or_null(name->officer));
    put(printer, parts, "sequence", text_or_null(name->sequence));
    put(printer, parts, "channel", text_or_null(name->channel));
    put(printer, root, "name", parts);
}

static void put_streams(struct printer *printer, json_t *root, const struct probe_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->stream_count; i++) {
        const struct probe_stream *stream = &report->streams[i];
        json_t *object = json_object();
        put(printer, object, "type", json_string(stream_types[stream->type]));
        put(printer, object, "codec", text_or_null(stream->codec));
        put(printer, object, "profile", text_or_null(stream->profile));
        put(printer, object, "language", text_or_null(stream->language));
        put(printer, object, "width", count_or_null(stream->width));
        put(printer, object, "height", count_or_null(stream->height));
        put(printer, object, "rotation", json_integer(stream->rotation_degrees));
        put(printer, object, "frame_rate",
            stream->frame_rate > 0 ? real_or_null(stream->frame_rate) : json_null());
        put(printer, object, "sample_rate", count_or_null(stream->sample_rate));
        put(printer, object, "channels", count_or_null(stream->channels));
        put(printer, object, "bit_rate", count_or_null(stream->bit_rate));
        append(printer, array, object);
    }
    put(printer, root, "streams", array);
}

static void put_times(struct printer *printer, json_t *root, const struct probe_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->time_count; i++) {
        const struct probe_time *time = &report->times[i];
        json_t *object = json_object();
        put(printer, object, "time", time_text(time->us, time->offset_minutes));
        put(printer, object, "source", text_or_null(time->source));
        put(printer, object, "certainty", json_string(certainties[time->certainty]));
        append(printer, array, object);
    }
    put(printer, root, "times", array);
}

static void put_positions(struct printer *printer, json_t *root, const struct probe_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->position_count; i++) {
        const struct probe_fix *fix = &report->positions[i].fix;
        json_t *object = json_object();
        put(printer, object, "source", text_or_null(report->positions[i].source));
        put(printer, object, "latitude", real_or_null(fix->latitude));
        put(printer, object, "longitude", real_or_null(fix->longitude));
        put(printer, object, "altitude_m", real_or_null(fix->altitude_m));
        put(printer, object, "time", fix_time(fix));
        append(printer, array, object);
    }
    put(printer, root, "positions", array);
}

/* Rows instead of objects: a track has up to 20,000 fixes. */
static void put_track(struct printer *printer, json_t *root, const struct probe_report *report)
{
    if (report->track_count == 0) {
        put(printer, root, "track", json_null());
        return;
    }
    json_t *fixes = json_array();
    for (size_t i = 0; i < report->track_count; i++) {
        const struct probe_fix *fix = &report->track[i];
        json_t *row = json_array();
        append(printer, row, fix_time(fix));
        append(printer, row, real_or_null(fix->latitude));
        append(printer, row, real_or_null(fix->longitude));
        append(printer, row, real_or_null(fix->altitude_m));
        append(printer, fixes, row);
    }
    put(printer, root, "track",
        json_pack("{s:o, s:[s,s,s,s], s:o}", "source", text_or_null(report->track_source),
                  "columns", "time", "latitude", "longitude", "altitude_m", "fixes", fixes));
}

static void put_issues(struct printer *printer, json_t *root, const struct probe_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->issue_count; i++) {
        const struct probe_issue *issue = &report->issues[i];
        append(printer, array,
               issue->detail != NULL ? json_sprintf("%s: %s", issue->code, issue->detail)
                                     : json_string(issue->code));
    }
    put(printer, root, "issues", array);
}

static void put_contents(struct printer *printer, json_t *root, const struct probe_report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->content_count; i++) {
        json_t *object = json_object();
        put(printer, object, "name", text_or_null(report->contents[i].name));
        put(printer, object, "detail", text_or_null(report->contents[i].detail));
        append(printer, array, object);
    }
    put(printer, root, "contents", array);
}

int probe_report_to_json(const struct probe_report *report, char **text, struct probe_err *err)
{
    struct printer printer = {false};
    json_t *root = json_object();
    put(&printer, root, "container", text_or_null(report->container));
    put(&printer, root, "is_media", json_boolean(report->is_media));
    put(&printer, root, "size", json_integer((json_int_t)report->size_bytes));
    put(&printer, root, "duration_s", real_or_null(report->duration_s));
    put_captured(&printer, root, report);
    put_location(&printer, root, report);
    put(&printer, root, "make", text_or_null(report->make));
    put(&printer, root, "model", text_or_null(report->model));
    put(&printer, root, "serial", text_or_null(report->serial));
    put(&printer, root, "firmware", text_or_null(report->firmware));
    put_name(&printer, root, &report->name);
    put_streams(&printer, root, report);
    put_times(&printer, root, report);
    put_positions(&printer, root, report);
    put_track(&printer, root, report);
    put_issues(&printer, root, report);
    put_contents(&printer, root, report);

    /* twelve digits: a micrometre on earth, without the noise of the last binary place */
    char *printed = printer.bad ? NULL : json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(root);
    if (printed == NULL)
        return probe_fail_memory(err);
    *text = printed;
    return 0;
}

/* What a reader of untrusted JSON carries: the first thing that was wrong. */
struct reader {
    struct probe_report *report;
    const char *wrong; /* the field, NULL while all is well */
};

static struct probe_bytes bytes_of(const json_t *string)
{
    return (struct probe_bytes){(const uint8_t *)json_string_value(string),
                                json_string_length(string)};
}

/* A text or null. */
static struct probe_bytes take_bytes(struct reader *reader, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value))
        return bytes_of(value);
    if (!json_is_null(value))
        reader->wrong = key;
    return (struct probe_bytes){NULL, 0};
}

static const char *take_text(struct reader *reader, const json_t *object, const char *key)
{
    return report_keep(reader->report, take_bytes(reader, object, key));
}

/* A text that must be there. */
static const char *need_text(struct reader *reader, const json_t *object, const char *key)
{
    const char *text = take_text(reader, object, key);
    if (text == NULL)
        reader->wrong = key;
    return text;
}

static double value_real(struct reader *reader, const json_t *value, const char *key)
{
    if (json_is_number(value))
        return json_number_value(value);
    if (!json_is_null(value))
        reader->wrong = key;
    return NAN;
}

static double take_real(struct reader *reader, const json_t *object, const char *key)
{
    return value_real(reader, json_object_get(object, key), key);
}

/* A number from 0 to `most`, or null for 0. */
static uint64_t take_count(struct reader *reader, const json_t *object, const char *key,
                           uint64_t most)
{
    const json_t *value = json_object_get(object, key);
    json_int_t number = json_integer_value(value);
    if ((!json_is_integer(value) && !json_is_null(value)) || number < 0 ||
        (uint64_t)number > most) {
        reader->wrong = key;
        return 0;
    }
    return (uint64_t)number;
}

/* The place of a word in a list of them. */
static size_t take_word(struct reader *reader, const json_t *object, const char *key,
                        const char *const *words, size_t count)
{
    const char *text = json_string_value(json_object_get(object, key));
    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
    }
    reader->wrong = key;
    return 0;
}

static const json_t *take_list(struct reader *reader, const json_t *object, const char *key,
                               size_t most)
{
    const json_t *list = json_object_get(object, key);
    if (!json_is_array(list) || json_array_size(list) > most)
        reader->wrong = key;
    return list;
}

static void value_fix_time(struct reader *reader, const json_t *value, struct probe_fix *fix)
{
    int32_t offset = 0;
    fix->has_time = json_is_string(value);
    if (fix->has_time ? !time_parse(json_string_value(value), &fix->us, &offset)
                      : !json_is_null(value))
        reader->wrong = "time";
}

static void read_streams(struct reader *reader, const json_t *root)
{
    const json_t *list = take_list(reader, root, "streams", PROBE_LIST_MAX);
    for (size_t i = 0; reader->wrong == NULL && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct probe_stream stream = {
            .type = (enum probe_stream_type)take_word(reader, item, "type", stream_types,
                                                      COUNT(stream_types)),
            .codec = take_text(reader, item, "codec"),
            .profile = take_text(reader, item, "profile"),
            .language = take_text(reader, item, "language"),
            .width = (uint32_t)take_count(reader, item, "width", UINT32_MAX),
            .height = (uint32_t)take_count(reader, item, "height", UINT32_MAX),
            .rotation_degrees = (int32_t)take_count(reader, item, "rotation", 359),
            .sample_rate = (uint32_t)take_count(reader, item, "sample_rate", UINT32_MAX),
            .channels = (uint32_t)take_count(reader, item, "channels", UINT32_MAX),
            .bit_rate = take_count(reader, item, "bit_rate", INT64_MAX),
        };
        double rate = take_real(reader, item, "frame_rate");
        stream.frame_rate = isfinite(rate) && rate > 0 ? rate : 0;
        if (reader->wrong == NULL)
            report_add_stream(reader->report, &stream);
    }
}

static void read_times(struct reader *reader, const json_t *root)
{
    const json_t *list = take_list(reader, root, "times", PROBE_LIST_MAX);
    for (size_t i = 0; reader->wrong == NULL && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        int64_t us = 0;
        int32_t offset = 0;
        const char *text = json_string_value(json_object_get(item, "time"));
        if (text == NULL || !time_parse(text, &us, &offset))
            reader->wrong = "time";
        const char *source = need_text(reader, item, "source");
        size_t certainty = take_word(reader, item, "certainty", certainties, COUNT(certainties));
        if (reader->wrong == NULL)
            report_add_time(reader->report, source, us, offset, (enum probe_certainty)certainty);
    }
}

static void read_positions(struct reader *reader, const json_t *root)
{
    const json_t *list = take_list(reader, root, "positions", PROBE_LIST_MAX);
    for (size_t i = 0; reader->wrong == NULL && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *source = need_text(reader, item, "source");
        struct probe_fix fix = {
            .latitude = take_real(reader, item, "latitude"),
            .longitude = take_real(reader, item, "longitude"),
            .altitude_m = take_real(reader, item, "altitude_m"),
        };
        value_fix_time(reader, json_object_get(item, "time"), &fix);
        if (reader->wrong == NULL)
            report_add_position(reader->report, source, fix);
    }
}

static void read_track(struct reader *reader, const json_t *root)
{
    const json_t *track = json_object_get(root, "track");
    if (json_is_null(track))
        return;
    const char *source = need_text(reader, track, "source");
    const json_t *list = take_list(reader, track, "fixes", PROBE_TRACK_MAX);
    for (size_t i = 0; reader->wrong == NULL && i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        struct probe_fix fix = {
            .latitude = value_real(reader, json_array_get(row, 1), "track"),
            .longitude = value_real(reader, json_array_get(row, 2), "track"),
            .altitude_m = value_real(reader, json_array_get(row, 3), "track"),
        };
        value_fix_time(reader, json_array_get(row, 0), &fix);
        if (reader->wrong == NULL)
            report_add_fix(reader->report, source, fix);
    }
}

static void read_issues(struct reader *reader, const json_t *root)
{
    const json_t *list = take_list(reader, root, "issues", PROBE_LIST_MAX);
    for (size_t i = 0; reader->wrong == NULL && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *text =
            json_is_string(item) ? report_keep(reader->report, bytes_of(item)) : NULL;
        if (text == NULL) {
            reader->wrong = "issues";
            return;
        }
        const char *colon = strstr(text, ": ");
        char code[64];
        int len = snprintf(code, sizeof code, "%.*s",
                           colon != NULL ? (int)(colon - text) : (int)strlen(text), text);
        if (len <= 0 || (size_t)len >= sizeof code) {
            reader->wrong = "issues";
            return;
        }
        if (colon != NULL)
            report_add_issue(reader->report, code, "%s", colon + 2);
        else
            report_add_issue(reader->report, code, NULL);
    }
}

static void read_contents(struct reader *reader, const json_t *root)
{
    const json_t *list = take_list(reader, root, "contents", PROBE_LIST_MAX);
    for (size_t i = 0; reader->wrong == NULL && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = need_text(reader, item, "name");
        const char *detail = take_text(reader, item, "detail");
        if (reader->wrong != NULL)
            return;
        if (detail != NULL)
            report_add_content(reader->report, name, "%s", detail);
        else
            report_add_content(reader->report, name, NULL);
    }
}

static void read_name(struct reader *reader, const json_t *root)
{
    const json_t *name = json_object_get(root, "name");
    if (json_is_null(name))
        return;
    reader->report->name = (struct probe_name){
        .pattern = need_text(reader, name, "pattern"),
        .device = take_text(reader, name, "device"),
        .officer = take_text(reader, name, "officer"),
        .sequence = take_text(reader, name, "sequence"),
        .channel = take_text(reader, name, "channel"),
    };
}

static void read_root(struct reader *reader, const json_t *root)
{
    static const struct {
        enum report_text which;
        const char *key;
    } texts[] = {{REPORT_MAKE, "make"},
                 {REPORT_MODEL, "model"},
                 {REPORT_SERIAL, "serial"},
                 {REPORT_FIRMWARE, "firmware"}};

    struct probe_report *report = reader->report;
    report->container = take_text(reader, root, "container");
    const json_t *is_media = json_object_get(root, "is_media");
    if (!json_is_boolean(is_media))
        reader->wrong = "is_media";
    report->is_media = json_is_true(is_media);
    report->size_bytes = take_count(reader, root, "size", INT64_MAX);
    report->duration_s = take_real(reader, root, "duration_s");
    if (!(report->duration_s >= 0 && report->duration_s < 1e9))
        report->duration_s = NAN;
    for (size_t i = 0; i < COUNT(texts); i++)
        report_set_text(report, texts[i].which, take_bytes(reader, root, texts[i].key));
    read_name(reader, root);
    read_streams(reader, root);
    read_times(reader, root);
    read_positions(reader, root);
    read_track(reader, root);
    read_issues(reader, root);
    read_contents(reader, root);
}

int probe_report_from_json(const char *text, size_t len, struct probe_report **out,
                           struct probe_err *err)
{
    if (len > PROBE_REPORT_BYTES_MAX)
        return probe_fail(err, PROBE_ERR_DAMAGED, "report", "longer than a report may be");
    json_error_t at;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
    if (root == NULL)
        return probe_fail(err, PROBE_ERR_DAMAGED, "report", "line %d: %s", at.line, at.text);

    struct reader reader = {NULL, NULL};
    if (report_new(&reader.report, err) < 0) {
        json_decref(root);
        return -1;
    }
    read_root(&reader, root);
    json_decref(root);
    if (reader.wrong != NULL) {
        probe_report_free(reader.report);
        return probe_fail(err, PROBE_ERR_DAMAGED, "report", "field \"%s\" is missing or not valid",
                          reader.wrong);
    }
    *out = reader.report;
    return 0;
}
