#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "custody/receipt.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is taken for a receipt can be asked; what is not is damaged, and it is said how. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.kind = ERR_NONE};
    struct custody_receipt receipt = {.size_bytes = 0};
    if (custody_receipt_parse((struct bytes){data, size}, "input", &receipt, &err) < 0) {
        if (err.kind != ERR_DAMAGED || err.text[0] == '\0')
            abort();
        return 0;
    }
    if (receipt.name == NULL || receipt.key == NULL || receipt.proof.count > CUSTODY_PATH_MAX)
        abort();
    (void)custody_receipt_prove(&receipt, "input", &err);
    (void)custody_receipt_signed(&receipt, "input", &err);
    custody_receipt_release(&receipt);
    return 0;
}
