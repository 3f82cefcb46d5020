#ifndef SHILU_CUSTODY_KEY_H
#define SHILU_CUSTODY_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

struct err;

/* A vault's signing key: Ed25519 (RFC 8032) by OpenSSL. Signatures are made over the bytes
 * themselves, as `openssl pkeyutl -rawin` checks them. */
struct key;

enum { KEY_SIGNATURE_MAX = 256, KEY_ID_TEXT = 65, KEY_PEM_MAX = 4096, KEY_RAW_PUBLIC = 32 };

int key_generate(struct key **out, struct err *err);

/* PEM: PKCS#8 for the private key, SubjectPublicKeyInfo for the public one (RFC 5208, 5280).
 * ERR_DAMAGED where it is no such key, or of a kind that is not used here. */
int key_from_private_pem(struct bytes pem, const char *object, struct key **out, struct err *err);
int key_from_public_pem(struct bytes pem, const char *object, struct key **out, struct err *err);
void key_free(struct key *key);
AUTO_DEFINE(struct key *, key_free, NULL);

/* The PEM texts; the caller's. A private one is wiped by the caller (OPENSSL_cleanse). */
int key_private_pem(const struct key *key, char **pem, struct err *err);
int key_public_pem(const struct key *key, char **pem, struct err *err);

/* The key's name everywhere: SHA-256 of its SubjectPublicKeyInfo in DER, 64 hexadecimal digits.
 * `openssl pkey -pubin -in signer.pem -outform DER | sha256sum` gives the same. */
void key_id(const struct key *key, char id[static KEY_ID_TEXT]);

/* The public half as RFC 8032 writes it. */
int key_raw_public(const struct key *key, uint8_t raw[static KEY_RAW_PUBLIC], struct err *err);

int key_sign(const struct key *key, struct bytes message,
             uint8_t signature[static KEY_SIGNATURE_MAX], size_t *len, struct err *err);

/* 0 when the signature is this key's over these bytes; -1 and ERR_DAMAGED when not. */
int key_verify(const struct key *key, struct bytes message, struct bytes signature,
               const char *object, struct err *err);

#endif
