#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "disc/disc.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs leave out the system area: it is not read for the listing. */
enum { SYSTEM_AREA = 32768 };

static void listing_hold(int fd, uint64_t size)
{
    struct err err;
    struct disc_listing listing = {0};
    if (disc_listing_read(fd, "input", &listing, &err) < 0) {
        if (err.kind != ERR_DAMAGED || err.text[0] == '\0')
            abort();
        return;
    }
    for (size_t i = 0; i < listing.count; i++) {
        const struct disc_file *file = &listing.files[i];
        if (disc_listing_find(&listing, file->path) != file)
            abort();
        uint64_t sum = 0;
        for (size_t k = 0; k < file->extent_count; k++)
            sum += file->extents[k].size;
        if (sum != file->size)
            abort();
    }
    struct digest_pair structure;
    if (disc_structure(fd, "input", &listing, size, &structure, &err) < 0)
        abort();
    disc_listing_release(&listing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    const int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0 || file_write_at(fd, "input", SYSTEM_AREA, data, size, &err) < 0)
        abort();
    listing_hold(fd, size == 0 ? 0 : SYSTEM_AREA + size);
    close(fd);
    return 0;
}
