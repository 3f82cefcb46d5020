#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "custody/checkpoint.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has been taken for a checkpoint is printed as it stood: there is one form of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    struct checkpoint checkpoint;
    struct text body;
    if (checkpoint_parse((struct bytes){data, size}, "input", &checkpoint, &err) < 0) {
        if (err.kind != ERR_DAMAGED || err.text[0] == '\0')
            abort();
        return 0;
    }
    text_init(&body, 2 * NOTE_MAX);
    checkpoint_print(checkpoint.origin, &checkpoint.head, checkpoint.extensions, &body);
    if (text_failed(&body) || checkpoint.note.count == 0 ||
        !bytes_equal((struct bytes){(const uint8_t *)body.at, body.len}, checkpoint.note.text))
        abort();
    for (unsigned i = 0; i < checkpoint.note.count; i++)
        if (!note_name_is(checkpoint.note.signatures[i].name))
            abort();
    text_release(&body);
    return 0;
}
