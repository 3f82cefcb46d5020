#include "custody/witness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/checkpoint.h"
#include "custody/jcs.h"
#include "custody/proof.h"

#include "base/banned.h"

enum { VERIFIER_MAX = 1024, PROOF_MAX = 256 << 10 };

/* ---- keys ---- */

void custody_witness_release(struct custody_witness *witness)
{
    free(witness->name);
    key_free(witness->key);
    *witness = (struct custody_witness){.name = NULL};
}

static int none(const char *object, struct err *err)
{
    return err_set(err, ERR_DAMAGED, object, "%s",
                   _("not a witness's key: NAME+HASH+BASE64 is wanted"));
}

int custody_witness_parse(struct bytes text, const char *object, struct custody_witness *witness,
                          struct err *err)
{
    struct bytes rest, base64;
    const struct bytes name = bytes_cut(text, '+', &rest);
    const struct bytes hash = bytes_cut(rest, '+', &base64);
    uint8_t id[NOTE_KEY_ID];
    uint8_t octets[VERIFIER_MAX];
    size_t len;
    AUTO(custody_witness_release) struct custody_witness made = {.name = NULL};
    if (text.len > VERIFIER_MAX || !note_name_is(name) || bytes_from_hex(hash, id, sizeof id) < 0 ||
        bytes_from_base64(base64, octets, sizeof octets, &len) < 0)
        return none(object, err);
    made.name = strndup((const char *)name.at, name.len);
    if (made.name == NULL)
        return err_memory(err, object);
    if (note_cosigner_key(made.name, id, (struct bytes){octets, len}, &made.key, err) < 0)
        return err->kind == ERR_DAMAGED ? none(object, err) : -1;
    *witness = made;
    made = (struct custody_witness){.name = NULL};
    return 0;
}

int custody_witness_print(const char *name, const struct key *key, char **text, struct err *err)
{
    AUTO(text_release) struct text made;
    text_init(&made, VERIFIER_MAX);
    if (note_cosigner_print(name, key, &made, err) < 0)
        return -1;
    *text = text_take(&made);
    return *text != NULL ? 0 : err_memory(err, name);
}

/* ---- cosignatures ---- */

static bool is_same(const struct key *one, const struct key *other)
{
    char id[KEY_ID_TEXT], other_id[KEY_ID_TEXT];
    key_id(one, id);
    key_id(other, other_id);
    return strcmp(id, other_id) == 0;
}

int custody_witnesses_count(const struct custody_witness *witnesses, size_t witness_count,
                            const struct key *own, struct bytes checkpoint, const char *object,
                            unsigned *count, struct err *err)
{
    AUTO(free) bool *counts = calloc(witness_count + 1, sizeof *counts);
    unsigned made = 0;
    if (counts == NULL)
        return err_memory(err, object);
    for (size_t i = 0; i < witness_count; i++) {
        const struct custody_witness *witness = &witnesses[i];
        uint64_t at_s;
        if (custody_cosigned(checkpoint, object, witness->name, witness->key, &at_s, err) == 0)
            counts[i] = own == NULL || !is_same(witness->key, own);
        else if (err->kind != ERR_MISSING)
            return -1;
        for (size_t k = 0; k < i && counts[i]; k++)
            counts[i] = !counts[k] || !is_same(witness->key, witnesses[k].key);
        made += counts[i] ? 1 : 0;
    }
    *count = made;
    return 0;
}

/* ---- proofs ---- */

static int take_consistency(const json_t *root, const char *object,
                            struct custody_consistency *consistency, struct err *err)
{
    const char *old_root, *checkpoint;
    size_t len = 0;
    struct checkpoint parsed;
    if (json_take_u64(root, "old_size", object, &consistency->old_size, err) < 0 ||
        json_take_text(root, "old_root", object, &old_root, err) < 0 ||
        json_take_text(root, "checkpoint", object, &checkpoint, err) < 0 ||
        proof_take(root, object, &consistency->proof, err) < 0 ||
        checkpoint_parse(bytes_of(checkpoint), object, &parsed, err) < 0)
        return -1;
    if (bytes_from_base64(bytes_of(old_root), consistency->old_root, CUSTODY_HASH, &len) < 0 ||
        len != CUSTODY_HASH)
        return err_set(err, ERR_DAMAGED, object, "%s", _("\"old_root\" is no hash"));
    consistency->head = parsed.head;
    return 0;
}

/* A file ends with a newline, which is no part of it. */
static struct bytes without_newline(struct bytes text)
{
    if (text.len > 0 && text.at[text.len - 1] == '\n')
        text.len--;
    return text;
}

int custody_consistency_read(struct bytes text, const char *object,
                             struct custody_consistency *consistency, struct err *err)
{
    AUTO(json_decref) json_t *root = NULL;
    if (text.len > PROOF_MAX)
        return err_set(err, ERR_DAMAGED, object, "%s", _("the proof is longer than one can be"));
    if (jcs_read(without_newline(text), object, &root, err) < 0 ||
        take_consistency(root, object, consistency, err) < 0)
        return -1;
    if (custody_consistency_check(consistency->old_size, consistency->old_root,
                                  consistency->head.size, consistency->head.root,
                                  &consistency->proof, err) == 0)
        return 0;
    return err->kind != ERR_DAMAGED
               ? -1
               : err_set(err, ERR_DAMAGED, object, "%s", _("the proof does not hold"));
}

/* ---- checkpoints ---- */

int custody_checkpoint_origin(struct bytes checkpoint, const char *object, char **origin,
                              struct err *err)
{
    struct checkpoint parsed;
    if (checkpoint_parse(checkpoint, object, &parsed, err) < 0)
        return -1;
    *origin = strndup((const char *)parsed.origin.at, parsed.origin.len);
    return *origin != NULL ? 0 : err_memory(err, object);
}

static bool has_signature(const struct note *note, const struct note_signature *wanted)
{
    for (unsigned i = 0; i < note->count; i++)
        if (bytes_equal(note->signatures[i].name, wanted->name) &&
            bytes_equal(note->signatures[i].base64, wanted->base64))
            return true;
    return false;
}

int custody_checkpoint_merge(struct bytes checkpoint, struct bytes other, const char *object,
                             char **merged, struct err *err)
{
    struct checkpoint one, more;
    AUTO(text_release) struct text made;
    text_init(&made, NOTE_MAX + 1);
    if (checkpoint_parse(checkpoint, object, &one, err) < 0 ||
        checkpoint_parse(other, object, &more, err) < 0)
        return -1;
    if (!bytes_equal(one.note.text, more.note.text))
        return err_set(err, ERR_DAMAGED, object, "%s", _("another checkpoint"));
    text_append_bytes(&made, checkpoint);
    for (unsigned i = 0; i < more.note.count; i++) {
        const struct note_signature *line = &more.note.signatures[i];
        if (!has_signature(&one.note, line))
            note_signature_print(line, &made);
    }
    *merged = text_take(&made);
    return *merged != NULL ? 0 : err_memory(err, object);
}
