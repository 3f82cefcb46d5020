#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "custody/jcs.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is printed once reads as canonical; and a text that does is printed no other way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.kind = ERR_NONE};
    json_error_t at;
    const struct bytes input = {data, size};
    const int canonical = jcs_check(input, "input", &err);
    if (canonical < 0 && (err.kind != ERR_DAMAGED || err.text[0] == '\0'))
        abort();
    json_t *value = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &at);
    if (value == NULL) {
        if (canonical == 0)
            abort();
        return 0;
    }
    char *text = NULL;
    size_t len = 0;
    if (jcs_print(value, &text, &len, &err) < 0) {
        if (canonical == 0 || err.kind != ERR_USAGE)
            abort();
    } else {
        const struct bytes printed = {(const uint8_t *)text, len};
        if (text[len] != '\0' || strlen(text) != len || jcs_check(printed, "printed", &err) < 0)
            abort();
        if ((canonical == 0) != bytes_equal(printed, input))
            abort();
        free(text);
    }
    json_decref(value);
    return 0;
}
