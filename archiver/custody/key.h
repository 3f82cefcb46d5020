#ifndef SHILU_CUSTODY_KEY_H
#define SHILU_CUSTODY_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

struct err;

/*
 * A vault's signing key, by OpenSSL. Signatures are made over the bytes themselves, and all of a
 * key have the same length:
 *
 *   Ed25519   RFC 8032; 64 octets, the same for the same bytes
 *   SM2       GB/T 32918.2 with SM3 (GB/T 32905) over the curve of GB/T 32918.5 and the customary
 *             distinguishing id "1234567812345678" (GB/T 35276); DER, 71 octets
 *
 * `openssl pkeyutl -verify -pubin -inkey PEM -rawin -in FILE -sigfile FILE` checks them, for SM2
 * with `-digest sm3 -pkeyopt distid:1234567812345678`.
 */
struct key;

enum key_kind { KEY_ED25519, KEY_SM2, KEY_KINDS };

enum { KEY_SIGNATURE_MAX = 256, KEY_ID_TEXT = 65, KEY_PEM_MAX = 4096, KEY_RAW_PUBLIC_MAX = 65 };

int key_generate(enum key_kind kind, struct key **out, struct err *err);

enum key_kind key_kind(const struct key *key);

/* Whether it can sign. */
bool key_is_private(const struct key *key);

/* "Ed25519", "SM2": the same in every language. */
const char *key_kind_name(enum key_kind kind);

/* The kind by what a person calls it: "ed25519", or "sm". 0, or -1 where it is neither. */
int key_kind_parse(const char *name, enum key_kind *kind);

/* PEM: PKCS#8 for the private key, SubjectPublicKeyInfo for the public one (RFC 5208, 5280).
 * ERR_DAMAGED where it is no such key, or of a kind that is not used here; an encrypted one is none
 * for key_from_private_pem, and ERR_DENIED with another passphrase than its own. */
int key_from_private_pem(struct bytes pem, const char *object, struct key **out, struct err *err);
int key_from_encrypted_pem(struct bytes pem, const char *passphrase, const char *object,
                           struct key **out, struct err *err);
int key_from_public_pem(struct bytes pem, const char *object, struct key **out, struct err *err);
void key_free(struct key *key);
AUTO_DEFINE(struct key *, key_free, NULL);

/* Whether a private key's text is an encrypted one. */
bool key_pem_is_encrypted(struct bytes pem);

/*
 * The PEM texts; the caller's. A private one is wiped by the caller (OPENSSL_cleanse).
 *   passphrase   not empty, at most KEY_PASSPHRASE_MAX octets; NULL: not encrypted. With one it is
 *                AES-256-CBC under scrypt, N = 2^14, r = 8, p = 5: as `openssl pkcs8` reads it.
 * Source: RFC 8018, 6.2 (PBES2); RFC 7914.
 */
enum { KEY_PASSPHRASE_MAX = 511 };
int key_private_pem(const struct key *key, const char *passphrase, char **pem, struct err *err);
int key_public_pem(const struct key *key, char **pem, struct err *err);

/* The key's name everywhere: SHA-256 of its SubjectPublicKeyInfo in DER, 64 hexadecimal digits.
 * `openssl pkey -pubin -in signer.pem -outform DER | sha256sum` gives the same. */
void key_id(const struct key *key, char id[static KEY_ID_TEXT]);

/* Whether a text is such a name, in either case of its letters; `id` gets it. */
bool key_id_parse(const char *text, char id[static KEY_ID_TEXT]);

/* The name in groups of four, to be read aloud: "3f0c 91ab …". */
enum { KEY_ID_SPOKEN = 80 };
void key_id_spoken(const char *id, char spoken[static KEY_ID_SPOKEN]);

/* The public half alone: 32 octets as RFC 8032 writes it, or 65 of the point of an SM2 key, 0x04
 * and both coordinates (GB/T 32918.1, 4.2.9). */
int key_raw_public(const struct key *key, uint8_t raw[static KEY_RAW_PUBLIC_MAX], size_t *len,
                   struct err *err);

/* The key back from that. ERR_DAMAGED: it is none of that kind. */
int key_from_raw_public(enum key_kind kind, struct bytes raw, const char *object, struct key **out,
                        struct err *err);

int key_sign(const struct key *key, struct bytes message,
             uint8_t signature[static KEY_SIGNATURE_MAX], size_t *len, struct err *err);

/* 0 when the signature is this key's over these bytes; -1 and ERR_DAMAGED when not. */
int key_verify(const struct key *key, struct bytes message, struct bytes signature,
               const char *object, struct err *err);

#endif
