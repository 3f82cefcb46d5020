/*
 * AVCHD camcorders' "modified digital video pack metadata" in H.264 SEI: packs of five octets, a
 * tag and four of data, much as on DV tape.
 */
#include "probe/sources/sei.h"
#include "probe/sources/stamp.h"

#include <math.h>
#include <string.h>

static const uint8_t mdpm_uuid[16] = {0x17, 0xee, 0x8c, 0x60, 0xf8, 0x4d, 0x11, 0xd9,
                                      0x8c, 0xd6, 0x08, 0x00, 0x20, 0x0c, 0x9a, 0x66};

enum { PACKETS_MAX = 60 };

struct mdpm_state {
    unsigned packets;
    bool found;
};

/* The data of each pack by its tag; NULL where the message has none. */
struct packs {
    const uint8_t *of[256];
};

/* Behind the UUID: "MDPM", the count, the packs. */
static bool packs_read(struct probe_bytes data, struct packs *packs)
{
    if (data.len < 5 || memcmp(data.at, "MDPM", 4) != 0)
        return false;
    size_t count = data.at[4];
    for (size_t i = 0; i < count && 5 + i * 5 + 5 <= data.len; i++) {
        const uint8_t *pack = data.at + 5 + i * 5;
        if (packs->of[pack[0]] == NULL)
            packs->of[pack[0]] = pack + 1;
    }
    return true;
}

/* The zone octet: 40 summer time, 20 west of UTC, 1e hours (15: unknown), 01 half an hour. */
static bool zone_read(uint8_t octet, int32_t *minutes)
{
    int hours = (octet >> 1) & 0x0f;
    if (hours == 15)
        return false;
    *minutes = (hours * 60 + (octet & 0x01) * 30) * ((octet & 0x20) != 0 ? -1 : 1);
    if ((octet & 0x40) != 0)
        *minutes += 60; /* the clock is an hour ahead of the zone */
    return true;
}

static void time_read(const struct packs *packs, struct probe_report *report)
{
    const uint8_t *date = packs->of[0x18];
    const uint8_t *clock = packs->of[0x19];
    if (date == NULL || clock == NULL)
        return;
    uint32_t century = stamp_bcd(date[1]);
    uint32_t year = stamp_bcd(date[2]);
    if (century > 99 || year > 99)
        return;
    const struct when_fields fields = {
        .year = century * 100 + year,
        .month = stamp_bcd(date[3]),
        .day = stamp_bcd(clock[0]),
        .hour = stamp_bcd(clock[1]),
        .minute = stamp_bcd(clock[2]),
        .second = stamp_bcd(clock[3]),
    };
    struct when when = {0};
    if (!when_civil(&fields, &when.wall_us))
        return;
    when.zoned = zone_read(date[0], &when.offset_minutes);
    when_report(report, "mdpm", &when);
}

static void device_read(const struct packs *packs, struct probe_report *report)
{
    static const struct {
        uint16_t code;
        const char *make;
    } makes[] = {{0x0103, "Panasonic"}, {0x0108, "Sony"}, {0x1011, "Canon"}, {0x1104, "JVC"}};
    const uint8_t *maker = packs->of[0xe0];
    if (maker == NULL)
        return;
    uint16_t code = read_be16(maker);
    for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
        const char *make = makes[i].make;
        if (makes[i].code == code)
            report_set_text(report, REPORT_MAKE,
                            (struct probe_bytes){(const uint8_t *)make, strlen(make)});
    }
    /* the three packs behind it hold the model with Sony, other things with others */
    if (code != 0x0108 || packs->of[0xe4] == NULL)
        return;
    uint8_t model[12] = {0};
    for (size_t i = 0; i < 3 && packs->of[0xe4 + i] != NULL; i++)
        memcpy(model + i * 4, packs->of[0xe4 + i], 4);
    report_set_text(report, REPORT_MODEL,
                    (struct probe_bytes){model, strnlen((const char *)model, sizeof model)});
}

/* A fraction of two 16-bit numbers; NAN where the pack is missing or divides by 0. */
static double ratio(const uint8_t *pack)
{
    if (pack == NULL || read_be16(pack + 2) == 0)
        return NAN;
    return (double)read_be16(pack) / read_be16(pack + 2);
}

/* Degrees, minutes, seconds in three packs from `tag`, with the letter in the pack before. */
static double angle(const struct packs *packs, unsigned tag, char negative)
{
    const uint8_t *ref = packs->of[tag - 1];
    if (ref == NULL)
        return NAN;
    double value =
        ratio(packs->of[tag]) + ratio(packs->of[tag + 1]) / 60 + ratio(packs->of[tag + 2]) / 3600;
    return ref[0] == (uint8_t)negative ? -value : value;
}

/* GPS date ("2008:12:31" over three packs) and time, in UTC. */
static bool gps_time(const struct packs *packs, int64_t *us)
{
    char text[12] = {0};
    for (size_t i = 0; i < 3; i++) {
        if (packs->of[0xca + i] == NULL)
            return false;
        memcpy(text + i * 4, packs->of[0xca + i], 4);
    }
    double hour = ratio(packs->of[0xbb]);
    double minute = ratio(packs->of[0xbc]);
    double second = ratio(packs->of[0xbd]);
    if (!(hour < 24) || !(minute < 60) || !(second < 61))
        return false;
    char whole[32];
    memcpy(whole, text, 10);
    memcpy(whole + 10, " 00:00Z", 8);
    struct when day;
    if (!when_parse((struct probe_bytes){(const uint8_t *)whole, 17}, &day))
        return false;
    *us = day.wall_us + (int64_t)((hour * 3600 + minute * 60 + second) * 1e6);
    return true;
}

static void position_read(const struct packs *packs, struct probe_report *report)
{
    const uint8_t *status = packs->of[0xbe];
    if (status != NULL && status[0] == 'V')
        return; /* the receiver had no lock */
    struct probe_fix fix = {.altitude_m = ratio(packs->of[0xba])};
    fix.latitude = angle(packs, 0xb2, 'S');
    fix.longitude = angle(packs, 0xb6, 'W');
    if (packs->of[0xb9] != NULL && read_be32(packs->of[0xb9]) == 1)
        fix.altitude_m = -fix.altitude_m;
    fix.has_time = gps_time(packs, &fix.us);
    report_add_position(report, "mdpm", fix);
    if (fix.has_time)
        report_add_time(report, "mdpm-gps", fix.us, 0, PROBE_CERTAIN);
}

struct visit {
    struct mdpm_state *state;
    struct probe_report *report;
};

static bool mdpm_visit(void *user, unsigned type, struct probe_bytes payload)
{
    struct visit *visit = user;
    struct probe_bytes data;
    struct packs packs = {0};
    if (!sei_user_data(type, payload, mdpm_uuid, &data) || !packs_read(data, &packs))
        return true;
    time_read(&packs, visit->report);
    device_read(&packs, visit->report);
    position_read(&packs, visit->report);
    visit->state->found = true;
    return false;
}

static bool mdpm_packet(void *state, const struct source_stream *stream,
                        const struct source_packet *packet, struct probe_report *report)
{
    struct visit visit = {state, report};
    sei_walk(stream, packet->data, mdpm_visit, &visit);
    return !visit.state->found && ++visit.state->packets < PACKETS_MAX;
}

const struct source source_mdpm = {
    .name = "mdpm",
    .wants = sei_stream,
    .packet = mdpm_packet,
    .state_bytes = sizeof(struct mdpm_state),
};
