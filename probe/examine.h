#ifndef SHILU_PROBE_EXAMINE_H
#define SHILU_PROBE_EXAMINE_H

#include "probe/input.h"

/*
 * All that is done with one file: the sources' look at its bytes, libavformat, and the checks.
 * `name` may be NULL; only its extension is used, to tell a film without picture from sound.
 */
void examine(struct probe_input *input, const char *name, struct probe_report *report);

#endif
