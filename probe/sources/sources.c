#include "probe/source.h"

/* The readers, in the order in which they are asked. A new camera is one file and one row. */
const struct source *const probe_sources[] = {
    NULL,
};

const size_t probe_source_count = sizeof probe_sources / sizeof probe_sources[0] - 1;
