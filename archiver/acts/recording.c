#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "acts/acts_private.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "digest/hash.h"
#include "vault/vault.h"

#include "base/banned.h"

/* ---- accepted ---- */

static json_t *tags_detail(const struct catalog_tag *tags, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++)
        list = json_append(list,
                           json_pack("{s:s, s:s, s:s}", "field", catalog_field_name(tags[i].field),
                                     "value", tags[i].value, "source", tags[i].source));
    return list;
}

/* What is not known is left out. */
static bool set_real(json_t *detail, const char *key, double value)
{
    return isnan(value) || json_object_set_new(detail, key, json_real(value)) == 0;
}

static json_t *accepted_detail(const struct catalog_new_recording *new,
                               const uint8_t report_sha256[static 32])
{
    AUTO(json_decref)
    json_t *detail =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "name", new->original_name, "stored_name",
                  new->stored_name, "sha256", detail_hex(new->sha256), "sm3", detail_hex(new->sm3),
                  "size", json_u64(new->size_bytes), "report_sha256", detail_hex(report_sha256),
                  "tags", tags_detail(new->tags, new->tag_count));
    if (detail == NULL || !set_real(detail, "duration_s", new->duration_s) ||
        !set_real(detail, "latitude", new->has_position ? new->latitude : (double)NAN) ||
        !set_real(detail, "longitude", new->has_position ? new->longitude : (double)NAN))
        return NULL;
    json_t *whole = detail;
    detail = NULL;
    return whole;
}

/* The report of the recording that is being accepted. */
static int given_report(void *context, const uint8_t sha256[static 32],
                        const uint8_t report_sha256[static 32], char **text, struct err *err)
{
    (void)sha256;
    (void)report_sha256;
    *text = strdup(context);
    return *text != NULL ? 0 : err_memory(err, NULL);
}

int acts_accept(struct vault *vault, const struct catalog_new_recording *recording,
                struct acts_done *done, struct err *err)
{
    uint8_t report_sha256[32];
    if (hash_of(HASH_SHA256, bytes_of(recording->report), report_sha256, err) < 0)
        return -1;
    const struct acts_reports reports = {.text = given_report,
                                         .context = text_readable(recording->report)};
    return act_now(vault, CUSTODY_ACCEPTED, NULL, accepted_detail(recording, report_sha256),
                   &reports, done, err);
}

int acts_accept_again(struct vault *vault, int64_t number, const char *name, bool restored,
                      bool loose, struct acts_done *done, struct err *err)
{
    char subject[SUBJECT_NUMBER];
    subject_print('R', number, subject);
    return act_now(vault, CUSTODY_ACCEPTED, subject,
                   json_pack("{s:b, s:s, s:b, s:b}", "again", 1, "name", name, "restored", restored,
                             "loose", loose),
                   NULL, done, err);
}

static int take_field(const struct apply *apply, const json_t *from, enum catalog_field *field,
                      struct err *err)
{
    const char *name;
    if (json_take_text(from, "field", apply->object, &name, err) < 0)
        return -1;
    return catalog_field_parse(name, field) == 0 ? 0 : detail_wrong(apply, "field", err);
}

/* Texts stay the entry's. */
static int take_tags(const struct apply *apply, struct catalog_tag **out, size_t *count,
                     struct err *err)
{
    json_t *list;
    if (json_take_array(apply->entry->detail, "tags", apply->object, &list, err) < 0)
        return -1;
    AUTO(free) struct catalog_tag *tags = calloc(json_array_size(list) + 1, sizeof *tags);
    if (tags == NULL)
        return err_memory(err, apply->object);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *value;
        const char *source;
        if (take_field(apply, one, &tags[i].field, err) < 0 ||
            json_take_text(one, "value", apply->object, &value, err) < 0 ||
            json_take_text(one, "source", apply->object, &source, err) < 0)
            return -1;
        tags[i].value = text_readable(value);
        tags[i].source = text_readable(source);
    }
    *count = json_array_size(list);
    *out = tags;
    tags = NULL;
    return 0;
}

