#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * recordings/ab/DIGEST.json: one object, all that the catalog knows of the recording. Members stand
 * in the order in which they are set below; the probe's report is copied as it was stored, octet
 * for octet. Times have the zone in which the recording was accepted. It stays when the bytes move
 * to an archive.
 */

static const char format_name[] = "shilu-recording/1";

/* What stands around the report. */
static const char report_head[] = ",\n  \"report\": ", report_end[] = "\n}\n";

enum { SIDECAR_BYTES_MAX = 48 << 20, SIDECARS_AT_ONCE = 64, HEX_DIGEST = 65 };

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

void sidecar_name(const uint8_t sha256[static 32], char name[static VAULT_SIDECAR_NAME])
{
    char digest[HEX_DIGEST];
    bytes_to_hex(sha256, 32, digest);
    (void)snprintf(name, VAULT_SIDECAR_NAME, "%s.json", digest);
}

static json_t *hex(const uint8_t digest[static 32])
{
    char text[HEX_DIGEST];
    bytes_to_hex(digest, 32, text);
    return json_string(text);
}

static json_t *time_of(const struct catalog_recording *recording, int64_t us)
{
    char text[INSTANT_TEXT];
    instant_print((struct instant){us, (int16_t)recording->accepted_offset_minutes}, text);
    return json_string(text);
}

static json_t *tag_of(const struct catalog_recording *recording, const struct catalog_tag *tag)
{
    return json_pack("{s:s, s:s, s:s, s:s?, s:o, s:s?}", "field", catalog_field_name(tag->field),
                     "value", tag->value, "source", tag->source, "by", tag->by, "at",
                     time_of(recording, tag->set_us), "reason", tag->reason);
}

/* Tags from `first` up to `end`; those that stand no more say until when and by whom. */
static json_t *tags_of(const struct catalog_recording *recording, size_t first, size_t end)
{
    json_t *list = json_array();
    for (size_t i = first; list != NULL && i < end; i++) {
        const struct catalog_tag *tag = recording->tags + i;
        json_t *one = tag_of(recording, tag);
        bool whole =
            tag->ended_us == 0 ||
            (json_object_set_new(one, "ended_at", time_of(recording, tag->ended_us)) == 0 &&
             json_object_set_new(one, "ended_by", json_text_or_null(tag->ended_by)) == 0);
        if (json_array_append_new(list, one) < 0 || !whole) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *attachments_of(const struct catalog_recording *recording)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < recording->attachment_count; i++) {
        const struct catalog_attachment *one = recording->attachments + i;
        list = json_append(list,
                           json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:{s:o, s:s?}}", "kind",
                                     one->kind, "name", one->name, "stored_name", one->stored_name,
                                     "size", json_u64(one->size_bytes), "sha256", hex(one->sha256),
                                     "sm3", hex(one->sm3), "added", "at",
                                     time_of(recording, one->added_us), "by", one->added_by));
    }
    return list;
}

/* The list under way, NULL once memory was out. */
static void add_archive(void *context, const struct catalog_archive *archive)
{
    json_t **list = context;
    if (*list != NULL)
        *list = json_append(*list, json_string(archive->path));
}

static int archives_of(struct vault *vault, const struct catalog_recording *recording,
                       json_t **archives, struct err *err)
{
    json_t *list = json_array();
    struct catalog_err wrong;
    if (catalog_archive_of(vault->catalog, recording->number, add_archive, &list, &wrong) < 0) {
        json_decref(list);
        return err_from_catalog(err, &wrong);
    }
    if (list == NULL)
        return err_memory(err, NULL);
    *archives = list;
    return 0;
}

static const char *const state_names[] = {
    [CATALOG_LOOSE] = "loose", [CATALOG_SEALED] = "sealed", [CATALOG_DISPOSED] = "disposed"};

static int object_of(struct vault *vault, const struct catalog_recording *recording, json_t **out,
                     struct err *err)
{
    char id[32];
    json_t *archives;
    (void)snprintf(id, sizeof id, "R%lld", (long long)recording->number);
    if (archives_of(vault, recording, &archives, err) < 0)
        return -1;
    /* json_pack takes over every "o", also when it fails */
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:{s:o, s:s?}, s:s, s:o, s:o, s:o, s:o}", //
                  "format", format_name, "id", id, "original_name", recording->original_name,
                  "stored_name", recording->stored_name, "size", json_u64(recording->size_bytes),
                  "sha256", hex(recording->sha256), "sm3", hex(recording->sm3), "accepted", "at",
                  time_of(recording, recording->accepted_us), "by", recording->accepted_by, "state",
                  state_names[recording->state], "archives", archives, "tags",
                  tags_of(recording, 0, recording->standing_count), "history",
                  tags_of(recording, recording->standing_count, recording->tag_count),
                  "attachments", attachments_of(recording));
    if (root == NULL)
        return err_memory(err, id);
    *out = root;
    return 0;
}

int vault_sidecar_text(struct vault *vault, const struct catalog_recording *recording, char **text,
                       struct err *err)
{
    AUTO(json_decref) json_t *report = NULL;
    if (json_read(bytes_of(recording->report), recording->original_name, &report, err) < 0)
        return err_wrap(err, "%s", _("the probe's report in the catalog"));
    AUTO(json_decref) json_t *root = NULL;
    if (object_of(vault, recording, &root, err) < 0)
        return -1;
    AUTO(free) char *head = json_dumps(root, JSON_INDENT(2));
    if (head == NULL)
        return err_memory(err, recording->original_name);

