#ifndef SHILU_DISC_STREAM_H
#define SHILU_DISC_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* With its own copy of struct burn_source: libburn is not needed to write an image. */
#define LIBISOFS_WITHOUT_LIBBURN yes
#include <libisofs/libisofs.h>

#include "base/err.h"

struct cargo;

/* libisofs's stream interface over a file of the cargo: large reads straight from the sealed
 * archive, SHA-256 checked as the bytes pass. libisofs reads on a thread of its own. */

/* What stopped the reading. Written by libisofs's thread, read after that thread has ended. */
struct stream_fault {
    bool happened;
    struct err err;
};

/*
 * Makes a stream of cargo->files[at]; cargo and fault outlive it. libisofs frees it with its node.
 * ERR_MEMORY.
 */
int cargo_stream(const struct cargo *cargo, size_t at, struct stream_fault *fault, IsoStream **out,
                 struct err *err);

#endif
