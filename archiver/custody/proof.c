#include "custody/proof.h"

#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/jcs.h"
#include "custody/key.h"

#include "base/banned.h"

static const char inclusion_format[] = "shilu-inclusion/1";
static const char consistency_format[] = "shilu-consistency/1";

/* ---- parts ---- */

json_t *proof_text(struct bytes text)
{
    return json_stringn_nocheck((const char *)text.at, text.len);
}

static json_t *hash_json(const uint8_t hash[static CUSTODY_HASH])
{
    char base64[BYTES_BASE64(CUSTODY_HASH)];
    bytes_to_base64((struct bytes){hash, CUSTODY_HASH}, base64);
    return json_string(base64);
}

json_t *proof_json(const struct custody_proof *proof)
{
    json_t *list = json_array();
    for (unsigned i = 0; list != NULL && i < proof->count; i++)
        list = json_append(list, hash_json(proof->hashes[i]));
    return list;
}

int proof_take(const json_t *root, const char *object, struct custody_proof *proof, struct err *err)
{
    json_t *list;
    if (json_take_array(root, "proof", object, &list, err) < 0)
        return -1;
    if (json_array_size(list) > CUSTODY_PATH_MAX)
        return err_set(err, ERR_DAMAGED, object, "%s", _("the proof is longer than one can be"));
    for (proof->count = 0; proof->count < json_array_size(list); proof->count++) {
        const char *hash = json_string_value(json_array_get(list, proof->count));
        size_t len = 0;
        if (hash == NULL ||
            bytes_from_base64(bytes_of(hash), proof->hashes[proof->count], CUSTODY_HASH, &len) <
                0 ||
            len != CUSTODY_HASH)
            return err_set(err, ERR_DAMAGED, object, "%s", _("the proof holds what is no hash"));
    }
    return 0;
}

/* ---- making ---- */

/* Takes the object over, adds what each proof has, and prints it. */
static int print(json_t *object, const char *format, const struct custody_log *log,
                 const struct custody_proof *proof, const struct key *key, char **text,
                 struct err *err)
{
    AUTO(json_decref) json_t *root = object;
    AUTO(free) char *pem = NULL;
    size_t len;
    const struct bytes checkpoint = bytes_of(custody_log_checkpoint_text(log));
    if (key_public_pem(key, &pem, err) < 0)
        return -1;
    if (root == NULL || json_object_set_new(root, "format", json_string(format)) < 0 ||
        json_object_set_new(root, "checkpoint", proof_text(checkpoint)) < 0 ||
        json_object_set_new(root, "proof", proof_json(proof)) < 0 ||
        json_object_set_new(root, "key", json_string(pem)) < 0)
        return err_memory(err, NULL);
    return jcs_print(root, text, &len, err);
}

int custody_proof_inclusion(struct custody_log *log, uint64_t index, const struct key *key,
                            char **text, struct err *err)
{
    struct custody_proof proof;
    struct bytes entry;
    if (custody_log_inclusion(log, index, custody_log_size(log), &proof, err) < 0 ||
        custody_log_entry(log, index, &entry, err) < 0)
        return -1;
    return print(json_pack("{s:I, s:o}", "index", (json_int_t)index, "entry", proof_text(entry)),
                 inclusion_format, log, &proof, key, text, err);
}

int custody_proof_consistency(struct custody_log *log, uint64_t old_size, const struct key *key,
                              char **text, struct err *err)
{
    struct custody_proof proof;
    uint8_t old_root[CUSTODY_HASH];
    if (custody_log_consistency(log, old_size, custody_log_size(log), &proof, err) < 0 ||
        custody_log_root_at(log, old_size, old_root, err) < 0)
        return -1;
    return print(
        json_pack("{s:I, s:o}", "old_size", (json_int_t)old_size, "old_root", hash_json(old_root)),
        consistency_format, log, &proof, key, text, err);
}
