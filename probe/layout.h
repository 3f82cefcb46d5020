#ifndef SHILU_PROBE_LAYOUT_H
#define SHILU_PROBE_LAYOUT_H

#include "probe/input.h"

/*
 * Compares what the container's own structure claims with the file: "truncated" (it claims more
 * than there is), "not-finalised" (the recording was not closed: its index is missing),
 * "trailing-bytes" (more than it claims), "encrypted". Sets is_media where the structure is one of
 * a recording even if nothing else could read it.
 *
 * Gives a name by which libavformat finds its reader ("mov", "mpegts"), NULL when the structure is
 * none of these, LAYOUT_HEIF for a picture of that form.
 */
#define LAYOUT_HEIF "heif" /* a picture that this program describes itself (heif.h) */
const char *layout_check(struct probe_input *input, struct probe_report *report);

/* The containers, each giving NULL when the file is another; layout_check asks them in turn. */
const char *layout_boxes(struct probe_input *input, struct probe_report *report);
const char *layout_riff(struct probe_input *input, struct probe_report *report);
const char *layout_matroska(struct probe_input *input, struct probe_report *report);
const char *layout_asf(struct probe_input *input, struct probe_report *report);
const char *layout_transport(struct probe_input *input, struct probe_report *report);
const char *layout_flash(struct probe_input *input, struct probe_report *report);
const char *layout_picture(struct probe_input *input, struct probe_report *report);

/* Notes that `what` claims more bytes than there are. */
void layout_note_truncated(struct probe_report *report, const char *what, uint64_t claimed,
                           uint64_t there);
void layout_note_trailing(struct probe_report *report, uint64_t bytes, uint64_t at);

#endif
