#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "custody/entry.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An entry that was taken prints as it was read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.kind = ERR_NONE};
    struct custody_entry entry = {.seq = 0};
    const struct bytes input = {data, size};
    if (custody_entry_parse(input, "input", &entry, &err) < 0) {
        if (err.kind != ERR_DAMAGED || err.text[0] == '\0')
            abort();
        return 0;
    }
    char *text = NULL;
    size_t len = 0;
    if (custody_entry_print(&entry, &text, &len, &err) < 0 ||
        !bytes_equal((struct bytes){(const uint8_t *)text, len}, input))
        abort();
    free(text);
    custody_entry_release(&entry);
    return 0;
}
