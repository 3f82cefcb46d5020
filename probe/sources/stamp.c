#include "probe/sources/stamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "probe/scan.h"

enum { STAMP_TEXT_MAX = 128, PARTS_MAX = 8 };

static void pass(struct probe_bytes *at, size_t count)
{
    at->at += count;
    at->len -= count;
}

static bool is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

static uint8_t lower(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + 32) : octet;
}

static bool is_letter(uint8_t octet)
{
    return lower(octet) >= 'a' && lower(octet) <= 'z';
}

/* One or two digits. */
static bool take_short(struct probe_bytes *at, uint32_t *value)
{
    return scan_digits(at, 2, value) || scan_digits(at, 1, value);
}

static bool take_separator(struct probe_bytes *at)
{
    bool taken =
        scan_char(at, '/') || scan_char(at, '-') || scan_char(at, ':') || scan_char(at, '.');
    scan_space(at);
    return taken;
}

/* A run of letters; its first three in lower case. */
static bool take_word(struct probe_bytes *at, char first[static 4])
{
    size_t n = 0;
    for (; n < at->len && is_letter(at->at[n]); n++) {
        if (n < 3)
            first[n] = (char)lower(at->at[n]);
    }
    first[n < 3 ? n : 3] = '\0';
    pass(at, n);
    return n > 0;
}

static bool month_of(const char *first, uint32_t *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (strlen(first) != 3)
        return false;
    for (uint32_t i = 0; i < 12; i++) {
        if (memcmp(names + (size_t)i * 3, first, 3) == 0) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

/* "12:14", "12:14:34", "1: 2PM"; the fraction of a second is passed over */
static bool take_clock(struct probe_bytes *at, struct when_fields *f)
{
    struct probe_bytes rest = *at;
    if (!take_short(&rest, &f->hour) || !scan_char(&rest, ':'))
        return false;
    scan_space(&rest);
    if (!take_short(&rest, &f->minute))
        return false;
    if (scan_char(&rest, ':')) {
        scan_space(&rest);
        if (!take_short(&rest, &f->second))
            return false;
        if (rest.len > 0 && rest.at[0] == '.')
            pass(&rest, 1);
        while (rest.len > 0 && is_digit(rest.at[0]))
            pass(&rest, 1);
    }
    struct probe_bytes ahead = rest;
    char half[4];
    scan_space(&ahead);
    if (take_word(&ahead, half) && f->hour <= 12 &&
        (strcmp(half, "pm") == 0 || strcmp(half, "am") == 0)) {
        f->hour = f->hour % 12 + (half[0] == 'p' ? 12 : 0);
        rest = ahead;
    }
    *at = rest;
    return true;
}

/* "+0800", "-03:30" */
static bool take_offset(struct probe_bytes *at, struct when *out)
{
    struct probe_bytes rest = *at;
    bool west = scan_char(&rest, '-');
    uint32_t hours;
    uint32_t minutes = 0;
    if ((!west && !scan_char(&rest, '+')) || !scan_digits(&rest, 2, &hours) || hours > 15)
        return false;
    (void)scan_char(&rest, ':');
    (void)scan_digits(&rest, 2, &minutes);
    out->zoned = true;
    out->offset_minutes = (int32_t)(hours * 60 + minutes) * (west ? -1 : 1);
    *at = rest;
    return true;
}

static bool is_utc(const char *first)
{
    return strcmp(first, "utc") == 0 || strcmp(first, "gmt") == 0 || strcmp(first, "z") == 0;
}

/* year, month, day with separators and stray spaces, then the clock */
static bool parse_loose(struct probe_bytes text, struct when *out)
{
    struct when_fields f = {0};
    if (!scan_digits(&text, 4, &f.year) || !take_separator(&text) || !take_short(&text, &f.month) ||
        !take_separator(&text) || !take_short(&text, &f.day))
        return false;
    if (text.len == 0 || is_digit(text.at[0]))
        return false;
    if (!is_letter(text.at[0]))
        (void)take_separator(&text);
    else
        pass(&text, 1); /* T */
    if (!take_clock(&text, &f) || !when_civil(&f, &out->wall_us))
        return false;
    char name[4];
    scan_space(&text);
    if (take_word(&text, name))
        out->zoned = is_utc(name);
    else
        (void)take_offset(&text, out);
    return true;
}

/* "Tue Oct 27 12:14:34 2009", "Oct 27 12:14:34 UTC 2009", "27 Oct 2009 12:14:34 +0800" */
static bool parse_named(struct probe_bytes text, struct when *out)
{
    struct when_fields f = {0};
    bool clock = false;
    for (int i = 0; i < PARTS_MAX; i++) {
        scan_space(&text);
        (void)scan_char(&text, ',');
        scan_space(&text);
        char name[4];
        if (!clock && take_clock(&text, &f))
            clock = true;
        else if (take_word(&text, name))
            out->zoned = (!month_of(name, &f.month) && is_utc(name)) || out->zoned;
        else if ((clock && take_offset(&text, out)) ||
                 (f.year == 0 && scan_digits(&text, 4, &f.year)))
            continue;
        else if (f.day != 0 || !take_short(&text, &f.day))
            break;
    }
    return clock && f.year != 0 && when_civil(&f, &out->wall_us);
}

/* "PM": a clock of twelve hours, which when_parse does not know. */
static bool has_half(struct probe_bytes text)
{
    static const char *const halves[] = {"AM", "PM", "am", "pm"};
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        if (scan_find(text, 0, halves[i]) < text.len)
            return true;
    }
    return false;
}

bool stamp_parse(struct probe_bytes text, struct when *out)
{
    bool (*const forms[])(struct probe_bytes, struct when *) = {when_parse, parse_loose,
                                                                parse_named};
    if (text.len > STAMP_TEXT_MAX)
        text.len = STAMP_TEXT_MAX;
    if (text.len == 0)
        return false;
    scan_space(&text);
    for (size_t i = has_half(text) ? 1 : 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct when when = {0};
        if (forms[i](text, &when)) {
            *out = when;
            return true;
        }
    }
    return false;
}

bool stamp_add_text(struct probe_report *report, const char *source, struct probe_bytes text)
{
    struct when when;
    if (!stamp_parse(text, &when))
        return false;
    when_report(report, source, &when);
    return true;
}

uint32_t stamp_bcd(uint8_t octet)
{
    uint32_t tens = octet >> 4;
    uint32_t units = octet & 0x0f;
    return tens > 9 || units > 9 ? UINT32_MAX : tens * 10 + units;
}

void stamp_print_utc(int64_t us, char text[static 32])
{
    static const int64_t from_us = INT64_C(-2208988800) * 1000000;
    static const int64_t to_us = INT64_C(7289654400) * 1000000;
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    if (us < from_us || us > to_us || gmtime_r(&seconds, &tm) == NULL)
        (void)snprintf(text, 32, "?");
    else
        (void)strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
