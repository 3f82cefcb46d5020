#include "probe/samples.h"

#include <string.h>

#include "probe/boxes.h"
#include "probe/timeline.h"

/* What the tables of all tracks say together. */
struct tally {
    uint64_t counted; /* as the tables' headers say */
    uint64_t samples, bytes;
    uint64_t beyond;        /* samples that are not wholly in the file */
    double last_readable_s; /* of picture, or of sound where there is none */
};

bool samples_are_listed(const AVFormatContext *context)
{
    return strcmp(context->iformat->name, "mov,mp4,m4a,3gp,3g2,mj2") == 0;
}

static void check_stream(AVStream *stream, uint64_t file_size, struct tally *tally,
                         struct probe_report *report)
{
    enum AVMediaType type = stream->codecpar->codec_type;
    bool timed = type == AVMEDIA_TYPE_VIDEO || type == AVMEDIA_TYPE_AUDIO;
    double unit = av_q2d(stream->time_base);
    struct timeline timeline = {0};
    int count = avformat_index_get_entries_count(stream);
    if (stream->nb_frames > 0 && (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0)
        tally->counted += (uint64_t)stream->nb_frames;
    for (int i = 0; i < count; i++) {
        const AVIndexEntry *entry = avformat_index_get_entry(stream, i);
        uint64_t size = entry->size > 0 ? (uint64_t)entry->size : 0;
        double time_s = (double)entry->timestamp * unit;
        tally->samples++;
        tally->bytes += size; /* below 2^30 each, and below 2^31 of them */
        if (entry->pos < 0 || (uint64_t)entry->pos > file_size ||
            size > file_size - (uint64_t)entry->pos)
            tally->beyond++;
        else if (timed && time_s > tally->last_readable_s)
            tally->last_readable_s = time_s;
        if (timed)
            timeline_add(&timeline, time_s);
    }
    if (timed)
        timeline_report(&timeline, type == AVMEDIA_TYPE_VIDEO ? "video" : "audio", report);
}

/* The bytes of all mdat boxes; false where fragments hold the tables, which come one by one. */
static bool media_data(struct probe_input *input, uint64_t *bytes)
{
    uint64_t at = 0;
    struct box box;
    *bytes = 0;
    while (box_next(input, &at, input_size(input), &box)) {
        if (strcmp(box.type, "moof") == 0)
            return false;
        if (strcmp(box.type, "mdat") == 0)
            *bytes += box.end - box.content;
    }
    return true;
}

/* A camera that lost power may "repair" its file into a short one in front of much more data. */
static void check_covered(const struct tally *tally, struct probe_input *input,
                          struct probe_report *report)
{
    const uint64_t slack = 256 << 10; /* fillers and what cameras put between samples */
    uint64_t data = 0;
    if (tally->samples == 0 || tally->beyond > 0 || !media_data(input, &data))
        return;
    if (data <= tally->bytes || data - tally->bytes < slack || data - tally->bytes < data / 20)
        return;
    report_add_issue(report, "data-beyond-index",
                     "no sample table covers %llu of %llu bytes of media data",
                     (unsigned long long)(data - tally->bytes), (unsigned long long)data);
}

void samples_check(AVFormatContext *context, struct probe_input *input, struct probe_report *report)
{
    if (!samples_are_listed(context))
        return;
    struct tally tally = {0};
    for (unsigned i = 0; i < context->nb_streams; i++)
        check_stream(context->streams[i], input_size(input), &tally, report);
    if (tally.samples == 0 && tally.counted > 0)
        report_add_issue(report, "truncated", "the index counts %llu samples and places none",
                         (unsigned long long)tally.counted);
    if (tally.beyond > 0)
        report_add_issue(report, "truncated",
                         "%llu of %llu samples lie beyond the end of the file; the last that can "
                         "be read is at %.1f s",
                         (unsigned long long)tally.beyond, (unsigned long long)tally.samples,
                         tally.last_readable_s);
    check_covered(&tally, input, report);
}
