#ifndef SHILU_CUSTODY_NOTE_H
#define SHILU_CUSTODY_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/text.h"

struct err;
struct key;

/*
 * Signed notes: a text, a blank line, and lines "— NAME BASE64", each a signature under a key's
 * name. Source: C2SP signed-note; for cosignatures C2SP tlog-cosignature. These have no type for
 * SM2: ours is 0xff and a name, as signed-note has it (ARCHITECTURE.md, "The custody log").
 */

enum {
    NOTE_MAX = 65536,          /* bytes of a note */
    NOTE_SIGNATURES_MAX = 128, /* lines; others' are kept, whatever their kind */
    NOTE_OCTETS_MAX = 8192,    /* of a signature: post-quantum ones have up to 5000 */
    NOTE_KEY_ID = 4,
};

struct note_signature {
    struct bytes name;
    struct bytes base64; /* of key id and signature */
    uint8_t key_id[NOTE_KEY_ID];
};

/* Parts of the note's bytes; owns nothing. */
struct note {
    struct bytes text; /* what is signed, with its last newline */
    unsigned count;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
};

/*
 * Takes a stranger's note apart; says nothing about its signatures yet. ERR_DAMAGED where it is
 * none: not UTF-8, control characters, no signature line, a line of another form, a ceiling above.
 */
int note_parse(struct bytes octets, const char *object, struct note *note, struct err *err);

/* Whether a key may have this name: UTF-8, not empty, no spaces of any kind, no plus sign. */
bool note_name_is(struct bytes name);

/* Whether a text can be signed: as note_parse wants it, ending with a newline. */
bool note_text_is(struct bytes text);

/* Appends the line with the key's signature of the text. ERR_USAGE: no such name or text. */
int note_sign(struct bytes text, const char *name, const struct key *key, struct text *lines,
              struct err *err);

/* 0 when the key has signed the note under this name. ERR_MISSING: it has not; ERR_DAMAGED: a line
 * of its name and id does not hold, which speaks against the whole note. */
int note_verify(const struct note *note, const char *object, const char *name,
                const struct key *key, struct err *err);

/* The same for a witness's cosignature of a checkpoint: it is made over the text and a time. */
int note_cosign(struct bytes text, const char *name, const struct key *key, uint64_t at_s,
                struct text *lines, struct err *err);
int note_cosigned(const struct note *note, const char *object, const char *name,
                  const struct key *key, uint64_t *at_s, struct err *err);

/* Appends a line as note_parse read it. */
void note_signature_print(const struct note_signature *signature, struct text *lines);

/* A witness's key as C2SP signed-note has verifier keys: "NAME+HASH+BASE64", of its type and the
 * public half. */
int note_cosigner_print(const char *name, const struct key *key, struct text *text,
                        struct err *err);

/* The key back from what the base64 holds. ERR_DAMAGED: of another type, no key, or `id` is not its
 * key id under this name. */
int note_cosigner_key(const char *name, const uint8_t id[static NOTE_KEY_ID], struct bytes octets,
                      struct key **key, struct err *err);

#endif
