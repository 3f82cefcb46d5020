#ifndef SHILU_CUSTODY_EXCERPT_H
#define SHILU_CUSTODY_EXCERPT_H

#include <jansson.h>
#include <stdint.h>

#include "base/bytes.h"
#include "custody/custody.h"
#include "custody/entry.h"

struct err;
struct text;

/*
 * An excerpt of the log: some of its entries, each with the proof that it is in the tree of one
 * checkpoint. With that checkpoint and the log's public key it needs no log to be checked. A line
 * an entry, in the order of the log, each an object in canonical form (RFC 8785):
 *
 *   {"entry":"{…}","index":17,"proof":["BASE64",…]}
 *
 *   entry   the leaf's own bytes
 *   index   its number in the log, which is its seq
 *   proof   hashes that lead from the leaf to the checkpoint's root (RFC 9162, 2.1.3)
 */

struct custody_excerpt_line {
    struct custody_entry entry;
    struct bytes leaf; /* its bytes */
    struct custody_proof proof;
    json_t *root; /* holds what is above */
};

/*
 * Appends the line of an entry, proved to the root of the log's first `size` entries. Errors as of
 * custody_log_inclusion. That `excerpt` has grown to its ceiling, text_failed tells.
 */
int custody_excerpt_add(struct custody_log *log, uint64_t index, uint64_t size,
                        struct text *excerpt, struct err *err);

/* Reads a line, without its newline, that a stranger wrote; nothing is proved yet. ERR_DAMAGED
 * names `object`; ERR_MEMORY. What it holds lives until custody_excerpt_release. */
int custody_excerpt_parse(struct bytes text, const char *object, struct custody_excerpt_line *line,
                          struct err *err);
void custody_excerpt_release(struct custody_excerpt_line *line);
static inline void custody_excerpt_release_at(struct custody_excerpt_line *line)
{
    custody_excerpt_release(line);
}

/* Who is told what an excerpt holds. Texts live until the callback returns. */
struct custody_excerpt_reader {
    /* an entry whose proof holds */
    void (*proved)(void *context, const struct custody_entry *entry);
    /* line `number`, from 1, is none, out of order, there twice, or its proof does not hold */
    void (*wrong)(void *context, uint64_t number, const char *detail);
    void *context;
};

/*
 * Checks an excerpt against what its checkpoint says.
 *   lines   how many there are
 * 0 however bad it is; -1 where it could not look (ERR_MEMORY, ERR_SYSTEM of OpenSSL).
 */
int custody_excerpt_check(struct bytes text, const struct custody_head *head,
                          const struct custody_excerpt_reader *reader, uint64_t *lines,
                          struct err *err);

#endif
