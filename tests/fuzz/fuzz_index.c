#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "pack/index.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_END = 4096 };

static uint64_t number_of(const json_t *entry, const char *key)
{
    const json_t *value = json_object_get(entry, key);
    uint64_t number = (uint64_t)json_integer_value(value);
    if (json_is_string(value) && bytes_parse_u64(bytes_of(json_string_value(value)), &number) < 0)
        abort();
    return number;
}

/* What was taken is what another reader of JSON sees. */
static void entry_same(const struct pack_entry *entry, const json_t *seen)
{
    const char *name = json_string_value(json_object_get(seen, "name"));
    const char *original = json_string_value(json_object_get(seen, "original_name"));
    uint64_t end;
    if (name == NULL || original == NULL || strcmp(entry->name, name) != 0 ||
        strcmp(entry->original_name, original) != 0 || entry->offset != number_of(seen, "offset") ||
        entry->size != number_of(seen, "size"))
        abort();
    if (entry->offset < HEAD_END || ckd_add(&end, entry->offset, entry->size) || end > INT64_MAX)
        abort();
}

static void index_same(const struct index *index, const uint8_t *data, size_t size)
{
    json_error_t at;
    json_t *root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &at);
    if (root == NULL) {
        /* numbers out of its range, and keys that stand twice where we look at neither */
        if (json_error_code(&at) != json_error_numeric_overflow &&
            json_error_code(&at) != json_error_duplicate_key)
            abort();
        return;
    }
    const json_t *recordings = json_object_get(root, "recordings");
    const json_t *attachments = json_object_get(root, "attachments");
    if (index->count != json_array_size(recordings) + json_array_size(attachments))
        abort();
    for (size_t i = 0; i < index->count; i++) {
        size_t first = json_array_size(recordings);
        entry_same(&index->entries[i], i < first ? json_array_get(recordings, i)
                                                 : json_array_get(attachments, i - first));
    }
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {.kind = ERR_NONE};
    struct index index;
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    if (index_parse(text, size, "input", HEAD_END, &index, &err) == 0) {
        index_same(&index, data, size);
        index_release(&index);
    } else if (err.kind != ERR_DAMAGED || err.text[0] == '\0') {
        abort();
    }
    free(text);
    return 0;
}
