#include "probe/feed.h"

#include <libavcodec/avcodec.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/samples.h"
#include "probe/source.h"
#include "probe/timeline.h"

enum {
    TAKERS_MAX = 256,
    STREAMS_MAX = 64,
    PACKETS_MAX = 200000,
    LISTED_BYTES_MAX = 64 << 20, /* of packets, read by their table */
    LINEAR_BYTES_MAX = 4 << 20,  /* of the file, where all must be read on the way */
};

/* A source that takes the packets of one stream. */
struct taker {
    const struct source *source;
    unsigned stream;
    void *state;
    bool done;
};

struct feeding {
    AVFormatContext *context;
    struct probe_report *report;
    struct source_stream streams[STREAMS_MAX];
    struct timeline timelines[STREAMS_MAX];
    unsigned stream_count;
    struct taker takers[TAKERS_MAX];
    size_t taker_count;
    bool follows_time; /* the timestamps are looked at as well */
};

/* Containers whose timestamps stand with the packets only. */
static bool is_stream_format(const AVFormatContext *context)
{
    static const char *const names[] = {"mpegts", "mpeg", "flv", "matroska,webm", "asf", "dhav"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(context->iformat->name, names[i]) == 0)
            return true;
    }
    return false;
}

/* H.264 and H.265 as MP4 and Matroska hold them: lengths before the NAL units. */
static int nal_length_size(const AVCodecParameters *par)
{
    const uint8_t *extra = par->extradata;
    if (par->codec_id == AV_CODEC_ID_H264 && par->extradata_size >= 7 && extra[0] == 1)
        return (extra[4] & 3) + 1;
    if (par->codec_id == AV_CODEC_ID_HEVC && par->extradata_size >= 23 && extra[0] == 1)
        return (extra[21] & 3) + 1;
    return 0;
}

