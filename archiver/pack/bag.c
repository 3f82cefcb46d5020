#include "pack/bag.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/key.h"
#include "digest/digest.h"
#include "pack/history.h"
#include "pack/index.h"
#include "pack/plan.h"

#include "base/banned.h"

const char *const bag_file_names[BAG_FILES] = {
    "bagit.txt",
    "bag-info.txt",
    "index.json",
    "manifest-sha256.txt",
    "manifest-sm3.txt",
    "custody.ndjson",
    "checkpoint.txt",
    "checkpoint.tsr",
    "signer.pem",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha256.txt.sig",
};

size_t bag_place(enum bag_file file, bool is_stamped)
{
    return (size_t)file - (file > BAG_TIMESTAMP && !is_stamped ? 1 : 0);
}

void bag_release(struct bag *bag)
{
    for (size_t i = 0; i < BAG_FILES; i++)
        free(bag->text[i]);
    memset(bag, 0, sizeof *bag);
}

/* The text becomes the bag's file. */
static int keep(struct bag *bag, enum bag_file file, struct text *text, struct err *err)
{
    size_t len = text->len;
    char *taken = text_take(text);
    if (taken == NULL)
        return err_memory(err, bag_file_names[file]);
    free(bag->text[file]);
    bag->text[file] = taken;
    bag->len[file] = len;
    return 0;
}

/* "Label: value" on one line, whatever stands in the value; nothing where there is none. */
static void label_print(struct text *text, const char *label, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    text_printf(text, "%s: ", label);
    for (const char *at = value; *at != '\0';) {
        size_t plain = strcspn(at, "\r\n\t");
        text_append_bytes(text, (struct bytes){(const uint8_t *)at, plain});
        at += plain;
        if (*at != '\0') {
            text_append(text, " ");
            at++;
        }
    }
    text_append(text, "\n");
}

static void time_print(struct text *text, const char *label, int64_t at_us)
{
    char at[INSTANT_TEXT];
    struct instant instant;
    if (at_us == 0)
        return;
    if (plan_time(at_us, &instant) < 0)
        instant = (struct instant){at_us, 0};
    instant_print(instant, at);
    label_print(text, label, at);
}

static int info_print(const struct plan *plan, struct bag *bag, struct err *err)
{
    struct text text;
    text_init(&text, INDEX_BYTES_MAX);
    label_print(&text, "Source-Organization", plan->unit);
    label_print(&text, "External-Identifier", plan->the_case->number);
    text_printf(&text, "Bagging-Date: %.10s\n", plan->sealed_at);
    text_printf(&text, "Payload-Oxum: %llu.%zu\n", (unsigned long long)plan->payload_bytes,
                plan->count);
    text_append(&text, "Bag-Software-Agent: shilu " SHILU_VERSION "\n");
    text_printf(&text, "Volume: %u\n", (unsigned)plan->volume);
    if (plan->has_previous) {
        char sha256[65];
        bytes_to_hex(plan->previous_sha256, 32, sha256);
        text_printf(&text, "Previous-Volume: %s sha256:%s\n", plan->previous, sha256);
    }
    if (plan->disposal != NULL) {
        char sha256[65];
        bytes_to_hex(plan->replaced_sha256, 32, sha256);
        text_printf(&text, "Replaces: %s sha256:%s without what disposal %s removed\n",
                    plan_replaced_name(plan), sha256, plan->disposal);
    }
    label_print(&text, "Case-Procedure", plan->the_case->procedure);
    label_print(&text, "Case-Cause", plan->the_case->cause);
    label_print(&text, "Case-Party", plan->the_case->party);
    time_print(&text, "Case-Opened", plan->the_case->opened_us);
    time_print(&text, "Case-Closed", plan->the_case->closed_us);
    return keep(bag, BAG_INFO, &text, err);
}

static int manifest_print(const struct plan *plan, enum bag_file which, struct bag *bag,
                          struct err *err)
{
    struct text text;
    text_init(&text, INDEX_BYTES_MAX);
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_file *file = &plan->files[i];
        char hex[65];
        bytes_to_hex(which == BAG_SM3 ? file->digests.sm3 : file->digests.sha256, 32, hex);
        text_printf(&text, "%s  %s\n", hex, file->name);
    }
    return keep(bag, which, &text, err);
}

/* The archive that this one stands for, and by which disposal. */
static json_t *replaces_json(const struct plan *plan)
{
    char sha256[65];
    bytes_to_hex(plan->replaced_sha256, 32, sha256);
    return json_pack("{ss,ss,ss}", "name", plan_replaced_name(plan), "sha256", sha256, "disposal",
                     plan->disposal);
}

