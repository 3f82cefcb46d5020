#ifndef SHILU_CUSTODY_PROOF_H
#define SHILU_CUSTODY_PROOF_H

#include <jansson.h>

#include "custody/custody.h"

struct err;

/* What receipts and proofs have in common as JSON. */

/* Bytes that are UTF-8; NULL when memory is out. */
json_t *proof_text(struct bytes text);

/* The hashes of a proof in base64, a list; NULL when memory is out. */
json_t *proof_json(const struct custody_proof *proof);

/* The same back from the member "proof". ERR_DAMAGED. */
int proof_take(const json_t *root, const char *object, struct custody_proof *proof,
               struct err *err);

#endif
