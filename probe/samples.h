#ifndef SHILU_PROBE_SAMPLES_H
#define SHILU_PROBE_SAMPLES_H

#include <libavformat/avformat.h>

#include "probe/input.h"

/* Whether the container has a table of every sample (MP4, QuickTime), which libavformat has read.
 */
bool samples_are_listed(const AVFormatContext *context);

/*
 * Looks at the sample tables: samples that lie beyond the end of the file ("truncated"), media
 * data that no sample covers ("data-beyond-index"), and gaps in time ("gap"). Reads no sample.
 */
void samples_check(AVFormatContext *context, struct probe_input *input,
                   struct probe_report *report);

#endif
