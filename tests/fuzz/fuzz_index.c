#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "pack/index.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.kind = ERR_NONE};
    struct index index;
    if (index_parse((struct bytes){data, size}, "input", 4096, &index, &err) < 0) {
        if (err.kind != ERR_DAMAGED || err.text[0] == '\0')
            abort();
        return 0;
    }
    for (size_t i = 0; i < index.count; i++) {
        uint64_t end;
        const struct pack_entry *entry = &index.entries[i];
        if (entry->offset < 4096 || ckd_add(&end, entry->offset, entry->size) || end > INT64_MAX)
            abort();
    }
    index_release(&index);
    return 0;
}
