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