static enum probe_stream_type type_of(const AVStream *stream)
{
    switch ((int)stream->codecpar->codec_type) {
    case AVMEDIA_TYPE_VIDEO:
        return (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0 ? PROBE_PICTURE
                                                                        : PROBE_VIDEO;
    case AVMEDIA_TYPE_AUDIO:
        return PROBE_AUDIO;
    case AVMEDIA_TYPE_SUBTITLE:
        return PROBE_SUBTITLE;
    default:
        return PROBE_DATA;
    }
}

static void describe_stream(const AVStream *stream, struct source_stream *out)
{
    const AVDictionaryEntry *handler = av_dict_get(stream->metadata, "handler_name", NULL, 0);
    uint32_t tag = stream->codecpar->codec_tag;
    *out = (struct source_stream){
        .type = type_of(stream),
        .codec = avcodec_get_name(stream->codecpar->codec_id),
        .handler = handler != NULL ? handler->value : NULL,
        .nal_length_size = nal_length_size(stream->codecpar),
    };
    for (unsigned i = 0; i < 4; i++)
        out->tag[i] = (char)(tag >> (8 * i) & 0xFF);
}

static void add_taker(struct feeding *feeding, const struct source *source, unsigned stream)
{
    if (feeding->taker_count == TAKERS_MAX)
        return;
    void *state = calloc(1, source->state_bytes > 0 ? source->state_bytes : 1);
    if (state == NULL)
        return;
    feeding->takers[feeding->taker_count++] = (struct taker){source, stream, state, false};
}

static bool is_wanted(const struct feeding *feeding, unsigned stream)
{
    for (size_t i = 0; i < feeding->taker_count; i++) {
        if (feeding->takers[i].stream == stream && !feeding->takers[i].done)
            return true;
    }
    return false;
}

static void discard_unwanted(struct feeding *feeding)
{
    for (unsigned i = 0; i < feeding->stream_count; i++) {
        bool wanted = feeding->follows_time || is_wanted(feeding, i);
        feeding->context->streams[i]->discard = wanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
}

/* Streams that turn up on the way are described as they come. */
static void meet_streams(struct feeding *feeding)
{
    unsigned before = feeding->stream_count;
    while (feeding->stream_count < feeding->context->nb_streams &&
           feeding->stream_count < STREAMS_MAX) {
        unsigned at = feeding->stream_count++;
        describe_stream(feeding->context->streams[at], &feeding->streams[at]);
        for (size_t i = 0; i < probe_source_count; i++) {
            const struct source *source = probe_sources[i];
            if (source->wants != NULL && source->wants(&feeding->streams[at]))
                add_taker(feeding, source, at);
        }
    }
    if (feeding->stream_count > before)
        discard_unwanted(feeding);
}

static double seconds(int64_t time, AVRational unit)
{
    return time == AV_NOPTS_VALUE ? NAN : (double)time * av_q2d(unit);
}

/* Gives whether a taker has had enough by this packet. */
static bool hand_out(struct feeding *feeding, const AVPacket *packet)
{
    const AVStream *stream = feeding->context->streams[packet->stream_index];
    unsigned index = (unsigned)packet->stream_index;
    double start = feeding->context->start_time == AV_NOPTS_VALUE
                       ? 0
                       : (double)feeding->context->start_time / AV_TIME_BASE;
    struct source_packet out = {
        .data = {packet->data, packet->size > 0 ? (size_t)packet->size : 0},
        .time_s = seconds(packet->pts, stream->time_base) - start,
        .duration_s = packet->duration > 0 ? seconds(packet->duration, stream->time_base) : NAN,
    };
    bool ended = false;
    for (size_t i = 0; i < feeding->taker_count; i++) {
        struct taker *taker = &feeding->takers[i];
        if (taker->stream != index || taker->done)
            continue;
        taker->done =
            !taker->source->packet(taker->state, &feeding->streams[index], &out, feeding->report);
        ended = ended || taker->done;
    }
    return ended;
}

static void follow_time(struct feeding *feeding, const AVPacket *packet)
{
    const AVStream *stream = feeding->context->streams[packet->stream_index];
    int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    timeline_add(&feeding->timelines[packet->stream_index], seconds(time, stream->time_base));
}

static bool anyone_left(const struct feeding *feeding)
{
    for (size_t i = 0; i < feeding->taker_count; i++) {
        if (!feeding->takers[i].done)
            return true;
    }
    return feeding->follows_time;
}

static void read_packets(struct feeding *feeding, AVPacket *packet)
{
    bool listed = samples_are_listed(feeding->context);
    int64_t bytes = 0;
    for (uint32_t count = 0; count < PACKETS_MAX && anyone_left(feeding); count++) {
        if (av_read_frame(feeding->context, packet) < 0)
            return;
        meet_streams(feeding);
        bool ended = false;
        if ((unsigned)packet->stream_index < feeding->stream_count) {
            if (feeding->follows_time)
                follow_time(feeding, packet);
            ended = hand_out(feeding, packet);
        }
        bytes += packet->size;
        av_packet_unref(packet);
        if (ended)
            discard_unwanted(feeding);
        if (listed ? bytes > LISTED_BYTES_MAX : avio_tell(feeding->context->pb) > LINEAR_BYTES_MAX)
            return;
    }
}

static void finish(struct feeding *feeding)
{
    for (size_t i = 0; i < feeding->taker_count; i++) {
        struct taker *taker = &feeding->takers[i];
        if (taker->source->finish != NULL)
            taker->source->finish(taker->state, feeding->report);
        free(taker->state);
    }
    for (unsigned i = 0; feeding->follows_time && i < feeding->stream_count; i++) {
        if (feeding->streams[i].type == PROBE_VIDEO || feeding->streams[i].type == PROBE_AUDIO)
            timeline_report(&feeding->timelines[i],
                            feeding->streams[i].type == PROBE_VIDEO ? "video" : "audio",
                            feeding->report);
    }
}

void feed_sources(AVFormatContext *context, struct probe_report *report)
{
    struct feeding *feeding = calloc(1, sizeof *feeding);
    AVPacket *packet = av_packet_alloc();
    if (feeding != NULL && packet != NULL) {
        feeding->context = context;
        feeding->report = report;
        feeding->follows_time = is_stream_format(context);
        meet_streams(feeding);
        read_packets(feeding, packet);
        finish(feeding);
    }
    av_packet_free(&packet);
    free(feeding);
}
