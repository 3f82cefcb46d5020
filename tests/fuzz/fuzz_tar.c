#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "pack/pack.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void layout_hold(int fd, size_t size)
{
    struct err err = {.kind = ERR_NONE};
    struct pack_layout layout;
    int got = pack_layout_read(fd, "input", &layout, &err);
    if (layout.read_to > size || (got == 0) != (layout.read_to == size && err.kind == ERR_NONE))
        abort();
    uint64_t end = 0;
    for (size_t i = 0; i < layout.count; i++) {
        const struct pack_member *member = &layout.members[i];
        if (member->header_offset < end || member->offset <= member->header_offset)
            abort(); /* members never lie over each other */
        end = member->offset + member->size;
        if (end > size && i + 1 < layout.count)
            abort();
    }
    pack_layout_release(&layout);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    AUTO(close) int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0 || file_write(fd, "input", data, size, &err) < 0)
        abort();
    layout_hold(fd, size);
    struct pack *pack = NULL;
    if (pack_open(dup(fd), "input", &pack, &err) == 0)
        pack_free(pack);
    return 0;
}
