#include "probe/report_private.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe/fail.h"
#include "probe/text.h"

static const int64_t SECOND = 1000000;
static const int64_t YEAR_1990 = 631152000;
static const int64_t YEAR_2100 = 4102444800;

int report_new(struct probe_report **out, struct probe_err *err)
{
    struct own_report *self = calloc(1, sizeof *self);
    if (self == NULL)
        return probe_fail_memory(err);
    self->fix_stride = 1;
    struct probe_report *report = &self->report;
    report->duration_s = NAN;
    report->streams = self->streams;
    report->times = self->times;
    report->positions = self->positions;
    report->issues = self->issues;
    report->contents = self->contents;
    *out = report;
    return 0;
}

void probe_report_free(struct probe_report *report)
{
    if (report == NULL)
        return;
    struct own_report *self = report_own(report);
    while (self->blocks != NULL) {
        struct report_block *next = self->blocks->next;
        free(self->blocks);
        self->blocks = next;
    }
    free(self->track);
    free(self);
}

/* The last place of the issues is kept for this one. */
static void note_cut(struct own_report *self)
{
    size_t *count = &self->report.issue_count;
    for (size_t i = 0; i < *count; i++) {
        const char *detail = self->issues[i].detail;
        if (detail != NULL && strcmp(detail, "report cut") == 0)
            return;
    }
    self->issues[*count] = (struct probe_issue){"probe", "report cut"};
    (*count)++;
}

/* Whether one more fits; the issues keep a place for note_cut. */
static bool has_room(struct own_report *self, size_t count)
{
    if (count < PROBE_LIST_MAX - 1)
        return true;
    note_cut(self);
    return false;
}

static const char *keep(struct own_report *self, const char *text, size_t len)
{
    if (len == 0)
        return NULL;
    if (len >= TEXT_BLOCK_BYTES || self->text_bytes + len + 1 > TEXT_TOTAL_MAX) {
        note_cut(self);
        return NULL;
    }
    struct report_block *block = self->blocks;
    if (block == NULL || TEXT_BLOCK_BYTES - block->used < len + 1) {
        block = calloc(1, sizeof *block);
        if (block == NULL) {
            note_cut(self);
            return NULL;
        }
        block->next = self->blocks;
        self->blocks = block;
    }
    char *copy = block->bytes + block->used;
    memcpy(copy, text, len);
    copy[len] = '\0';
    block->used += len + 1;
    self->text_bytes += len + 1;
    return copy;
}

const char *report_keep(struct probe_report *report, struct probe_bytes text)
{
    char clean[TEXT_BYTES_MAX];
    size_t len = text_clean(text, clean);
    return keep(report_own(report), clean, len);
}

static const char *keep_string(struct own_report *self, const char *text)
{
    if (text == NULL)
        return NULL;
    return report_keep(&self->report, (struct probe_bytes){(const uint8_t *)text, strlen(text)});
}

void report_set_text(struct probe_report *report, enum report_text which, struct probe_bytes text)
{
    const char **slots[] = {
        [REPORT_MAKE] = &report->make,
        [REPORT_MODEL] = &report->model,
        [REPORT_SERIAL] = &report->serial,
        [REPORT_FIRMWARE] = &report->firmware,
    };
    const char **slot = slots[which];
    if (*slot == NULL)
        *slot = report_keep(report, text);
}

void report_add_time(struct probe_report *report, const char *source, int64_t us,
                     int32_t offset_minutes, enum probe_certainty certainty)
{
    struct own_report *self = report_own(report);
    if (us < YEAR_1990 * SECOND || us >= YEAR_2100 * SECOND)
        return;
    if (offset_minutes <= -1440 || offset_minutes >= 1440)
        return;
    for (size_t i = 0; i < report->time_count; i++) {
        if (self->times[i].us == us && strcmp(self->times[i].source, source) == 0)
            return;
    }
    if (!has_room(self, report->time_count))
        return;
    const char *kept = keep_string(self, source);
    if (kept == NULL)
        return;
    self->times[report->time_count++] = (struct probe_time){kept, us, offset_minutes, certainty};
}

void report_add_local(struct probe_report *report, const char *source, int64_t wall_us)
{
    if (wall_us < YEAR_1990 * SECOND || wall_us >= YEAR_2100 * SECOND)
        return;
    time_t wall = (time_t)(wall_us / SECOND);
    struct tm parts;
    if (gmtime_r(&wall, &parts) == NULL)
        return;
    parts.tm_isdst = -1;
    time_t when = mktime(&parts);
    if (when == (time_t)-1)
        return;
    report_add_time(report, source, (int64_t)when * SECOND + wall_us % SECOND,
                    (int32_t)(parts.tm_gmtoff / 60), PROBE_ZONE_ASSUMED);
}

