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
 *   name     the file's name, or NULL: where its extension is one of the format that the content
 *            looks like, a short file needs less to be taken for it
 *   known    libavformat's name of the format, where its structure is already known, or NULL
 *
 * is_media is set where a media format was recognised.
 */
void demux_file(struct probe_input *input, const char *name, const char *known,
                struct probe_report *report);

#endif
