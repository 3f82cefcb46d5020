#include "pack/index.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"

#include "base/banned.h"

static void index_release_at(struct index *index)
{
    index_release(index);
}

void index_release(struct index *index)
{
    free(index->entries);
    json_decref(index->root);
    memset(index, 0, sizeof *index);
}

static int lies(const char *object, const char *entry, const char *what, struct err *err)
{
    return err_set(err, ERR_DAMAGED, object, _("index.json: %s: %s"), entry, what);
}

static bool has_control(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return true;
    }
    return false;
}

/* data/ and one file name that stays in its folder wherever it is unpacked. */
static bool name_is_plain(const char *name)
{
    if (strncmp(name, "data/", 5) != 0)
        return false;
    const char *last = name + 5;
    size_t len = strlen(last);
    return len > 0 && len <= INDEX_NAME_MAX && strcmp(last, ".") != 0 && strcmp(last, "..") != 0 &&
           strpbrk(last, "/\\") == NULL && !has_control(last);
}

static bool id_is_plain(const char *id, char letter)
{
    uint64_t number;
    return id[0] == letter && id[1] != '0' && bytes_parse_u64(bytes_of(id + 1), &number) == 0;
}

static int place_check(const struct pack_entry *entry, const char *object, uint64_t head_end,
                       uint64_t archive_size, struct err *err)
{
    if (entry->offset % 512 != 0 || entry->offset < head_end || entry->offset > archive_size ||
        entry->size > archive_size - entry->offset)
        return lies(object, entry->name, _("its place in the archive is out of range"), err);
    return 0;
}

static int entry_parse(const json_t *from, bool is_attachment, const char *object,
                       struct pack_entry *entry, struct err *err)
{
    const char *own_id;
    if (!json_is_object(from))
        return lies(object, _("an entry"), _("not an object"), err);
    if (json_take_text(from, "id", object, &own_id, err) < 0 ||
        json_take_text(from, is_attachment ? "recording" : "id", object, &entry->id, err) < 0 ||
        json_take_text(from, "name", object, &entry->name, err) < 0 ||
        json_take_text(from, "original_name", object, &entry->original_name, err) < 0 ||
        json_take_u64(from, "offset", object, &entry->offset, err) < 0 ||
        json_take_u64(from, "size", object, &entry->size, err) < 0 ||
        json_take_hex(from, "sha256", object, entry->digests.sha256, 32, err) < 0 ||
        json_take_hex(from, "sm3", object, entry->digests.sm3, 32, err) < 0)
        return err_wrap(err, "index.json");
    if (is_attachment && json_take_text(from, "kind", object, &entry->attachment, err) < 0)
        return err_wrap(err, "index.json");
    if (!id_is_plain(entry->id, 'R') || !id_is_plain(own_id, is_attachment ? 'F' : 'R'))
        return lies(object, _("an entry"), _("its id is none"), err);
    if (!name_is_plain(entry->name))
        return lies(object, entry->id, _("its name would not stay in its folder"), err);
    if (has_control(entry->original_name) ||
        (entry->attachment != NULL && has_control(entry->attachment)))
        return lies(object, entry->id, _("control characters in a text"), err);
    return 0;
}

static int by_offset(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    return (left->size > right->size) - (left->size < right->size); /* empty ones first */
}

static int by_name(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    return strcasecmp(left->name, right->name);
}

static int by_id(const void *a, const void *b)
{
    const struct pack_entry *left = *(const struct pack_entry *const *)a;
    const struct pack_entry *right = *(const struct pack_entry *const *)b;
    bool left_added = left->attachment != NULL;
    bool right_added = right->attachment != NULL;
    if (left_added != right_added)
        return left_added ? 1 : -1;
    return strcmp(left->id, right->id);
}

/* What only shows when the entries are seen beside each other. */
static int neighbours_check(const struct index *index, const char *object, struct err *err)
{
    AUTO(free) const struct pack_entry **order = calloc(index->count + 1, sizeof(*order));
    if (order == NULL)
        return err_memory(err, object);
    for (size_t i = 0; i < index->count; i++)
        order[i] = &index->entries[i];

    qsort(order, index->count, sizeof(*order), by_offset);
    for (size_t i = 1; i < index->count; i++) {
        if (order[i]->offset < order[i - 1]->offset + order[i - 1]->size)
            return lies(object, order[i]->name, _("it overlaps another entry"), err);
    }
    qsort(order, index->count, sizeof(*order), by_name);
    for (size_t i = 1; i < index->count; i++) {
        if (strcasecmp(order[i]->name, order[i - 1]->name) == 0)
            return lies(object, order[i]->name, _("the name stands twice"), err);
    }
    qsort(order, index->count, sizeof(*order), by_id);
    for (size_t i = 1; i < index->count; i++) {
        if (order[i]->attachment == NULL && strcmp(order[i]->id, order[i - 1]->id) == 0)
            return lies(object, order[i]->id, _("the id stands twice"), err);
    }
    return 0;
}

