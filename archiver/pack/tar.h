#ifndef SHILU_PACK_TAR_H
#define SHILU_PACK_TAR_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Reads the headers of a pax tar one member after the other, by position, and never a byte of
 * content. Strict: checksums, field forms and kinds of member are all looked at, since a header
 * that is let pass is one that another reader may take otherwise.
 * Sources: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block"; GNU tar's base-256
 * sizes and long names.
 */

enum {
    TAR_BLOCK = 512,
    TAR_NAME_MAX = 4096,
    TAR_EXTENSION_MAX = 1 << 20, /* bytes of one pax extended header */
    TAR_WINDOW = 8192,
};

struct tar_member {
    char name[TAR_NAME_MAX]; /* checked UTF-8 without control characters, no "./" before it */
    bool is_folder;
    uint64_t header_offset; /* of its first header block, extensions included */
    uint64_t offset, size;  /* of its content */
};

struct tar_reader {
    int fd;
    const char *object;
    uint64_t size;         /* of the file */
    uint64_t at;           /* everything before it made sense */
    uint64_t content_end;  /* of the last member's content; 0 before the first */
    bool is_head_only;     /* set after init: what follows the end's first block is not read */
    EVP_MD_CTX *structure; /* fed with all bytes that are no content, in order; NULL: none wanted */
    uint64_t window_offset;
    size_t window_len;
    uint8_t window[TAR_WINDOW];
};

/* Begins at the start of the file. */
int tar_reader_init(struct tar_reader *reader, int fd, const char *object, EVP_MD_CTX *structure,
                    struct err *err);

/*
 * The next member; *found is false behind the last one, when the end blocks and the zeros after
 * them have been read to the end of the file. A member is given by its headers alone: that the file
 * ends inside its content is found by the call after. ERR_DAMAGED names the byte; reader->at stays.
 */
int tar_next(struct tar_reader *reader, struct tar_member *member, bool *found, struct err *err);

/* Looks for a sound header at a multiple of TAR_BLOCK in [from, to); tar_next goes on there. *found
 * is false where there is none. */
int tar_find(struct tar_reader *reader, uint64_t from, uint64_t to, bool *found, struct err *err);

#endif
