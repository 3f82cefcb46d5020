#include "custody/key.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

static const struct {
    const char *name;     /* the same in every language, and OpenSSL's, which takes either case */
    size_t signature_len; /* octets */
    const char *public_param; /* of OpenSSL: the public half in octets, a point uncompressed */
    size_t public_len;
} kinds[KEY_KINDS] = {
    [KEY_ED25519] = {"Ed25519", 64, OSSL_PKEY_PARAM_PUB_KEY, 32},
    [KEY_SM2] = {"SM2", 71, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, 65},
};

/* Of whoever signs, mixed into what an SM2 signature is made over. */
static const char distinguishing_id[] = "1234567812345678";

struct key {
    EVP_PKEY *pair;
    enum key_kind kind;
    bool is_private;
    char id[KEY_ID_TEXT];
};

AUTO_DEFINE(BIO *, BIO_free_all, NULL);
AUTO_DEFINE(EVP_PKEY *, EVP_PKEY_free, NULL);
AUTO_DEFINE(EVP_MD_CTX *, EVP_MD_CTX_free, NULL);

static int crypto_err(const char *what, struct err *err)
{
    char reason[160];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return err_set(err, ERR_SYSTEM, NULL, "%s: %s", what, reason);
}

static int make_id(EVP_PKEY *pair, char id[static KEY_ID_TEXT], struct err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    unsigned char *der = NULL;
    int der_len = i2d_PUBKEY(pair, &der);
    if (der_len <= 0)
        return crypto_err(_("write the public key"), err);
    int done = EVP_Digest(der, (size_t)der_len, digest, &len, EVP_sha256(), NULL);
    OPENSSL_free(der);
    if (done != 1)
        return crypto_err("SHA-256", err);
    bytes_to_hex(digest, 32, id);
    return 0;
}

/* Takes the pair over, also when it fails. */
static int key_of(EVP_PKEY *from, bool is_private, const char *object, struct key **out,
                  struct err *err)
{
    AUTO(EVP_PKEY_free) EVP_PKEY *pair = from;
    enum key_kind kind = 0;
    while (kind < KEY_KINDS && !EVP_PKEY_is_a(pair, kinds[kind].name))
        kind++;
    if (kind == KEY_KINDS)
        return err_set(err, ERR_DAMAGED, object, _("a key of another kind than Ed25519 or SM2"));
    AUTO(key_free) struct key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return err_memory(err, object);
    key->kind = kind;
    key->is_private = is_private;
    key->pair = pair;
    pair = NULL;
    if (make_id(key->pair, key->id, err) < 0)
        return -1;
    *out = key;
    key = NULL;
    return 0;
}

int key_generate(enum key_kind kind, struct key **out, struct err *err)
{
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, kinds[kind].name);
    if (pair == NULL)
        return crypto_err(_("make a key"), err);
    return key_of(pair, true, NULL, out, err);
}

/* Without it OpenSSL would ask the terminal for the password of an encrypted key. */
// NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's pem_password_cb
static int give_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)writing;
    const char *passphrase = context;
    const size_t len = passphrase != NULL ? strlen(passphrase) : 0;
    if (passphrase == NULL || size < 0 || len > (size_t)size)
        return -1;
    for (size_t i = 0; i < len; i++) /* octets, that are no text there */
        buffer[i] = passphrase[i];
    return (int)len;
}

typedef EVP_PKEY *pem_reader(BIO *, EVP_PKEY **, pem_password_cb *, void *);