static int entries_parse(const char *object, uint64_t head_end, struct index *index,
                         struct err *err)
{
    json_t *recordings;
    json_t *attachments;
    uint64_t archive_size;
    if (json_take_array(index->root, "recordings", object, &recordings, err) < 0 ||
        json_take_array(index->root, "attachments", object, &attachments, err) < 0 ||
        json_take_u64(index->root, "archive_size", object, &archive_size, err) < 0)
        return err_wrap(err, "index.json");
    size_t recording_count = json_array_size(recordings);
    index->count = recording_count + json_array_size(attachments);
    if (index->count > INDEX_ENTRIES_MAX)
        return lies(object, _("entries"), _("more than any archive holds"), err);
    if (archive_size > INT64_MAX)
        return lies(object, "archive_size", _("beyond any file"), err);
    index->entries = calloc(index->count + 1, sizeof *index->entries);
    if (index->entries == NULL)
        return err_memory(err, object);
    for (size_t i = 0; i < index->count; i++) {
        bool is_attachment = i >= recording_count;
        const json_t *from = is_attachment ? json_array_get(attachments, i - recording_count)
                                           : json_array_get(recordings, i);
        if (entry_parse(from, is_attachment, object, &index->entries[i], err) < 0 ||
            place_check(&index->entries[i], object, head_end, archive_size, err) < 0)
            return -1;
    }
    return neighbours_check(index, object, err);
}

static int previous_check(const json_t *root, const char *object, struct err *err)
{
    const json_t *previous = json_object_get(root, "previous");
    const char *name;
    uint8_t sha256[32];
    if (json_is_null(previous))
        return 0;
    if (!json_is_object(previous))
        return lies(object, "previous", _("neither null nor an object"), err);
    if (json_take_text(previous, "name", object, &name, err) < 0 ||
        json_take_hex(previous, "sha256", object, sha256, sizeof sha256, err) < 0)
        return err_wrap(err, "index.json");
    return 0;
}

static int head_parse(const char *object, struct index *index, struct err *err)
{
    const char *format;
    const char *sealed_at;
    uint64_t volume;
    uint8_t structure[32];
    const json_t *root = index->root;
    struct instant at;
    if (!json_is_object(root))
        return lies(object, _("the whole"), _("not an object"), err);
    if (json_take_text(root, "format", object, &format, err) < 0)
        return err_wrap(err, "index.json");
    if (strcmp(format, INDEX_FORMAT) != 0)
        return lies(object, "format", _("not one that this version reads"), err);
    if (json_take_text(root, "unit", object, &index->unit, err) < 0 ||
        json_take_text(root, "case", object, &index->case_number, err) < 0 ||
        json_take_text(root, "sealed_at", object, &sealed_at, err) < 0 ||
        json_take_u64(root, "volume", object, &volume, err) < 0 ||
        json_take_hex(root, "structure_sha256", object, structure, sizeof structure, err) < 0)
        return err_wrap(err, "index.json");
    if (volume == 0 || volume > UINT32_MAX)
        return lies(object, "volume", _("no number of a volume"), err);
    if (instant_parse(bytes_of(sealed_at), &at, NULL) < 0)
        return lies(object, "sealed_at", _("not a time"), err);
    if (has_control(index->unit) || has_control(index->case_number))
        return lies(object, "case", _("control characters in a text"), err);
    return previous_check(root, object, err);
}

int index_parse(struct bytes text, const char *object, uint64_t head_end, struct index *out,
                struct err *err)
{
    AUTO(index_release) struct index index = {.root = NULL};
    if (json_read(text, object, &index.root, err) < 0)
        return err_wrap(err, "index.json");
    if (head_parse(object, &index, err) < 0 || entries_parse(object, head_end, &index, err) < 0)
        return -1;
    *out = index;
    memset(&index, 0, sizeof index);
    return 0;
}
