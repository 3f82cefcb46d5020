#ifndef SHILU_BACKING_STAMP_H
#define SHILU_BACKING_STAMP_H

#include <stdint.h>

#include "base/bytes.h"

struct err;

/* Timestamps of an authority over bytes. Source: RFC 3161, by OpenSSL. */

enum { STAMP_MAX = 16 << 10 }; /* bytes of a response */

/* The request for a timestamp over the bytes, in DER; the caller's. */
int stamp_request(struct bytes data, uint8_t **request, size_t *len, struct err *err);

/* What the response asks after: the digest of the bytes that it is over. ERR_DAMAGED: it is none,
 * or the authority has refused. */
int stamp_imprint(struct bytes response, const char *object, uint8_t sha256[static 32],
                  struct err *err);

/*
 * Whether the response is a timestamp over the bytes, by an authority that a certificate in the CA
 * file vouches for at the time that the timestamp says: authorities' own certificates end long
 * before an archive does.
 *   at_us   that time
 * ERR_DAMAGED: it is none, is over other bytes, or is a stranger's; ERR_SYSTEM: the CA file cannot
 * be read.
 */
int stamp_check(struct bytes response, const char *object, struct bytes data, const char *ca_path,
                int64_t *at_us, struct err *err);

#endif