static void index_head_print(struct text *text, const struct plan *plan,
                             const struct bag_index *about)
{
    char structure[65];
    char previous[65];
    bytes_to_hex(about->structure_sha256, 32, structure);
    bytes_to_hex(plan->previous_sha256, 32, previous);
    AUTO(json_decref)
    json_t *head = json_pack(
        "{ss,ss,ss,si,so,ss,ss,so}", "format", INDEX_FORMAT, "unit", plan->unit, "case",
        plan->the_case->number, "volume", (int)plan->volume, "previous",
        plan->has_previous ? json_pack("{ss,ss}", "name", plan->previous, "sha256", previous)
                           : json_null(),
        "sealed_at", plan->sealed_at, "structure_sha256", structure, "archive_size",
        json_u64(about->archive_size));
    if (plan->month[0] != '\0' &&
        json_object_set_new(head, "unassigned",
                            json_pack("{ss,ss?}", "month", plan->month, "team", plan->team)) < 0) {
        text->failed = true;
        return;
    }
    if (plan->disposal != NULL && json_object_set_new(head, "replaces", replaces_json(plan)) < 0) {
        text->failed = true;
        return;
    }
    AUTO(free) char *line = head != NULL ? json_dumps(head, JSON_COMPACT) : NULL;
    if (line == NULL) {
        text->failed = true;
        return;
    }
    text_append_bytes(text, (struct bytes){(uint8_t *)line, strlen(line) - 1});
}

static void entries_print(struct text *text, const struct plan *plan, size_t first, size_t end,
                          uint64_t shift)
{
    for (size_t i = first; i < end; i++) {
        const struct plan_file *file = &plan->files[i];
        uint64_t offset = file->offset + shift;
        /* as json_u64: other readers lose digits of greater numbers */
        const char *quote = offset > UINT64_C(1) << 53 ? "\"" : "";
        text_append(text, i == first ? "\n" : ",\n");
        text_append(text, file->before_offset);
        text_printf(text, "%s%llu%s", quote, (unsigned long long)offset, quote);
        text_append(text, file->behind_offset);
    }
}

int bag_index_print(const struct plan *plan, uint64_t shift, const struct bag_index *about,
                    size_t room, struct bag *bag, struct err *err)
{
    struct text text;
    text_init(&text, INDEX_BYTES_MAX);
    index_head_print(&text, plan, about);
    text_append(&text, ",\n\"recordings\":[");
    entries_print(&text, plan, 0, plan->recording_count, shift);
    text_append(&text, "],\n\"attachments\":[");
    entries_print(&text, plan, plan->recording_count, plan->count, shift);
    text_append(&text, "]}");
    while (!text_failed(&text) && text.len + 1 < room)
        text_append(&text, " ");
    text_append(&text, "\n");
    return keep(bag, BAG_INDEX, &text, err);
}

static int tags_print(struct bag *bag, struct err *err)
{
    struct text text;
    text_init(&text, INDEX_BYTES_MAX);
    for (enum bag_file file = 0; file < BAG_TAGS; file++) {
        struct digest_pair pair;
        char hex[65];
        if (bag->text[file] == NULL)
            continue; /* there is no timestamp */
        struct bytes content = {(const uint8_t *)bag->text[file], bag->len[file]};
        if (digest_bytes(content, &pair, err) < 0) {
            text_release(&text);
            return -1;
        }
        bytes_to_hex(pair.sha256, 32, hex);
        text_printf(&text, "%s  %s\n", hex, bag_file_names[file]);
    }
    return keep(bag, BAG_TAGS, &text, err);
}

int bag_sign(const struct plan *plan, const struct key *key, struct bag *bag, struct err *err)
{
    if (tags_print(bag, err) < 0)
        return -1;
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t len;
    struct bytes signed_text = {(const uint8_t *)bag->text[BAG_TAGS], bag->len[BAG_TAGS]};
    if (key_sign(key, signed_text, signature, &len, err) < 0)
        return -1;
    if (bag->text[BAG_SIGNATURE] != NULL && bag->len[BAG_SIGNATURE] != len)
        return err_set(err, ERR_SYSTEM, plan->bag, _("the key's signatures differ in length"));
    struct text text;
    text_init(&text, sizeof signature);
    text_append_bytes(&text, (struct bytes){signature, len});
    return keep(bag, BAG_SIGNATURE, &text, err);
}

static int history_keep(struct history_texts *history, struct bag *bag, struct err *err)
{
    if (keep(bag, BAG_CUSTODY, &history->entries, err) < 0)
        return -1;
    bag->text[BAG_CHECKPOINT] = history->checkpoint;
    bag->len[BAG_CHECKPOINT] = strlen(history->checkpoint);
    history->checkpoint = NULL;
    bag->text[BAG_TIMESTAMP] = history->timestamp;
    bag->len[BAG_TIMESTAMP] = history->timestamp_len;
    history->timestamp = NULL;
    return 0;
}

int bag_make(const struct plan *plan, const struct key *key, struct history_texts *history,
             struct bag *bag, struct err *err)
{
    struct text bagit;
    text_init(&bagit, 100);
    text_append(&bagit, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    if (keep(bag, BAG_BAGIT, &bagit, err) < 0 || info_print(plan, bag, err) < 0 ||
        manifest_print(plan, BAG_SHA256, bag, err) < 0 ||
        manifest_print(plan, BAG_SM3, bag, err) < 0 || history_keep(history, bag, err) < 0)
        return -1;
    if (key_public_pem(key, &bag->text[BAG_SIGNER], err) < 0)
        return -1;
    bag->len[BAG_SIGNER] = strlen(bag->text[BAG_SIGNER]);
    struct bag_index nothing = {.archive_size = 0};
    if (bag_index_print(plan, 0, &nothing, 0, bag, err) < 0)
        return -1;
    return bag_sign(plan, key, bag, err);
}