static int key_from_pem(pem_reader *reader, struct bytes pem, const char *passphrase,
                        const char *object, struct key **out, struct err *err)
{
    if (pem.len > KEY_PEM_MAX)
        return err_set(err, ERR_DAMAGED, object, _("longer than a key can be"));
    AUTO(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    if (bio == NULL)
        return err_memory(err, object);
    EVP_PKEY *pair = reader(bio, NULL, give_passphrase, (void *)(uintptr_t)passphrase);
    if (pair == NULL) {
        ERR_clear_error();
        if (passphrase != NULL && key_pem_is_encrypted(pem))
            return err_set(err, ERR_DENIED, object, "%s", _("the passphrase is not the key's"));
        return err_set(err, ERR_DAMAGED, object, _("not a key in PEM form"));
    }
    return key_of(pair, reader == PEM_read_bio_PrivateKey, object, out, err);
}

int key_from_private_pem(struct bytes pem, const char *object, struct key **out, struct err *err)
{
    return key_from_pem(PEM_read_bio_PrivateKey, pem, NULL, object, out, err);
}

int key_from_encrypted_pem(struct bytes pem, const char *passphrase, const char *object,
                           struct key **out, struct err *err)
{
    return key_from_pem(PEM_read_bio_PrivateKey, pem, passphrase, object, out, err);
}

bool key_pem_is_encrypted(struct bytes pem)
{
    static const char head[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
    return pem.len > 0 && memmem(pem.at, pem.len, head, sizeof head - 1) != NULL;
}

int key_from_public_pem(struct bytes pem, const char *object, struct key **out, struct err *err)
{
    return key_from_pem(PEM_read_bio_PUBKEY, pem, NULL, object, out, err);
}

void key_free(struct key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pair);
    free(key);
}

static int text_of(BIO *bio, char **pem, struct err *err)
{
    char *at = NULL;
    long len = BIO_get_mem_data(bio, &at);
    if (len < 0)
        return crypto_err(_("write the key"), err);
    char *text = strndup(at, (size_t)len);
    if (text == NULL)
        return err_memory(err, NULL);
    *pem = text;
    return 0;
}

AUTO_DEFINE(PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free, NULL);
AUTO_DEFINE(X509_SIG *, X509_SIG_free, NULL);

/* PEM_write_bio_PKCS8PrivateKey knows PBKDF2 alone, which is cheap to guess at. */
static int write_encrypted(BIO *bio, const struct key *key, const char *passphrase, struct err *err)
{
    enum { SALT = 16, COST = 1 << 14, BLOCK = 8, PARALLEL = 5 }; /* 16 MiB: OpenSSL takes 32 */
    const int len = (int)strlen(passphrase);
    AUTO(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key->pair);
    X509_ALGOR *scheme =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, SALT, NULL, COST, BLOCK, PARALLEL);
    if (plain == NULL || scheme == NULL) {
        X509_ALGOR_free(scheme);
        return crypto_err(_("encrypt the key"), err);
    }
    AUTO(X509_SIG_free) X509_SIG *encrypted = PKCS8_set0_pbe(passphrase, len, plain, scheme);
    if (encrypted == NULL)
        X509_ALGOR_free(scheme); /* else it is the other's */
    if (encrypted == NULL || PEM_write_bio_PKCS8(bio, encrypted) != 1)
        return crypto_err(_("encrypt the key"), err);
    return 0;
}

static int check_passphrase(const char *passphrase, struct err *err)
{
    if (passphrase == NULL || (*passphrase != '\0' && strlen(passphrase) <= KEY_PASSPHRASE_MAX))
        return 0;
    return err_set(err, ERR_USAGE, NULL, _("a passphrase has 1 to %d octets"), KEY_PASSPHRASE_MAX);
}

int key_private_pem(const struct key *key, const char *passphrase, char **pem, struct err *err)
{
    if (check_passphrase(passphrase, err) < 0)
        return -1;
    if (!key->is_private)
        return err_set(err, ERR_USAGE, key->id, _("only the public half of the key is here"));
    AUTO(BIO_free_all) BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    if (bio == NULL)
        return err_memory(err, NULL);
    if (passphrase != NULL && write_encrypted(bio, key, passphrase, err) < 0)
        return -1;
    if (passphrase == NULL &&
        PEM_write_bio_PKCS8PrivateKey(bio, key->pair, NULL, NULL, 0, NULL, NULL) != 1)
        return crypto_err(_("write the key"), err);
    return text_of(bio, pem, err);
}

int key_public_pem(const struct key *key, char **pem, struct err *err)
{
    AUTO(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL)
        return err_memory(err, NULL);
    if (PEM_write_bio_PUBKEY(bio, key->pair) != 1)
        return crypto_err(_("write the key"), err);
    return text_of(bio, pem, err);
}

void key_id(const struct key *key, char id[static KEY_ID_TEXT])
{
    memcpy(id, key->id, KEY_ID_TEXT);
}

void key_id_spoken(const char *id, char spoken[static KEY_ID_SPOKEN])
{
    size_t len = 0;
    for (size_t i = 0; i < KEY_ID_TEXT - 1 && id[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0)
            spoken[len++] = ' ';
        spoken[len++] = id[i];
    }
    spoken[len] = '\0';
}

bool key_is_private(const struct key *key)
{
    return key->is_private;
}

enum key_kind key_kind(const struct key *key)
{
    return key->kind;
}

const char *key_kind_name(enum key_kind kind)
{
    return kinds[kind].name;
}

