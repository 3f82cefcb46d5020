#include "probe/demux.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/feed.h"
#include "probe/samples.h"

enum {
    IO_BYTES = 32768,
    PROBE_BYTES = 2 << 20,
    ANALYSE_SECONDS = 3,
    STREAMS_MAX = 64,
    SCORE_SURE = AVPROBE_SCORE_RETRY + 1,
};

/* The file as libavformat reads it. */
struct reading {
    struct probe_input *input;
    uint64_t position;
};

static const char decoders[] = "h264,hevc,mpeg2video,mpeg1video,mpeg4,h263,mjpeg,png,flv,vp6f,vc1,"
                               "wmv3,vp8,vp9,aac,aac_latm,ac3,eac3,mp2,mp2float,mp3,mp3float,"
                               "amrnb,amrwb,flac,opus,vorbis,wmav1,wmav2,wmavoice";

static void no_log(void *context, int level, const char *format, va_list arguments)
{
    (void)context;
    (void)level;
    (void)format;
    (void)arguments;
}

void demux_prepare(void)
{
    av_log_set_callback(no_log);
}

static int read_some(void *opaque, uint8_t *at, int len)
{
    struct reading *reading = opaque;
    size_t got = input_read(reading->input, reading->position, at, (size_t)len);
    reading->position += got;
    return got > 0 ? (int)got : AVERROR_EOF;
}

static int64_t seek_to(void *opaque, int64_t offset, int whence)
{
    struct reading *reading = opaque;
    int64_t size = (int64_t)input_size(reading->input);
    int64_t base = 0;
    if ((whence & AVSEEK_SIZE) != 0)
        return size;
    switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = (int64_t)reading->position;
        break;
    case SEEK_END:
        base = size;
        break;
    default:
        return AVERROR(EINVAL);
    }
    int64_t to = 0;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return AVERROR(EINVAL);
    reading->position = (uint64_t)to;
    return to;
}

/* A format that names other files gets none. */
static int refuse_open(AVFormatContext *context, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options)
{
    (void)context;
    (void)io;
    (void)url;
    (void)flags;
    (void)options;
    return AVERROR(EACCES);
}

/* Playlists and drawings, and readers that hand the whole file to another library. */
static bool is_unwanted(const char *format)
{
    static const char *const unwanted[] = {
        "hls",    "dash",       "concat", "imf",      "sdp",
        "rtsp",   "libopenmpt", "libgme", "svg_pipe", "webm_dash_manifest",
        "image2", "tedcaptions"};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++) {
        if (strcmp(format, unwanted[i]) == 0)
            return true;
    }
    return false;
}

/* "jpeg_pipe", "png_pipe": what ffprobe calls by its file-name reader. */
static const char *container_name(const char *format)
{
    size_t len = strlen(format);
    return len > 5 && strcmp(format + len - 5, "_pipe") == 0 ? "image2" : format;
}

/* Formats that are media even where no stream of sound or picture is left in them. */
static bool is_media_format(const char *format)
{
    static const char *const names[] = {"mov,mp4,m4a,3gp,3g2,mj2",
                                        "avi",
                                        "matroska,webm",
                                        "mpegts",
                                        "mpeg",
                                        "asf",
                                        "flv",
                                        "wav",
                                        "mxf",
                                        "dhav",
                                        "ogg",
                                        "flac",
                                        "amr",
                                        "aiff",
                                        "caf",
                                        "image2"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(format, names[i]) == 0)
            return true;
    }
    return false;
}

static struct probe_bytes bytes_of(const char *text)
{
    return (struct probe_bytes){(const uint8_t *)text, text != NULL ? strlen(text) : 0};
}

/* Whether the header says all that the report has of the stream, so that no packet is needed. */
static bool is_described(const AVStream *stream)
{
    const AVCodecParameters *par = stream->codecpar;
    if (par->codec_type == AVMEDIA_TYPE_VIDEO)
        return par->codec_id != AV_CODEC_ID_NONE && par->width > 0 && par->height > 0;
    if (par->codec_type == AVMEDIA_TYPE_AUDIO)
        return par->codec_id != AV_CODEC_ID_NONE && par->sample_rate > 0 &&
               par->ch_layout.nb_channels > 0;
    return true;
}

static bool is_all_described(const AVFormatContext *context)
{
    if ((context->ctx_flags & AVFMTCTX_NOHEADER) != 0 || context->nb_streams == 0 ||
        context->duration <= 0)
        return false;
    for (unsigned i = 0; i < context->nb_streams; i++) {
        if (!is_described(context->streams[i]))
            return false;
    }
    return true;
}

