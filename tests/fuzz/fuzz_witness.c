#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "custody/witness.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A witness's key is printed as it was read; a proof that is taken holds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    struct err err = {.kind = ERR_NONE};
    struct custody_witness witness;
    struct custody_consistency proof;
    if (custody_witness_parse(input, "input", &witness, &err) == 0) {
        char *again;
        if (custody_witness_print(witness.name, witness.key, &again, &err) < 0 ||
            strlen(again) != size)
            abort();
        free(again);
        custody_witness_release(&witness);
    } else if (err.kind != ERR_DAMAGED) {
        abort();
    }
    if (custody_consistency_read(input, "input", &proof, &err) == 0 &&
        proof.old_size > proof.head.size)
        abort();
    return 0;
}
