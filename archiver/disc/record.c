#include "disc/record.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/key.h"

#include "base/banned.h"

/*
 * Three lines of text, so that `head -c 32768 IMAGE | sed -n 2p` shows them: the magic, the message
 * that is signed (JSON, without its newline), the signature in base64 (RFC 4648, 4). Zeros follow.
 */
static const char MAGIC[] = "shilu-disc-record/1";

/* ---- writing ---- */

static int set_hex(json_t *to, const char *key, const uint8_t digest[static 32])
{
    char text[65];
    bytes_to_hex(digest, 32, text);
    return json_object_set_new(to, key, json_string(text));
}

static int statement_text(const struct key *key, const struct record_statement *statement,
                          char **text, struct err *err)
{
    char id[KEY_ID_TEXT];
    key_id(key, id);
    AUTO(json_decref) json_t *root = json_object();
    if (root == NULL || json_object_set_new(root, "format", json_string(MAGIC)) < 0 ||
        json_object_set_new(root, "disc", json_string(statement->disc)) < 0 ||
        json_object_set_new(root, "made_at", json_string(statement->made_at)) < 0 ||
        json_object_set_new(root, "key_id", json_string(id)) < 0 ||
        json_object_set_new(root, "image_bytes", json_u64(statement->image_bytes)) < 0 ||
        set_hex(root, "structure_sha256", statement->structure.sha256) < 0 ||
        set_hex(root, "structure_sm3", statement->structure.sm3) < 0 ||
        set_hex(root, "sha256sums", statement->sha256sums) < 0)
        return err_memory(err, statement->disc);
    *text = json_dumps(root, JSON_COMPACT);
    return *text == NULL ? err_memory(err, statement->disc) : 0;
}

int disc_record_write(const struct key *key, const struct record_statement *statement,
                      uint8_t area[static RECORD_AREA], struct err *err)
{
    AUTO(free) char *message = NULL;
    if (statement_text(key, statement, &message, err) < 0)
        return -1;
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t signature_len = 0;
    if (key_sign(key, bytes_of(message), signature, &signature_len, err) < 0)
        return -1;
    char base64[BYTES_BASE64(KEY_SIGNATURE_MAX)];
    bytes_to_base64((struct bytes){signature, signature_len}, base64);

    AUTO(text_release) struct text text;
    text_init(&text, RECORD_AREA);
    text_printf(&text, "%s\n%s\n%s\n", MAGIC, message, base64);
    if (text_failed(&text))
        return err_memory(err, statement->disc);
    memset(area, 0, RECORD_AREA);
    memcpy(area, text.at, text.len);
    return 0;
}

/* ---- reading ---- */

static bool all_zero(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.at[i] != 0)
            return false;
    }
    return true;
}

static int take_signature(struct bytes base64, struct disc_record *record)
{
    return bytes_from_base64(base64, record->signature, sizeof record->signature,
                             &record->signature_len) < 0 ||
                   record->signature_len == 0
               ? -1
               : 0;
}

static int take_statement(struct bytes message, const char *object, struct disc_record *record,
                          struct err *err)
{
    const char *format = NULL;
    AUTO(json_decref) json_t *root = NULL;
    if (json_read(message, object, &root, err) < 0 ||
        json_take_text(root, "format", object, &format, err) < 0 ||
        json_take_u64(root, "image_bytes", object, &record->image_bytes, err) < 0 ||
        json_take_hex(root, "structure_sha256", object, record->structure.sha256, 32, err) < 0 ||
        json_take_hex(root, "structure_sm3", object, record->structure.sm3, 32, err) < 0 ||
        json_take_hex(root, "sha256sums", object, record->sha256sums, 32, err) < 0)
        return err_wrap(err, _("the disc's record"));
    if (strcmp(format, MAGIC) != 0)
        return err_set(err, ERR_DAMAGED, object, _("the disc's record is of another format"));
    return 0;
}

int disc_record_parse(struct bytes area, const char *object, struct disc_record *record,
                      struct err *err)
{
    if (all_zero(area))
        return err_set(err, ERR_MISSING, object, _("the disc has no signed record"));
    struct disc_record taken = {0};
    struct bytes after_magic;
    struct bytes after_message;
    struct bytes padding;
    const struct bytes magic = bytes_cut(area, '\n', &after_magic);
    const struct bytes message = bytes_cut(after_magic, '\n', &after_message);
    const struct bytes signature = bytes_cut(after_message, '\n', &padding);
    if (!bytes_equal(magic, bytes_of(MAGIC)) || message.len == 0 || padding.len == 0 ||
        take_signature(signature, &taken) < 0)
        return err_set(err, ERR_DAMAGED, object, _("the disc's record cannot be read"));
    if (!all_zero(padding))
        return err_set(err, ERR_DAMAGED, object, _("bytes behind the disc's record"));
    if (take_statement(message, object, &taken, err) < 0)
        return -1;
    taken.message = strndup((const char *)message.at, message.len);
    if (taken.message == NULL)
        return err_memory(err, object);
    *record = taken;
    return 0;
}

int disc_record_read(int fd, const char *object, struct disc_record *record, struct err *err)
{
    AUTO(free) uint8_t *area = malloc(RECORD_AREA);
    if (area == NULL)
        return err_memory(err, object);
    if (file_read_exact(fd, object, 0, area, RECORD_AREA, err) < 0)
        return -1;
    return disc_record_parse((struct bytes){area, RECORD_AREA}, object, record, err);
}

void disc_record_release(struct disc_record *record)
{
    free(record->message);
    *record = (struct disc_record){0};
}

int disc_seal_value(int fd, const char *object, struct seal_value *seal, struct err *err)
{
    AUTO(free) uint8_t *area = malloc(RECORD_AREA);
    if (area == NULL)
        return err_memory(err, object);
    if (file_read_exact(fd, object, 0, area, RECORD_AREA, err) < 0)
        return -1;
    return seal_value_of(SEAL_DISC, (struct bytes){area, RECORD_AREA}, seal, err);
}
