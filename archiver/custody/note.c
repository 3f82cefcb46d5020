#include "custody/note.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "custody/key.h"
#include "digest/hash.h"

#include "base/banned.h"

/* In front of each signature line: U+2014 and a space. */
static const char dash[] = "\xE2\x80\x94 ";

/* What is signed; with the kind of the key it gives the signature's type. */
enum note_type { NOTE_PLAIN, NOTE_COSIGNATURE, NOTE_TYPES };

/* Signature type identifiers: the specification's for Ed25519. It has none for SM2, but 0xff and a
 * longer name that nobody else will use. */
static const char *const types[KEY_KINDS][NOTE_TYPES] = {
    [KEY_ED25519] = {[NOTE_PLAIN] = "\x01", [NOTE_COSIGNATURE] = "\x04"},
    [KEY_SM2] = {[NOTE_PLAIN] = "\xff"
                                "shilu/sm2-sm3",
                 [NOTE_COSIGNATURE] = "\xff"
                                      "shilu/sm2-sm3-cosignature/v1"},
};

enum { TIME = 8, PAYLOAD_MAX = NOTE_KEY_ID + TIME + KEY_SIGNATURE_MAX };

/* ---- names and texts ---- */

/* Unicode's White_Space beyond ASCII, each in UTF-8. */
static const char *const wide_spaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
};

bool note_name_is(struct bytes name)
{
    if (name.len == 0 || !text_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] <= ' ' || name.at[i] == '+')
            return false;
    for (size_t i = 0; i < sizeof wide_spaces / sizeof *wide_spaces; i++)
        if (memmem(name.at, name.len, wide_spaces[i], strlen(wide_spaces[i])) != NULL)
            return false;
    return true;
}

bool note_text_is(struct bytes text)
{
    if (text.len == 0 || text.at[text.len - 1] != '\n' || !text_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < ' ' && text.at[i] != '\n')
            return false;
    return true;
}

/* ---- reading ---- */

static int line_parse(struct bytes line, struct note_signature *signature)
{
    uint8_t octets[NOTE_OCTETS_MAX];
    size_t len;
    const size_t before = sizeof dash - 1;
    if (line.len < before || memcmp(line.at, dash, before) != 0)
        return -1;
    line = (struct bytes){line.at + before, line.len - before};
    signature->name = bytes_cut(line, ' ', &signature->base64);
    if (!note_name_is(signature->name) ||
        bytes_from_base64(signature->base64, octets, sizeof octets, &len) < 0 || len <= NOTE_KEY_ID)
        return -1;
    memcpy(signature->key_id, octets, NOTE_KEY_ID);
    return 0;
}

/* Where the last blank line begins, or 0: no note begins with it. */
static size_t last_blank(struct bytes octets)
{
    for (size_t i = octets.len; i-- > 1;)
        if (octets.at[i] == '\n' && octets.at[i - 1] == '\n')
            return i;
    return 0;
}

int note_parse(struct bytes octets, const char *object, struct note *note, struct err *err)
{
    if (octets.len > NOTE_MAX)
        return err_set(err, ERR_DAMAGED, object, _("longer than %d bytes"), NOTE_MAX);
    const size_t blank = note_text_is(octets) ? last_blank(octets) : 0;
    if (blank == 0)
        return err_set(err, ERR_DAMAGED, object, "%s", _("not a signed note"));
    struct bytes lines = {octets.at + blank + 1, octets.len - blank - 1};
    note->text = (struct bytes){octets.at, blank};
    for (note->count = 0; lines.len > 0; note->count++) {
        if (note->count == NOTE_SIGNATURES_MAX)
            return err_set(err, ERR_DAMAGED, object, _("more than %d signatures"),
                           NOTE_SIGNATURES_MAX);
        if (line_parse(bytes_cut(lines, '\n', &lines), &note->signatures[note->count]) < 0)
            return err_set(err, ERR_DAMAGED, object, _("signature line %u is none"),
                           note->count + 1);
    }
    if (note->count == 0)
        return err_set(err, ERR_DAMAGED, object, "%s", _("not a signed note"));
    return 0;
}

/* ---- keys and what they sign ---- */

static int make_key_id(const char *name, enum note_type type, const struct key *key,
                       uint8_t id[static NOTE_KEY_ID], struct err *err)
{
    uint8_t raw[KEY_RAW_PUBLIC_MAX], digest[32];
    size_t len;
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *sha = NULL;
    if (key_raw_public(key, raw, &len, err) < 0 || hash_open(HASH_SHA256, &sha, err) < 0)
        return -1;
    if (!hash_feed(sha, bytes_of(name)) || !hash_feed(sha, bytes_of("\n")) ||
        !hash_feed(sha, bytes_of(types[key_kind(key)][type])) ||
        !hash_feed(sha, (struct bytes){raw, len}) || !hash_end(sha, digest))
        return hash_failed(NULL, err);
    memcpy(id, digest, NOTE_KEY_ID);
    return 0;
}

