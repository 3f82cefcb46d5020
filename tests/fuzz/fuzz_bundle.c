#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "custody/tile.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octet is how many entries there should be. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle bundle;
    if (size == 0)
        return 0;
    bundle.octets = malloc(size);
    if (bundle.octets == NULL)
        return 0;
    for (size_t i = 1; i < size; i++)
        bundle.octets[i - 1] = data[i];
    bundle.count = data[0] + 1U;
    if (bundle_parse((struct bytes){bundle.octets, size - 1}, bundle.count, bundle.starts) == 0) {
        size_t total = 0;
        for (unsigned i = 0; i < bundle.count; i++) {
            struct bytes entry = bundle_entry(&bundle, i);
            total += 2 + entry.len;
            if (entry.at + entry.len > bundle.octets + size - 1)
                abort();
        }
        if (total != size - 1)
            abort();
    }
    bundle_release(&bundle);
    return 0;
}
