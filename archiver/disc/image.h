#ifndef SHILU_DISC_IMAGE_H
#define SHILU_DISC_IMAGE_H

#include <stddef.h>
#include <stdint.h>

struct disc_made;
struct err;
struct progress;
struct vault;

/* As disc_image, at a given time (0: now): with the same archives, key and time the image is the
 * same, byte by byte. */
int disc_image_at(struct vault *vault, const char *const *cases, size_t case_count,
                  const char *path, const char *by, int64_t made_us,
                  const struct progress *progress, struct disc_made *made, struct err *err);

#endif
