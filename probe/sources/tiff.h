#ifndef SHILU_PROBE_SOURCES_TIFF_H
#define SHILU_PROBE_SOURCES_TIFF_H

#include "probe/input.h"

enum { TIFF_COLLECTED_MAX = 64 << 10 };

/* What the first directory is. */
enum tiff_directory { TIFF_MAIN, TIFF_EXIF, TIFF_GPS };

/*
 * Gathers from a TIFF file of any size what exif_read looks at, wherever its directories lie, into
 * a small TIFF block of its own: libexif looks at the first 64 KiB only.
 *
 *   at, end   where the file's header stands, and the end of its part of the file
 *   first     TIFF_MAIN; Canon keeps the others as files of their own
 *   block     receives the block
 *
 * Gives the block's length; 0 where there is no TIFF header or nothing of use. Panasonic's header
 * ("IIU") counts as one.
 */
size_t tiff_collect(struct probe_input *input, uint64_t at, uint64_t end, enum tiff_directory first,
                    uint8_t block[static TIFF_COLLECTED_MAX]);

#endif
