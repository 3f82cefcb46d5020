#ifndef SHILU_PROBE_H
#define SHILU_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a media file says about itself. Knows no case and no vault; includes nothing of archiver/.
 *
 * A file is a stranger's: it is only ever parsed in the helper program shilu-probe, one process a
 * file, which holds nothing but the file's descriptor and a pipe. probe_run starts it and gives
 * back its report; whatever the file does to the helper ends as an issue in the report.
 */

enum probe_err_kind {
    PROBE_ERR_NONE,
    PROBE_ERR_USAGE,
    PROBE_ERR_DAMAGED, /* a report is not one */
    PROBE_ERR_MEMORY,
    PROBE_ERR_SYSTEM, /* the helper cannot be started */
};

struct probe_err {
    enum probe_err_kind kind;
    int number; /* errno, or 0 */
    char object[256];
    char text[1024];
};

enum probe_stream_type {
    PROBE_VIDEO,
    PROBE_AUDIO,
    PROBE_SUBTITLE,
    PROBE_DATA,
    PROBE_PICTURE, /* a still picture, or a cover attached to sound */
};

/* Texts are UTF-8 or NULL where unknown; numbers are 0 where unknown. */
struct probe_stream {
    enum probe_stream_type type;
    const char *codec; /* libavcodec's name: "h264" */
    const char *profile;
    const char *language; /* ISO 639-2 */
    uint32_t width, height;
    int32_t rotation_degrees; /* clockwise, 0 to 359: how far to turn it for display */
    double frame_rate;        /* frames a second */
    uint32_t sample_rate;     /* Hz */
    uint32_t channels;
    uint64_t bit_rate; /* bits a second */
};

/* How sure a time is. */
enum probe_certainty {
    PROBE_CERTAIN,     /* written with its zone, or in UTC by definition and practice (GPS) */
    PROBE_DEFINED_UTC, /* UTC by the format's definition; some cameras write local time there */
    PROBE_ZONE_ASSUMED /* written without a zone: the zone of the options was applied */
};

/* One time of capture that the file, its companion or its name gives. */
struct probe_time {
    const char *source; /* "apple-creationdate", "mvhd", "gpmf", "name:novatek", … */
    int64_t us;         /* microseconds since 1970-01-01T00:00:00Z */
    int32_t offset_minutes;
    enum probe_certainty certainty;
};

/* A position in degrees WGS 84; altitude in metres, NAN where unknown. */
struct probe_fix {
    double latitude, longitude, altitude_m;
    bool has_time;
    int64_t us; /* as in probe_time */
};

struct probe_position {
    const char *source; /* "gpmf", "apple-location-iso6709", "udta-xyz", … */
    struct probe_fix fix;
};

/* One thing that is wrong, as "code" or "code: detail" in JSON: "truncated: …". The code is stable.
 */
struct probe_issue {
    const char *code;
    const char *detail; /* English; may be NULL */
};

/* Something else that stands in the file and is kept as it is: "c2pa", "signed-stream",
 * "misb-st0604", "gopro-gpmf", … with a detail. */
struct probe_content {
    const char *name;
    const char *detail;
};

/* What the file's name says by the pattern that matched; texts NULL where it says nothing. */
struct probe_name {
    const char *pattern; /* the pattern's name */
    const char *device, *officer, *sequence, *channel;
};

/* All lists are the report's; the first time and the first position are the chosen ones. */
struct probe_report {
    uint64_t size_bytes;
    bool is_media;         /* something was recognised that holds or should hold sound or picture */
    const char *container; /* libavformat's name: "mov,mp4,m4a,3gp,3g2,mj2"; NULL when unknown */
    double duration_s;     /* NAN when unknown */
    const char *make, *model, *serial, *firmware;
    struct probe_name name;
    const struct probe_stream *streams;
    size_t stream_count;
    const struct probe_time *times; /* best first: times[0] is the time of capture */
    size_t time_count;
    const struct probe_position *positions; /* best first */
    size_t position_count;
    const struct probe_fix *track; /* in order of time; at most PROBE_TRACK_MAX */
    size_t track_count;
    const char *track_source;
    const struct probe_issue *issues;
    size_t issue_count;
    const struct probe_content *contents;
    size_t content_count;
};

enum {
    PROBE_TRACK_MAX = 20000,
    PROBE_LIST_MAX = 256, /* streams, times, positions, issues, contents: each at most so many */
    PROBE_REPORT_BYTES_MAX = 4 << 20,
};

/*
 * A device's way of naming its files: literal text and fields in braces,
 * "NO{time:YYYYMMDD-hhmmss}-{sequence}{channel:F|B|I}"; see probe/name.h for the language.
 */
struct probe_pattern {
    const char *name;
    const char *pattern;
};

/* The built-in patterns of common body and dash cameras. */
const struct probe_pattern *probe_default_patterns(size_t *count);

/* Whether a pattern can be read; on -1 *err says what is wrong with it (PROBE_ERR_USAGE). */
int probe_pattern_check(const struct probe_pattern *pattern, struct probe_err *err);

/* A file that lies beside the recording with the same stem; the descriptor stays the caller's. */
struct probe_companion {
    int fd;
    const char *extension; /* "nmea", "gpx", "srt", "gps", "log", "json" */
};

enum { PROBE_COMPANIONS_MAX = 8 };

/* Whether a file with this extension (no dot, any case) is read as a companion. */
bool probe_is_companion(const char *extension);

/* Whether a name's extension is one that cameras give their recordings and pictures. */
bool probe_is_media_name(const char *name);

struct probe_options {
    const char *helper; /* path of shilu-probe; NULL: beside the program, else where installed */
    const char *zone;   /* IANA name for times without one; NULL: "Asia/Shanghai" */
    const struct probe_pattern *patterns; /* NULL: the built-in ones */
    size_t pattern_count;
    const struct probe_companion *companions;
    size_t companion_count;
    uint32_t wall_seconds; /* 0: 20; then the helper is killed */
};

/*
 * Probes a file in the helper.
 *
 *   fd       a regular file open for reading; its position is not used and not moved
 *   name     the original file name (last part of the path), any bytes; NULL when there is none
 *   options  may be NULL
 *   out      the caller's, to be freed with probe_report_free
 *
 * A helper that crashes, is killed or takes too long still gives a report, with the issue
 * "probe: killed by SIGSYS", "probe: took longer than 20 s", … and what the name says.
 * 0, or -1 with *err: PROBE_ERR_SYSTEM (the helper cannot be started), PROBE_ERR_MEMORY.
 * Any number of threads may call it at once.
 */
int probe_run(int fd, const char *name, const struct probe_options *options,
              struct probe_report **out, struct probe_err *err);

void probe_report_free(struct probe_report *report);

/*
 * The report as one JSON object (the fields of `probe --json` without "file"), and back. Reading
 * trusts nothing: sizes, types, ranges and UTF-8 are checked. The text is the caller's.
 */
int probe_report_to_json(const struct probe_report *report, char **text, struct probe_err *err);
int probe_report_from_json(const char *text, size_t len, struct probe_report **out,
                           struct probe_err *err);

/*
 * A time as RFC 3339 text with its offset, as the report's JSON has it. `text` holds 40 octets.
 */
void probe_time_print(const struct probe_time *time, char text[static 40]);

#endif