/* What a witness signs: a header that no note text begins with by itself, and the time. */
static int cosigned_message(struct bytes text, uint64_t at_s, struct text *message, struct err *err)
{
    text_init(message, NOTE_MAX + 128);
    text_printf(message, "cosignature/v1\ntime %llu\n", (unsigned long long)at_s);
    text_append_bytes(message, text);
    return text_failed(message) ? err_memory(err, NULL) : 0;
}

static struct bytes text_octets(const struct text *text)
{
    return (struct bytes){(const uint8_t *)text->at, text->len};
}

static void put_time(uint64_t at_s, uint8_t octets[static TIME])
{
    for (int i = 0; i < TIME; i++)
        octets[i] = (uint8_t)(at_s >> (56 - 8 * i));
}

static uint64_t get_time(const uint8_t octets[static TIME])
{
    uint64_t at_s = 0;
    for (int i = 0; i < TIME; i++)
        at_s = at_s << 8 | octets[i];
    return at_s;
}

/* ---- signing ---- */

static int sign_line(struct bytes message, const char *name, const struct key *key,
                     uint8_t payload[static PAYLOAD_MAX], size_t before, struct text *lines,
                     struct err *err)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    char base64[BYTES_BASE64(PAYLOAD_MAX)];
    size_t len;
    if (key_sign(key, message, signature, &len, err) < 0)
        return -1;
    assert(before + len <= PAYLOAD_MAX);
    memcpy(payload + before, signature, len);
    bytes_to_base64((struct bytes){payload, before + len}, base64);
    text_printf(lines, "%s%s %s\n", dash, name, base64);
    return text_failed(lines) ? err_memory(err, NULL) : 0;
}

static int bad_name(const char *name, struct err *err)
{
    return err_set(err, ERR_USAGE, name, "%s",
                   _("a key's name must not be empty nor have spaces or plus signs"));
}

static int can_sign(struct bytes text, const char *name, struct err *err)
{
    if (!note_name_is(bytes_of(name)))
        return bad_name(name, err);
    if (text.len > NOTE_MAX || !note_text_is(text))
        return err_set(err, ERR_USAGE, NULL, "%s", _("not a text that can be signed"));
    return 0;
}

int note_sign(struct bytes text, const char *name, const struct key *key, struct text *lines,
              struct err *err)
{
    uint8_t payload[PAYLOAD_MAX];
    if (can_sign(text, name, err) < 0 || make_key_id(name, NOTE_PLAIN, key, payload, err) < 0)
        return -1;
    return sign_line(text, name, key, payload, NOTE_KEY_ID, lines, err);
}

int note_cosign(struct bytes text, const char *name, const struct key *key, uint64_t at_s,
                struct text *lines, struct err *err)
{
    uint8_t payload[PAYLOAD_MAX];
    AUTO(text_release) struct text message = {0};
    if (at_s > INT64_MAX)
        return err_set(err, ERR_USAGE, NULL, "%s", _("a time too far in the future"));
    if (can_sign(text, name, err) < 0 ||
        make_key_id(name, NOTE_COSIGNATURE, key, payload, err) < 0 ||
        cosigned_message(text, at_s, &message, err) < 0)
        return -1;
    put_time(at_s, payload + NOTE_KEY_ID);
    return sign_line(text_octets(&message), name, key, payload, NOTE_KEY_ID + TIME, lines, err);
}

/* ---- verifying ---- */

/* Checks one line of the key, decoded. */
typedef int line_checker(const struct note *note, const char *object, const struct key *key,
                         const uint8_t payload[static PAYLOAD_MAX], size_t len, uint64_t *at_s,
                         struct err *err);

static int check_signature(const struct note *note, const char *object, const struct key *key,
                           const uint8_t payload[static PAYLOAD_MAX], size_t len, uint64_t *at_s,
                           struct err *err)
{
    *at_s = 0; /* it says no time */
    struct bytes signature = {payload + NOTE_KEY_ID, len - NOTE_KEY_ID};
    return key_verify(key, note->text, signature, object, err);
}

