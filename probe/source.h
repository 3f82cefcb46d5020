#ifndef SHILU_PROBE_SOURCE_H
#define SHILU_PROBE_SOURCE_H

#include "probe/input.h"

/*
 * A source: one kind of metadata that libavformat does not give. One file under sources/ each, and
 * a row in sources/sources.c: a new camera is one file. All functions are pure over what they are
 * given, trust nothing, and write what they find into the report.
 */

/* The stream as the demuxer found it; texts may be NULL. */
struct source_stream {
    enum probe_stream_type type;
    const char *codec;   /* libavcodec's name, "none" where it knows none */
    char tag[5];         /* the container's four-character code: "gpmd" */
    const char *handler; /* handler name of an MP4 track */
    int nal_length_size; /* H.264/H.265 in MP4 and MKV: 1 to 4; 0 for Annex B start codes */
};

struct source_packet {
    struct probe_bytes data;
    double time_s;     /* presentation time from the start of the file; NAN when unknown */
    double duration_s; /* NAN when unknown */
};

struct source {
    const char *name;

    /* Looks at the file's bytes; called once, before the demuxer. NULL: it has nothing to do. */
    void (*scan)(struct probe_input *input, struct probe_report *report);

    /* Whether it wants the packets of this stream. NULL: none. */
    bool (*wants)(const struct source_stream *stream);

    /* One packet. `state` is state_bytes zeroed octets, one for each stream it wants. Gives false
     * when it needs no more packets of this stream. */
    bool (*packet)(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report);

    /* After the last packet; NULL: nothing to do. */
    void (*finish)(void *state, struct probe_report *report);

    size_t state_bytes;
};

extern const struct source *const probe_sources[];
extern const size_t probe_source_count;

/*
 * Reads a companion file (.nmea .gpx .srt .gps .log .json): positions and times in it, with the
 * source "companion:EXTENSION".
 */
void companion_read(struct probe_bytes text, const char *extension, struct probe_report *report);

#endif
