#ifndef SHILU_AUDIT_BAG_H
#define SHILU_AUDIT_BAG_H

#include "audit/expect.h"

/*
 * What a bag (RFC 8493) at `prefix` ("" or ending in "/") says should be there: its signature is
 * checked, its lists are read into `all`. What is wrong with them is found, not an error.
 *   offsets   the index's offsets count from the start of this very carrier (the bag's own tar)
 * -1 only where memory is out.
 */
int bag_expect(struct session *session, const struct tree *tree, const char *prefix, bool offsets,
               struct expectations *all, struct err *err);

/* Checks that `signature` over `message` is of the key in the PEM text, and that key is the one
 * that was asked for. What is wrong is found. `entry` names the signature. */
void bag_check_signature(struct session *session, const struct tree *tree, const char *entry,
                         struct bytes message, struct bytes signature, struct bytes pem);

#endif
