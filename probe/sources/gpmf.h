#ifndef SHILU_PROBE_SOURCES_GPMF_H
#define SHILU_PROBE_SOURCES_GPMF_H

#include "probe/sources/track.h"

/*
 * GPMF, GoPro's key-length-value metadata (github.com/gopro/gpmf-parser): one payload, as a packet
 * of a "gpmd" track or the content of a "GPMF" box in the user data.
 *
 * Read are GPS5 with its GPSF, GPSU and SCAL, GPS9 (which has its lock and time in each record),
 * the Karma drone's GLPI with GPRI and SYST, and the camera's model, serial number and firmware.
 * A record without a lock (2-D or better) is no fix.
 */
void gpmf_read(struct probe_bytes payload, struct track *track, struct probe_report *report);

#endif
