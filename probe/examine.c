#include "probe/examine.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "probe/demux.h"
#include "probe/heif.h"
#include "probe/layout.h"
#include "probe/source.h"
#include "probe/zeros.h"

static bool has_stream(const struct probe_report *report, enum probe_stream_type type)
{
    for (size_t i = 0; i < report->stream_count; i++) {
        if (report->streams[i].type == type)
            return true;
    }
    return false;
}

static bool has_extension(const char *name, const char *const *list, size_t count)
{
    const char *dot = name != NULL ? strrchr(name, '.') : NULL;
    for (size_t i = 0; dot != NULL && i < count; i++) {
        if (strcasecmp(dot + 1, list[i]) == 0)
            return true;
    }
    return false;
}

/* Pictures that move, or come in several sizes, are films to libavformat; they need no sound. */
static bool is_picture_name(const char *name)
{
    static const char *const pictures[] = {"gif",  "avif", "heic", "heif", "hif",
                                           "webp", "png",  "apng", "cr3"};
    return has_extension(name, pictures, sizeof pictures / sizeof pictures[0]);
}

/* Names and containers of which one expects a picture; phones' voice recorders write .3gp. */
static bool should_have_picture(const struct probe_report *report, const char *name)
{
    static const char *const sound[] = {"m4a", "wma", "mka", "oga", "aac",
                                        "mp3", "wav", "amr", "3gp"};
    static const char *const films[] = {
        "mov,mp4,m4a,3gp,3g2,mj2", "avi", "mpegts", "mpeg", "flv", "asf", "matroska,webm"};
    if (has_extension(name, sound, sizeof sound / sizeof sound[0]))
        return false;
    for (size_t i = 0; report->container != NULL && i < sizeof films / sizeof films[0]; i++) {
        if (strcmp(report->container, films[i]) == 0)
            return true;
    }
    return false;
}

static void check_streams(const char *name, struct probe_report *report)
{
    if (!report->is_media || has_stream(report, PROBE_PICTURE))
        return;
    bool picture = has_stream(report, PROBE_VIDEO);
    bool sound = has_stream(report, PROBE_AUDIO);
    if (!picture && !sound)
        report_add_issue(report, "no-streams", "neither picture nor sound can be read");
    else if (!picture && should_have_picture(report, name))
        report_add_issue(report, "no-video", NULL);
    else if (picture && !sound && !is_picture_name(name))
        report_add_issue(report, "no-audio", NULL);
}

/* What the streams' own bit rates and the duration make, beside the size. Where the container
 * lists its samples their bytes are known (samples.c); here only gross differences count, since
 * bit rates in headers are often the highest or the wanted ones. */
static void check_size(struct probe_report *report)
{
    const double most = 4;
    double bits = 0;
    if (report->container == NULL || strcmp(report->container, "mov,mp4,m4a,3gp,3g2,mj2") == 0)
        return;
    if (!isfinite(report->duration_s) || report->duration_s < 2 || report->stream_count == 0)
        return;
    for (size_t i = 0; i < report->stream_count; i++) {
        const struct probe_stream *stream = &report->streams[i];
        if (stream->type != PROBE_VIDEO && stream->type != PROBE_AUDIO)
            continue;
        if (stream->bit_rate == 0)
            return;
        bits += (double)stream->bit_rate;
    }
    double expected = bits / 8 * report->duration_s;
    double size = (double)report->size_bytes;
    if (expected <= 0 || (size < expected * most && expected < size * most) ||
        fabs(size - expected) < 1 << 20)
        return;
    report_add_issue(report, "size-mismatch",
                     "duration and bit rates make %.0f bytes, the file has %.0f", expected, size);
}

/* What is neither known by its content nor a companion of a recording. */
static void check_recognised(const char *name, struct probe_report *report)
{
    const char *dot = name != NULL ? strrchr(name, '.') : NULL;
    if (report->is_media || (dot != NULL && probe_is_companion(dot + 1)))
        return;
    report_add_issue(report, "unrecognised", "nothing in it is known as sound or picture");
}

static void read_picture(struct probe_input *input, struct probe_report *report)
{
    static const char container[] = "mov,mp4,m4a,3gp,3g2,mj2"; /* as libavformat has it */
    report->container =
        report_keep(report, (struct probe_bytes){(const uint8_t *)container, strlen(container)});
    heif_describe(input, report);
}

void examine(struct probe_input *input, const char *name, struct probe_report *report)
{
    report->size_bytes = input_size(input);
    if (report->size_bytes == 0) {
        report_add_issue(report, "empty", NULL);
        return;
    }
    for (size_t i = 0; i < probe_source_count; i++) {
        if (probe_sources[i]->scan != NULL)
            probe_sources[i]->scan(input, report);
    }
    const char *format = layout_check(input, report);
    if (format != NULL && strcmp(format, LAYOUT_HEIF) == 0)
        read_picture(input, report);
    else
        demux_file(input, name, format, report);
    check_recognised(name, report);
    zeros_check(input, report);
    check_streams(name, report);
    check_size(report);

    uint64_t offset = 0;
    int error = input_error(input, &offset);
    if (error != 0)
        report_add_issue(report, "unreadable", "%s at byte %llu", strerrorname_np(error),
                         (unsigned long long)offset);
}
