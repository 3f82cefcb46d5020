#include <stdlib.h>
#include <string.h>

#include "acts/acts.h"
#include "backing/backing.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "custody/witness.h"
#include "vault/vault.h"

#include "base/banned.h"

/* The checkpoint of an origin that was seen last. */
struct seen {
    bool any, failed;
    struct custody_head head;
    struct key *key;
    struct err err;
};

static void seen_release_at(struct seen *seen)
{
    key_free(seen->key);
}

void backing_cosigned_release(struct backing_cosigned *cosigned)
{
    free(cosigned->text);
    free(cosigned->origin);
    *cosigned = (struct backing_cosigned){.text = NULL};
}

static int take_head(const json_t *detail, struct seen *seen, struct err *err)
{
    static const char object[] = "log";
    const char *root, *pem;
    size_t len = 0;
    if (json_take_u64(detail, "size", object, &seen->head.size, err) < 0 ||
        json_take_text(detail, "root", object, &root, err) < 0 ||
        json_take_text(detail, "key", object, &pem, err) < 0)
        return -1;
    if (bytes_from_base64(bytes_of(root), seen->head.root, CUSTODY_HASH, &len) < 0 ||
        len != CUSTODY_HASH)
        return err_set(err, ERR_DAMAGED, object, "%s", _("\"root\" is no hash"));
    return key_from_public_pem(bytes_of(pem), object, &seen->key, err);
}

static bool take_seen(void *context, const struct catalog_log_entry *entry)
{
    struct seen *seen = context;
    AUTO(custody_entry_release) struct custody_entry parsed = {.root = NULL};
    seen->any = true;
    seen->failed = custody_entry_parse((struct bytes){entry->entry, entry->entry_len}, "log",
                                       &parsed, &seen->err) < 0 ||
                   take_head(parsed.detail, seen, &seen->err) < 0;
    return false;
}

