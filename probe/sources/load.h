#ifndef SHILU_PROBE_SOURCES_LOAD_H
#define SHILU_PROBE_SOURCES_LOAD_H

#include "probe/input.h"

/*
 * Loads [from, end) of the file, at most `most` octets of it, into memory that the caller frees.
 * NULL where there is nothing or memory is out; *bytes then is empty.
 */
uint8_t *load_range(struct probe_input *input, uint64_t from, uint64_t end, size_t most,
                    struct probe_bytes *bytes);

#endif
