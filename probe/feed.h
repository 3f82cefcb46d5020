#ifndef SHILU_PROBE_FEED_H
#define SHILU_PROBE_FEED_H

#include <libavformat/avformat.h>

#include "probe/report.h"

/*
 * Reads packets, gives them to the sources that want them, and looks for gaps in the timestamps
 * where the container has no table of them. Stops when nobody needs more, or at a bound.
 */
void feed_sources(AVFormatContext *context, struct probe_report *report);

#endif
