#include "probe/sources/gpmf.h"

#include <math.h>
#include <string.h>

#include "probe/input.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/when.h"

enum { ITEMS_MAX = 4096, RECORDS_MAX = 2000, FIELDS_MAX = 16, LOCK_2D = 2 };

/* One key with its value: `count` structures of `size` octets of a type ('\0' holds items). */
struct item {
    char key[5];
    char type;
    size_t size, count;
    struct probe_bytes value;
};

static bool next_item(struct probe_bytes *at, struct item *out)
{
    if (at->len < 8)
        return false;
    const uint8_t *head = at->at;
    struct item item = {.type = (char)head[4], .size = head[5], .count = read_be16(head + 6)};
    memcpy(item.key, head, 4);
    size_t len = item.size * item.count;
    if (head[0] == 0 || len > at->len - 8)
        return false;
    item.value = (struct probe_bytes){head + 8, len};
    size_t padded = (len + 3) & ~(size_t)3;
    if (padded > at->len - 8)
        padded = at->len - 8;
    at->at += 8 + padded;
    at->len -= 8 + padded;
    *out = item;
    return true;
}

static bool is_key(const struct item *item, const char *key)
{
    return memcmp(item->key, key, 4) == 0;
}

static size_t type_size(char type)
{
    switch (type) {
    case 'b':
    case 'B':
    case 'c':
        return 1;
    case 's':
    case 'S':
        return 2;
    case 'l':
    case 'L':
    case 'f':
        return 4;
    case 'd':
    case 'j':
    case 'J':
        return 8;
    default:
        return 0;
    }
}

static double number_at(const uint8_t *at, char type)
{
    uint32_t word = 0;
    uint64_t wide = 0;
    float single = 0;
    double real = 0;
    switch (type) {
    case 'b':
        return (int8_t)at[0];
    case 's':
        return (int16_t)read_be16(at);
    case 'S':
        return read_be16(at);
    case 'l':
        return (int32_t)read_be32(at);
    case 'L':
        return read_be32(at);
    case 'f':
        word = read_be32(at);
        memcpy(&single, &word, sizeof single);
        return (double)single;
    case 'd':
        wide = read_be64(at);
        memcpy(&real, &wide, sizeof real);
        return real;
    case 'j':
        return (double)(int64_t)read_be64(at);
    case 'J':
        return (double)read_be64(at);
    default:
        return at[0];
    }
}

/* What a stream (STRM) says before its samples. */
struct stream {
    struct probe_bytes types; /* TYPE: of the fields of a '?' structure */
    double scale[FIELDS_MAX];
    size_t scales;
    bool has_lock;
    double lock; /* GPSF: 0 none, 2 2-D, 3 3-D */
    bool has_time;
    int64_t time_us; /* GPSU */
};

/* What a device (DEVC) says in one stream and is needed in another: Karma's clock and lock. */
struct device {
    bool has_clock;
    double clock_s; /* SYST: the drone's clock and UTC at one moment */
    double utc_s;
    bool has_lock;
    double lock; /* GPRI */
};

/* Field `index` of a record, scaled; NAN where there is none. */
static double field(const struct stream *stream, const struct item *item, size_t record,
                    size_t index)
{
    const uint8_t *at = item->value.at + record * item->size;
    size_t offset = 0;
    char type = item->type;
    if (type == '?') {
        if (index >= stream->types.len)
            return NAN;
        for (size_t i = 0; i < index; i++)
            offset += type_size((char)stream->types.at[i]);
        type = (char)stream->types.at[index];
    } else {
        offset = index * type_size(type);
    }
    size_t size = type_size(type);
    if (size == 0 || offset > item->size || size > item->size - offset)
        return NAN;
    double scale = 1;
    if (stream->scales == 1)
        scale = stream->scale[0];
    else if (index < stream->scales)
        scale = stream->scale[index];
    double value = number_at(at + offset, type);
    return scale > 0 || scale < 0 ? value / scale : NAN;
}

static void read_scale(const struct item *item, struct stream *stream)
{
    const struct stream plain = {0};
    size_t size = type_size(item->type);
    if (size == 0 || item->type == '?')
        return;
    struct item flat = *item;
    flat.size = size;
    size_t count = item->value.len / size;
    stream->scales = 0;
    for (size_t i = 0; i < count && i < FIELDS_MAX; i++)
        stream->scale[stream->scales++] = field(&plain, &flat, i, 0);
}

