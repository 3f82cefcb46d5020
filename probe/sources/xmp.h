#ifndef SHILU_PROBE_SOURCES_XMP_H
#define SHILU_PROBE_SOURCES_XMP_H

#include "probe/report.h"

enum { XMP_BYTES_MAX = 256 << 10 };

/*
 * Reads an XMP packet for what nothing else in the file has said: called after the other readers,
 * it adds a time only where there is none yet, a position likewise, and make and model. Editors
 * rewrite XMP, so it never stands beside EXIF. Properties are looked for as text, as attributes
 * ("exif:GPSLatitude="31,13.824N"") or simple elements; this is no XML reader.
 */
void xmp_read(struct probe_bytes packet, struct probe_report *report);

#endif
