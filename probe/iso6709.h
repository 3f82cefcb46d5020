#ifndef SHILU_PROBE_ISO6709_H
#define SHILU_PROBE_ISO6709_H

#include "probe/report.h"

/*
 * Reads a position in the text form of ISO 6709 annex H: "+27.1281+100.2508+055.9/", degrees,
 * degrees and minutes (+DDMM.M+DDDMM.M) or degrees, minutes and seconds by the number of digits
 * before the point; the altitude, the solidus and a "CRS…" may be absent.
 */
bool iso6709_parse(struct probe_bytes text, struct probe_fix *out);

#endif
