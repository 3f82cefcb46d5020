#ifndef SHILU_DISC_CARGO_H
#define SHILU_DISC_CARGO_H

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/instant.h"

struct err;
struct vault;

/* What goes on a disc: every file with its place, size and digest, before anything is written. */

struct cargo_file {
    char *path; /* on the disc: "cases/BAG/data/R12.mp4" */
    uint64_t size;
    uint8_t sha256[32];
    /* Where its content lies: in memory, or in a sealed archive. */
    char *content;  /* NULL: in the archive */
    size_t archive; /* of cargo->bags */
    uint64_t offset;
};

struct cargo_bag {
    int64_t archive; /* the catalog's number */
    char *tar;       /* below the vault */
    char *name;      /* "2026-12-5d0c3a7e-v001" */
    char *case_number;
    uint32_t volume;
    uint64_t recordings;
    uint64_t tar_bytes;
    uint8_t tar_sha256[32], tar_sm3[32];
    uint8_t tagmanifest[32]; /* SHA-256 of tagmanifest-sha256.txt, as the catalog has it */
    char *index;             /* index.json as ASCII JSON, for the viewer */
};

struct cargo {
    int root; /* the vault's folder, held by the vault */
    const char *unit;
    char name[33]; /* the disc's: "SHILU_5D0C3A7E", from the bags and the time */
    struct instant made_at;
    char key_id[65];
    struct cargo_bag *bags;
    size_t bag_count;
    struct cargo_file *files; /* bag by bag, the disc's own last */
    size_t file_count;
    size_t file_room;
    uint8_t sha256sums[32]; /* SHA-256 of the file SHA256SUMS */
};

/*
 * Looks up the volumes of the cases and reads what surrounds the recordings in them: the tag
 * manifest's signature, and each tag file's digest, are checked; recordings are not read yet.
 * A case that is named twice is taken once. ERR_MISSING, ERR_DAMAGED as disc_image.
 * The cargo lives no longer than the vault.
 */
int cargo_make(struct vault *vault, const char *const *cases, size_t case_count, int64_t made_us,
               struct cargo *cargo, struct err *err);

/* Adds a file of the disc's own; `content` is the cargo's in any case. */
int cargo_add_text(struct cargo *cargo, const char *path, char *content, size_t len,
                   struct err *err);

void cargo_release(struct cargo *cargo);
static inline void cargo_release_at(struct cargo *cargo)
{
    cargo_release(cargo);
}

#endif
