#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "custody/succession.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has been taken for a statement is of two different keys, the new one of which has signed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    struct custody_succession one;
    if (custody_succession_parse((struct bytes){data, size}, "input", &one, &err) < 0) {
        if (err.kind != ERR_DAMAGED || err.text[0] == '\0')
            abort();
        return 0;
    }
    if (one.origin == NULL || strcmp(one.old_id, one.next_id) == 0)
        abort();
    custody_succession_release(&one);
    return 0;
}
