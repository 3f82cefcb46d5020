#include "probe/sources/load.h"

#include <stdlib.h>

uint8_t *load_range(struct probe_input *input, uint64_t from, uint64_t end, size_t most,
                    struct probe_bytes *bytes)
{
    *bytes = (struct probe_bytes){0};
    if (end > input_size(input))
        end = input_size(input);
    if (from >= end)
        return NULL;
    size_t len = end - from > most ? most : (size_t)(end - from);
    uint8_t *at = malloc(len);
    if (at == NULL)
        return NULL;
    *bytes = (struct probe_bytes){at, input_read(input, from, at, len)};
    return at;
}
