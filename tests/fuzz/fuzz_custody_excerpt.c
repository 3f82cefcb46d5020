#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "custody/excerpt.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void proved(void *context, const struct custody_entry *entry)
{
    uint64_t *last = context;
    if (entry->actor == NULL || entry->subject == NULL ||
        (*last != UINT64_MAX && entry->seq <= *last))
        abort();
    *last = entry->seq;
}

static void wrong(void *context, uint64_t number, const char *detail)
{
    (void)context;
    if (number == 0 || detail[0] == '\0')
        abort();
}

/* A root, and lines: whatever is taken for an entry can be asked; what is not is told, line by
 * line; what is proved comes in the order of the log. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct custody_head head = {.size = 9};
    struct err err = {.kind = ERR_NONE};
    uint64_t last = UINT64_MAX;
    uint64_t lines = 0;
    if (size < sizeof head.root)
        return 0;
    memcpy(head.root, data, sizeof head.root);
    const struct custody_excerpt_reader reader = {
        .proved = proved, .wrong = wrong, .context = &last};
    if (custody_excerpt_check((struct bytes){data + sizeof head.root, size - sizeof head.root},
                              &head, &reader, &lines, &err) < 0 &&
        err.kind != ERR_MEMORY)
        abort();
    return 0;
}
