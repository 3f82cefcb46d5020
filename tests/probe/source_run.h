#ifndef SHILU_TESTS_SOURCE_RUN_H
#define SHILU_TESTS_SOURCE_RUN_H

/* Runs one source over octets, a file, or the packets of a file, for the tests of the sources. */

#include <math.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "probe/source.h"

/* Octets under construction. */
struct octets {
    uint8_t at[16384];
    size_t len;
};

static inline void put(struct octets *o, const void *at, size_t len)
{
    assert_true(len <= sizeof o->at - o->len);
    memcpy(o->at + o->len, at, len);
    o->len += len;
}

static inline void put_text(struct octets *o, const char *text)
{
    put(o, text, strlen(text));
}

static inline void put_be(struct octets *o, uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        uint8_t octet = (uint8_t)(value >> (8 * i));
        put(o, &octet, 1);
    }
}

static inline void put_le(struct octets *o, uint64_t value, int size)
{
    for (int i = 0; i < size; i++) {
        uint8_t octet = (uint8_t)(value >> (8 * i));
        put(o, &octet, 1);
    }
}

static inline const struct source *source_named(const char *name)
{
    for (size_t i = 0; i < probe_source_count; i++) {
        if (strcmp(probe_sources[i]->name, name) == 0)
            return probe_sources[i];
    }
    fail_msg("no source %s", name);
    return NULL;
}

static inline struct probe_report *new_report(void)
{
    struct probe_report *report = NULL;
    struct probe_err err = {0};
    assert_int_equal(report_new(&report, &err), 0);
    return report;
}

/* The octets stand in memory of exactly their length, so that a read beyond is seen. */
static inline struct probe_report *scan_octets(const char *name, const uint8_t *at, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, at, len);
    struct probe_report *report = new_report();
    struct probe_input *input = input_from_bytes((struct probe_bytes){exact, len});
    assert_non_null(input);
    source_named(name)->scan(input, report);
    input_free(input);
    free(exact);
    return report;
}

/* Each packet of a stream to the source, then its end. */
static inline struct probe_report *feed_packet(const char *name, const struct source_stream *stream,
                                               const uint8_t *at, size_t len)
{
    const struct source *source = source_named(name);
    assert_true(source->wants(stream));
    uint8_t *exact = malloc(len > 0 ? len : 1);
    void *state = calloc(1, source->state_bytes);
    assert_non_null(exact);
    assert_non_null(state);
    memcpy(exact, at, len);
    struct probe_report *report = new_report();
    const struct source_packet packet = {.data = {exact, len}, .time_s = 0, .duration_s = NAN};
    (void)source->packet(state, stream, &packet, report);
    if (source->finish != NULL)
        source->finish(state, report);
    free(state);
    free(exact);
    return report;
}

static inline const struct probe_time *time_of(const struct probe_report *report,
                                               const char *source)
{
    for (size_t i = 0; i < report->time_count; i++) {
        if (strcmp(report->times[i].source, source) == 0)
            return &report->times[i];
    }
    return NULL;
}

/* The time as "2026-01-15T12:00:00+08:00" plus how sure it is: C certain, U defined UTC, L local.
 */
static inline void assert_time(const struct probe_report *report, const char *source,
                               const char *text, enum probe_certainty certainty)
{
    const struct probe_time *time = time_of(report, source);
    if (time == NULL)
        fail_msg("no time of %s", source);
    char printed[40];
    probe_time_print(time, printed);
    assert_string_equal(printed, text);
    assert_int_equal(time->certainty, certainty);
}

static inline const struct probe_content *content_of(const struct probe_report *report,
                                                     const char *name)
{
    for (size_t i = 0; i < report->content_count; i++) {
        if (strcmp(report->contents[i].name, name) == 0)
            return &report->contents[i];
    }
    return NULL;
}

/* What a part of the octets says, the whole says too: cut short at every place, the source finds
 * the same time or none. */
