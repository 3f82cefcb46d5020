#ifndef SHILU_PACK_H
#define SHILU_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "custody/seal_value.h"
#include "digest/digest.h"

struct err;
struct progress;
struct vault;

/* The sealed archive: a pax tar that unpacks to one BagIt bag, index first. Layout and write order:
 * ARCHITECTURE.md, "The sealed archive"; POSIX.1-2001 pax, RFC 8493. */

/* ---- sealing ---- */

struct pack_sealed {
    char path[4096]; /* of the tar, absolute or as the vault was given */
    uint32_t volume;
    struct digest_pair digests; /* of the whole tar */
    struct seal_value seal;
    uint64_t recordings;
    uint64_t bytes;                 /* of the tar */
    unsigned witnesses, timestamps; /* that back the checkpoint of its proofs; of one that was
                                       sealed before: not known */
    bool already;                   /* nothing was new: this is the newest volume, sealed before */
};

/*
 * Packs what belongs to a case and is in no volume yet, signs it, enters it in the catalog and
 * gives up the loose copies. Where all of it is in volumes already, the newest of them is told.
 * ERR_MISSING: no such case, or nothing belongs to it; ERR_CONFLICT: the case, a recording or its
 * tags were changed meanwhile, nothing was sealed; ERR_DAMAGED: a
 * recording's bytes are not what was accepted (object = R12), nothing is given up.
 *   sealed_us   the sealing time, 0 for now: with the same inputs and time the tar is the same
 */
int pack_seal(struct vault *vault, const char *case_number, const char *by, int64_t sealed_us,
              const struct progress *progress, struct pack_sealed *sealed, struct err *err);

/*
 * The same for the loose recordings that belong to no case, of one month of capture (where that is
 * not known, of acceptance) in the vault's zone, with what is attached to them.
 *   month   "2026-11"; ERR_USAGE where it is none
 *   team    of whose collectors; NULL: whichever
 * The archive is called "unassigned 2026-11 TEAM" where that of a case has its number.
 */
int pack_seal_unassigned(struct vault *vault, const char *month, const char *team, const char *by,
                         const struct progress *progress, struct pack_sealed *sealed,
                         struct err *err);

/* ---- rewriting: an archive without some of its recordings, as the case's next volume ---- */

struct pack_rewriting {
    int64_t archive;     /* its number */
    const int64_t *gone; /* the recordings left out, with their attachments; ascending. The
                            caller's, as long as the rewrite lives */
    size_t gone_count;
    const char *disposal;             /* "X1"; the same */
    const struct pack_rewrite *after; /* the rewrite made before of the same case, or NULL; it must
                                         live as long */
    int64_t sealed_us;
};

struct pack_rewrite;

/*
 * Writes the new archive as sealing does: laid out, each digest checked on the way, signed,
 * flushed, read back; nothing is decided yet. Where nothing would be left in it, nothing is
 * written. Errors as pack_seal; ERR_CONFLICT also where the archive is no more.
 */
int pack_rewrite_make(struct vault *vault, const struct pack_rewriting *wanted,
                      const struct progress *progress, struct pack_rewrite **out, struct err *err);

/* Nothing is left: the archive goes, and none comes in its place. */
bool pack_rewrite_is_empty(const struct pack_rewrite *rewrite);
/* The new archive, below the vault; the case. */
const char *pack_rewrite_path(const struct pack_rewrite *rewrite);
const char *pack_rewrite_case(const struct pack_rewrite *rewrite);

/* In the transaction, before anything in it is changed: ERR_CONFLICT where what was written is not
 * what the catalog says any more. */
int pack_rewrite_check(struct pack_rewrite *rewrite, struct err *err);
/* In it: gives the archive, which is not empty, its place, and enters it for the old one. */
int pack_rewrite_enter(struct pack_rewrite *rewrite, struct err *err);
/* Before the commit: from here on it is not taken back, whatever comes of that. */
void pack_rewrite_leave(struct pack_rewrite *rewrite);
/* After the commit. */
int pack_rewrite_settle(struct pack_rewrite *rewrite, struct err *err);

