#include "probe/nmea.h"

#include <math.h>
#include <string.h>

#include "probe/scan.h"
#include "probe/when.h"

enum {
    SENTENCE_MAX = 128,
    FIELDS_MAX = 20,
    GGA_WAIT = 2
}; /* the standard has 82 octets; receivers write more */

static const int64_t DAY_US = INT64_C(86400000000);

static int hex(uint8_t octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - '0';
    if (octet >= 'A' && octet <= 'F')
        return octet - 'A' + 10;
    if (octet >= 'a' && octet <= 'f')
        return octet - 'a' + 10;
    return -1;
}

/* The octets of the sentence without "$" and checksum. */
static bool cut_sentence(struct probe_bytes text, struct probe_bytes *out, bool *sound)
{
    scan_char(&text, '$');
    size_t len = 0;
    uint8_t sum = 0;
    while (len < text.len && len < SENTENCE_MAX && text.at[len] >= ' ' && text.at[len] < 0x7f &&
           text.at[len] != '*' && text.at[len] != '$' && text.at[len] != ';')
        sum ^= text.at[len++];
    *out = (struct probe_bytes){text.at, len};
    *sound = true;
    if (len == text.len || text.at[len] != '*')
        return true;
    if (text.len - len < 3)
        return false; /* cut inside its checksum */
    int high = hex(text.at[len + 1]);
    int low = hex(text.at[len + 2]);
    *sound = high * 16 + low == sum;
    return high >= 0 && low >= 0;
}

static size_t split(struct probe_bytes sentence, struct probe_bytes fields[FIELDS_MAX])
{
    size_t count = 0;
    while (count < FIELDS_MAX && scan_until(&sentence, ',', &fields[count]))
        count++;
    return count;
}

/* hhmmss[.fff] */
static bool read_clock(struct probe_bytes field, int64_t *out)
{
    uint32_t hour = 0;
    uint32_t minute = 0;
    double second = 0;
    if (!scan_digits(&field, 2, &hour) || !scan_digits(&field, 2, &minute) ||
        !scan_decimal(&field, &second))
        return false;
    if (hour > 23 || minute > 59 || second < 0 || second >= 61)
        return false;
    *out = ((int64_t)hour * 60 + minute) * 60 * 1000000 + llround(second * 1e6);
    return true;
}

/* ddmmyy */
static bool read_date(struct probe_bytes field, int64_t *out)
{
    struct when_fields date = {0};
    if (!scan_digits(&field, 2, &date.day) || !scan_digits(&field, 2, &date.month) ||
        !scan_digits(&field, 2, &date.year))
        return false;
    date.year += date.year >= 80 ? 1900 : 2000;
    return when_civil(&date, out);
}

/* dddmm.mmmm and the letter of its side */
static bool read_angle(struct probe_bytes value, struct probe_bytes side, char negative,
                       char positive, double most, double *out)
{
    double number = 0;
    if (!scan_decimal(&value, &number) || number < 0 || side.len != 1)
        return false;
    if (side.at[0] != (uint8_t)negative && side.at[0] != (uint8_t)positive)
        return false;
    double degrees = floor(number / 100);
    double minutes = number - degrees * 100;
    degrees += minutes / 60;
    if (minutes >= 60 || degrees > most)
        return false;
    *out = side.at[0] == (uint8_t)negative ? -degrees : degrees;
    return true;
}

static bool read_position(const struct probe_bytes *fields, struct probe_fix *fix)
{
    return read_angle(fields[0], fields[1], 'S', 'N', 90, &fix->latitude) &&
           read_angle(fields[2], fields[3], 'W', 'E', 180, &fix->longitude);
}

static void read_rmc(const struct probe_bytes *fields, struct nmea_sentence *out)
{
    out->valid = scan_is(fields[2], "A");
    out->has_position = out->valid && read_position(fields + 3, &out->fix);
    int64_t day = 0;
    if (out->has_clock && read_date(fields[9], &day)) {
        out->fix.has_time = true;
        out->fix.us = day + out->clock_us;
    }
}

static void read_gga(const struct probe_bytes *fields, struct nmea_sentence *out)
{
    out->valid = fields[6].len == 1 && fields[6].at[0] > '0' && fields[6].at[0] <= '9';
    out->has_position = out->valid && read_position(fields + 2, &out->fix);
    struct probe_bytes altitude = fields[9];
    if (!scan_decimal(&altitude, &out->fix.altitude_m))
        out->fix.altitude_m = NAN;
}