/* GPSU: yymmddhhmmss.sss */
static void read_gpsu(const struct item *item, struct stream *stream)
{
    struct probe_bytes text = item->value;
    struct when_fields date = {0};
    double second = 0;
    int64_t us = 0;
    if (!scan_digits(&text, 2, &date.year) || !scan_digits(&text, 2, &date.month) ||
        !scan_digits(&text, 2, &date.day) || !scan_digits(&text, 2, &date.hour) ||
        !scan_digits(&text, 2, &date.minute) || !scan_decimal(&text, &second))
        return;
    /* A receiver that has not seen the sky yet writes its first day. */
    if (date.year < 10 || second < 0 || second >= 61)
        return;
    date.year += 2000;
    if (!when_civil(&date, &us))
        return;
    stream->time_us = us + llround(second * 1e6);
    stream->has_time = true;
}

/* latitude, longitude, altitude, 2-D speed, 3-D speed; the time is that of the first record, and
 * a packet holds about a second: the others are placed by the rate that GoPro states. */
static void read_gps5(const struct stream *stream, const struct item *item, struct track *track,
                      struct probe_report *report)
{
    static const int64_t SPAN_US = 1000000;
    if (!stream->has_lock || stream->lock < LOCK_2D || item->size == 0)
        return;
    for (size_t i = 0; i < item->count && i < RECORDS_MAX; i++) {
        struct probe_fix fix = {.latitude = field(stream, item, i, 0),
                                .longitude = field(stream, item, i, 1),
                                .altitude_m = field(stream, item, i, 2)};
        int64_t us = stream->time_us + SPAN_US * (int64_t)i / (int64_t)item->count;
        track_add(track, report, fix, stream->has_time ? TRACK_UTC : TRACK_NO_CLOCK, us);
    }
}

/* latitude, longitude, altitude, speeds, days since 2000, seconds of the day, DOP, lock */
static void read_gps9(const struct stream *stream, const struct item *item, struct track *track,
                      struct probe_report *report)
{
    static const double EPOCH_2000_S = 946684800;
    for (size_t i = 0; item->size > 0 && i < item->count && i < RECORDS_MAX; i++) {
        double lock = field(stream, item, i, 8);
        double days = field(stream, item, i, 5);
        double seconds = field(stream, item, i, 6);
        if (!(lock >= LOCK_2D))
            continue;
        struct probe_fix fix = {.latitude = field(stream, item, i, 0),
                                .longitude = field(stream, item, i, 1),
                                .altitude_m = field(stream, item, i, 2)};
        bool timed = days > 3652 && days < 36525 && seconds >= 0 && seconds < 86401;
        int64_t us = timed ? llround((EPOCH_2000_S + days * 86400 + seconds) * 1e6) : 0;
        track_add(track, report, fix, timed ? TRACK_UTC : TRACK_NO_CLOCK, us);
    }
}

/* Karma: the drone's clock, latitude, longitude, altitude, … as its flight computer has them */
static void read_glpi(const struct stream *stream, const struct device *device,
                      const struct item *item, struct track *track, struct probe_report *report)
{
    if (device->has_lock && device->lock < LOCK_2D)
        return;
    for (size_t i = 0; item->size > 0 && i < item->count && i < RECORDS_MAX; i++) {
        struct probe_fix fix = {.latitude = field(stream, item, i, 1),
                                .longitude = field(stream, item, i, 2),
                                .altitude_m = field(stream, item, i, 3)};
        double at = device->utc_s + field(stream, item, i, 0) - device->clock_s;
        bool timed = device->has_clock && at > 0 && at < 4e9;
        track_add(track, report, fix, timed ? TRACK_UTC : TRACK_NO_CLOCK,
                  timed ? llround(at * 1e6) : 0);
    }
}

static void read_device_item(const struct stream *stream, const struct item *item,
                             struct device *device)
{
    if (item->count == 0 || item->size == 0)
        return;
    if (is_key(item, "SYST")) {
        device->clock_s = field(stream, item, 0, 0);
        device->utc_s = field(stream, item, 0, 1);
        device->has_clock = isfinite(device->clock_s) && isfinite(device->utc_s);
    } else if (is_key(item, "GPRI")) {
        device->lock = field(stream, item, item->count - 1, 8);
        device->has_lock = isfinite(device->lock);
    }
}