/* Takes back what was written, unless it was left. */
void pack_rewrite_free(struct pack_rewrite *rewrite);
AUTO_DEFINE(struct pack_rewrite *, pack_rewrite_free, NULL);

/* ---- reading ---- */

/* One file of the archive that holds evidence: a recording or an attachment of one. */
struct pack_entry {
    const char *id;            /* "R12"; an attachment has its recording's */
    const char *own_id;        /* "F7" of an attachment; of a recording the same as id */
    const char *name;          /* below the bag: "data/R12.mp4" */
    const char *original_name; /* shown form, reversible */
    const char *attachment;    /* its kind, or NULL for a recording */
    uint64_t offset, size;     /* of its content, from the start of the tar */
    struct digest_pair digests;
};

struct pack;

/* Opens an archive by its head alone, and checks the index: ERR_DAMAGED where it is none, lies
 * about offsets (out of range, overlapping) or names (twice, "..", absolute). A tar that is cut off
 * behind its index opens; entries beyond its end fail when read. `fd` is the pack's from here on,
 * and closed where it cannot be opened. */
int pack_open(int fd, const char *object, struct pack **out, struct err *err);
void pack_free(struct pack *pack);
AUTO_DEFINE(struct pack *, pack_free, NULL);

const char *pack_bag(const struct pack *pack);  /* "2026-12-5d0c3a7e-v001" */
const char *pack_case(const struct pack *pack); /* the case number */
const char *pack_unit(const struct pack *pack);
const struct pack_entry *pack_entries(const struct pack *pack, size_t *count);
/* An entry by its own id, name, or original name; NULL when there is none. */
const struct pack_entry *pack_find(const struct pack *pack, const char *name);
/* The whole index.json as a tree, owned by the pack: read again when it is first asked for, since
 * nothing else needs it. Errors as pack_open's. */
struct json_t;
int pack_index(const struct pack *pack, const struct json_t **index, struct err *err);
int pack_fd(const struct pack *pack);

/* The seal value, by the signed list as it stands at the archive's head; nothing is checked. */
int pack_seal_value(const struct pack *pack, struct seal_value *seal, struct err *err);

/* Writes an entry's content to `to`, both digests checked: ERR_DAMAGED after all bytes were written
 * where they differ, or where the archive ends before. */
int pack_cat(const struct pack *pack, const struct pack_entry *entry, int to, const char *to_object,
             struct err *err);

/*
 * Extracts an entry as a file into a held folder, under the last part of its name; never outside,
 * never over a file that is there (ERR_CONFLICT). Until it is whole it is called NAME.shilu-part;
 * what a killed one has left under that name is taken over. A copy whose digests differ is removed
 * again (ERR_DAMAGED).
 */
int pack_extract(const struct pack *pack, const struct pack_entry *entry, int folder,
                 struct err *err);

/* ---- every byte of a tar, for audit ---- */

/* A member of the tar as its headers tell it. */
struct pack_member {
    const char *name; /* full path in the tar */
    bool is_folder;
    uint64_t header_offset; /* of its first header block (pax header included) */
    uint64_t offset, size;  /* of its content */
};

/*
 * Reads the tar's headers from front to back, strictly: what pack writes and what other pax writers
 * make of the same bag. Members' names live until pack_layout_release, which is due in either case.
 *   structure   SHA-256 of all bytes that are no member's content, in file order
 *   err         where headers are damaged: how far it came is in the layout
 */
struct pack_layout {
    struct pack_member *members;
    size_t count;
    uint64_t size;         /* of the file */
    uint64_t read_to;      /* how far the headers made sense; size when all */
    uint8_t structure[32]; /* valid when read_to == size */
};
int pack_layout_read(int fd, const char *object, struct pack_layout *layout, struct err *err);

/*
 * Goes on behind damaged headers: looks for a sound one in [from, to), multiples of 512, and adds
 * the members from there. Errors as of pack_layout_read; the structure is not to be had any more.
 *   resumed   false where there is no sound header; nothing was added
 */
int pack_layout_resume(int fd, const char *object, uint64_t from, uint64_t to,
                       struct pack_layout *layout, bool *resumed, struct err *err);
void pack_layout_release(struct pack_layout *layout);

#endif