static enum probe_stream_type stream_type(const AVStream *stream, const char *container)
{
    switch ((int)stream->codecpar->codec_type) {
    case AVMEDIA_TYPE_VIDEO:
        if ((stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0 ||
            strcmp(container, "image2") == 0)
            return PROBE_PICTURE;
        return PROBE_VIDEO;
    case AVMEDIA_TYPE_AUDIO:
        return PROBE_AUDIO;
    case AVMEDIA_TYPE_SUBTITLE:
        return PROBE_SUBTITLE;
    default:
        return PROBE_DATA;
    }
}

/* Frames a second: as the header says, else the samples of the index over their time. */
static double frame_rate(AVStream *stream)
{
    if (stream->avg_frame_rate.num > 0 && stream->avg_frame_rate.den > 0)
        return av_q2d(stream->avg_frame_rate);
    int count = avformat_index_get_entries_count(stream);
    double length = stream->duration > 0 ? (double)stream->duration * av_q2d(stream->time_base) : 0;
    if (count > 1 && stream->nb_frames == count && length > 0)
        return count / length;
    if (stream->r_frame_rate.num > 0 && stream->r_frame_rate.den > 0)
        return av_q2d(stream->r_frame_rate);
    return 0;
}

/* The container's matrix turns counter-clockwise in libavutil's words. */
static int32_t rotation(const AVStream *stream)
{
    size_t size = 0;
    const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    int32_t matrix[9];
    if (data == NULL || size < sizeof matrix)
        return 0;
    memcpy(matrix, data, sizeof matrix);
    double degrees = av_display_rotation_get(matrix);
    if (!isfinite(degrees))
        return 0;
    long clockwise = lround(-degrees) % 360;
    return (int32_t)(clockwise < 0 ? clockwise + 360 : clockwise);
}

/* From the decoder's configuration, since no decoder runs here. */
static const char *profile_name(const AVCodecParameters *par)
{
    int profile = par->profile;
    const uint8_t *extra = par->extradata;
    if (profile == FF_PROFILE_UNKNOWN && extra != NULL) {
        if (par->codec_id == AV_CODEC_ID_H264 && par->extradata_size >= 4 && extra[0] == 1) {
            profile = extra[1];
            if (profile == FF_PROFILE_H264_BASELINE && (extra[2] & 0x40) != 0)
                profile = FF_PROFILE_H264_CONSTRAINED_BASELINE;
        } else if (par->codec_id == AV_CODEC_ID_HEVC && par->extradata_size >= 2 && extra[0] == 1) {
            profile = extra[1] & 0x1F;
        } else if (par->codec_id == AV_CODEC_ID_AAC && par->extradata_size >= 2) {
            profile = (extra[0] >> 3) - 1;
        }
    }
    return profile == FF_PROFILE_UNKNOWN ? NULL : avcodec_profile_name(par->codec_id, profile);
}

static uint32_t positive(int value)
{
    return value > 0 ? (uint32_t)value : 0;
}

static void add_stream(AVStream *stream, const char *container, struct probe_report *report)
{
    const AVCodecParameters *par = stream->codecpar;
    const AVDictionaryEntry *language = av_dict_get(stream->metadata, "language", NULL, 0);
    struct probe_stream out = {
        .type = stream_type(stream, container),
        .codec = par->codec_id != AV_CODEC_ID_NONE ? avcodec_get_name(par->codec_id) : NULL,
        .profile = profile_name(par),
        .bit_rate = par->bit_rate > 0 ? (uint64_t)par->bit_rate : 0,
    };
    if (language != NULL && strcmp(language->value, "und") != 0)
        out.language = language->value;
    if (par->codec_type == AVMEDIA_TYPE_VIDEO) {
        out.width = positive(par->width);
        out.height = positive(par->height);
        out.rotation_degrees = rotation(stream);
        out.frame_rate = out.type == PROBE_VIDEO ? frame_rate(stream) : 0;
    }
    if (par->codec_type == AVMEDIA_TYPE_AUDIO) {
        out.sample_rate = positive(par->sample_rate);
        out.channels = positive(par->ch_layout.nb_channels);
    }
    report_add_stream(report, &out);
}

/* Whether sound or picture is in it; a text that looks like subtitles is no recording. */
static bool holds_media(const AVFormatContext *context)
{
    for (unsigned i = 0; i < context->nb_streams; i++) {
        enum AVMediaType type = context->streams[i]->codecpar->codec_type;
        if (type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO)
            return true;
    }
    return false;
}

static void describe(AVFormatContext *context, const char *container, struct probe_report *report)
{
    report->is_media = report->is_media || holds_media(context);
    if (context->duration > 0 && strcmp(container, "image2") != 0)
        report->duration_s = (double)context->duration / AV_TIME_BASE;
    for (unsigned i = 0; i < context->nb_streams; i++)
        add_stream(context->streams[i], container, report);
}

static AVFormatContext *context_new(AVIOContext *io)
{
    AVFormatContext *context = avformat_alloc_context();
    if (context == NULL)
        return NULL;
    context->pb = io;
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    context->io_open = refuse_open;
    context->probesize = PROBE_BYTES;
    context->max_analyze_duration = (int64_t)ANALYSE_SECONDS * AV_TIME_BASE;
    context->max_streams = STREAMS_MAX;
    /* decoders are asked for what only they tell (sizes, rates), and only where the header does not
     * say it: these, which body and dash cameras, phones and recorders use */
    context->codec_whitelist = av_strdup(decoders);
    context->protocol_whitelist = av_strdup("none");
    return context;
}

/* Of an encrypted film libavformat may refuse the auxiliary data: that is no damage. */
static bool is_encrypted(const struct probe_report *report)
{
    for (size_t i = 0; i < report->issue_count; i++) {
        if (strcmp(report->issues[i].code, "encrypted") == 0)
            return true;
    }
    return false;
}

static void open_format(AVIOContext *io, const AVInputFormat *format, bool named,
                        struct probe_input *input, struct probe_report *report)
{
    AVFormatContext *context = context_new(io);
    if (context == NULL)
        return;
    int failed = avformat_open_input(&context, "", format, NULL);
    if (failed >= 0 && !is_all_described(context))
        failed = avformat_find_stream_info(context, NULL);
    if (failed < 0 && !report->is_media && !named) {
        report->container = NULL; /* it only looked like one */
    } else if (failed < 0 && !is_encrypted(report)) {
        report->is_media = true;
        char text[AV_ERROR_MAX_STRING_SIZE] = "";
        (void)av_strerror(failed, text, sizeof text);
        report_add_issue(report, "damaged", "the %s structure cannot be read: %s",
                         report->container, text);
    }
    if (context == NULL)
        return;
    if (report->container == NULL) {
        avformat_close_input(&context);
        return;
    }
    describe(context, report->container, report);
    samples_check(context, input, report);
    feed_sources(context, report);
    avformat_close_input(&context);
}

static bool is_named(const AVInputFormat *format, const char *name)
{
    return name != NULL && format->extensions != NULL && av_match_ext(name, format->extensions);
}

/* The format by its content; NULL when it looks like none. */
static const AVInputFormat *recognise(AVIOContext *io, const char *name, const char *known)
{
    if (known != NULL)
        return av_find_input_format(known);
    const AVInputFormat *format = NULL;
    int score = av_probe_input_buffer2(io, &format, "", NULL, 0, 0);
    if (score <= 0 || format == NULL || is_unwanted(format->name))
        return NULL;
    return score >= SCORE_SURE || is_named(format, name) ? format : NULL;
}

static void read_format(AVIOContext *io, const AVInputFormat *format, bool named,
                        struct probe_input *input, struct probe_report *report)
{
    const char *container = container_name(format->name);
    report->container = report_keep(report, bytes_of(container));
    if (report->container == NULL)
        return;
    report->is_media = report->is_media || is_media_format(container);
    open_format(io, format, named, input, report);
}

void demux_file(struct probe_input *input, const char *name, const char *known,
                struct probe_report *report)
{
    struct reading reading = {input, 0};
    uint8_t *buffer = av_malloc(IO_BYTES);
    AVIOContext *io =
        buffer != NULL ? avio_alloc_context(buffer, IO_BYTES, 0, &reading, read_some, NULL, seek_to)
                       : NULL;
    if (io == NULL) {
        av_free(buffer);
        return;
    }
    const AVInputFormat *format = recognise(io, name, known);
    if (format != NULL)
        read_format(io, format, is_named(format, name), input, report);
    av_freep(&io->buffer); /* libavformat may have put another in its place */
    avio_context_free(&io);
}
