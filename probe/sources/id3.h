#ifndef SHILU_PROBE_SOURCES_ID3_H
#define SHILU_PROBE_SOURCES_ID3_H

#include "probe/input.h"

/*
 * Reads the recording time of an ID3v2 tag that starts at `at` (MP3, AAC, a chunk of a WAV).
 * Source: id3.org, ID3v2.3 (TYER, TDAT, TIME: a local time) and ID3v2.4 (TDRC: UTC).
 */
void id3_read(struct probe_input *input, uint64_t at, struct probe_report *report);

#endif
