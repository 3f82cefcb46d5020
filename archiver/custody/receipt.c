#include "custody/receipt.h"

#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/checkpoint.h"
#include "custody/jcs.h"
#include "custody/proof.h"

#include "base/banned.h"

static const char format[] = "shilu-receipt/1";

/* ---- what a receipt says, from what it proves ---- */

/* What all the rest of a receipt is made of. */
struct parts {
    struct custody_entry entry;
    struct bytes leaf;
    struct custody_proof proof;
    struct bytes checkpoint;
    const char *pem;
};

/* The receipt's members; NULL when memory is out. */
static json_t *members_of(const struct parts *parts)
{
    char at[INSTANT_TEXT];
    const json_t *detail = parts->entry.detail;
    instant_print(parts->entry.at, at);
    return json_pack("{s:{s:s, s:s}, s:o, s:o, s:s, s:s, s:I, s:s, s:O, s:o, s:O, s:O, s:O}",
                     "accepted", "at", at, "by", parts->entry.actor, "checkpoint",
                     proof_text(parts->checkpoint), "entry", proof_text(parts->leaf), "format",
                     format, "id", parts->entry.subject, "index", (json_int_t)parts->entry.seq,
                     "key", parts->pem, "name", json_object_get(detail, "name"), "proof",
                     proof_json(&parts->proof), "sha256", json_object_get(detail, "sha256"), "size",
                     json_object_get(detail, "size"), "sm3", json_object_get(detail, "sm3"));
}

/* Takes what the entry says of the recording; it has one that says so. */
static int take_recording(const struct custody_entry *entry, const char *object,
                          struct custody_receipt *receipt, struct err *err)
{
    if (entry->action != CUSTODY_ACCEPTED)
        return err_set(err, ERR_DAMAGED, object, _("the log's entry is not of an acceptance: %s"),
                       custody_action_name(entry->action));
    if (json_take_text(entry->detail, "name", object, &receipt->name, err) < 0 ||
        json_take_u64(entry->detail, "size", object, &receipt->size_bytes, err) < 0 ||
        json_take_hex(entry->detail, "sha256", object, receipt->sha256, 32, err) < 0 ||
        json_take_hex(entry->detail, "sm3", object, receipt->sm3, 32, err) < 0)
        return err_wrap(err, "%s", _("the log's entry"));
    return 0;
}

/* Whoever has a receipt can add such lines. */
static unsigned lines_of_others(const struct checkpoint *checkpoint)
{
    const struct note *note = &checkpoint->note;
    unsigned count = 0;
    for (unsigned i = 0; i < note->count; i++)
        count += bytes_equal(note->signatures[i].name, checkpoint->origin) ? 0 : 1;
    return count;
}

/* ---- making ---- */

static int print(const struct parts *parts, char **text, size_t *len, struct err *err)
{
    AUTO(json_decref) json_t *root = members_of(parts);
    return root == NULL ? err_memory(err, NULL) : jcs_print(root, text, len, err);
}

int custody_receipt_make(struct custody_log *log, uint64_t index, const struct key *key,
                         char **text, size_t *len, struct err *err)
{
    return custody_receipt_make_to(log, bytes_of(custody_log_checkpoint_text(log)), index, key,
                                   text, len, err);
}

int custody_receipt_make_to(struct custody_log *log, struct bytes to, uint64_t index,
                            const struct key *key, char **text, size_t *len, struct err *err)
{
    AUTO(custody_entry_release) struct custody_entry entry = {0};
    AUTO(free) char *pem = NULL;
    struct parts parts = {.checkpoint = to};
    struct checkpoint checkpoint;
    struct custody_receipt receipt;
    if (checkpoint_parse(to, "checkpoint", &checkpoint, err) < 0 ||
        custody_log_inclusion(log, index, checkpoint.head.size, &parts.proof, err) < 0 ||
        custody_log_entry(log, index, &parts.leaf, err) < 0 ||
        custody_entry_parse(parts.leaf, "log", &entry, err) < 0)
        return -1;
    if (entry.action != CUSTODY_ACCEPTED)
        return err_set(err, ERR_USAGE, NULL, _("entry %llu of the log accepts no recording: %s"),
                       (unsigned long long)index, custody_action_name(entry.action));
    if (take_recording(&entry, "log", &receipt, err) < 0 || key_public_pem(key, &pem, err) < 0)
        return -1;
    parts.entry = entry;
    parts.pem = pem;
    return print(&parts, text, len, err);
}

/* ---- reading ---- */

static int take_bytes(const json_t *root, const char *key, const char *object, struct bytes *text,
                      struct err *err)
{
    const char *found;
    if (json_take_text(root, key, object, &found, err) < 0)
        return -1;
    *text = bytes_of(found);
    return 0;
}