static int apply_new(struct apply *apply, struct err *err)
{
    const json_t *detail = apply->entry->detail;
    uint8_t sha256[32];
    uint8_t sm3[32];
    uint8_t report_sha256[32];
    struct catalog_new_recording new = {
        .sha256 = sha256,
        .sm3 = sm3,
        .accepted_us = apply->entry->at.us,
        .accepted_offset_minutes = apply->entry->at.offset_minutes,
        .accepted_by = apply->entry->actor,
    };
    AUTO(free) struct catalog_tag *tags = NULL;
    if (json_take_text(detail, "name", apply->object, &new.original_name, err) < 0 ||
        json_take_text(detail, "stored_name", apply->object, &new.stored_name, err) < 0 ||
        json_take_hex(detail, "sha256", apply->object, sha256, 32, err) < 0 ||
        json_take_hex(detail, "sm3", apply->object, sm3, 32, err) < 0 ||
        json_take_u64(detail, "size", apply->object, &new.size_bytes, err) < 0 ||
        json_take_hex(detail, "report_sha256", apply->object, report_sha256, 32, err) < 0 ||
        detail_take_real(apply, "duration_s", &new.duration_s, err) < 0 ||
        detail_take_real(apply, "latitude", &new.latitude, err) < 0 ||
        detail_take_real(apply, "longitude", &new.longitude, err) < 0 ||
        take_tags(apply, &tags, &new.tag_count, err) < 0)
        return -1;
    new.has_position = !isnan(new.latitude);
    new.tags = tags;
    AUTO(free) char *report = NULL;
    if (apply->reports->text(apply->reports->context, sha256, report_sha256, &report, err) < 0)
        return -1;
    new.report = report;
    struct catalog_err wrong;
    if (catalog_recording_add(apply->catalog, &new, &apply->number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

int apply_accepted(struct apply *apply, struct err *err)
{
    const json_t *detail = apply->entry->detail;
    struct catalog_err wrong;
    if (!json_is_true(json_object_get(detail, "again")))
        return apply_new(apply, err);
    if (subject_number(apply, 'R', &apply->number, err) < 0)
        return -1;
    if (json_is_true(json_object_get(detail, "loose")) &&
        catalog_recording_set_state(apply->catalog, apply->number, CATALOG_LOOSE, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

/* ---- attached ---- */

int acts_attach(struct vault *vault, int64_t recording, const struct catalog_attachment *attachment,
                struct err *err)
{
    char subject[SUBJECT_NUMBER];
    subject_print('R', recording, subject);
    return act_now(vault, CUSTODY_ATTACHED, subject,
                   json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "kind", attachment->kind, "name",
                             attachment->name, "stored_name", attachment->stored_name, "sha256",
                             detail_hex(attachment->sha256), "sm3", detail_hex(attachment->sm3),
                             "size", json_u64(attachment->size_bytes)),
                   NULL, NULL, err);
}

int apply_attached(struct apply *apply, struct err *err)
{
    const json_t *detail = apply->entry->detail;
    int64_t recording;
    struct catalog_attachment one = {.added_us = apply->entry->at.us,
                                     .added_by = text_readable(apply->entry->actor)};
    if (subject_number(apply, 'R', &recording, err) < 0 ||
        detail_take_text(apply, "kind", &one.kind, err) < 0 ||
        detail_take_text(apply, "name", &one.name, err) < 0 ||
        detail_take_text(apply, "stored_name", &one.stored_name, err) < 0 ||
        json_take_hex(detail, "sha256", apply->object, one.sha256, 32, err) < 0 ||
        json_take_hex(detail, "sm3", apply->object, one.sm3, 32, err) < 0 ||
        json_take_u64(detail, "size", apply->object, &one.size_bytes, err) < 0)
        return -1;
    struct catalog_err wrong;
    if (catalog_attachment_add(apply->catalog, recording, &one, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

/* ---- tagged ---- */

static json_t *values_detail(const struct acts_change *change)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < change->value_count; i++)
        list = json_append(list, json_string(change->values[i]));
    return list;
}

static json_t *changes_detail(const struct acts_change *changes, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++)
        list =
            json_append(list, json_pack("{s:s, s:o}", "field", catalog_field_name(changes[i].field),
                                        "values", values_detail(&changes[i])));
    return list;
}

int acts_tag(struct vault *vault, int64_t recording, const struct acts_change *changes,
             size_t count, const char *reason, struct err *err)
{
    char subject[SUBJECT_NUMBER];
    subject_print('R', recording, subject);
    return act_now(
        vault, CUSTODY_TAGGED, subject,
        json_pack("{s:o, s:s?}", "changes", changes_detail(changes, count), "reason", reason), NULL,
        NULL, err);
}

static int apply_change(const struct apply *apply, int64_t recording, const json_t *change,
                        const char *reason, struct err *err)
{
    enum catalog_field field;
    json_t *list;
    if (take_field(apply, change, &field, err) < 0 ||
        json_take_array(change, "values", apply->object, &list, err) < 0)
        return -1;
    size_t count = json_array_size(list);
    AUTO(free) const char **values = calloc(count + 1, sizeof *values);
    if (values == NULL)
        return err_memory(err, apply->object);
    for (size_t i = 0; i < count; i++) {
        values[i] = json_string_value(json_array_get(list, i));
        if (values[i] == NULL)
            return detail_wrong(apply, "values", err);
    }
    struct catalog_err wrong;
    if (catalog_tag_set(apply->catalog, recording, field, values, count, "given",
                        apply->entry->actor, reason, apply->entry->at.us, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

int apply_tagged(struct apply *apply, struct err *err)
{
    const json_t *detail = apply->entry->detail;
    int64_t recording;
    const char *reason;
    json_t *changes;
    if (subject_number(apply, 'R', &recording, err) < 0 ||
        json_take_text_or_null(detail, "reason", apply->object, &reason, err) < 0 ||
        json_take_array(detail, "changes", apply->object, &changes, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(changes); i++)
        if (apply_change(apply, recording, json_array_get(changes, i), reason, err) < 0)
            return -1;
    return 0;
}
