#include "probe/nmea.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/track.h"

#include <math.h>
#include <string.h>

/*
 * Positions as text in a subtitle or data track: NMEA sentences (Thinkware and many others), DJI's
 * "GPS(lon,lat,…)" and "[latitude: …] [longitude: …]", or JSON with "lat" and "lon" members.
 */

enum { BLANK_PACKETS = 600, TEXT_MAX = 16 << 10 };

struct text_track {
    struct track nmea, text;
    struct nmea_reader reader;
    unsigned blank;
};

static bool wants(const struct source_stream *stream)
{
    return stream->type == PROBE_SUBTITLE ||
           (stream->type == PROBE_DATA && strcmp(stream->tag, "gpmd") != 0);
}

/* The number behind a word and its marks: `"lat": 12.3`, `latitude: 12.3`, `lat=12.3`. */
static bool number_after(struct probe_bytes text, const char *word, double *value)
{
    for (size_t from = 0; (from = scan_find(text, from, word)) < text.len;) {
        from += strlen(word);
        struct probe_bytes at = {text.at + from, text.len - from};
        for (unsigned i = 0; i < 6 && at.len > 0 && memchr("\" :='", at.at[0], 5) != NULL; i++) {
            at.at++;
            at.len--;
        }
        if (at.len < text.len - from && scan_decimal(&at, value))
            return true;
    }
    return false;
}

/* DJI's older captions: GPS(longitude,latitude,satellites or height) */
static bool read_dji(struct probe_bytes text, struct probe_fix *fix)
{
    size_t from = scan_find(text, 0, "GPS(");
    if (from == text.len)
        return false;
    struct probe_bytes at = {text.at + from + 4, text.len - from - 4};
    if (!scan_decimal(&at, &fix->longitude) || !scan_char(&at, ','))
        return false;
    scan_space(&at);
    return scan_decimal(&at, &fix->latitude);
}

static bool read_words(struct probe_bytes text, struct probe_fix *fix)
{
    bool found = (number_after(text, "latitude", &fix->latitude) &&
                  (number_after(text, "longitude", &fix->longitude) ||
                   number_after(text, "longtitude", &fix->longitude))) || /* DJI's spelling */
                 (number_after(text, "\"lat\"", &fix->latitude) &&
                  (number_after(text, "\"lon\"", &fix->longitude) ||
                   number_after(text, "\"lng\"", &fix->longitude)));
    if (found && !number_after(text, "altitude", &fix->altitude_m) &&
        !number_after(text, "abs_alt", &fix->altitude_m))
        fix->altitude_m = NAN;
    return found;
}

static bool packet(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report)
{
    struct text_track *self = state;
    struct probe_bytes text = packet->data;
    struct probe_fix fix = {.altitude_m = NAN};
    bool found = false;
    (void)stream;
    self->nmea.source = "nmea-track";
    self->text.source = "gps-text-track";
    if (text.len > TEXT_MAX)
        text.len = TEXT_MAX;
    struct probe_bytes rest = text;
    while (nmea_next(&self->reader, &rest, &fix)) {
        track_add(&self->nmea, report, fix, fix.has_time ? TRACK_UTC : TRACK_NO_CLOCK, fix.us);
        found = true;
    }
    if (!found && !self->nmea.placed) {
        fix = (struct probe_fix){.altitude_m = NAN};
        found = read_dji(text, &fix) || read_words(text, &fix);
        if (found)
            track_add(&self->text, report, fix, TRACK_NO_CLOCK, 0);
    }
    self->blank = found ? 0 : self->blank + 1;
    return self->blank < BLANK_PACKETS;
}

const struct source source_text_track = {.name = "text-track",
                                         .wants = wants,
                                         .packet = packet,
                                         .state_bytes = sizeof(struct text_track)};
