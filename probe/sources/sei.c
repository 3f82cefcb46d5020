#include "probe/sources/sei.h"

#include <string.h>

enum { NAL_UNITS_MAX = 4096 };

static bool is_h265(const struct source_stream *stream)
{
    return strcmp(stream->codec, "hevc") == 0;
}

bool sei_stream(const struct source_stream *stream)
{
    return stream->type == PROBE_VIDEO && stream->codec != NULL &&
           (strcmp(stream->codec, "h264") == 0 || is_h265(stream));
}

/* The octets of a NAL unit without emulation prevention (00 00 03 stands for 00 00). */
struct rbsp {
    struct probe_bytes rest;
    unsigned zeros;
};

static bool rbsp_next(struct rbsp *rbsp, uint8_t *octet)
{
    if (rbsp->rest.len > 0 && rbsp->zeros >= 2 && rbsp->rest.at[0] == 3) {
        rbsp->rest.at++;
        rbsp->rest.len--;
        rbsp->zeros = 0;
    }
    if (rbsp->rest.len == 0)
        return false;
    *octet = rbsp->rest.at[0];
    rbsp->rest.at++;
    rbsp->rest.len--;
    rbsp->zeros = *octet == 0 ? rbsp->zeros + 1 : 0;
    return true;
}

/* A number as a run of FF and a last octet. */
static bool rbsp_number(struct rbsp *rbsp, size_t *value)
{
    uint8_t octet;
    *value = 0;
    do {
        if (!rbsp_next(rbsp, &octet))
            return false;
        *value += octet; /* at most 255 times the packet's length */
    } while (octet == 0xff);
    return true;
}

/* The messages of one SEI NAL unit, its header passed. Gives false to end the walk. */
static bool walk_messages(struct probe_bytes unit, sei_visit *visit, void *user)
{
    struct rbsp rbsp = {unit, 0};
    size_t type;
    size_t size;
    /* the stop bit at the end reads as a type without a size */
    while (rbsp_number(&rbsp, &type) && rbsp_number(&rbsp, &size)) {
        uint8_t payload[SEI_PAYLOAD_MAX];
        size_t len = 0;
        uint8_t octet;
        for (size_t i = 0; i < size && rbsp_next(&rbsp, &octet); i++) {
            if (len < sizeof payload)
                payload[len++] = octet;
        }
        if (len > 0 && !visit(user, (unsigned)(type & 0xffff), (struct probe_bytes){payload, len}))
            return false;
    }
    return true;
}

enum unit_kind { UNIT_OTHER, UNIT_SEI, UNIT_SLICE };

/* What a NAL unit is; *body is what follows its header. */
static enum unit_kind unit_kind(bool h265, struct probe_bytes unit, struct probe_bytes *body)
{
    size_t header = h265 ? 2 : 1;
    if (unit.len <= header)
        return UNIT_OTHER;
    *body = (struct probe_bytes){unit.at + header, unit.len - header};
    unsigned type = h265 ? (unit.at[0] >> 1) & 0x3f : unit.at[0] & 0x1f;
    if (h265) {
        if (type == 39 || type == 40)
            return UNIT_SEI;
        return type < 32 ? UNIT_SLICE : UNIT_OTHER;
    }
    if (type == 6)
        return UNIT_SEI;
    return type >= 1 && type <= 5 ? UNIT_SLICE : UNIT_OTHER;
}

static void walk_lengths(bool h265, size_t size, struct probe_bytes rest, sei_visit *visit,
                         void *user)
{
    for (int n = 0; n < NAL_UNITS_MAX && rest.len > size; n++) {
        size_t len = 0;
        for (size_t i = 0; i < size; i++)
            len = len << 8 | rest.at[i];
        rest.at += size;
        rest.len -= size;
        if (len > rest.len)
            return;
        struct probe_bytes body;
        if (unit_kind(h265, (struct probe_bytes){rest.at, len}, &body) == UNIT_SEI &&
            !walk_messages(body, visit, user))
            return;
        rest.at += len;
        rest.len -= len;
    }
}

/* Behind the next 00 00 01 at or after `from`; len when there is none. *code is where it starts. */
static size_t start_code(struct probe_bytes packet, size_t from, size_t *code)
{
    while (from < packet.len && packet.len - from >= 3) {
        const uint8_t *one = memchr(packet.at + from + 2, 1, packet.len - from - 2);
        if (one == NULL)
            break;
        size_t at = (size_t)(one - packet.at);
        if (packet.at[at - 1] == 0 && packet.at[at - 2] == 0) {
            *code = at - 2;
            return at + 1;
        }
        from = at - 1;
    }
    *code = packet.len;
    return packet.len;
}

static void walk_start_codes(bool h265, struct probe_bytes packet, sei_visit *visit, void *user)
{
    size_t code;
    size_t at = start_code(packet, 0, &code);
    for (int n = 0; n < NAL_UNITS_MAX && at < packet.len; n++) {
        struct probe_bytes body;
        enum unit_kind kind =
            unit_kind(h265, (struct probe_bytes){packet.at + at, packet.len - at}, &body);
        if (kind == UNIT_SLICE)
            return;
        size_t next = start_code(packet, at, &code);
        if (kind == UNIT_SEI && code >= at) {
            size_t len = (size_t)(packet.at + code - body.at);
            if (body.at <= packet.at + code &&
                !walk_messages((struct probe_bytes){body.at, len}, visit, user))
                return;
        }
        at = next;
    }
}

void sei_walk(const struct source_stream *stream, struct probe_bytes packet, sei_visit *visit,
              void *user)
{
    if (packet.len == 0)
        return;
    if (stream->nal_length_size >= 1 && stream->nal_length_size <= 4)
        walk_lengths(is_h265(stream), (size_t)stream->nal_length_size, packet, visit, user);
    else
        walk_start_codes(is_h265(stream), packet, visit, user);
}

bool sei_user_data(unsigned payload_type, struct probe_bytes payload, const uint8_t uuid[static 16],
                   struct probe_bytes *data)
{
    if (payload_type != SEI_USER_DATA_UNREGISTERED || payload.len < 16 ||
        memcmp(payload.at, uuid, 16) != 0)
        return false;
    *data = (struct probe_bytes){payload.at + 16, payload.len - 16};
    return true;
}
