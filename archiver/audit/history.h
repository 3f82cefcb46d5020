#ifndef SHILU_AUDIT_HISTORY_H
#define SHILU_AUDIT_HISTORY_H

#include <jansson.h>

#include "audit/session.h"
#include "base/bytes.h"
#include "base/instant.h"

/* What a bag encloses of the custody log, against its index. Private. */

/* What the index says of a file, which an entry of the log must say too. */
struct claim {
    char id[32]; /* "R12", of the recording */
    bool is_attachment;
    bool is_proved; /* by an entry */
    struct digest_pair digests;
    uint64_t size;
    /* of a recording's acceptance */
    uint64_t log_index;
    char at[INSTANT_TEXT];
    char *by;
};

struct claims {
    struct claim *at;
    size_t count, room;
};
void claims_release(struct claims *claims);
static inline void claims_release_at(struct claims *claims)
{
    claims_release(claims);
}

/* Adds a claim; its id, digests, size and kind are copied. `row` is the index's, and of a recording
 * its member "accepted" is read: ERR_DAMAGED names `object`. */
int claims_add(struct claims *claims, const struct claim *one, const json_t *row,
               const char *object, struct err *err);

struct key;
struct history {
    const char *target, *entries_path, *checkpoint_path;
    struct bytes entries, checkpoint;
    const struct key *key;
    struct claims *claims; /* NULL where the index is not to be relied on */
};

/*
 * The checkpoint's signature; each entry's proof; that all entries are about recordings of this
 * bag; that each recording was accepted, and each attachment attached, with the digests and size
 * that the index says, and accepted when, by whom and as which entry it says. What is wrong is
 * found. -1 where it could not look.
 */
int history_check(struct session *session, const struct history *history, struct err *err);

#endif
