#ifndef SHILU_DIGEST_HASH_H
#define SHILU_DIGEST_HASH_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

struct err;

/* The two algorithms as OpenSSL offers them, fetched once for the process: a fetch costs more than
 * a small file. */
enum hash_algorithm { HASH_SHA256, HASH_SM3, HASH_ALGORITHMS };

AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);

/* A context for hash_begin, freed with EVP_MD_CTX_free. ERR_SYSTEM where OpenSSL has no such
 * algorithm, ERR_MEMORY. */
int hash_open(enum hash_algorithm algorithm, EVP_MD_CTX **out, struct err *err);

/* A new digest, some bytes of it, its end. False where OpenSSL fails. */
bool hash_begin(EVP_MD_CTX *context);
bool hash_feed(EVP_MD_CTX *context, struct bytes bytes);
bool hash_end(EVP_MD_CTX *context, uint8_t digest[static 32]);

/* What the above answered false for. Always -1. */
int hash_failed(const char *object, struct err *err);

/* The digest of bytes in memory: all of the above in one. */
int hash_of(enum hash_algorithm algorithm, struct bytes bytes, uint8_t digest[static 32],
            struct err *err);

#endif
