#ifndef SHILU_PROBE_DEMUX_H
#define SHILU_PROBE_DEMUX_H

#include "probe/input.h"

/* Sets libavformat's log aside; before the sandbox, since its own callback asks for a terminal. */
void demux_prepare(void);

/*
 * Opens the file with libavformat, writes container, duration and streams into the report, notes
 * what is wrong with samples and timestamps, and gives the packets to the sources that want them.
 * Nothing but the input is read; bytes, packets and streams are bounded.
 *
 * Gives whether a media format was recognised; is_media is set where it was.
 */
bool demux_file(struct probe_input *input, struct probe_report *report);

#endif
