#ifndef SHILU_PACK_HISTORY_H
#define SHILU_PACK_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct catalog;
struct err;
struct plan;
struct vault;

/* What the custody log tells of the recordings in a volume: which entries, and the volume's own
 * copy of them with their proofs (custody/excerpt.h). */

/* Entries by their numbers in the log. */
struct history {
    uint64_t *at; /* ascending, each once, after history_settle */
    size_t count, room;
};
void history_release(struct history *history);

/* Gathers all entries about a recording ("R12").
 *   accepted   the number of its acceptance; ERR_DAMAGED where there is none */
int history_gather(struct catalog *catalog, int64_t recording, struct history *history,
                   uint64_t *accepted, struct err *err);
void history_settle(struct history *history);

/* The texts of custody.ndjson and checkpoint.txt, and checkpoint.tsr. */
struct history_texts {
    struct text entries;
    char *checkpoint;
    unsigned witnesses, timestamps; /* that back it */
    char *timestamp;                /* octets; NULL: none */
    size_t timestamp_len;
};
void history_texts_release(struct history_texts *texts);
static inline void history_texts_release_at(struct history_texts *texts)
{
    history_texts_release(texts);
}

/* Makes them for a plan; what the log has come to tell since is added to it. ERR_CONFLICT: the
 * settings demand that more back it than do. Not in a transaction: what is committed and not in the
 * log's files yet is made durable there first. `texts` is all zeros before. */
int history_print(struct vault *vault, struct plan *plan, struct history_texts *texts,
                  struct err *err);

#endif
