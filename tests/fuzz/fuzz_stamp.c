#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "backing/stamp.h"
#include "base/err.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is no timestamp is damaged, and it is said how; what is one is over nothing at hand. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    struct err err = {.kind = ERR_NONE};
    uint8_t sha256[32];
    int64_t at_us;
    if (stamp_imprint(input, "input", sha256, &err) < 0 &&
        (err.kind != ERR_DAMAGED || err.text[0] == '\0'))
        abort();
    if (stamp_check(input, "input", (struct bytes){(const uint8_t *)"", 0}, "/dev/null", &at_us,
                    &err) == 0)
        abort();
    return 0;
}