int key_kind_parse(const char *name, enum key_kind *kind)
{
    static const char *const names[KEY_KINDS] = {[KEY_ED25519] = "ed25519", [KEY_SM2] = "sm"};
    for (enum key_kind i = 0; i < KEY_KINDS; i++)
        if (strcmp(names[i], name) == 0) {
            *kind = i;
            return 0;
        }
    return -1;
}

int key_raw_public(const struct key *key, uint8_t raw[static KEY_RAW_PUBLIC_MAX], size_t *len,
                   struct err *err)
{
    const char *name = kinds[key->kind].public_param;
    size_t made = 0;
    if (EVP_PKEY_get_octet_string_param(key->pair, name, raw, KEY_RAW_PUBLIC_MAX, &made) != 1 ||
        made != kinds[key->kind].public_len)
        return crypto_err(_("write the public key"), err);
    *len = made;
    return 0;
}

int key_from_raw_public(enum key_kind kind, struct bytes raw, const char *object, struct key **out,
                        struct err *err)
{
    /* SubjectPublicKeyInfo in front of the key: its lengths and the algorithm's identifiers. */
    static const struct {
        uint8_t octets[32];
        size_t len;
    } heads[KEY_KINDS] = {
        [KEY_ED25519] = {{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00},
                         12},
        [KEY_SM2] = {{0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                      0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00},
                     26},
    };
    uint8_t der[sizeof heads[0].octets + KEY_RAW_PUBLIC_MAX];
    char base64[BYTES_BASE64(sizeof der)];
    char pem[sizeof base64 + 64];
    if (raw.len != kinds[kind].public_len)
        return err_set(err, ERR_DAMAGED, object, "%s", _("not a public key"));
    memcpy(der, heads[kind].octets, heads[kind].len);
    memcpy(der + heads[kind].len, raw.at, raw.len);
    bytes_to_base64((struct bytes){der, heads[kind].len + raw.len}, base64);
    (void)snprintf(pem, sizeof pem, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n",
                   base64);
    return key_from_public_pem(bytes_of(pem), object, out, err);
}

typedef int digest_starter(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *, EVP_PKEY *);

/* Sets up what signs or verifies by the key. NULL: OpenSSL says why. */
static EVP_MD_CTX *start(const struct key *key, digest_starter *starter)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *owned = NULL; /* by the context */
    const bool is_sm2 = key->kind == KEY_SM2;
    if (context == NULL ||
        starter(context, &owned, is_sm2 ? EVP_sm3() : NULL, NULL, key->pair) != 1)
        return NULL;
    if (is_sm2 && EVP_PKEY_CTX_set1_id(owned, distinguishing_id, sizeof distinguishing_id - 1) <= 0)
        return NULL;
    EVP_MD_CTX *started = context;
    context = NULL;
    return started;
}

/*
 * In DER an SM2 signature has 71 octets in every second case, else mostly one less or more, by the
 * first bits of its two numbers. What is signed must have its place before it is: so it is signed
 * until it has the length. Whoever would learn something of the key from the signatures that are
 * left would learn it from all of them.
 */
int key_sign(const struct key *key, struct bytes message,
             uint8_t signature[static KEY_SIGNATURE_MAX], size_t *len, struct err *err)
{
    if (!key->is_private)
        return err_set(err, ERR_USAGE, key->id, _("only the public half of the key is here"));
    size_t made;
    do {
        AUTO(EVP_MD_CTX_free) EVP_MD_CTX *context = start(key, EVP_DigestSignInit);
        made = KEY_SIGNATURE_MAX;
        if (context == NULL ||
            EVP_DigestSign(context, signature, &made, message.at, message.len) != 1)
            return crypto_err(_("sign"), err);
    } while (made != kinds[key->kind].signature_len);
    *len = made;
    return 0;
}

int key_verify(const struct key *key, struct bytes message, struct bytes signature,
               const char *object, struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *context = start(key, EVP_DigestVerifyInit);
    if (context == NULL)
        return crypto_err(_("check a signature"), err);
    if (EVP_DigestVerify(context, signature.at, signature.len, message.at, message.len) != 1) {
        ERR_clear_error();
        return err_set(err, ERR_DAMAGED, object, _("the signature does not hold"));
    }
    return 0;
}

bool key_id_parse(const char *text, char id[static KEY_ID_TEXT])
{
    uint8_t octets[(KEY_ID_TEXT - 1) / 2];
    if (bytes_from_hex(bytes_of(text), octets, sizeof octets) < 0)
        return false;
    bytes_to_hex(octets, sizeof octets, id);
    return true;
}