/* A key in the one form that we write. */
static int take_key(const json_t *root, const char *object, struct key **key, struct err *err)
{
    const char *pem;
    AUTO(free) char *again = NULL;
    if (json_take_text(root, "key", object, &pem, err) < 0 ||
        key_from_public_pem(bytes_of(pem), object, key, err) < 0 ||
        key_public_pem(*key, &again, err) < 0)
        return -1;
    return strcmp(pem, again) == 0
               ? 0
               : err_set(err, ERR_DAMAGED, object, "%s", _("not a key in PEM form"));
}

static int take_checkpoint(struct custody_receipt *receipt, const char *object, struct err *err)
{
    struct checkpoint checkpoint;
    if (take_bytes(receipt->root, "checkpoint", object, &receipt->checkpoint, err) < 0 ||
        checkpoint_parse(receipt->checkpoint, object, &checkpoint, err) < 0)
        return -1;
    receipt->head = checkpoint.head;
    receipt->lines_of_others = lines_of_others(&checkpoint);
    return 0;
}

static int take_parts(struct custody_receipt *receipt, const char *object, struct err *err)
{
    const char *said;
    const json_t *root = receipt->root;
    if (!json_is_object(root) || json_take_text(root, "format", object, &said, err) < 0 ||
        strcmp(said, format) != 0)
        return err_set(err, ERR_DAMAGED, object, _("not a receipt of the format %s"), format);
    if (take_bytes(root, "entry", object, &receipt->leaf, err) < 0)
        return -1;
    if (custody_entry_parse(receipt->leaf, object, &receipt->entry, err) < 0)
        return err_wrap(err, "%s", _("the log's entry"));
    return take_recording(&receipt->entry, object, receipt, err) < 0 ||
                   proof_take(root, object, &receipt->proof, err) < 0 ||
                   take_checkpoint(receipt, object, err) < 0 ||
                   take_key(root, object, &receipt->key, err) < 0
               ? -1
               : 0;
}

/* All that a receipt says beyond what it proves must follow from that. */
static int compare(const struct custody_receipt *receipt, const char *object, struct err *err)
{
    const struct parts parts = {.entry = receipt->entry,
                                .leaf = receipt->leaf,
                                .proof = receipt->proof,
                                .checkpoint = receipt->checkpoint,
                                .pem = json_string_value(json_object_get(receipt->root, "key"))};
    AUTO(json_decref) json_t *wanted = members_of(&parts);
    const char *key;
    json_t *member;
    if (wanted == NULL)
        return err_memory(err, object);
    json_object_foreach(wanted, key, member) if (
        !json_equal(
            json_object_get(receipt->root, key),
            member)) return err_set(err, ERR_DAMAGED, object,
                                    _("\"%s\" is not what the log's entry and checkpoint say"),
                                    key);
    if (json_object_size(receipt->root) != json_object_size(wanted))
        return err_set(err, ERR_DAMAGED, object, "%s", _("members that no receipt has"));
    return 0;
}

int custody_receipt_parse(struct bytes text, const char *object, struct custody_receipt *receipt,
                          struct err *err)
{
    AUTO(custody_receipt_release) struct custody_receipt parsed = {.size_bytes = 0};
    if (text.len > CUSTODY_RECEIPT_MAX)
        return err_set(err, ERR_DAMAGED, object, "%s", _("longer than a receipt can be"));
    if (jcs_read(text, object, &parsed.root, err) < 0 || take_parts(&parsed, object, err) < 0 ||
        compare(&parsed, object, err) < 0)
        return -1;
    *receipt = parsed;
    parsed = (struct custody_receipt){.size_bytes = 0};
    return 0;
}

void custody_receipt_release(struct custody_receipt *receipt)
{
    custody_entry_release(&receipt->entry);
    key_free(receipt->key);
    json_decref(receipt->root);
    *receipt = (struct custody_receipt){.size_bytes = 0};
}

/* ---- proving ---- */

int custody_receipt_prove(const struct custody_receipt *receipt, const char *object,
                          struct err *err)
{
    uint8_t leaf[CUSTODY_HASH];
    if (custody_leaf_hash(receipt->leaf, leaf, err) < 0)
        return -1;
    if (custody_inclusion_check(leaf, receipt->entry.seq, receipt->head.size, &receipt->proof,
                                receipt->head.root, err) == 0)
        return 0;
    return err->kind != ERR_DAMAGED
               ? -1
               : err_set(err, ERR_DAMAGED, object, "%s",
                         _("the proof does not lead from the log's entry to the checkpoint"));
}

int custody_receipt_signed(const struct custody_receipt *receipt, const char *object,
                           struct err *err)
{
    struct custody_head head;
    struct err why;
    if (custody_checkpoint_check(receipt->checkpoint, NULL, receipt->key, object, &head, &why) == 0)
        return 0;
    if (why.kind == ERR_MISSING)
        return err_set(err, ERR_DAMAGED, object, "%s",
                       _("the checkpoint is not signed by the key in the receipt"));
    *err = why;
    return err_wrap(err, "%s", _("the checkpoint"));
}
