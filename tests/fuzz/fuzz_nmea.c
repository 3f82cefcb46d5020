#include <stdlib.h>

#include "probe/nmea.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nmea_reader reader = {0};
    struct probe_bytes text = {data, size};
    struct probe_fix fix;
    while (nmea_next(&reader, &text, &fix))
        if (!(fix.latitude >= -90 && fix.latitude <= 90))
            abort();
    return 0;
}