/* The settings that stand before the samples of a stream; true where it was one. */
static bool read_setting(const struct item *item, struct stream *stream)
{
    const struct stream plain = {0};
    if (is_key(item, "TYPE")) {
        stream->types = item->value;
    } else if (is_key(item, "SCAL")) {
        read_scale(item, stream);
    } else if (is_key(item, "GPSF") && item->value.len > 0) {
        stream->lock = field(&plain, item, 0, 0);
        stream->has_lock = true;
    } else if (is_key(item, "GPSU")) {
        read_gpsu(item, stream);
    } else {
        return false;
    }
    return true;
}

static void read_stream(struct probe_bytes items, struct device *device, struct track *track,
                        struct probe_report *report)
{
    struct stream stream = {0};
    struct item item;
    for (unsigned i = 0; i < ITEMS_MAX && next_item(&items, &item); i++) {
        if (read_setting(&item, &stream))
            continue;
        if (track == NULL)
            read_device_item(&stream, &item, device);
        else if (is_key(&item, "GPS5"))
            read_gps5(&stream, &item, track, report);
        else if (is_key(&item, "GPS9"))
            read_gps9(&stream, &item, track, report);
        else if (is_key(&item, "GLPI"))
            read_glpi(&stream, device, &item, track, report);
    }
}

/* "Camera", "Highlights", "GoPro Karma v1.0" and the like name no camera. */
static bool is_model(struct probe_bytes name)
{
    return scan_find(name, 0, "Hero") < name.len || scan_find(name, 0, "HERO") < name.len ||
           scan_find(name, 0, "MAX") < name.len;
}

static void read_identity(const struct item *item, struct probe_report *report)
{
    static const struct probe_bytes MAKER = {(const uint8_t *)"GoPro", 5};
    bool found = true;
    if (item->type != 'c')
        return;
    if (is_key(item, "MINF") || (is_key(item, "DVNM") && is_model(item->value)))
        report_set_text(report, REPORT_MODEL, item->value);
    else if (is_key(item, "CASN"))
        report_set_text(report, REPORT_SERIAL, item->value);
    else if (is_key(item, "FMWR"))
        report_set_text(report, REPORT_FIRMWARE, item->value);
    else
        found = false;
    if (found)
        report_set_text(report, REPORT_MAKE, MAKER);
}

/* HERO11 writes both kinds; the one with a time in each record says more. */
static bool has_gps9(struct probe_bytes items)
{
    return scan_find(items, 0, "GPS9") < items.len;
}

static void read_device(struct probe_bytes items, struct track *track, struct probe_report *report)
{
    struct device device = {0};
    struct probe_bytes at = items;
    struct item item;
    for (unsigned i = 0; i < ITEMS_MAX && next_item(&at, &item); i++) {
        if (item.type == '\0' && is_key(&item, "STRM"))
            read_stream(item.value, &device, NULL, report);
        else
            read_identity(&item, report);
    }
    bool prefer_gps9 = has_gps9(items);
    at = items;
    for (unsigned i = 0; i < ITEMS_MAX && next_item(&at, &item); i++) {
        bool stream = item.type == '\0' && is_key(&item, "STRM");
        if (stream && (!prefer_gps9 || has_gps9(item.value)))
            read_stream(item.value, &device, track, report);
    }
}

void gpmf_read(struct probe_bytes payload, struct track *track, struct probe_report *report)
{
    struct item item;
    for (unsigned i = 0; i < ITEMS_MAX && next_item(&payload, &item); i++)
        if (item.type == '\0' && is_key(&item, "DEVC"))
            read_device(item.value, track, report);
}

static bool wants(const struct source_stream *stream)
{
    return strcmp(stream->tag, "gpmd") == 0;
}

static bool packet(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report)
{
    struct track *track = state;
    (void)stream;
    struct probe_bytes data = packet->data;
    if (!scan_text(&data, "DEVC")) /* other makers put their own records under this tag */
        return track->source != NULL;
    track->source = "gpmf";
    report_add_content(report, "gopro-gpmf", "telemetry track");
    gpmf_read(packet->data, track, report);
    return true;
}

const struct source source_gpmf = {
    .name = "gpmf", .wants = wants, .packet = packet, .state_bytes = sizeof(struct track)};
