#include "disc/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "disc/cargo.h"

#include "base/banned.h"

struct content {
    const struct cargo *cargo;
    size_t at;
    uint64_t read;
};

static const struct cargo_file *file_of(const struct content *content)
{
    return &content->cargo->files[content->at];
}

static int stream_open(IsoStream *stream)
{
    struct content *content = stream->data;
    content->read = 0;
    return 1;
}

static int stream_read(IsoStream *stream, void *buf, size_t count)
{
    struct content *content = stream->data;
    const uint64_t left = file_of(content)->size - content->read;
    const size_t len = left < count ? (size_t)left : count;
    memset(buf, 0, len);
    content->read += len;
    return (int)len;
}

static int stream_close(IsoStream *stream)
{
    (void)stream;
    return 1;
}

static off_t stream_size(IsoStream *stream)
{
    return (off_t)file_of(stream->data)->size;
}

static int stream_is_repeatable(IsoStream *stream)
{
    (void)stream;
    return 1;
}

/* Every planned file is one of its own, in the cargo's order: libisofs lays contents by this. */
static void stream_id(IsoStream *stream, unsigned int *fs_id, dev_t *dev_id, ino_t *ino_id)
{
    const struct content *content = stream->data;
    *fs_id = 0x5348; /* none of libisofs's own, which count from 1 */
    *dev_id = 0;
    *ino_id = content->at + 1;
}

static void stream_free(IsoStream *stream)
{
    free(stream->data);
}

static int stream_update_size(IsoStream *stream)
{
    (void)stream;
    return 1;
}

static IsoStream *stream_input(IsoStream *stream, int flag)
{
    (void)stream;
    (void)flag;
    return NULL;
}

static IsoStreamIface stream_interface = {
    .version = 3,
    .type = {'u', 's', 'e', 'r'},
    .open = stream_open,
    .close = stream_close,
    .get_size = stream_size,
    .read = stream_read,
    .is_repeatable = stream_is_repeatable,
    .get_id = stream_id,
    .free = stream_free,
    .update_size = stream_update_size,
    .get_input_stream = stream_input,
};

int cargo_stream(const struct cargo *cargo, size_t at, IsoStream **out, struct err *err)
{
    /* libisofs frees the struct itself with free(), after stream_free */
    IsoStream *stream = calloc(1, sizeof *stream);
    struct content *content = calloc(1, sizeof *content);
    if (stream == NULL || content == NULL) {
        free(stream);
        free(content);
        return err_memory(err, cargo->files[at].path);
    }
    *content = (struct content){.cargo = cargo, .at = at};
    *stream = (IsoStream){.class = &stream_interface, .refcount = 1, .data = content};
    *out = stream;
    return 0;
}
