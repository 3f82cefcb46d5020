/*
 * The settings in the log. Whoever edits shilu.conf does so with an editor, so that the change is
 * told by the next opening for writing: the settings as they are now, and which lines are others
 * than those that the log told last.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

enum {
    TEXT_MAX = 16 << 10, /* longer settings are told by their digest alone */
    HEX = 65,
};

static const char unknown_actor[] = "unknown";

static void digest_of(struct bytes text, char hex[static HEX])
{
    uint8_t digest[32];
    (void)EVP_Digest(text.at, text.len, digest, NULL, EVP_sha256(), NULL); /* as vault_case_name */
    bytes_to_hex(digest, sizeof digest, hex);
}

/* ---- what the log told last ---- */

struct last {
    char sha256[HEX]; /* empty: never told */
    char *text;       /* NULL: told by its digest alone */
    bool failed;
};

static void last_release_at(struct last *last)
{
    free(last->text);
}

static bool take_last(void *context, const struct catalog_log_entry *entry)
{
    struct last *last = context;
    struct err ignored; /* what the log holds is checked elsewhere */
    AUTO(custody_entry_release) struct custody_entry parsed = {.root = NULL};
    const struct bytes octets = {entry->entry, entry->entry_len};
    if (custody_entry_parse(octets, "", &parsed, &ignored) < 0)
        return true;
    const bool first = parsed.action == CUSTODY_VAULT_CREATED;
    const char *text = json_string_value(json_object_get(parsed.detail, "settings"));
    const char *sha256 = json_string_value(json_object_get(parsed.detail, "sha256"));
    if (first ? text == NULL : sha256 == NULL || strlen(sha256) >= HEX)
        return !first;
    free(last->text);
    last->text = text != NULL ? strdup(text) : NULL;
    last->failed = last->failed || (text != NULL && last->text == NULL);
    if (first)
        digest_of(bytes_of(text), last->sha256);
    else
        memcpy(last->sha256, sha256, strlen(sha256) + 1);
    return !first; /* nothing else without a subject is asked for */
}

static int load_last(struct vault *vault, struct last *last, struct err *err)
{
    struct catalog_err wrong;
    *last = (struct last){.text = NULL};
    if (catalog_log_each(vault->catalog, 0, vault_conf_name, take_last, last, &wrong) < 0 ||
        (last->sha256[0] == '\0' &&
         catalog_log_each(vault->catalog, 0, "", take_last, last, &wrong) < 0))
        return err_from_catalog(err, &wrong);
    return last->failed ? err_memory(err, vault_conf_name) : 0;
}

/* ---- what is new ---- */

static bool has_line(struct bytes text, struct bytes line)
{
    while (text.len > 0)
        if (bytes_equal(bytes_cut(text, '\n', &text), line))
            return true;
    return false;
}

/* The lines of one text that the other does not have. NULL when memory is out. */
static json_t *lines_beyond(struct bytes text, struct bytes other)
{
    json_t *list = json_array();
    while (list != NULL && text.len > 0) {
        const struct bytes line = bytes_cut(text, '\n', &text);
        if (line.len > 0 && !has_line(other, line))
            list = json_append(list, custody_entry_text(line));
    }
    return list;
}

/* Who opens the vault next finds the change: who made it, nobody knows. */
static json_t *detail_of(const struct last *last, struct bytes text, const char *sha256,
                         const char *finder)
{
    json_t *detail = json_pack("{s:s, s:s?, s:s}", "sha256", sha256, "old_sha256",
                               last->sha256[0] != '\0' ? last->sha256 : NULL, "found_by", finder);
    if (detail == NULL || text.len > TEXT_MAX || !text_is_utf8(text))
        return detail;
    (void)json_object_set_new(detail, "settings", custody_entry_text(text));
    if (last->text == NULL)
        return detail;
    (void)json_object_set_new(detail, "added", lines_beyond(text, bytes_of(last->text)));
    (void)json_object_set_new(detail, "removed", lines_beyond(bytes_of(last->text), text));
    return detail;
}

/* Within a transaction: another process may have told it meanwhile. */
static int tell(struct vault *vault, struct bytes text, const char *finder, struct err *err)
{
    AUTO(last_release) struct last last;
    char sha256[HEX];
    uint64_t seq;
    digest_of(text, sha256);
    if (load_last(vault, &last, err) < 0)
        return -1;
    if (strcmp(last.sha256, sha256) == 0)
        return 0;
    AUTO(json_decref) json_t *detail = detail_of(&last, text, sha256, finder);
    return detail == NULL
               ? err_memory(err, vault_conf_name)
               : vault_log(vault, CUSTODY_SETTINGS_CHANGED, vault_conf_name, detail, &seq, err);
}

/* The settings as they lie there, and what the log told of them last. */
struct settings_seen {
    char *text;
    size_t len;
    char sha256[HEX];
    struct last last;
};

static void settings_seen_release_at(struct settings_seen *seen)
{
    free(seen->text);
    last_release_at(&seen->last);
}

static int look(struct vault *vault, struct settings_seen *seen, struct err *err)
{
    *seen = (struct settings_seen){.text = NULL};
    if (vault_read_small(vault, vault_conf_name, SETTINGS_BYTES_MAX, &seen->text, &seen->len, err) <
        0)
        return -1;
    digest_of((struct bytes){(const uint8_t *)seen->text, seen->len}, seen->sha256);
    return load_last(vault, &seen->last, err);
}

int vault_settings_told(struct vault *vault, bool *told, struct err *err)
{
    AUTO(settings_seen_release) struct settings_seen seen;
    if (look(vault, &seen, err) < 0)
        return -1;
    *told = strcmp(seen.last.sha256, seen.sha256) == 0;
    return 0;
}

int settings_follow(struct vault *vault, struct err *err)
{
    AUTO(settings_seen_release) struct settings_seen seen;
    const struct key *key;
    struct err ignored;
    char actor[128];
    if (look(vault, &seen, err) < 0)
        return -1;
    if (strcmp(seen.last.sha256, seen.sha256) == 0 || vault_signing_key(vault, &key, &ignored) < 0)
        return 0; /* without the key no act is begun either: the next opening tells it */
    vault_actor(actor);
    if (vault_begin(vault, unknown_actor, err) < 0)
        return -1;
    return vault_end(
        vault, tell(vault, (struct bytes){(const uint8_t *)seen.text, seen.len}, actor, err), err);
}