/* A point on earth; its altitude is dropped where it is none. */
static bool fix_clean(struct probe_fix *fix)
{
    if (!isfinite(fix->latitude) || !isfinite(fix->longitude) || fabs(fix->latitude) > 90 ||
        fabs(fix->longitude) > 180)
        return false;
    if (fabs(fix->latitude) < 1e-9 && fabs(fix->longitude) < 1e-9)
        return false;
    if (!isfinite(fix->altitude_m) || fabs(fix->altitude_m) > 1e6)
        fix->altitude_m = NAN;
    if (fix->us < YEAR_1990 * SECOND || fix->us >= YEAR_2100 * SECOND)
        fix->has_time = false;
    if (!fix->has_time)
        fix->us = 0;
    return true;
}

void report_add_position(struct probe_report *report, const char *source, struct probe_fix fix)
{
    struct own_report *self = report_own(report);
    if (!fix_clean(&fix) || !has_room(self, report->position_count))
        return;
    const char *kept = keep_string(self, source);
    if (kept != NULL)
        self->positions[report->position_count++] = (struct probe_position){kept, fix};
}

static bool track_grow(struct own_report *self)
{
    if (self->report.track_count < self->track_room)
        return true;
    size_t room = self->track_room == 0 ? 256 : 2 * self->track_room;
    if (room > PROBE_TRACK_MAX)
        room = PROBE_TRACK_MAX;
    struct probe_fix *track = realloc(self->track, room * sizeof *track);
    if (track == NULL) {
        note_cut(self);
        return false;
    }
    self->track = track;
    self->track_room = room;
    self->report.track = track;
    return true;
}

/* A track too long is thinned, not cut: it still leads to the end of the recording. */
static void track_thin(struct own_report *self)
{
    size_t *count = &self->report.track_count;
    for (size_t i = 0; i < *count / 2; i++)
        self->track[i] = self->track[2 * i];
    *count /= 2;
    self->fix_stride *= 2;
}

void report_add_fix(struct probe_report *report, const char *source, struct probe_fix fix)
{
    struct own_report *self = report_own(report);
    if (!fix_clean(&fix))
        return;
    if (report->track_source == NULL)
        report->track_source = keep_string(self, source);
    if (report->track_source == NULL || strcmp(report->track_source, source) != 0)
        return;
    if (self->fix_seen++ % self->fix_stride != 0)
        return;
    if (report->track_count == PROBE_TRACK_MAX)
        track_thin(self);
    if (track_grow(self))
        self->track[report->track_count++] = fix;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The detail, printed and kept; NULL for none. */
__attribute__((format(printf, 2, 0))) static const char *keep_detail(struct own_report *self,
                                                                     const char *format,
                                                                     va_list arguments)
{
    char raw[TEXT_BYTES_MAX];
    if (format == NULL)
        return NULL;
    int len = vsnprintf(raw, sizeof raw, format, arguments);
    return len < 0 ? NULL : keep_string(self, raw);
}

void report_add_issue(struct probe_report *report, const char *code, const char *detail, ...)
{
    struct own_report *self = report_own(report);
    if (!has_room(self, report->issue_count))
        return;
    va_list arguments;
    va_start(arguments, detail);
    const char *kept = keep_detail(self, detail, arguments);
    va_end(arguments);
    for (size_t i = 0; i < report->issue_count; i++) {
        if (strcmp(self->issues[i].code, code) == 0 && same_text(self->issues[i].detail, kept))
            return;
    }
    const char *kept_code = keep_string(self, code);
    if (kept_code != NULL)
        self->issues[report->issue_count++] = (struct probe_issue){kept_code, kept};
}

void report_add_content(struct probe_report *report, const char *name, const char *detail, ...)
{
    struct own_report *self = report_own(report);
    if (!has_room(self, report->content_count))
        return;
    va_list arguments;
    va_start(arguments, detail);
    const char *kept = keep_detail(self, detail, arguments);
    va_end(arguments);
    for (size_t i = 0; i < report->content_count; i++) {
        if (strcmp(self->contents[i].name, name) == 0 && same_text(self->contents[i].detail, kept))
            return;
    }
    const char *kept_name = keep_string(self, name);
    if (kept_name != NULL)
        self->contents[report->content_count++] = (struct probe_content){kept_name, kept};
}

void report_add_stream(struct probe_report *report, const struct probe_stream *stream)
{
    struct own_report *self = report_own(report);
    if (!has_room(self, report->stream_count))
        return;
    struct probe_stream copy = *stream;
    copy.codec = keep_string(self, stream->codec);
    copy.profile = keep_string(self, stream->profile);
    copy.language = keep_string(self, stream->language);
    self->streams[report->stream_count++] = copy;
}