static inline void assert_cuts_hold(const char *name, const char *time_source, const uint8_t *at,
                                    size_t len)
{
    struct probe_report *whole = scan_octets(name, at, len);
    const struct probe_time *truth = time_of(whole, time_source);
    assert_non_null(truth);
    for (size_t cut = 0; cut < len; cut++) {
        struct probe_report *part = scan_octets(name, at, cut);
        const struct probe_time *time = time_of(part, time_source);
        if (time != NULL)
            assert_true(llabs((long long)(time->us - truth->us)) < 60000000);
        probe_report_free(part);
    }
    probe_report_free(whole);
}

/* A file as a whole; NULL where it cannot be read. */
static inline uint8_t *load_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    uint8_t *octets = malloc(8 << 20);
    assert_non_null(octets);
    *len = fread(octets, 1, 8 << 20, file);
    (void)fclose(file);
    return octets;
}

static inline struct probe_report *scan_file(const char *name, const char *path)
{
    size_t len;
    uint8_t *octets = load_file(path, &len);
    if (octets == NULL)
        fail_msg("%s cannot be read", path);
    struct probe_report *report = scan_octets(name, octets, len);
    free(octets);
    return report;
}

static inline int nal_length_size(const AVCodecParameters *codec)
{
    if (codec->extradata_size < 23 || codec->extradata[0] != 1)
        return 0;
    return (codec->extradata[codec->codec_id == AV_CODEC_ID_HEVC ? 21 : 4] & 3) + 1;
}

/* The packets of a file's first stream that the source wants. */
static inline struct probe_report *feed_file(const char *name, const char *path)
{
    const struct source *source = source_named(name);
    AVFormatContext *format = NULL;
    struct probe_report *report = new_report();
    assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
    (void)avformat_find_stream_info(format, NULL);
    void *state = calloc(1, source->state_bytes);
    AVPacket *packet = av_packet_alloc();
    int wanted = -1;
    struct source_stream stream = {0};
    for (unsigned i = 0; i < format->nb_streams && wanted < 0; i++) {
        const AVCodecParameters *codec = format->streams[i]->codecpar;
        stream = (struct source_stream){
            .type = codec->codec_type == AVMEDIA_TYPE_VIDEO ? PROBE_VIDEO : PROBE_DATA,
            .codec = avcodec_get_name(codec->codec_id),
            .nal_length_size = nal_length_size(codec),
        };
        if (source->wants(&stream))
            wanted = (int)i;
    }
    assert_true(wanted >= 0);
    bool more = true;
    while (more && av_read_frame(format, packet) >= 0) {
        const struct source_packet one = {
            .data = {packet->data, (size_t)packet->size}, .time_s = NAN, .duration_s = NAN};
        if (packet->stream_index == wanted)
            more = source->packet(state, &stream, &one, report);
        av_packet_unref(packet);
    }
    if (source->finish != NULL)
        source->finish(state, report);
    av_packet_free(&packet);
    free(state);
    avformat_close_input(&format);
    return report;
}

/* Path of a real sample; the test is skipped where there are none. */
static inline const char *sample(const char *name)
{
    static char path[4096];
    const char *folder = getenv("SHILU_SAMPLES");
    if (folder == NULL) {
        print_message("SHILU_SAMPLES is not set: %s left out\n", name);
        skip();
    }
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "", name);
    return path;
}

/* Runs a program (ffmpeg, exiftool) that makes an input; the test fails where it does. */
static inline void run(const char *const *argv)
{
    extern char **environ;
    pid_t pid;
    int status = 0;
    char *words[40];
    size_t n = 0;
    for (; argv[n] != NULL && n < 39; n++) {
        words[n] = strdup(argv[n]);
        assert_non_null(words[n]);
    }
    words[n] = NULL;
    assert_int_equal(posix_spawnp(&pid, words[0], NULL, NULL, words, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (size_t i = 0; i < n; i++)
        free(words[i]);
    if (status != 0)
        fail_msg("%s ended with %d", argv[0], status);
}

#define FFMPEG  "ffmpeg", "-nostdin", "-v", "error", "-y"
#define PICTURE "-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=1"
#define SOUND   "-f", "lavfi", "-i", "sine=duration=1"

#endif
