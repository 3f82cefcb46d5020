#ifndef SHILU_DISC_STREAM_H
#define SHILU_DISC_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* With its own copy of struct burn_source: libburn is not needed to write an image. */
#define LIBISOFS_WITHOUT_LIBBURN yes
#include <libisofs/libisofs.h>

struct cargo;
struct err;

/*
 * A stream of cargo->files[at], by which libisofs lays the file out: its size is the file's, its
 * bytes are zeros. contents.c writes the real ones, and libisofs is stopped before it comes to
 * them. The cargo outlives the stream; libisofs frees it with its node. ERR_MEMORY.
 */
int cargo_stream(const struct cargo *cargo, size_t at, IsoStream **out, struct err *err);

#endif
