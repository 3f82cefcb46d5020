#include "probe/input.h"
#include "probe/scan.h"
#include "probe/source.h"
#include "probe/sources/track.h"

#include <string.h>

/*
 * LigoGPS in a track "ssmd" (4-channel car recorders): "####", a length, and a line of text under a
 * cipher without a key. A control octet tells by its upper three bits how many octets follow it,
 * where a space stands among them, and which of its lower bits each of them lacks (the way is that
 * of ExifTool's LigoGPS module). The same in other places may also have its fractions exchanged,
 * which cannot be told from the outside: it is left alone.
 */

enum { BODY_MAX = 132, SPACE = 0xff, TEXT_MAX = 4 * BODY_MAX, BLANK_PACKETS = 600 };

/* For each value of the three bits: the bits that each of four octets lacks, or a space. */
static const uint8_t LACKS[8][4] = {
    [2] = {SPACE, 0x01, 0x06, 0x18}, [3] = {0x03, SPACE, 0x04, 0x18},
    [4] = {0x03, 0x0c, SPACE, 0x10}, [5] = {0x01, 0x06, 0x18, SPACE},
    [6] = {0x01, 0x02, 0x0c, 0x30},  [7] = {0x01, 0x02, 0x0c, 0x30},
};

static bool take(struct probe_bytes *at, uint8_t *octet)
{
    if (at->len == 0)
        return false;
    *octet = at->at[0];
    at->at++;
    at->len--;
    return true;
}

static size_t decipher(struct probe_bytes body, uint8_t text[static TEXT_MAX])
{
    static const uint8_t CASE = 0x20;
    size_t len = 0;
    uint8_t control = 0;
    uint8_t octet = 0;
    while (take(&body, &control)) {
        unsigned kind = control >> 5;
        if (kind == 1)
            break;
        if (kind == 0) {
            if (!take(&body, &octet))
                break;
            text[len++] = octet | (control & 0x13);
            continue;
        }
        for (size_t i = 0; i < 4; i++) {
            if (LACKS[kind][i] == SPACE)
                text[len++] = ' ';
            else if (take(&body, &octet))
                text[len++] = kind >= 6 && i == 3 ? (octet ^ CASE) | (control & LACKS[kind][i])
                                                  : (octet | (control & LACKS[kind][i])) ^ CASE;
        }
    }
    return len;
}

static bool wants(const struct source_stream *stream)
{
    return strcmp(stream->tag, "ssmd") == 0;
}

struct ligo {
    struct track track;
    unsigned blank;
};

static bool packet(void *state, const struct source_stream *stream,
                   const struct source_packet *packet, struct probe_report *report)
{
    struct ligo *self = state;
    struct probe_bytes data = packet->data;
    size_t at = scan_find(data, 0, "####");
    size_t count = 0;
    (void)stream;
    self->track.source = "gps-ligo";
    if (data.len - at >= 8) {
        uint8_t text[TEXT_MAX];
        size_t len = read_le32(data.at + at + 4);
        struct probe_bytes body = {data.at + at + 8, data.len - at - 8};
        if (len > BODY_MAX)
            len = BODY_MAX;
        if (body.len > len)
            body.len = len;
        len = decipher(body, text);
        count = track_add_ligo(&self->track, (struct probe_bytes){text, len}, report);
    }
    self->blank = count > 0 ? 0 : self->blank + 1;
    return self->blank < BLANK_PACKETS;
}

const struct source source_ligo = {
    .name = "ligo", .wants = wants, .packet = packet, .state_bytes = sizeof(struct ligo)};
