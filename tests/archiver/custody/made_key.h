#ifndef SHILU_TESTS_CUSTODY_MADE_KEY_H
#define SHILU_TESTS_CUSTODY_MADE_KEY_H

#include "custody/key.h"

/* Keys from the base64 of "verifier keys" and "signer keys" as Go's note package writes them: a
 * type octet (which is passed over), then 32 octets of the public key, or of the seed. */
struct key *made_public_key(const char *base64);
struct key *made_private_key(const char *base64);

#endif
