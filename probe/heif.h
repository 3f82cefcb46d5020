#ifndef SHILU_PROBE_HEIF_H
#define SHILU_PROBE_HEIF_H

#include "probe/input.h"

/*
 * HEIC and AVIF pictures: the items of a file's outermost "meta" box (ISO/IEC 23008-12). A file
 * may hold a film as well; then the film is libavformat's to read.
 */

/* Where the Exif item lies, *at to *end inside the file; false where there is none. */
bool heif_exif(struct probe_input *input, uint64_t *at, uint64_t *end);

/* Whether there is a primary item. */
bool heif_is_picture(struct probe_input *input);

/* Adds the primary item as a stream of type PROBE_PICTURE: codec, size and rotation. */
void heif_describe(struct probe_input *input, struct probe_report *report);

#endif