bool nmea_parse(struct probe_bytes text, struct nmea_sentence *out)
{
    struct probe_bytes sentence;
    struct probe_bytes fields[FIELDS_MAX];
    bool sound = false;
    if (!cut_sentence(text, &sentence, &sound))
        return false;
    size_t count = split(sentence, fields);
    if (count < 10 || fields[0].len != 5)
        return false;

    struct nmea_sentence found = {.sound = sound, .fix = {.altitude_m = NAN}};
    found.has_clock = read_clock(fields[1], &found.clock_us);
    if (memcmp(fields[0].at + 2, "RMC", 3) == 0) {
        found.kind = NMEA_RMC;
        read_rmc(fields, &found);
    } else if (memcmp(fields[0].at + 2, "GGA", 3) == 0) {
        found.kind = NMEA_GGA;
        read_gga(fields, &found);
    } else {
        return false;
    }
    *out = found;
    return true;
}

/* Moves to the next place where a sentence of ours may start: the talker's first letter. */
static bool find_sentence(struct probe_bytes *text)
{
    for (size_t i = 2; i + 4 <= text->len; i++) {
        const uint8_t *at = text->at + i;
        if (at[3] != ',' || (memcmp(at, "RMC", 3) != 0 && memcmp(at, "GGA", 3) != 0))
            continue;
        if (at[-1] < 'A' || at[-1] > 'Z' || at[-2] < 'A' || at[-2] > 'Z')
            continue;
        text->at += i - 2;
        text->len -= i - 2;
        return true;
    }
    text->at += text->len;
    text->len = 0;
    return false;
}

static void note_date(struct nmea_reader *reader, const struct nmea_sentence *sentence)
{
    if (!sentence->fix.has_time)
        return;
    reader->has_date = true;
    reader->day_us = sentence->fix.us - sentence->clock_us;
    reader->clock_us = sentence->clock_us;
}

/* The time of a GGA by the date of the RMC before it; past midnight it is the next day. */
static void date_fix(const struct nmea_reader *reader, const struct nmea_sentence *sentence,
                     struct probe_fix *fix)
{
    if (fix->has_time || !reader->has_date || !sentence->has_clock)
        return;
    bool next_day = sentence->clock_us + DAY_US / 2 < reader->clock_us;
    fix->has_time = true;
    fix->us = reader->day_us + sentence->clock_us + (next_day ? DAY_US : 0);
}

/* Whether the sentence is a fix of a moment that none was given for. */
static bool take(struct nmea_reader *reader, const struct nmea_sentence *sentence,
                 struct probe_fix *out)
{
    if (sentence->kind == NMEA_GGA && sentence->valid && sentence->has_clock) {
        reader->has_altitude = !isnan(sentence->fix.altitude_m);
        reader->altitude_m = sentence->fix.altitude_m;
        reader->altitude_clock_us = sentence->clock_us;
    }
    note_date(reader, sentence);
    if (!sentence->has_position)
        return false;
    if (sentence->has_clock && reader->has_last && reader->last_clock_us == sentence->clock_us)
        return false;
    /* A GGA before any date waits for its RMC, which says more; where none comes it counts. */
    if (sentence->kind == NMEA_RMC)
        reader->waiting = 0;
    else if (!reader->has_date && reader->waiting < GGA_WAIT) {
        reader->waiting++;
        return false;
    }

    *out = sentence->fix;
    date_fix(reader, sentence, out);
    if (sentence->kind == NMEA_RMC && reader->has_altitude && sentence->has_clock &&
        reader->altitude_clock_us == sentence->clock_us)
        out->altitude_m = reader->altitude_m;
    reader->has_last = sentence->has_clock;
    reader->last_clock_us = sentence->clock_us;
    return true;
}

bool nmea_next(struct nmea_reader *reader, struct probe_bytes *text, struct probe_fix *out)
{
    while (find_sentence(text)) {
        struct nmea_sentence sentence;
        bool read = nmea_parse(*text, &sentence);
        text->at += 5;
        text->len -= 5;
        if (!read)
            continue;
        reader->sound_seen = reader->sound_seen || sentence.sound;
        if ((sentence.sound || !reader->sound_seen) && take(reader, &sentence, out)) {
            reader->unsound = reader->unsound || !sentence.sound;
            return true;
        }
    }
    return false;
}