    AUTO(text_release) struct text whole;
    text_init(&whole, SIDECAR_BYTES_MAX);
    text_append_bytes(&whole, (struct bytes){(const uint8_t *)head, strlen(head) - strlen("\n}")});
    text_printf(&whole, "%s%s%s", report_head, recording->report, report_end);
    *text = text_take(&whole);
    return *text != NULL ? 0 : err_memory(err, recording->original_name);
}

int vault_sidecar_store(struct vault *vault, int64_t number, struct err *err)
{
    struct catalog_err wrong;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (catalog_recording_load(vault->catalog, number, &recording, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    AUTO(free) char *text = NULL;
    if (vault_sidecar_text(vault, recording, &text, err) < 0)
        return -1;

    char name[VAULT_SIDECAR_NAME];
    char ab[3];
    sidecar_name(recording->sha256, name);
    (void)snprintf(ab, sizeof ab, "%.2s", name);
    AUTO(close) int folder = durable_folder(vault->folders[VAULT_RECORDINGS], ab, err);
    if (folder < 0 || durable_store_by(vault->folders[VAULT_INCOMING], folder, name, bytes_of(text),
                                       VAULT_FILE_MODE, err) < 0)
        return -1;
    if (catalog_sidecar_done(vault->catalog, number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

int vault_sidecar_load(struct vault *vault, const uint8_t sha256[static 32], char **text,
                       struct err *err)
{
    char name[VAULT_SIDECAR_NAME];
    char path[VAULT_STORED_PATH];
    size_t len;
    sidecar_name(sha256, name);
    vault_stored_path(name, path);
    if (vault->folders[VAULT_RECORDINGS] < 0)
        return err_set(err, ERR_MISSING, path, "%s", _("the folder recordings/ is missing"));
    AUTO(close) int fd = file_open_regular(vault->folders[VAULT_RECORDINGS], path, err);
    if (fd < 0)
        return -1;
    return file_read_all(fd, path, SIDECAR_BYTES_MAX, text, &len, err);
}

int vault_sidecar_report(struct vault *vault, const uint8_t sha256[static 32], char **report,
                         struct err *err)
{
    AUTO(free) char *text = NULL;
    if (vault_sidecar_load(vault, sha256, &text, err) < 0)
        return -1;
    char *from = strstr(text, report_head); /* no text has a line feed: the first is the object's */
    size_t len = from != NULL ? strlen(from) : 0;
    if (len < strlen(report_head) + strlen(report_end) ||
        strcmp(from + len - strlen(report_end), report_end) != 0)
        return err_set(err, ERR_DAMAGED, NULL, "%s", _("the sidecar has no report"));
    *report = strndup(from + strlen(report_head), len - strlen(report_head) - strlen(report_end));
    return *report != NULL ? 0 : err_memory(err, NULL);
}

/* Sidecars of one transaction: what is written is what stands when the debt is struck out. */
struct pass {
    int (*one)(struct vault *vault, int64_t number, const struct pass *pass, struct err *err);
    void (*stale)(void *context, const struct catalog_recording *recording);
    void *context;
};

static int pass_some(struct vault *vault, const int64_t *numbers, size_t count,
                     const struct pass *pass, struct err *err)
{
    struct catalog_err wrong;
    if (catalog_begin(vault->catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    for (size_t i = 0; i < count; i++) {
        if (pass->one(vault, numbers[i], pass, err) < 0) {
            catalog_rollback(vault->catalog);
            return -1;
        }
    }
    if (catalog_commit(vault->catalog, &wrong) < 0) {
        catalog_rollback(vault->catalog);
        return err_from_catalog(err, &wrong);
    }
    return 0;
}

static int pass_all(struct vault *vault, const struct pass *pass, struct err *err)
{
    struct catalog_err wrong;
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    if (catalog_sidecars_due(vault->catalog, &numbers, &count, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    for (size_t done = 0; done < count; done += SIDECARS_AT_ONCE) {
        size_t some = count - done < SIDECARS_AT_ONCE ? count - done : SIDECARS_AT_ONCE;
        if (pass_some(vault, numbers + done, some, pass, err) < 0)
            return -1;
    }
    return 0;
}

static int store_one(struct vault *vault, int64_t number, const struct pass *pass, struct err *err)
{
    (void)pass;
    return vault_sidecar_store(vault, number, err);
}

int vault_sidecars_catch_up(struct vault *vault, struct err *err)
{
    return pass_all(vault, &(struct pass){.one = store_one}, err);
}

static int review_one(struct vault *vault, int64_t number, const struct pass *pass, struct err *err)
{
    struct catalog_err wrong;
    struct err none;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    AUTO(free) char *wanted = NULL;
    AUTO(free) char *is = NULL;
    if (catalog_recording_load(vault->catalog, number, &recording, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (vault_sidecar_text(vault, recording, &wanted, err) < 0)
        return -1;
    if (vault_sidecar_load(vault, recording->sha256, &is, &none) < 0 || strcmp(is, wanted) != 0) {
        pass->stale(pass->context, recording);
        return 0;
    }
    return catalog_sidecar_done(vault->catalog, number, &wrong) < 0 ? err_from_catalog(err, &wrong)
                                                                    : 0;
}

int vault_sidecars_review(struct vault *vault,
                          void (*stale)(void *context, const struct catalog_recording *recording),
                          void *context, struct err *err)
{
    return pass_all(vault, &(struct pass){review_one, stale, context}, err);
}
