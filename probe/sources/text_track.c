#include "probe/nmea.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/freegps.h"

#include <math.h>
#include <string.h>

/*
 * Positions as text in a subtitle or data track: NMEA sentences (Thinkware and many others), DJI's
 * "GPS(lon,lat,…)" and "[latitude: …] [longitude: …]", JSON with "lat" and "lon" members, or
 * Garmin's few octets in the place of a caption.
 */

enum { BLANK_PACKETS = 600, TEXT_MAX = 16 << 10 };

struct text_track {
    struct track nmea, text;
    struct freegps xored;
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
    static const char marks[] = {'"', ' ', ':', '=', '\''};
    for (size_t from = 0; (from = scan_find(text, from, word)) < text.len;) {
        from += strlen(word);
        struct probe_bytes at = {text.at + from, text.len - from};
        for (unsigned i = 0; i < 6 && at.len > 0 && memchr(marks, at.at[0], sizeof marks) != NULL;
             i++) {
            at.at++;
            at.len--;
        }
        if (at.len < text.len - from && scan_decimal(&at, value))
            return true;
    }
    return false;
}

/* DJI's older captions: "GPS(longitude,latitude,satellites or height)", or with a space before it
 */
static bool read_dji(struct probe_bytes text, struct probe_fix *fix)
{
    size_t from = scan_find(text, 0, "GPS(");
    if (from == text.len)
        from = scan_find(text, 0, "GPS (");
    from = scan_find(text, from, "(");
    if (from == text.len)
        return false;
    struct probe_bytes at = {text.at + from + 1, text.len - from - 1};
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

/* Garmin: "PNDM", speed, then degrees in units of 2^-31 of a half circle. */
static bool read_garmin(struct track *track, struct probe_bytes data, struct probe_report *report)
{
    enum { RECORD = 20 };
    size_t at = scan_find(data, 0, "PNDM");
    if (at > 4 || data.len < at + RECORD)
        return false;
    static const double UNIT = 180.0 / 2147483648.0;
    struct probe_fix fix = {.latitude = (int32_t)read_le32(data.at + at + 12) * UNIT,
                            .longitude = (int32_t)read_le32(data.at + at + 16) * UNIT,
                            .altitude_m = NAN};
    track_add(track, report, fix, TRACK_NO_CLOCK, 0);
    return true;
}

static bool packet(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report)
{
    struct text_track *self = state;
    struct probe_bytes text = packet->data;
    struct probe_fix fix = {.altitude_m = NAN};
    (void)stream;
    self->nmea.source = "nmea-track";
    self->text.source = "gps-text-track";
    if (text.len > TEXT_MAX)
        text.len = TEXT_MAX;
    bool found = track_add_nmea(&self->nmea, &self->reader, text, report) > 0 ||
                 read_garmin(&self->text, text, report) ||
                 freegps_xored(&self->xored, text, report);
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
