#ifndef SHILU_PROBE_TEXT_H
#define SHILU_PROBE_TEXT_H

#include "probe/report.h"

enum { TEXT_BYTES_MAX = 1024 };

/*
 * Octets from a file as clean UTF-8, as report.h says, cut between characters to fit `text`.
 * Gives the length; 0 for an empty text.
 */
size_t text_clean(struct probe_bytes bytes, char text[static TEXT_BYTES_MAX]);

/*
 * Loads the GB 18030 conversion and keeps it, so that text_clean finds it when no file can be
 * opened any more. Without it such texts are read as Latin-1.
 */
void text_prepare(void);

#endif
