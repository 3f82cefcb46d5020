#ifndef SHILU_INTAKE_ACCEPT_H
#define SHILU_INTAKE_ACCEPT_H

#include <stddef.h>
#include <stdint.h>

struct copy;
struct err;
struct item;
struct vault;

/* Before acceptance, for an item whose bytes are held already: makes item->held the job that reads
 * the held ones, so that this need not be done in the transaction; else its `from` stays -1. One
 * that was disposed of is refused: item->recording.refused. */
int accept_find_held(struct vault *vault, struct item *item, struct err *err);

/*
 * Accepts items that were copied and looked at, in one transaction: all of them or, on -1, none.
 * Fills what struct item has "after acceptance". ERR_SPACE, ERR_CONFLICT (the catalog stayed locked
 * for 30 s), ERR_SYSTEM, …
 */
int accept_all(struct vault *vault, struct item *const *items, size_t count, const char *by,
               struct err *err);

/* Puts one more file beside a recording, in a transaction that the caller holds. The copy's bytes
 * get their place where they are not held yet; copy->attached where it is there already. */
int accept_attachment(struct vault *vault, int64_t number, struct copy *copy, const char *kind,
                      struct err *err);

/* After the commit: removes the intent record, where the copy had one. */
int accept_settle(struct vault *vault, const struct copy *copy, struct err *err);

/* The same for all that accept_all accepted, and the sidecars that are due. */
int accept_settle_all(struct vault *vault, struct item *const *items, size_t count,
                      struct err *err);

#endif