static int check_cosignature(const struct note *note, const char *object, const struct key *key,
                             const uint8_t payload[static PAYLOAD_MAX], size_t len, uint64_t *at_s,
                             struct err *err)
{
    AUTO(text_release) struct text message = {0};
    if (len < NOTE_KEY_ID + TIME || get_time(payload + NOTE_KEY_ID) > INT64_MAX)
        return err_set(err, ERR_DAMAGED, object, "%s", _("the signature does not hold"));
    *at_s = get_time(payload + NOTE_KEY_ID);
    if (cosigned_message(note->text, *at_s, &message, err) < 0)
        return -1;
    struct bytes signature = {payload + NOTE_KEY_ID + TIME, len - NOTE_KEY_ID - TIME};
    return key_verify(key, text_octets(&message), signature, object, err);
}

static int verify_lines(const struct note *note, const char *object, const char *name,
                        const struct key *key, enum note_type type, line_checker *check,
                        uint64_t *at_s, struct err *err)
{
    uint8_t id[NOTE_KEY_ID];
    bool found = false;
    if (make_key_id(name, type, key, id, err) < 0)
        return -1;
    for (unsigned i = 0; i < note->count; i++) {
        const struct note_signature *line = &note->signatures[i];
        uint8_t payload[PAYLOAD_MAX];
        size_t len;
        if (!bytes_equal(line->name, bytes_of(name)) || memcmp(line->key_id, id, sizeof id) != 0)
            continue;
        if (bytes_from_base64(line->base64, payload, sizeof payload, &len) < 0)
            return err_set(err, ERR_DAMAGED, object, "%s", _("the signature does not hold"));
        if (check(note, object, key, payload, len, at_s, err) < 0)
            return -1;
        found = true;
    }
    if (!found)
        return err_set(err, ERR_MISSING, object, _("no signature of %s with this key"), name);
    return 0;
}

int note_verify(const struct note *note, const char *object, const char *name,
                const struct key *key, struct err *err)
{
    uint64_t none;
    return verify_lines(note, object, name, key, NOTE_PLAIN, check_signature, &none, err);
}

int note_cosigned(const struct note *note, const char *object, const char *name,
                  const struct key *key, uint64_t *at_s, struct err *err)
{
    uint64_t time = 0;
    if (verify_lines(note, object, name, key, NOTE_COSIGNATURE, check_cosignature, &time, err) < 0)
        return -1;
    *at_s = time;
    return 0;
}

/* ---- witnesses' keys ---- */

void note_signature_print(const struct note_signature *signature, struct text *lines)
{
    text_append(lines, dash);
    text_append_bytes(lines, signature->name);
    text_append(lines, " ");
    text_append_bytes(lines, signature->base64);
    text_append(lines, "\n");
}

int note_cosigner_print(const char *name, const struct key *key, struct text *text, struct err *err)
{
    uint8_t id[NOTE_KEY_ID], octets[KEY_RAW_PUBLIC_MAX + 64];
    char hash[2 * NOTE_KEY_ID + 1], base64[BYTES_BASE64(sizeof octets)];
    size_t len;
    const char *type = types[key_kind(key)][NOTE_COSIGNATURE];
    const size_t type_len = strlen(type);
    if (!note_name_is(bytes_of(name)))
        return bad_name(name, err);
    memcpy(octets, type, type_len);
    if (make_key_id(name, NOTE_COSIGNATURE, key, id, err) < 0 ||
        key_raw_public(key, octets + type_len, &len, err) < 0)
        return -1;
    bytes_to_hex(id, sizeof id, hash);
    bytes_to_base64((struct bytes){octets, type_len + len}, base64);
    text_printf(text, "%s+%s+%s", name, hash, base64);
    return text_failed(text) ? err_memory(err, name) : 0;
}

int note_cosigner_key(const char *name, const uint8_t id[static NOTE_KEY_ID], struct bytes octets,
                      struct key **key, struct err *err)
{
    for (unsigned kind = 0; kind < KEY_KINDS; kind++) {
        uint8_t own[NOTE_KEY_ID];
        const char *type = types[kind][NOTE_COSIGNATURE];
        const size_t len = strlen(type);
        if (octets.len <= len || memcmp(octets.at, type, len) != 0)
            continue;
        AUTO(key_free) struct key *made = NULL;
        if (key_from_raw_public((enum key_kind)kind,
                                (struct bytes){octets.at + len, octets.len - len}, name, &made,
                                err) < 0 ||
            make_key_id(name, NOTE_COSIGNATURE, made, own, err) < 0)
            return -1;
        if (memcmp(own, id, sizeof own) != 0)
            return err_set(err, ERR_DAMAGED, name, "%s", _("the key's id is another's"));
        *key = made;
        made = NULL;
        return 0;
    }
    return err_set(err, ERR_DAMAGED, name, "%s", _("a key of a kind that is not used here"));
}
