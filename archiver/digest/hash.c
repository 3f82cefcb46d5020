#include "digest/hash.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "digest/digest.h"

#include "base/banned.h"

bool digest_start(void)
{
    return OSSL_LIB_CTX_get0_global_default() != NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *fetched[HASH_ALGORITHMS]; /* written in `once` alone, kept to the end */

static void fetch(void)
{
    fetched[HASH_SHA256] = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    fetched[HASH_SM3] = EVP_MD_fetch(NULL, "SM3", NULL);
}

int hash_open(enum hash_algorithm algorithm, EVP_MD_CTX **out, struct err *err)
{
    (void)pthread_once(&once, fetch); /* cannot fail with a static control */
    if (fetched[algorithm] == NULL)
        return err_set(err, ERR_SYSTEM, NULL, _("OpenSSL does not offer %s"),
                       algorithm == HASH_SM3 ? "SM3" : "SHA-256");
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex2(context, fetched[algorithm], NULL) != 1)
        return err_memory(err, NULL);
    *out = context;
    context = NULL;
    return 0;
}

bool hash_begin(EVP_MD_CTX *context)
{
    return EVP_DigestInit_ex2(context, NULL, NULL) == 1;
}

bool hash_feed(EVP_MD_CTX *context, struct bytes bytes)
{
    return EVP_DigestUpdate(context, bytes.at, bytes.len) == 1;
}

bool hash_end(EVP_MD_CTX *context, uint8_t digest[static 32])
{
    unsigned len = 0;
    return EVP_DigestFinal_ex(context, digest, &len) == 1 && len == 32;
}

int hash_failed(const char *object, struct err *err)
{
    return err_set(err, ERR_SYSTEM, object, "%s", _("OpenSSL could not compute a digest"));
}

bool digest_equal(const struct digest_pair *a, const struct digest_pair *b)
{
    return memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0 &&
           memcmp(a->sm3, b->sm3, sizeof a->sm3) == 0;
}

int hash_of(enum hash_algorithm algorithm, struct bytes bytes, uint8_t digest[static 32],
            struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *context = NULL;
    if (hash_open(algorithm, &context, err) < 0)
        return -1;
    if (!hash_feed(context, bytes) || !hash_end(context, digest))
        return hash_failed(NULL, err);
    return 0;
}

int digest_bytes(struct bytes bytes, struct digest_pair *pair, struct err *err)
{
    struct digest_pair both;
    if (hash_of(HASH_SHA256, bytes, both.sha256, err) < 0 ||
        hash_of(HASH_SM3, bytes, both.sm3, err) < 0)
        return -1;
    *pair = both;
    return 0;
}
