#ifndef SHILU_PACK_SKELETON_H
#define SHILU_PACK_SKELETON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct plan_file;

/*
 * All bytes of a pax tar that are no member's content: headers, padding, end blocks. They depend on
 * names, sizes, times and attributes alone, so they are written, or only counted, before any
 * content is read. The headers are libarchive's.
 */

struct skeleton_member {
    char name[200]; /* from the root of the tar; ASCII */
    bool is_folder;
    uint64_t size;
    const struct plan_file *evidence; /* whose digests and tags the entry carries; NULL: none */
    uint64_t offset;                  /* out: of its content */
};

struct skeleton {
    const char *case_number;
    int64_t time_s; /* of all members */
    struct skeleton_member *members;
    size_t count;
    uint64_t size;                /* out: of the whole tar */
    uint8_t structure_sha256[32]; /* out: of all bytes that are no content */
};

/* Writes them to `fd`, each at its place, or with `fd` -1 nowhere; content is left out.
 * ERR_SPACE, ERR_SYSTEM from writing. */
int skeleton_write(struct skeleton *skeleton, int fd, const char *object, struct err *err);

#endif
