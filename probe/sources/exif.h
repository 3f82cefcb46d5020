#ifndef SHILU_PROBE_SOURCES_EXIF_H
#define SHILU_PROBE_SOURCES_EXIF_H

#include "probe/report.h"

enum { EXIF_BYTES_MAX = 65520 }; /* libexif looks no further */

/*
 * Reads an EXIF block, from its TIFF header ("II*" or "MM") on: time of capture with its offset
 * and fraction where they stand, GPS position and time, make, model, serial number, firmware.
 */
void exif_read(struct probe_bytes tiff, struct probe_report *report);

#endif
