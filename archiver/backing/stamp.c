#include "backing/stamp.h"

#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "digest/hash.h"

#include "base/banned.h"

AUTO_DEFINE(TS_REQ *, TS_REQ_free, NULL);
AUTO_DEFINE(TS_RESP *, TS_RESP_free, NULL);
AUTO_DEFINE(TS_MSG_IMPRINT *, TS_MSG_IMPRINT_free, NULL);
AUTO_DEFINE(TS_VERIFY_CTX *, TS_VERIFY_CTX_free, NULL);
AUTO_DEFINE(X509_ALGOR *, X509_ALGOR_free, NULL);
AUTO_DEFINE(X509_STORE *, X509_STORE_free, NULL);

static int crypto_err(const char *object, const char *what, struct err *err)
{
    const unsigned long number = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(number);
    ERR_clear_error();
    return err_set(err, ERR_SYSTEM, object, "%s: %s", what, reason != NULL ? reason : "OpenSSL");
}

/* ---- asking ---- */

static TS_MSG_IMPRINT *imprint_of(const uint8_t digest[static 32])
{
    AUTO(X509_ALGOR_free) X509_ALGOR *sha256 = X509_ALGOR_new();
    AUTO(TS_MSG_IMPRINT_free) TS_MSG_IMPRINT *made = TS_MSG_IMPRINT_new();
    uint8_t copy[32];
    memcpy(copy, digest, sizeof copy); /* OpenSSL takes what it only reads as not const */
    if (sha256 == NULL || made == NULL ||
        X509_ALGOR_set0(sha256, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) != 1 ||
        TS_MSG_IMPRINT_set_algo(made, sha256) != 1 ||
        TS_MSG_IMPRINT_set_msg(made, copy, sizeof copy) != 1)
        return NULL;
    TS_MSG_IMPRINT *whole = made;
    made = NULL;
    return whole;
}

int stamp_request(struct bytes data, uint8_t **request, size_t *len, struct err *err)
{
    uint8_t digest[32];
    if (hash_of(HASH_SHA256, data, digest, err) < 0)
        return -1;
    AUTO(TS_REQ_free) TS_REQ *made = TS_REQ_new();
    AUTO(TS_MSG_IMPRINT_free) TS_MSG_IMPRINT *imprint = imprint_of(digest);
    if (made == NULL || imprint == NULL || TS_REQ_set_version(made, 1) != 1 ||
        TS_REQ_set_msg_imprint(made, imprint) != 1 || TS_REQ_set_cert_req(made, 1) != 1)
        return crypto_err(NULL, _("ask for a timestamp"), err);
    uint8_t *der = NULL;
    const int der_len = i2d_TS_REQ(made, &der);
    if (der_len <= 0)
        return crypto_err(NULL, _("ask for a timestamp"), err);
    *request = malloc((size_t)der_len);
    if (*request != NULL)
        memcpy(*request, der, (size_t)der_len);
    OPENSSL_free(der);
    *len = (size_t)der_len;
    return *request != NULL ? 0 : err_memory(err, NULL);
}

/* ---- what came ---- */

/* NULL, with *err: no response, refused by the authority, or over another kind of digest. */
static TS_RESP *response_read(struct bytes response, const char *object, struct err *err)
{
    const uint8_t *at = response.at;
    AUTO(TS_RESP_free)
    TS_RESP *made = response.len > STAMP_MAX ? NULL : d2i_TS_RESP(NULL, &at, (long)response.len);
    ERR_clear_error();
    if (made == NULL || at != response.at + response.len) {
        (void)err_set(err, ERR_DAMAGED, object, "%s", _("no answer of a timestamp authority"));
        return NULL;
    }
    const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(made)));
    if ((status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) ||
        TS_RESP_get_tst_info(made) == NULL) {
        (void)err_set(err, ERR_DAMAGED, object, _("the authority gave no timestamp (status %ld)"),
                      status);
        return NULL;
    }
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(TS_RESP_get_tst_info(made));
    const ASN1_OBJECT *algorithm;
    X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    if (OBJ_obj2nid(algorithm) != NID_sha256 ||
        ASN1_STRING_length(TS_MSG_IMPRINT_get_msg(imprint)) != 32) {
        (void)err_set(err, ERR_DAMAGED, object, "%s", _("a timestamp, but not over a SHA-256"));
        return NULL;
    }
    TS_RESP *whole = made;
    made = NULL;
    return whole;
}

int stamp_imprint(struct bytes response, const char *object, uint8_t sha256[static 32],
                  struct err *err)
{
    AUTO(TS_RESP_free) TS_RESP *read = response_read(response, object, err);
    if (read == NULL)
        return -1;
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(TS_RESP_get_tst_info(read));
    memcpy(sha256, ASN1_STRING_get0_data(TS_MSG_IMPRINT_get_msg(imprint)), 32);
    return 0;
}

static int time_of(const TS_RESP *response, const char *object, int64_t *at_us, struct err *err)
{
    const TS_TST_INFO *info = TS_RESP_get_tst_info((TS_RESP *)(uintptr_t)response);
    struct tm day;
    if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &day) != 1)
        return err_set(err, ERR_DAMAGED, object, "%s", _("a timestamp without a time"));
    *at_us = (int64_t)timegm(&day) * 1000000;
    return 0;
}

/* Whom the CA file vouches for, at that time. */
static int store_open(const char *ca_path, int64_t at_us, X509_STORE **out, struct err *err)
{
    if (access(ca_path, R_OK) < 0)
        return err_set(err, ERR_SYSTEM, ca_path, "%s",
                       _("the certificates of the timestamp authority cannot be read"));
    AUTO(X509_STORE_free) X509_STORE *store = X509_STORE_new();
    if (store == NULL || X509_STORE_load_file(store, ca_path) != 1) {
        ERR_clear_error();
        return err_set(err, ERR_DAMAGED, ca_path, "%s", _("holds no certificate of an authority"));
    }
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(at_us / 1000000));
    *out = store;
    store = NULL;
    return 0;
}

int stamp_check(struct bytes response, const char *object, struct bytes data, const char *ca_path,
                int64_t *at_us, struct err *err)
{
    uint8_t digest[32];
    uint8_t wanted[32];
    int64_t at;
    AUTO(TS_RESP_free) TS_RESP *read = response_read(response, object, err);
    AUTO(X509_STORE_free) X509_STORE *store = NULL;
    if (read == NULL || time_of(read, object, &at, err) < 0 ||
        stamp_imprint(response, object, digest, err) < 0 ||
        hash_of(HASH_SHA256, data, wanted, err) < 0)
        return -1;
    if (memcmp(digest, wanted, sizeof wanted) != 0)
        return err_set(err, ERR_DAMAGED, object, "%s", _("the timestamp is over other bytes"));
    if (store_open(ca_path, at, &store, err) < 0)
        return -1;
    AUTO(TS_VERIFY_CTX_free) TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    if (context == NULL)
        return err_memory(err, object);
    (void)TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNATURE);
    (void)TS_VERIFY_CTX_set_store(context, store);
    store = NULL; /* the context's */
    const int holds = TS_RESP_verify_response(context, read);
    ERR_clear_error();
    if (holds != 1)
        return err_set(err, ERR_DAMAGED, object,
                       _("the timestamp is a stranger's: nobody in %s vouches for who signed it"),
                       ca_path);
    *at_us = at;
    return 0;
}
