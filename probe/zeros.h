#ifndef SHILU_PROBE_ZEROS_H
#define SHILU_PROBE_ZEROS_H

#include "probe/input.h"

/*
 * Notes "zero-run" where long runs of zero bytes stand in the media data: what a card gives for
 * sectors it never wrote. Looks at small files whole and at blocks spread over large ones. Sound
 * without compression may be silent and is left alone.
 */
void zeros_check(struct probe_input *input, struct probe_report *report);

#endif
