#ifndef SHILU_PACK_READBACK_H
#define SHILU_PACK_READBACK_H

#include <stdbool.h>

struct err;
struct key;
struct plan;

/*
 * Reads a written tar as a stranger would, before it gets its name: it opens, its index says what
 * was planned, its headers and padding have the digest that the index gives, its tag files have
 * those of the tag manifest, and that is signed by the key. ERR_DAMAGED where not.
 *   is_stamped   whether it has a timestamp
 */
int readback_check(int part, const struct plan *plan, bool is_stamped, const struct key *key,
                   struct err *err);

#endif