static int load_seen(struct vault *vault, const char *origin, struct seen *seen, struct err *err)
{
    struct catalog_err wrong;
    *seen = (struct seen){.any = false};
    if (catalog_log_last(vault_catalog(vault), custody_action_name(CUSTODY_WITNESSED), origin,
                         take_seen, seen, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (seen->failed)
        *err = seen->err;
    return seen->failed ? -1 : 0;
}

/* ---- does it continue what was seen ---- */

static int forked(const char *object, struct err *err)
{
    return err_set(err, ERR_DAMAGED, object, "%s",
                   _("FORKED: it does not continue what was seen of this log before; entries were "
                     "rewritten or taken away. Not cosigned"));
}

static int check_log(const struct backing_offer *offer, const struct custody_head *head,
                     const struct custody_head *seen, struct err *err)
{
    struct custody_proof proof;
    if (custody_log_consistency(offer->log, seen->size, head->size, &proof, err) < 0)
        return -1;
    if (custody_consistency_check(seen->size, seen->root, head->size, head->root, &proof, err) == 0)
        return 0;
    return err->kind == ERR_DAMAGED ? forked(offer->object, err) : -1;
}

static int check_proof(const struct backing_offer *offer, const struct custody_head *head,
                       const struct custody_head *seen, struct err *err)
{
    struct custody_consistency proof;
    if (offer->proof.len == 0)
        return err_set(err, ERR_USAGE, offer->object,
                       _("a proof is needed that it continues the %llu entries that were seen "
                         "before: shilu log prove consistency %llu, there, and --proof here"),
                       (unsigned long long)seen->size, (unsigned long long)seen->size);
    if (custody_consistency_read(offer->proof, offer->proof_object, &proof, err) < 0)
        return -1;
    if (proof.head.size != head->size || memcmp(proof.head.root, head->root, CUSTODY_HASH) != 0)
        return err_set(err, ERR_DAMAGED, offer->proof_object, "%s",
                       _("the proof is of another checkpoint than the one to be cosigned"));
    if (proof.old_size != seen->size)
        return err_set(err, ERR_DAMAGED, offer->proof_object,
                       _("the proof begins with %llu entries; %llu were seen before"),
                       (unsigned long long)proof.old_size, (unsigned long long)seen->size);
    return memcmp(proof.old_root, seen->root, CUSTODY_HASH) == 0 ? 0 : forked(offer->object, err);
}

static int check_continues(const struct backing_offer *offer, const struct custody_head *head,
                           const struct custody_head *seen, struct err *err)
{
    if (head->size < seen->size)
        return err_set(err, ERR_CONFLICT, offer->object,
                       _("STALE: it has %llu entries, and %llu were seen of this log before. Not "
                         "cosigned"),
                       (unsigned long long)head->size, (unsigned long long)seen->size);
    if (head->size == seen->size)
        return memcmp(head->root, seen->root, CUSTODY_HASH) == 0 ? 0 : forked(offer->object, err);
    if (seen->size == 0)
        return 0; /* everything continues nothing */
    return offer->log != NULL ? check_log(offer, head, seen, err)
                              : check_proof(offer, head, seen, err);
}

/* ---- whose key it is ---- */

static bool is_same(const struct key *one, const struct key *other)
{
    char id[KEY_ID_TEXT], other_id[KEY_ID_TEXT];
    key_id(one, id);
    key_id(other, other_id);
    return strcmp(id, other_id) == 0;
}

/* Whether the key that was seen has signed for the one that is given, or for one that did. */
static bool is_vouched(const struct backing_offer *offer, const struct key *seen)
{
    char id[KEY_ID_TEXT];
    struct custody_signer signer;
    key_id(seen, id);
    return offer->chain != NULL && custody_chain_find(offer->chain, id, &signer) &&
           signer.is_vouched;
}

static int strangers(const struct backing_offer *offer, const struct key *seen, struct err *err)
{
    char id[KEY_ID_TEXT];
    key_id(seen, id);
    return err_set(
        err, ERR_DAMAGED, offer->object,
        _("a stranger's key: this log was seen under key %s; where another has followed, "
          "give that with --key and the statement by which the old one signed for it "
          "with --keys. Not cosigned"),
        id);
}

/* The key that the checkpoint must be of: where the log was seen before, the one that it was seen
 * under, or one which that has signed for. `successor` may hold it. */
static int find_key(const struct backing_offer *offer, const char *origin, const struct key *seen,
                    struct custody_successor *successor, const struct key **key, struct err *err)
{
    struct custody_head head;
    struct err why;
    const bool is_given = offer->key != NULL && (seen == NULL || !is_same(offer->key, seen));
    *key = is_given ? offer->key : seen;
    if (*key == NULL)
        return err_set(err, ERR_USAGE, offer->object, "%s",
                       _("this log was not seen before: give its public key with --key"));
    if (seen == NULL || (is_given && is_vouched(offer, seen)))
        return 0;
    if (custody_checkpoint_check(offer->checkpoint, origin, seen, offer->object, &head, &why) == 0)
        return is_given ? strangers(offer, seen, err) : 0;
    if (why.kind != ERR_MISSING)
        return (void)(*err = why), -1;
    if (offer->log == NULL)
        return strangers(offer, seen, err);
    if (custody_log_successor(offer->log, seen, successor, err) < 0)
        return -1;
    if (successor->last == NULL || (is_given && !is_same(successor->last, offer->key)))
        return strangers(offer, seen, err);
    *key = successor->last;
    return 0;
}

/* ---- the act ---- */

static int tell(struct vault *vault, const char *origin, const struct custody_head *head,
                const struct backing_offer *offer, const struct key *key, struct err *err)
{
    char root[BYTES_BASE64(CUSTODY_HASH)];
    uint64_t seq;
    AUTO(free) char *pem = NULL;
    bytes_to_base64((struct bytes){head->root, CUSTODY_HASH}, root);
    if (key_public_pem(key, &pem, err) < 0)
        return -1;
    AUTO(json_decref)
    json_t *detail = json_pack("{s:o, s:s, s:s, s:o}", "size", json_u64(head->size), "root", root,
                               "key", pem, "checkpoint", custody_entry_text(offer->checkpoint));
    return detail == NULL ? err_memory(err, origin)
                          : vault_log(vault, CUSTODY_WITNESSED, origin, detail, &seq, err);
}

/* The name that the vault signs under: its log's. */
static int own_name(struct vault *vault, char **name, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_log_open(vault, &log, err) < 0)
        return -1;
    *name = strdup(custody_log_origin(log));
    return *name != NULL ? 0 : err_memory(err, NULL);
}

static int sign(struct vault *vault, const struct backing_offer *offer, char **text,
                struct err *err)
{
    const struct key *key;
    AUTO(free) char *name = NULL;
    AUTO(free) char *line = NULL;
    AUTO(text_release) struct text made;
    text_init(&made, offer->checkpoint.len + 4096);
    if (own_name(vault, &name, err) < 0 || vault_signing_key(vault, &key, err) < 0 ||
        custody_cosign(offer->checkpoint, offer->object, name, key,
                       (uint64_t)(vault_act(vault)->at.us / 1000000), &line, err) < 0)
        return -1;
    text_append_bytes(&made, offer->checkpoint);
    text_append(&made, line);
    *text = text_take(&made);
    return *text != NULL ? 0 : err_memory(err, offer->object);
}

static int cosign(struct vault *vault, const struct backing_offer *offer,
                  struct backing_cosigned *cosigned, struct err *err)
{
    AUTO(seen_release) struct seen seen;
    AUTO(custody_successor_release) struct custody_successor successor = {.last = NULL};
    struct custody_head head;
    const struct key *key;
    if (load_seen(vault, cosigned->origin, &seen, err) < 0)
        return -1;
    if (find_key(offer, cosigned->origin, seen.key, &successor, &key, err) < 0 ||
        custody_checkpoint_check(offer->checkpoint, cosigned->origin, key, offer->object, &head,
                                 err) < 0 ||
        check_continues(offer, &head, &seen.head, err) < 0 ||
        sign(vault, offer, &cosigned->text, err) < 0)
        return -1;
    cosigned->size = head.size;
    cosigned->seen = seen.head.size;
    return tell(vault, cosigned->origin, &head, offer, key, err);
}

int backing_cosign(struct vault *witness, const char *by, const struct backing_offer *offer,
                   struct backing_cosigned *cosigned, struct err *err)
{
    AUTO(backing_cosigned_release) struct backing_cosigned made = {.text = NULL};
    if (custody_checkpoint_origin(offer->checkpoint, offer->object, &made.origin, err) < 0 ||
        vault_begin(witness, by, err) < 0 ||
        vault_end(witness, cosign(witness, offer, &made, err), err) < 0)
        return -1;
    *cosigned = made;
    made = (struct backing_cosigned){.text = NULL};
    return 0;
}

int backing_own_key(struct vault *vault, char **text, struct err *err)
{
    const struct key *key;
    AUTO(free) char *name = NULL;
    return own_name(vault, &name, err) < 0 || vault_public_key(vault, &key, err) < 0
               ? -1
               : custody_witness_print(name, key, text, err);
}
