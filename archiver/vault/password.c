#include "vault/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

/* Of i, l, o, 0 and 1 none, so that a password can be read from paper. */
static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789";

enum {
    GROUPS = 4,
    GROUP_LETTERS = 4,
    SALT_BYTES = 16,
    HASH_BYTES = 32,
    COST_LOG2 = 15, /* 32 MiB; with p = 3 as dear to guess as the customary 2^17 with p = 1 */
    BLOCK = 8,
    PARALLEL = 3,
    BLOCK_MAX = 32,
    PARALLEL_MAX = 16,
    MEMORY_MAX = 48 << 20,
};

static int random_octets(uint8_t *octets, int len, struct err *err)
{
    if (RAND_priv_bytes(octets, len) != 1)
        return err_set(err, ERR_SYSTEM, NULL, _("the system gives no random numbers"));
    return 0;
}

static int random_letter(char *letter, struct err *err)
{
    const unsigned letters = sizeof alphabet - 1;
    uint8_t octet;
    do { /* what is left above the last whole multiple would favour the first letters */
        if (random_octets(&octet, 1, err) < 0)
            return -1;
    } while (octet >= 256U / letters * letters);
    *letter = alphabet[octet % letters];
    return 0;
}

int password_make(char password[static PASSWORD_TEXT], struct err *err)
{
    size_t at = 0;
    for (int group = 0; group < GROUPS; group++) {
        for (int i = 0; i < GROUP_LETTERS; i++)
            if (random_letter(password + at++, err) < 0)
                return -1;
        password[at++] = '-';
    }
    password[at - 1] = '\0';
    return 0;
}

/* Without padding. */
static void base64(const uint8_t *octets, size_t len, char *text)
{
    bytes_to_base64((struct bytes){octets, len}, text);
    text[strcspn(text, "=")] = '\0';
}

int password_encode(const char *password, char encoded[static PASSWORD_ENCODED], struct err *err)
{
    uint8_t salt[SALT_BYTES];
    uint8_t hash[HASH_BYTES];
    char salt_text[32];
    char hash_text[64];
    if (random_octets(salt, sizeof salt, err) < 0)
        return -1;
    if (EVP_PBE_scrypt(password, strlen(password), salt, sizeof salt, UINT64_C(1) << COST_LOG2,
                       BLOCK, PARALLEL, MEMORY_MAX, hash, sizeof hash) != 1)
        return err_memory(err, "scrypt");
    base64(salt, sizeof salt, salt_text);
    base64(hash, sizeof hash, hash_text);
    (void)snprintf(encoded, PASSWORD_ENCODED, "$scrypt$ln=%d,r=%d,p=%d$%s$%s", COST_LOG2, BLOCK,
                   PARALLEL, salt_text, hash_text);
    OPENSSL_cleanse(hash, sizeof hash);
    OPENSSL_cleanse(hash_text, sizeof hash_text);
    return 0;
}

int password_digest(const char *encoded, uint8_t sha256[static 32], struct err *err)
{
    return EVP_Digest(encoded, strlen(encoded), sha256, NULL, EVP_sha256(), NULL) == 1
               ? 0
               : err_memory(err, "SHA-256");
}

/* What an encoded password is made of. */
struct parts {
    uint64_t cost_log2, block, parallel;
    uint8_t salt[64], hash[HASH_BYTES];
    size_t salt_len;
};

/* "NAME=number" up to `separator`, from 1 to `most`. */
static int take_parameter(struct bytes *text, const char *name, uint8_t separator, uint64_t most,
                          uint64_t *number)
{
    struct bytes value;
    struct bytes key = bytes_cut(bytes_cut(*text, separator, text), '=', &value);
    return bytes_equal(key, bytes_of(name)) && bytes_parse_u64(value, number) == 0 &&
                   *number >= 1 && *number <= most
               ? 0
               : -1;
}

/* Base64 without padding. */
static int take_octets(struct bytes text, uint8_t *octets, size_t room, size_t *len)
{
    char padded[128];
    if (text.len > sizeof padded - 4)
        return -1;
    (void)snprintf(padded, sizeof padded, "%.*s%.*s", (int)text.len, (const char *)text.at,
                   (int)((4 - text.len % 4) % 4), "===");
    return bytes_from_base64(bytes_of(padded), octets, room, len);
}

static int take_apart(const char *encoded, struct parts *parts)
{
    struct bytes rest;
    struct bytes scheme;
    size_t hash_len = 0;
    struct bytes before = bytes_cut(bytes_of(encoded), '$', &rest);
    scheme = bytes_cut(rest, '$', &rest);
    if (before.len != 0 || !bytes_equal(scheme, bytes_of("scrypt")) ||
        take_parameter(&rest, "ln", ',', PASSWORD_COST_MAX, &parts->cost_log2) < 0 ||
        take_parameter(&rest, "r", ',', BLOCK_MAX, &parts->block) < 0 ||
        take_parameter(&rest, "p", '$', PARALLEL_MAX, &parts->parallel) < 0)
        return -1;
    struct bytes salt = bytes_cut(rest, '$', &rest);
    if (take_octets(salt, parts->salt, sizeof parts->salt, &parts->salt_len) < 0 ||
        take_octets(rest, parts->hash, sizeof parts->hash, &hash_len) < 0 || hash_len != HASH_BYTES)
        return -1;
    return 0;
}

int password_check(const char *password, const char *encoded, bool *right, struct err *err)
{
    struct parts parts = {
        .cost_log2 = COST_LOG2, .block = BLOCK, .parallel = PARALLEL, .salt_len = SALT_BYTES};
    uint8_t hash[HASH_BYTES];
    if (encoded != NULL && take_apart(encoded, &parts) < 0)
        return err_set(err, ERR_DAMAGED, NULL, _("a stored password has no known form"));
    const uint64_t memory = (UINT64_C(128) * parts.block << parts.cost_log2) + (MEMORY_MAX >> 1);
    if (EVP_PBE_scrypt(password, strlen(password), parts.salt, parts.salt_len,
                       UINT64_C(1) << parts.cost_log2, parts.block, parts.parallel, memory, hash,
                       sizeof hash) != 1)
        return err_memory(err, "scrypt");
    *right = CRYPTO_memcmp(hash, parts.hash, sizeof hash) == 0 && encoded != NULL;
    OPENSSL_cleanse(hash, sizeof hash);
    return 0;
}
