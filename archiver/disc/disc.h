#ifndef SHILU_DISC_H
#define SHILU_DISC_H

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "custody/seal_value.h"
#include "digest/digest.h"

struct err;
struct progress;
struct vault;

/* Disc images: ISO 9660 level 3 (ECMA-119) with Joliet and Rock Ridge, by libisofs, straight from
 * byte ranges of the sealed archives. Layout: ARCHITECTURE.md, "The disc". */

struct disc_made {
    int64_t number; /* shown as "D1" */
    char name[33];  /* the volume's label: "SHILU_5D0C3A7E" */
    uint64_t bytes;
    uint8_t sha256[32]; /* of the whole image */
    struct seal_value seal;
};

/*
 * Makes one image of all volumes of the cases given, at `path` (by PATH.shilu-part, fsync, rename),
 * and enters it in the catalog. Every recording's SHA-256 is checked on the way; where it fails
 * nothing is left behind; an image of ours at `path` that no run came to enter is replaced.
 * ERR_MISSING: a case is unknown or has no volume, or an archive is not there; ERR_CONFLICT: the
 * path is taken; ERR_DAMAGED: an archive's bytes are not what was sealed; ERR_SPACE. by   the
 * person: "os:LOGIN"
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

/*
 * Reads the tree of an image without reading contents: primary volume, Rock Ridge names, files of
 * several extents. Strict, bounded, and made for images that are damaged or forged: ERR_DAMAGED
 * names the sector. Source: ECMA-119; IEEE P1281 and P1282 (SUSP, RRIP).
 */
int disc_listing_read(int fd, const char *object, struct disc_listing *listing, struct err *err);
void disc_listing_release(struct disc_listing *listing);

/* The file of that path, or NULL. */
const struct disc_file *disc_listing_find(const struct disc_listing *listing, const char *path);

/* The signed record in the system area. Layout: ARCHITECTURE.md, "The disc". */
struct disc_record {
    char *message; /* what was signed (JSON) */
    uint8_t signature[256];
    size_t signature_len;
    /* As the message states them. */
    struct digest_pair structure; /* what disc_structure must give */
    uint64_t image_bytes;         /* the length that the image file must have at least */
    uint8_t sha256sums[32];       /* SHA-256 of the file SHA256SUMS */
};

/*
 * Reads the record; whoever asks checks the signature (over `message`) with signer.pem. What stands
 * in the 32 KiB beside the record must be zeros.
 * ERR_MISSING where the area is empty, ERR_DAMAGED where what is there cannot be read.
 */
int disc_record_read(int fd, const char *object, struct disc_record *record, struct err *err);
void disc_record_release(struct disc_record *record);

/* The seal value of an image: of its first 32 KiB, in which that record stands. Errors of reading.
 */
int disc_seal_value(int fd, const char *object, struct seal_value *seal, struct err *err);

/*
 * Digests of all bytes of the image that are no file's content, the first 32 KiB taken as zeros.
 *   image_bytes   how much of the file is the image: the record's (a disc may be longer)
 * ERR_DAMAGED where the file is shorter.
 */
int disc_structure(int fd, const char *object, const struct disc_listing *listing,
                   uint64_t image_bytes, struct digest_pair *structure, struct err *err);

#endif
