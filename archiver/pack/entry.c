#include "pack/entry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/text.h"
#include "pack/plan.h"

#include "base/banned.h"

enum { ENTRY_MAX = 64 << 20, DUMP = JSON_COMPACT | JSON_REAL_PRECISION(12) };

static json_t *hex(const uint8_t octets[static 32])
{
    char text[65];
    bytes_to_hex(octets, 32, text);
    return json_string(text);
}

static json_t *number_text(char letter, int64_t number)
{
    return json_sprintf("%c%lld", letter, (long long)number);
}

/* The codec of the report's first stream of a type, or null. */
static json_t *codec_of(const json_t *report, const char *type)
{
    size_t i;
    json_t *stream;
    json_array_foreach(json_object_get(report, "streams"), i, stream)
    {
        const char *kind = json_string_value(json_object_get(stream, "type"));
        if (kind != NULL && strcmp(kind, type) == 0)
            return json_text_or_null(json_string_value(json_object_get(stream, "codec")));
    }
    return json_null();
}

static json_t *media_of(const struct catalog_recording *recording)
{
    AUTO(json_decref)
    json_t *report = recording->report != NULL ? json_loads(recording->report, 0, NULL) : NULL;
    json_t *duration =
        isfinite(recording->duration_s) ? json_real(recording->duration_s) : json_null();
    return json_pack("{so,so,so,so}", "container",
                     json_text_or_null(json_string_value(json_object_get(report, "container"))),
                     "duration_s", duration, "video", codec_of(report, "video"), "audio",
                     codec_of(report, "audio"));
}

static json_t *accepted_of(const struct catalog_recording *recording, uint64_t log_index)
{
    char at[INSTANT_TEXT];
    struct instant instant = {recording->accepted_us, (int16_t)recording->accepted_offset_minutes};
    instant_print(instant, at);
    return json_pack("{ss,ss,so}", "at", at, "by", recording->accepted_by, "log_index",
                     json_u64(log_index));
}

/* Each {value, source}; an array of them for fields of which several may stand. */
static json_t *tags_of(const struct catalog_recording *recording)
{
    json_t *tags = json_object();
    for (size_t i = 0; i < recording->standing_count; i++) {
        const struct catalog_tag *tag = &recording->tags[i];
        const char *name = catalog_field_name(tag->field);
        json_t *one = json_pack("{ss,ss}", "value", tag->value, "source", tag->source);
        if (catalog_field_is_list(tag->field)) {
            if (json_object_get(tags, name) == NULL)
                (void)json_object_set_new(tags, name, json_array());
            (void)json_array_append_new(json_object_get(tags, name), one);
        } else {
            (void)json_object_set_new(tags, name, one);
        }
    }
    return tags;
}

/* The object's text without its opening brace, as it follows the offset. */
static int behind_print(const json_t *back, struct plan_file *file, struct err *err)
{
    file->behind_offset = back != NULL ? json_dumps(back, DUMP) : NULL;
    if (file->behind_offset == NULL)
        return err_memory(err, file->original_name);
    file->behind_offset[0] = ',';
    return 0;
}

int entry_describe_recording(const struct catalog_recording *recording, struct plan_file *file,
                             struct err *err)
{
    AUTO(json_decref) json_t *tags = tags_of(recording);
    AUTO(json_decref)
    json_t *back = json_pack("{so,so,so,so,sO,so}", "size", json_u64(file->size), "sha256",
                             hex(file->digests.sha256), "sm3", hex(file->digests.sm3), "media",
                             media_of(recording), "tags", tags, "accepted",
                             accepted_of(recording, file->accepted));
    file->tags = json_dumps(tags, DUMP);
    if (file->tags == NULL)
        return err_memory(err, file->original_name);
    return behind_print(back, file, err);
}

int entry_describe_attachment(const char *kind, struct plan_file *file, struct err *err)
{
    AUTO(json_decref)
    json_t *back = json_pack("{so,so,so}", "size", json_u64(file->size), "sha256",
                             hex(file->digests.sha256), "sm3", hex(file->digests.sm3));
    file->kind = strdup(kind);
    if (file->kind == NULL)
        return err_memory(err, file->original_name);
    return behind_print(back, file, err);
}

int entry_name(struct plan_file *file, struct err *err)
{
    AUTO(json_decref)
    json_t *front =
        file->attachment == 0
            ? json_pack("{so,ss,ss}", "id", number_text('R', file->recording), "name", file->name,
                        "original_name", file->original_name)
            : json_pack("{so,so,ss,ss,ss}", "id", number_text('F', file->attachment), "recording",
                        number_text('R', file->recording), "kind", file->kind, "name", file->name,
                        "original_name", file->original_name);
    AUTO(free) char *text = front != NULL ? json_dumps(front, DUMP) : NULL;
    if (text == NULL)
        return err_memory(err, file->original_name);
    struct text before;
    text_init(&before, ENTRY_MAX);
    text_append_bytes(&before, (struct bytes){(uint8_t *)text, strlen(text) - 1});
    text_append(&before, ",\"offset\":");
    file->before_offset = text_take(&before);
    return file->before_offset == NULL ? err_memory(err, file->original_name) : 0;
}
