#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "disc/record.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    struct disc_record record = {0};
    if (disc_record_parse((struct bytes){data, size}, "input", &record, &err) < 0) {
        if ((err.kind != ERR_DAMAGED && err.kind != ERR_MISSING) || err.text[0] == '\0')
            abort();
        return 0;
    }
    if (record.message == NULL || record.signature_len == 0 ||
        record.signature_len > sizeof record.signature)
        abort();
    disc_record_release(&record);
    return 0;
}
