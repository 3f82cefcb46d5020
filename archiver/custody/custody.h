#ifndef SHILU_CUSTODY_H
#define SHILU_CUSTODY_H

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

struct custody_signer;
struct err;
struct key;

/*
 * The custody log: an append-only Merkle tree of entries (RFC 9162, 2.1, with SHA-256) in a folder
 * as C2SP tlog-tiles lays it out, under a signed checkpoint (C2SP tlog-checkpoint). Clients written
 * for that format read it, and anybody can check the proofs below in a few lines of any language.
 *
 * A handle belongs to one thread at a time. The functions that only check keep nothing.
 */

enum {
    CUSTODY_HASH = 32,
    CUSTODY_PATH_MAX = 64,    /* hashes in a proof, whatever the size of the tree */
    CUSTODY_ENTRY_MAX = 65535 /* bytes of an entry: its length stands in two octets */
};

#define CUSTODY_SIZE_MAX ((uint64_t)INT64_MAX) /* entries of a log */

/* The hashes of an inclusion or consistency proof, in the order of RFC 9162, 2.1.3 and 2.1.4. */
struct custody_proof {
    unsigned count;
    uint8_t hashes[CUSTODY_PATH_MAX][CUSTODY_HASH];
};

/* ---- without a log ---- */

/* SHA-256(0x00 ‖ entry). */
int custody_leaf_hash(struct bytes entry, uint8_t leaf[static CUSTODY_HASH], struct err *err);

/*
 * Whether the proof leads from the leaf's hash, entry number `index`, to the root of a tree of
 * `size` entries: 0, or -1 and ERR_DAMAGED. Source: RFC 9162, 2.1.3.2.
 */
int custody_inclusion_check(const uint8_t leaf[static CUSTODY_HASH], uint64_t index, uint64_t size,
                            const struct custody_proof *proof,
                            const uint8_t root[static CUSTODY_HASH], struct err *err);

/*
 * Whether the proof shows that the first `old_size` of `new_size` entries are those under
 * `old_root`: 0, or -1 and ERR_DAMAGED. Equal sizes need equal roots and an empty proof; so does
 * the empty tree, which everything is consistent with. Source: RFC 9162, 2.1.4.2.
 */
int custody_consistency_check(uint64_t old_size, const uint8_t old_root[static CUSTODY_HASH],
                              uint64_t new_size, const uint8_t new_root[static CUSTODY_HASH],
                              const struct custody_proof *proof, struct err *err);

/* What a checkpoint says. */
struct custody_head {
    uint64_t size;
    uint8_t root[CUSTODY_HASH];
};

/*
 * Reads a stranger's checkpoint, signed by `key` under the name of its origin.
 *   text     as the checkpoint file holds it; signatures of others may follow
 *   origin   the log it must be of; NULL: any
 *   object   names it in errors
 * -1 with ERR_DAMAGED: no checkpoint, of another log, or its signature does not hold; ERR_MISSING:
 * not signed by this key.
 */
int custody_checkpoint_check(struct bytes text, const char *origin, const struct key *key,
                             const char *object, struct custody_head *head, struct err *err);

/*
 * A witness's line for a checkpoint, that it has seen the log consistent at that time: to be
 * appended to the checkpoint's text. Source: C2SP tlog-cosignature; of an SM2 key: note.h.
 *   name   the witness's key name; ERR_USAGE where it is empty or has spaces or plus signs
 *   at_s   seconds since 1970
 *   line   the caller's, with its newline
 */
int custody_cosign(struct bytes checkpoint, const char *object, const char *name,
                   const struct key *key, uint64_t at_s, char **line, struct err *err);

/* Whether a checkpoint bears such a line of this witness, and when it was made. ERR_MISSING: none;
 * ERR_DAMAGED: it does not hold. */
int custody_cosigned(struct bytes checkpoint, const char *object, const char *name,
                     const struct key *key, uint64_t *at_s, struct err *err);

/* ---- a log ---- */

struct custody_log;

/*
 * Makes the checkpoint of an empty log in an empty folder. The key's name in it is the origin, as
 * C2SP has it: a schema-less URL such as "example.com/log"; not empty, without spaces and plus
 * signs (ERR_USAGE). ERR_CONFLICT: the folder holds something.
 */
int custody_log_create(int folder, const struct key *signing, const char *origin, struct err *err);

/*
 * Opens the log in a folder. Only its right edge is read, and compared with the signed root.
 *   folder   a held descriptor; the log keeps one of its own
 *   key      the log's, either half; the caller may free it afterwards. NULL: nobody's signature is
 *            looked at, so what is read has nobody's word
 *   origin   the log it must be; NULL: any
 * ERR_MISSING: no checkpoint there, or a tile of the edge (err->object); ERR_DAMAGED: the
 * checkpoint is none, of another log, its signature does not hold, or the edge gives another root.
 */
int custody_log_open(int folder, const struct key *key, const char *origin,
                     struct custody_log **out, struct err *err);
void custody_log_free(struct custody_log *log);
AUTO_DEFINE(struct custody_log *, custody_log_free, NULL);

/* What the handle knows; others' appends are not seen. The texts live until the next append. */
uint64_t custody_log_size(const struct custody_log *log);
void custody_log_root(const struct custody_log *log, uint8_t root[static CUSTODY_HASH]);
const char *custody_log_origin(const struct custody_log *log);
const char *custody_log_checkpoint_text(const struct custody_log *log);

