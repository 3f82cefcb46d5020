#include "disc/stream.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "disc/cargo.h"

#include "base/banned.h"

/* libisofs asks for one block of 2 KiB at a time; the archive is read in pieces of this size. */
enum { PIECE_BYTES = 256 << 10 };

struct content {
    const struct cargo *cargo;
    size_t at;
    struct stream_fault *fault;
    /* While it is open: */
    int fd; /* -1 for a file in memory */
    uint8_t *piece;
    size_t piece_len, piece_used;
    uint64_t read; /* of the file, into pieces */
    EVP_MD_CTX *digest;
};

static const struct cargo_file *file_of(const struct content *content)
{
    return &content->cargo->files[content->at];
}

static const char *archive_of(const struct content *content)
{
    return content->cargo->bags[file_of(content)->archive].tar;
}

/* ISO_CANCELED ends the writing thread without a word of libisofs's own. */
static int stop(struct content *content, const struct err *err)
{
    if (!content->fault->happened) {
        content->fault->happened = true;
        content->fault->err = *err;
        err_wrap(&content->fault->err, "%s", file_of(content)->path);
    }
    return (int)ISO_CANCELED;
}

static void release(struct content *content)
{
    EVP_MD_CTX_free(content->digest);
    free(content->piece);
    if (content->fd >= 0)
        (void)close(content->fd);
    content->digest = NULL;
    content->piece = NULL;
    content->fd = -1;
}

static int stream_open(IsoStream *stream)
{
    struct content *content = stream->data;
    struct err err;
    content->read = 0;
    content->piece_len = 0;
    content->piece_used = 0;
    if (file_of(content)->content != NULL)
        return 1;
    content->fd = file_open_regular(content->cargo->root, archive_of(content), &err);
    if (content->fd < 0)
        return stop(content, &err);
    content->piece = malloc(PIECE_BYTES);
    content->digest = EVP_MD_CTX_new();
    if (content->piece == NULL || content->digest == NULL ||
        EVP_DigestInit_ex(content->digest, EVP_sha256(), NULL) != 1) {
        (void)err_memory(&err, archive_of(content));
        return stop(content, &err);
    }
    return 1;
}

static int check_digest(struct content *content, struct err *err)
{
    uint8_t sha256[32];
    if (EVP_DigestFinal_ex(content->digest, sha256, NULL) != 1)
        return err_memory(err, archive_of(content));
    if (memcmp(sha256, file_of(content)->sha256, 32) != 0)
        return err_set(err, ERR_DAMAGED, archive_of(content),
                       _("its SHA-256 is not the one that was sealed"));
    return 0;
}

static int next_piece(struct content *content, struct err *err)
{
    const struct cargo_file *file = file_of(content);
    const uint64_t left = file->size - content->read;
    const size_t len = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    if (file_read_exact(content->fd, archive_of(content), file->offset + content->read,
                        content->piece, len, err) < 0)
        return -1;
    if (EVP_DigestUpdate(content->digest, content->piece, len) != 1)
        return err_memory(err, archive_of(content));
    content->read += len;
    content->piece_len = len;
    content->piece_used = 0;
    return content->read == file->size ? check_digest(content, err) : 0;
}

static int read_memory(struct content *content, uint8_t *to, size_t count)
{
    const struct cargo_file *file = file_of(content);
    const uint64_t left = file->size - content->read;
    const size_t len = left < count ? (size_t)left : count;
    memcpy(to, file->content + content->read, len);
    content->read += len;
    return (int)len;
}

static int stream_read(IsoStream *stream, void *buf, size_t count)
{
    struct content *content = stream->data;
    uint8_t *to = buf;
    size_t done = 0;
    if (file_of(content)->content != NULL)
        return read_memory(content, to, count);
    while (done < count) {
        if (content->piece_used == content->piece_len) {
            struct err err;
            if (content->read == file_of(content)->size)
                break;
            if (next_piece(content, &err) < 0)
                return stop(content, &err);
        }
        const size_t there = content->piece_len - content->piece_used;
        const size_t len = there < count - done ? there : count - done;
        memcpy(to + done, content->piece + content->piece_used, len);
        content->piece_used += len;
        done += len;
    }
    return (int)done;
}

static int stream_close(IsoStream *stream)
{
    release(stream->data);
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
    release(stream->data);
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

int cargo_stream(const struct cargo *cargo, size_t at, struct stream_fault *fault, IsoStream **out,
                 struct err *err)
{
    /* libisofs frees the struct itself with free(), after stream_free */
    IsoStream *stream = calloc(1, sizeof *stream);
    struct content *content = calloc(1, sizeof *content);
    if (stream == NULL || content == NULL) {
        free(stream);
        free(content);
        return err_memory(err, cargo->files[at].path);
    }
    *content = (struct content){.cargo = cargo, .at = at, .fault = fault, .fd = -1};
    *stream = (IsoStream){.class = &stream_interface, .refcount = 1, .data = content};
    *out = stream;
    return 0;
}
