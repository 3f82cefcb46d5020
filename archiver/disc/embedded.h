#ifndef SHILU_DISC_EMBEDDED_H
#define SHILU_DISC_EMBEDDED_H

#include <stddef.h>
#include <stdint.h>

/* viewer.html and readme.txt, made into octets by the build. */
extern const uint8_t embedded_viewer[];
extern const size_t embedded_viewer_len;
extern const uint8_t embedded_readme[];
extern const size_t embedded_readme_len;

#endif