/*
 * Appends entries and signs the new checkpoint: after 0 both are durable. After -1 or a crash the
 * log is the old one or the new one, whole; which, the next opening says.
 *   signing   the log's key (ERR_USAGE where it is another)
 * ERR_USAGE: an entry is longer than CUSTODY_ENTRY_MAX (err->object is its place among `entries`);
 * ERR_CONFLICT: somebody has appended since this handle was opened; ERR_DAMAGED, ERR_MISSING: the
 * right edge is not what was signed.
 * All that is new is flushed at once: many entries in one call cost little more than one.
 */
int custody_log_append(struct custody_log *log, const struct bytes *entries, size_t count,
                       const struct key *signing, struct err *err);

/*
 * An entry's bytes: the log's, until the next call. They have been compared with their hash in the
 * tree's tile, not with the root: custody_log_inclusion and custody_inclusion_check do that.
 * ERR_USAGE: no such entry; ERR_MISSING, ERR_DAMAGED: err->object names the tile.
 */
int custody_log_entry(struct custody_log *log, uint64_t index, struct bytes *entry,
                      struct err *err);

/* The root of the first `size` entries, as the tiles have it. ERR_USAGE: there are not so many. */
int custody_log_root_at(struct custody_log *log, uint64_t size, uint8_t root[static CUSTODY_HASH],
                        struct err *err);

/*
 * The hashes that lead from an entry to the root of the first `size`. A proof to the log's own root
 * has been checked when it is given.
 * ERR_USAGE: index or size is out of range; ERR_MISSING, ERR_DAMAGED: a tile (err->object) is
 * missing, or not what it must be. Source: RFC 9162, 2.1.3.1.
 */
int custody_log_inclusion(struct custody_log *log, uint64_t index, uint64_t size,
                          struct custody_proof *proof, struct err *err);

/* The hashes that show the first `old_size` of `new_size` entries unchanged; as above. Source: RFC
 * 9162, 2.1.4.1. */
int custody_log_consistency(struct custody_log *log, uint64_t old_size, uint64_t new_size,
                            struct custody_proof *proof, struct err *err);

/*
 * Signs the checkpoint as it stands with another key too, beside the lines that it has; durable.
 * For a key that is to follow the log's. One that has signed it already changes nothing.
 * ERR_CONFLICT: as of custody_log_append.
 */
int custody_log_sign_again(struct custody_log *log, const struct key *signing, struct err *err);

/*
 * Whether the log still begins with what an older checkpoint of it signed.
 *   text, object   as of custody_checkpoint_check
 *   key            that signed it, or a key before it: the log itself tells of these
 *                  (succession.h), and is read for them where that is needed
 *   old            what it says
 *   signer         whose signature it is
 * ERR_DAMAGED, ERR_MISSING: it does not, or that is no checkpoint of this log, or a tile (in the
 * text) cannot be read; else it could not look.
 */
int custody_log_extends(struct custody_log *log, struct bytes text, const struct key *key,
                        const char *object, struct custody_head *old, struct custody_signer *signer,
                        struct err *err);

/*
 * Proofs that need nothing else to be checked: objects in canonical form (RFC 8785), which
 * scripts/check-log reads too.
 *
 *   {"checkpoint":"…","entry":"{…}","format":"shilu-inclusion/1","index":17,"key":"…","proof":[…]}
 *   {"checkpoint":"…","format":"shilu-consistency/1","key":"…","old_root":"…","old_size":5,
 *    "proof":[…]}
 *
 *   checkpoint  the log's own
 *   entry       the leaf's bytes, number `index`
 *   old_root    in base64, of the first old_size entries
 *   key         the public key that signed the checkpoint, PEM; `key` is either half of it
 *   proof       hashes in base64
 *
 * The text is the caller's, without a newline. Errors as of custody_log_inclusion.
 */
int custody_proof_inclusion(struct custody_log *log, uint64_t index, const struct key *key,
                            char **text, struct err *err);
int custody_proof_consistency(struct custody_log *log, uint64_t old_size, const struct key *key,
                              char **text, struct err *err);

/* ---- checking a log ---- */

struct custody_finding {
    const char *path;   /* in the log's folder: "checkpoint", "tile/0/x001/234.p/17" */
    uint64_t first;     /* entries concerned: from this one … */
    uint64_t count;     /* … so many; 0: none in particular */
    const char *detail; /* in the person's language */
};

struct custody_check {
    struct custody_head head; /* what the checkpoint says; zeros where it could not be read */
    uint64_t entries;         /* read */
    uint64_t bytes;           /* read, of bundles and tiles */
    uint64_t findings;
};

/*
 * Computes every leaf from the entries, every hash of every tile, and the root, and compares them
 * with what lies there and what is signed. `found` is told each difference; its texts live until it
 * returns. 0 however bad the findings; -1 where it could not look (ERR_MEMORY, ERR_SYSTEM of
 * OpenSSL). What lies beyond the checkpoint is no finding: an append that was cut off leaves it.
 */
int custody_log_check(int folder, const struct key *key, const char *origin,
                      void (*found)(void *context, const struct custody_finding *finding),
                      void *context, struct custody_check *check, struct err *err);

#endif
