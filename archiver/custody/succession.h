#ifndef SHILU_CUSTODY_SUCCESSION_H
#define SHILU_CUSTODY_SUCCESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/instant.h"
#include "custody/key.h"

struct custody_log;
struct err;

/*
 * That one key of a log follows another: a signed note (C2SP signed-note) whose text is
 *
 *   shilu-key-succession/1
 *   shilu/8c0bbc3a297a209c              the log's origin: both keys' name
 *   17                                  the old key answers for the log's first 17 entries, no more
 *   2026-11-27T18:00:00+08:00
 *   -----BEGIN PUBLIC KEY-----          the old one
 *   …
 *   -----BEGIN PUBLIC KEY-----          the new one
 *   …
 *
 * The new key signs it, so that nobody can be made somebody's forebear; the old one too, unless it
 * was lost: then its successor has the bureau's word alone. The log tells of it in entry 17, whose
 * "statement" it is. As a file it is the old key's PEM for other programs, which read the first.
 */
struct custody_succession {
    char *origin;
    uint64_t entries;
    struct instant at;
    struct key *old, *next; /* public */
    char old_id[KEY_ID_TEXT], next_id[KEY_ID_TEXT];
    bool vouched; /* the old key has signed too */
};

enum { SUCCESSION_MAX = 4096 }; /* bytes */

void custody_succession_release(struct custody_succession *one);
static inline void custody_succession_release_at(struct custody_succession *one)
{
    custody_succession_release(one);
}

/*
 * Makes the note; the caller's, NUL-terminated.
 *   old    both halves; its public half alone where it was lost
 *   next   both halves
 * ERR_USAGE: an origin that is no key's name.
 */
int custody_succession_make(const char *origin, uint64_t entries, struct instant at,
                            const struct key *old, const struct key *next, char **text,
                            struct err *err);

/* Reads a stranger's; only what custody_succession_make would write is one. ERR_DAMAGED names
 * `object`: also where a signature does not hold, or the new key's is missing. */
int custody_succession_parse(struct bytes text, const char *object, struct custody_succession *one,
                             struct err *err);

/* The keys before one that is known, the latest first: each is the old one of its succession. */
struct custody_chain {
    struct custody_succession *links;
    size_t count;
};

enum { CHAIN_MAX = 1000 };

void custody_chain_release(struct custody_chain *chain);
static inline void custody_chain_release_at(struct custody_chain *chain)
{
    custody_chain_release(chain);
}

/* Takes a succession, which is the chain's from here on, also after -1 (ERR_MEMORY; ERR_CONFLICT
 * above CHAIN_MAX). Any order. */
int custody_chain_add(struct custody_chain *chain, struct custody_succession *one, struct err *err);

/* Leaves those that lead to the key of this id, in their order. How many others there were. */
size_t custody_chain_settle(struct custody_chain *chain, const char *id);

/* Whose signature holds. */
struct custody_signer {
    char key_id[KEY_ID_TEXT];
    bool is_earlier; /* it is not the key that was asked for, but one before it */
    bool is_vouched; /* each key has signed for the next, up to the one that was asked for; of that
                        itself: from the first on. Else one of them was lost */
};

/* Whether each key of the chain, which is settled, has signed for the next. */
bool custody_chain_is_vouched(const struct custody_chain *chain);

/* Whether the key of this id is one of the chain's, which is settled. */
bool custody_chain_find(const struct custody_chain *chain, const char *id,
                        struct custody_signer *signer);

/* Whether the key, or one before it, has signed these bytes: 0, or -1 and ERR_DAMAGED. */
int custody_chain_verify(const struct custody_chain *chain, const struct key *key,
                         struct bytes message, struct bytes signature, const char *object,
                         struct custody_signer *signer, struct err *err);

/*
 * The same for a checkpoint of the log, under the name of its origin: ERR_MISSING where none of
 * them has signed it; ERR_DAMAGED also where one did after it had been followed.
 */
struct custody_head;
int custody_chain_checkpoint(const struct custody_chain *chain, const struct key *key,
                             struct bytes text, const char *origin, const char *object,
                             struct custody_head *head, struct custody_signer *signer,
                             struct err *err);

/* The successions that the log tells of; unsettled. Each has been proved to be in the tree that the
 * log's checkpoint tells of. All of the log is read. */
int custody_chain_of_log(struct custody_log *log, struct custody_chain *chain, struct err *err);

/* The key that has come after a known one. */
struct custody_successor {
    struct key *last;              /* NULL where none has */
    size_t followed;               /* how many times the key has changed */
    char unsigned_id[KEY_ID_TEXT]; /* that the log says came next, without the signature of the one
                                      before; empty where there is none */
    uint64_t unsigned_entry;       /* which says so */
};
static inline void custody_successor_release_at(struct custody_successor *successor)
{
    key_free(successor->last);
}

/* Finds it in a log that may be a stranger's: of its entries only successions count that the known
 * key, and each that followed, has signed for. */
int custody_log_successor(struct custody_log *log, const struct key *known,
                          struct custody_successor *successor, struct err *err);

#endif
