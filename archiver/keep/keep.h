#ifndef SHILU_KEEP_H
#define SHILU_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog/catalog.h"
#include "vault/rule.h"

struct err;
struct people_person;
struct progress;
struct vault;

/*
 * How long recordings are kept, and how they are disposed of.
 *
 * Rules are written in the settings, and count once they are confirmed, which is an act: a slip of
 * the pen, or of who can write the file, makes nothing fall due. Where several apply the longest
 * wins; where none is written, six months from acceptance.
 */

enum keep_why {
    KEEP_CASE_OPEN, /* never falls due */
    KEEP_PERMANENT, /* nor does this */
    KEEP_UNTIL,
};

/* How long one recording is kept, and why. */
struct keep_term {
    enum keep_why why;
    int64_t last_day;        /* KEEP_UNTIL: the last day that it is kept */
    const struct rule *rule; /* the one that wins; the rules'. NULL for KEEP_CASE_OPEN */
    int64_t from_day;        /* that the rule counts from; 0 where it does not count */
    const char *case_number; /* that is open, or that the rule looked at; NULL: none. The kept's */
};

/* The rules that were confirmed last; with the built-in default where they have none. */
int keep_rules_confirmed(struct vault *vault, struct rules *rules, struct err *err);
/* Those of the settings, in the same way. */
int keep_rules_written(struct vault *vault, struct rules *rules, struct err *err);

/* Whether they say the same. */
int keep_rules_same(const struct rules *one, const struct rules *other, bool *same,
                    struct err *err);

/* Makes those of the settings count: a transaction of its own.
 * by   who confirms: "os:LOGIN" or an account */
int keep_rules_confirm(struct vault *vault, const char *by, struct err *err);

/* How long a recording is kept by these rules, which have a default. */
void keep_term_of(const struct rules *rules, const struct catalog_kept *kept,
                  struct keep_term *term);

/* Whether the term ends before another; the ones that never end are the same. */
bool keep_ends_before(const struct keep_term *one, const struct keep_term *other);

/* Today in the vault's zone; whether a term is over by then. */
int64_t keep_today(void);
bool keep_is_due(const struct keep_term *term, int64_t today);

/* "2026-09-09" of a day. */
enum { KEEP_DAY_TEXT = 40 };
void keep_day_print(int64_t day, char text[static KEEP_DAY_TEXT]);

/*
 * ---- disposal: asked for by an archivist, approved by an auditor who is another account ----
 *
 * Who acts has proved to be one (people_prove). ERR_CONFLICT, object = the recording, where one is
 * not due, is held, belongs to an open case, is asked for or disposed of already.
 */

enum { KEEP_CLOCK_DAYS = 31 };

/* *number is that of the disposal. Transactions of its own. */
int keep_disposal_request(struct vault *vault, const struct people_person *who,
                          const int64_t *recordings, size_t count, const char *reason,
                          int64_t *number, struct err *err);

/* Nothing comes of the request. */
int keep_disposal_withdraw(struct vault *vault, const struct people_person *who, int64_t number,
                           const char *reason, struct err *err);

/*
 * Approves it and does it: all that made it due is looked at again in the transaction that decides;
 * archives are rewritten before that, and the files go after it, durably. A crash undoes all or
 * nothing. Record, tags, digests and log stay.
 *   clock_is_right   who approves vouches for the clock; else it is refused (ERR_CONFLICT) where
 * the log, before now or within KEEP_CLOCK_DAYS, stood still for longer than that: so it is where
 * the clock was set forward, and what is not due seems to be archive   told of each archive that
 * goes, once that is decided; new_path NULL: nothing was left ERR_CONFLICT also where the same
 * account asked for it, or what an archive holds changed meanwhile; as pack_rewrite_make where an
 * archive cannot be rewritten: then nothing is disposed of.
 */
int keep_disposal_approve(struct vault *vault, const struct people_person *who, int64_t number,
                          const char *reason, bool clock_is_right, const struct progress *progress,
                          void (*archive)(void *context, const char *old_path,
                                          const char *new_path),
                          void *context, struct err *err);

#endif
