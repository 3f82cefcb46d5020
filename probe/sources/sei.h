#ifndef SHILU_PROBE_SOURCES_SEI_H
#define SHILU_PROBE_SOURCES_SEI_H

#include "probe/source.h"

enum {
    SEI_USER_DATA_UNREGISTERED = 5, /* payload type: a UUID of 16 octets, then data */
    SEI_PAYLOAD_MAX = 2048,         /* so much of a message is given; what is longer is cut */
};

/* One SEI message, its emulation prevention removed. Gives false to end the walk. */
typedef bool sei_visit(void *user, unsigned payload_type, struct probe_bytes payload);

/* Whether a stream's packets can be walked: H.264 or H.265. */
bool sei_stream(const struct source_stream *stream);

/*
 * Calls `visit` for the SEI messages of one packet of such a stream, Annex B or with lengths in
 * front of the NAL units. With start codes it ends at the picture's first slice: the messages that
 * interest us stand before it, and slices are most of the octets.
 * Source: ITU-T H.264 7.3.1, 7.3.2.3; H.265 7.3.1, 7.3.5.
 */
void sei_walk(const struct source_stream *stream, struct probe_bytes packet, sei_visit *visit,
              void *user);

/* The data behind the UUID when `payload` is user data of that UUID; false otherwise. */
bool sei_user_data(unsigned payload_type, struct probe_bytes payload, const uint8_t uuid[static 16],
                   struct probe_bytes *data);

#endif
