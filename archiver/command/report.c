#include "command/report.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "base/i18n.h"
#include "command/cells.h"
#include "command/say.h"
#include "probe/probe.h"

#include "base/banned.h"

static void print_label(const char *indent, const char *label)
{
    printf("%s", indent);
    cells_print_label(label);
}

static void print_line(const char *indent, const char *label, const char *value)
{
    if (value == NULL)
        return;
    print_label(indent, label);
    say_shown(value);
    (void)putchar('\n');
}

static void print_stream(const char *indent, const struct probe_stream *stream)
{
    static const char *const types[] = {N_("video"), N_("audio"), N_("subtitle"), N_("data"),
                                        N_("picture")};
    print_label(indent, _("stream"));
    printf("%s", _(types[stream->type]));
    if (stream->codec != NULL)
        printf(" %s", stream->codec);
    if (stream->width > 0)
        printf(" %u×%u", stream->width, stream->height);
    if (stream->frame_rate > 0)
        printf(_(", %.4g frames/s"), stream->frame_rate);
    if (stream->rotation_degrees != 0)
        printf(_(", turned by %d°"), stream->rotation_degrees);
    if (stream->sample_rate > 0)
        printf(_(", %u Hz, %u channels"), stream->sample_rate, stream->channels);
    (void)putchar('\n');
}

static void print_times(const char *indent, const struct probe_report *report)
{
    for (size_t i = 0; i < report->time_count; i++) {
        static const char *const certainties[] = {
            [PROBE_CERTAIN] = "",
            [PROBE_DEFINED_UTC] = N_(", UTC by the format's definition"),
            [PROBE_ZONE_ASSUMED] = N_(", written without a zone"),
        };
        const struct probe_time *time = &report->times[i];
        char text[40];
        probe_time_print(time, text);
        print_label(indent, i == 0 ? _("captured") : _("  or"));
        printf("%s (%s%s)\n", text, time->source,
               time->certainty == PROBE_CERTAIN ? "" : _(certainties[time->certainty]));
    }
}

void report_print(const struct probe_report *report, const char *indent)
{
    char size[32];
    char duration[32];
    say_size(report->size_bytes, size);
    say_duration(report->duration_s, duration);
    print_label(indent, _("container"));
    printf("%s, %s", report->container != NULL ? report->container : _("unknown"), size);
    if (isfinite(report->duration_s))
        printf(", %s", duration);
    (void)putchar('\n');
    for (size_t i = 0; i < report->stream_count; i++)
        print_stream(indent, &report->streams[i]);
    print_times(indent, report);
    for (size_t i = 0; i < report->position_count; i++) {
        print_label(indent, i == 0 ? _("position") : _("  or"));
        printf("%.6f, %.6f (%s)\n", report->positions[i].fix.latitude,
               report->positions[i].fix.longitude, report->positions[i].source);
    }
    if (report->track_count > 0) {
        print_label(indent, _("track"));
        printf(_("%zu positions (%s)\n"), report->track_count, report->track_source);
    }
    print_line(indent, _("make"), report->make);
    print_line(indent, _("model"), report->model);
    print_line(indent, _("serial"), report->serial);
    print_line(indent, _("firmware"), report->firmware);
}
