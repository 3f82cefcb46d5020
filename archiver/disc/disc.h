#ifndef SHILU_DISC_H
#define SHILU_DISC_H

#include <stddef.h>
#include <stdint.h>

#include "digest/digest.h"

struct err;
struct progress;
struct vault;

/* Disc images: ISO 9660 level 3 (ECMA-119) with Joliet and Rock Ridge, by libisofs, straight from
 * byte ranges of the sealed archives. Layout: ARCHITECTURE.md, "The disc". */

struct disc_made {
    int64_t number; /* shown as "D1" */
    uint64_t bytes;
    struct digest_pair digests; /* of the whole image */
};

/*
 * Makes one image of all volumes of the cases given, at `path` (by PATH.part, fsync, rename), and
 * enters it in the catalog. ERR_MISSING: a case is unknown or has no volume; ERR_CONFLICT: the
 * path is taken; ERR_SPACE.
 */
int disc_image(struct vault *vault, const char *const *cases, size_t case_count, const char *path,
               const char *by, const struct progress *progress, struct disc_made *made,
               struct err *err);

/* ---- reading an image, for audit ---- */

struct disc_extent {
    uint64_t offset, size; /* bytes of the image */
};

struct disc_file {
    char *path; /* from the root, no slash in front: "cases/…-v001/data/R12.mp4" */
    uint64_t size;
    struct disc_extent *extents;
    size_t extent_count;
};

struct disc_listing {
    struct disc_file *files; /* by path */
    size_t count;
    uint64_t size; /* of the image file */
};

/* Reads the tree of an image without reading contents. ERR_DAMAGED where it is none. */
int disc_listing_read(int fd, const char *object, struct disc_listing *listing, struct err *err);
void disc_listing_release(struct disc_listing *listing);

/*
 * The signed record in the system area: SHA-256 over all bytes of the image that are no file's
 * content, the first 32 KiB taken as zeros. Layout of the record: ARCHITECTURE.md.
 *   record      receives the message that was signed (JSON) and its signature; the caller's
 * ERR_MISSING where there is none, ERR_DAMAGED where it cannot be read.
 */
struct disc_record {
    char *message;
    uint8_t signature[256];
    size_t signature_len;
    uint8_t structure[32]; /* as the message states it */
    uint64_t image_bytes;  /* as the message states it */
};
int disc_record_read(int fd, const char *object, struct disc_record *record, struct err *err);
void disc_record_release(struct disc_record *record);

/* The same digest, computed from the image and its listing. */
int disc_structure(int fd, const char *object, const struct disc_listing *listing,
                   uint8_t structure[static 32], struct err *err);

#endif
