#ifndef SHILU_PROBE_SOURCES_FREEGPS_H
#define SHILU_PROBE_SOURCES_FREEGPS_H

#include "probe/nmea.h"
#include "probe/sources/track.h"

/* The track, and what NMEA needs from one block to the next. Zeroed before the first. */
struct freegps {
    struct track track;
    struct nmea_reader nmea;
};

enum { FREEGPS_WINDOW = 1024 }; /* so much of a block is looked at */

/*
 * One block, from the octets "freeGPS " on: the record of Novatek's chips in one of the places
 * where cameras put it, an NMEA sentence (also shifted by 16, or with 0xaa applied), 70mai's,
 * INNOVV's and Nextbase's own records. A record that does not say "valid" is no fix.
 *
 * The clock of a record is the camera's, which most owners set to local time; only NMEA is UTC.
 */
void freegps_block(struct freegps *state, struct probe_bytes block, struct probe_report *report);

/*
 * Text with 0xaa applied to each octet, in a block (Azdome) or a text track (Blueskysea,
 * Ambarella): "20180924224928" at 8, "N40464350W007040308" at 38. false where it is no such text.
 */
bool freegps_xored(struct freegps *state, struct probe_bytes data, struct probe_report *report);

/*
 * The same record without the mark, alone in a private packet of MPEG-TS (Viofo) or behind 164
 * octets (Blueskysea), or a line of LigoGPS (Juscar). false where the packet holds none, valid or
 * not.
 */
bool freegps_packet(struct freegps *state, struct probe_bytes packet, struct probe_report *report);

#endif
