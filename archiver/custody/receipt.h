#ifndef SHILU_CUSTODY_RECEIPT_H
#define SHILU_CUSTODY_RECEIPT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/key.h"

struct err;

/*
 * The receipt for a recording: what was accepted, the log's entry that says so, and the proof that
 * the entry is in the log. It needs nothing else to be checked, and shows later that a recording
 * had been handed in, though it may have gone missing. An object in canonical form (RFC 8785), so
 * that each of its bytes counts:
 *
 *   {"accepted":{"at":"…","by":"os:root"},"checkpoint":"…","entry":"{…}","format":"shilu-receipt/1",
 *    "id":"R12","index":17,"key":"-----BEGIN PUBLIC KEY-----\n…","name":"a.mp4",
 *    "proof":["BASE64",…],"sha256":"…","size":178565,"sm3":"…"}
 *
 *   entry       the leaf's own bytes; accepted, id, index, name, size and digests are taken from it
 *   proof       hashes that lead from the leaf to the checkpoint's root (RFC 9162, 2.1.3)
 *   checkpoint  the log's, and what witnesses have added (C2SP tlog-checkpoint). Anybody can add
 *               lines: only those count that hold for a known witness's key (custody/witness.h)
 *   key         the public key that signed the checkpoint, PEM
 */

enum { CUSTODY_RECEIPT_MAX = 512 << 10 }; /* bytes of a receipt */

struct custody_receipt {
    struct custody_entry entry; /* id is its subject, index its seq */
    struct bytes leaf;          /* its bytes */
    const char *name;           /* shown form */
    uint64_t size_bytes;
    uint8_t sha256[32], sm3[32];
    struct custody_proof proof;
    struct bytes checkpoint;
    struct custody_head head; /* what the checkpoint says */
    struct key *key;          /* public */
    unsigned lines_of_others; /* below the checkpoint, not looked at */
    json_t *root;             /* holds what is above */
};

/*
 * The receipt for the recording that entry number `index` accepted, proved to the log's checkpoint.
 *   key    the log's, either half
 *   text   NUL-terminated; the caller's
 *   len    its bytes, without the NUL
 * ERR_USAGE: the entry is not one of acceptance; else as custody_log_inclusion.
 */
int custody_receipt_make(struct custody_log *log, uint64_t index, const struct key *key,
                         char **text, size_t *len, struct err *err);

/* The same, proved to another checkpoint of the log that `key` has signed and that covers the
 * entry: one that witnesses have cosigned. */
int custody_receipt_make_to(struct custody_log *log, struct bytes checkpoint, uint64_t index,
                            const struct key *key, char **text, size_t *len, struct err *err);

/*
 * Takes a stranger's receipt apart. What it says of the recording must be what its entry says;
 * nothing is proved yet. ERR_DAMAGED names `object` and says what is wrong; ERR_MEMORY. What the
 * receipt holds lives until custody_receipt_release.
 */
int custody_receipt_parse(struct bytes text, const char *object, struct custody_receipt *receipt,
                          struct err *err);
void custody_receipt_release(struct custody_receipt *receipt);
static inline void custody_receipt_release_at(struct custody_receipt *receipt)
{
    custody_receipt_release(receipt);
}

/* Whether the entry is in the tree that the checkpoint tells of: 0, or -1 and ERR_DAMAGED. */
int custody_receipt_prove(const struct custody_receipt *receipt, const char *object,
                          struct err *err);

/* Whether the receipt's own key has signed the checkpoint: 0, or -1 and ERR_DAMAGED. Whose key that
 * is, the caller knows or not: key_id. */
int custody_receipt_signed(const struct custody_receipt *receipt, const char *object,
                           struct err *err);

#endif
