#include "intake/list.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "probe/probe.h"

#include "base/banned.h"

struct folder {
    dev_t device; /* the tree's key, with inode */
    ino_t inode;
    uint32_t path; /* among the names */
    uint32_t number;
    unsigned marks;
};

struct list {
    char *names; /* NUL-terminated, one after the other */
    size_t names_len, names_room;
    struct list_file *files;
    size_t count, room;
    struct folder **folders; /* by number; owned */
    size_t folder_count, folder_room;
    void *tree;       /* tsearch(3) over the folders */
    uint32_t *sorted; /* numbers of companions by folder, stem and name; after list_settle */
    size_t sorted_count;
};

int list_open(struct list **out, struct err *err)
{
    struct list *list = calloc(1, sizeof *list);
    if (list == NULL)
        return err_memory(err, NULL);
    *out = list;
    return 0;
}

static void keep_node(void *folder)
{
    (void)folder; /* freed by number */
}

void list_free(struct list *list)
{
    if (list == NULL)
        return;
    tdestroy(list->tree, keep_node);
    for (size_t i = 0; i < list->folder_count; i++)
        free(list->folders[i]);
    free(list->folders);
    free(list->names);
    free(list->files);
    free(list->sorted);
    free(list);
}

static int too_many(struct err *err)
{
    return err_set(err, ERR_USAGE, NULL,
                   _("more than %d files in one run: give fewer folders at a time"),
                   (int)LIST_FILES_MAX);
}

/* Room for one more of `size` octets each, by doubling. */
static int grow(void *at, size_t count, size_t *room, size_t size, struct err *err)
{
    if (count < *room)
        return 0;
    size_t more = *room == 0 ? 64 : *room * 2;
    void *bigger = realloc(*(void **)at, more * size);
    if (bigger == NULL)
        return err_memory(err, NULL);
    *(void **)at = bigger;
    *room = more;
    return 0;
}

static int keep_text(struct list *list, const char *text, uint32_t *at, struct err *err)
{
    size_t len = strlen(text) + 1;
    if (len > LIST_NAMES_BYTES_MAX - list->names_len)
        return too_many(err);
    while (list->names_len + len > list->names_room) {
        size_t room = list->names_room == 0 ? 4096 : list->names_room * 2;
        char *names = realloc(list->names, room);
        if (names == NULL)
            return err_memory(err, NULL);
        list->names = names;
        list->names_room = room;
    }
    memcpy(list->names + list->names_len, text, len);
    *at = (uint32_t)list->names_len;
    list->names_len += len;
    return 0;
}

static int compare_folders(const void *a, const void *b)
{
    const struct folder *one = a;
    const struct folder *two = b;
    if (one->device != two->device)
        return one->device < two->device ? -1 : 1;
    if (one->inode != two->inode)
        return one->inode < two->inode ? -1 : 1;
    return 0;
}

int list_folder(struct list *list, const char *path, dev_t device, ino_t inode, uint32_t *number,
                unsigned **marks, struct err *err)
{
    struct folder key = {.device = device, .inode = inode};
    void *node = tfind(&key, &list->tree, compare_folders);
    if (node != NULL) {
        struct folder *known = *(struct folder **)node;
        *number = known->number;
        *marks = &known->marks;
        return 0;
    }
    if (list->folder_count >= LIST_FILES_MAX)
        return too_many(err);
    if (keep_text(list, path, &key.path, err) < 0 ||
        grow(&list->folders, list->folder_count, &list->folder_room, sizeof *list->folders, err) <
            0)
        return -1;
    struct folder *folder = malloc(sizeof *folder);
    if (folder == NULL)
        return err_memory(err, path);
    key.number = (uint32_t)list->folder_count;
    *folder = key;
    list->folders[list->folder_count++] = folder;
    if (tsearch(folder, &list->tree, compare_folders) == NULL)
        return err_memory(err, path);
    *number = folder->number;
    *marks = &folder->marks;
    return 0;
}

int list_add(struct list *list, uint32_t folder, const char *name, uint64_t size,
             enum list_kind kind, const char *reason, struct err *err)
{
    struct list_file file = {.folder = folder, .kind = kind, .size = size};
    if (list->count >= LIST_FILES_MAX)
        return too_many(err);
    if (grow(&list->files, list->count, &list->room, sizeof *list->files, err) < 0 ||
        keep_text(list, name, &file.name, err) < 0 ||
        (reason != NULL && keep_text(list, reason, &file.reason, err) < 0))
        return -1;
    list->files[list->count++] = file;
    return 0;
}

size_t list_count(const struct list *list)
{
    return list->count;
}

const struct list_file *list_at(const struct list *list, size_t number)
{
    return list->files + number;
}

void list_set_kind(struct list *list, size_t number, enum list_kind kind)
{
    list->files[number].kind = kind;
}

const char *list_name(const struct list *list, const struct list_file *file)
{
    return list->names + file->name;
}

const char *list_reason(const struct list *list, const struct list_file *file)
{
    return list->names + file->reason;
}

static int compare_names(const void *a, const void *b, void *context)
{
    const struct list *list = context;
    return strcmp(list_name(list, a), list_name(list, b));
}

void list_sort_from(struct list *list, size_t first)
{
    if (list->count - first > 1)
        qsort_r(list->files + first, list->count - first, sizeof *list->files, compare_names, list);
}

int list_path(const struct list *list, const struct list_file *file,
              char path[static LIST_PATH_MAX])
{
    const char *folder = list->names + list->folders[file->folder]->path;
    size_t len = strlen(folder);
    const char *between = len == 0 || folder[len - 1] == '/' ? "" : "/";
    int made = snprintf(path, LIST_PATH_MAX, "%s%s%s", folder, between, list_name(list, file));
    return made < 0 || made >= LIST_PATH_MAX ? -1 : 0;
}

/* ---- what is there twice, and companions ---- */

/* By folder and name; of equal ones the first stays, and one that may be taken by itself before
 * one that only lies beside. */
static int compare_places(const void *a, const void *b, void *context)
{
    const struct list *list = context;
    uint32_t one = *(const uint32_t *)a;
    uint32_t two = *(const uint32_t *)b;
    const struct list_file *x = list->files + one;
    const struct list_file *y = list->files + two;
    if (x->folder != y->folder)
        return x->folder < y->folder ? -1 : 1;
    int names = compare_names(x, y, context);
    if (names != 0)
        return names;
    if ((x->kind == LIST_BESIDE) != (y->kind == LIST_BESIDE))
        return x->kind == LIST_BESIDE ? 1 : -1;
    return one < two ? -1 : 1;
}

static void skip_seconds(struct list *list, uint32_t *order)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->files[i].kind != LIST_SKIP)
            order[count++] = (uint32_t)i;
    if (count > 1)
        qsort_r(order, count, sizeof *order, compare_places, list);
    for (size_t i = 1; i < count; i++) {
        const struct list_file *before = list->files + order[i - 1];
        struct list_file *file = list->files + order[i];
        if (file->folder == before->folder && compare_names(file, before, list) == 0)
            file->kind = LIST_SKIP;
    }
}

static struct bytes stem_of(const struct list *list, const struct list_file *file)
{
    const char *name = list_name(list, file);
    const char *dot = strrchr(name, '.');
    size_t len = dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
    return (struct bytes){(const uint8_t *)name, len};
}

static int compare_bytes(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.at, b.at, len);
    if (order != 0)
        return order;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int compare_stems(const struct list *list, const struct list_file *a,
                         const struct list_file *b)
{
    if (a->folder != b->folder)
        return a->folder < b->folder ? -1 : 1;
    return compare_bytes(stem_of(list, a), stem_of(list, b));
}

static int compare_companions(const void *a, const void *b, void *context)
{
    const struct list *list = context;
    const struct list_file *x = list->files + *(const uint32_t *)a;
    const struct list_file *y = list->files + *(const uint32_t *)b;
    int stems = compare_stems(list, x, y);
    return stems != 0 ? stems : compare_names(x, y, context);
}

/* The first of the sorted companions that is not before the file's stem. */
static size_t first_companion(const struct list *list, const struct list_file *file)
{
    size_t low = 0;
    for (size_t high = list->sorted_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (compare_stems(list, list->files + list->sorted[middle], file) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t list_companions(const struct list *list, const struct list_file *file, size_t *numbers,
                       size_t room)
{
    size_t count = 0;
    for (size_t i = first_companion(list, file); i < list->sorted_count && count < room; i++) {
        size_t number = list->sorted[i];
        if (compare_stems(list, list->files + number, file) != 0)
            break;
        numbers[count++] = number;
    }
    return count;
}

/* Which companions have a recording, and what becomes of the others. */
static int settle_companions(struct list *list, struct err *err)
{
    AUTO(free) bool *wanted = calloc(list->count + 1, sizeof *wanted);
    if (wanted == NULL)
        return err_memory(err, NULL);
    for (size_t i = 0; i < list->count; i++) {
        size_t numbers[PROBE_COMPANIONS_MAX];
        if (list->files[i].kind != LIST_TAKE)
            continue;
        size_t count = list_companions(list, list->files + i, numbers, PROBE_COMPANIONS_MAX);
        for (size_t k = 0; k < count; k++)
            wanted[numbers[k]] = true;
    }
    size_t left = 0;
    for (size_t i = 0; i < list->sorted_count; i++) {
        struct list_file *file = list->files + list->sorted[i];
        if (wanted[list->sorted[i]])
            list->sorted[left++] = list->sorted[i];
        else
            file->kind = file->kind == LIST_BESIDE ? LIST_SKIP : LIST_TAKE;
    }
    list->sorted_count = left;
    return 0;
}

int list_settle(struct list *list, struct err *err)
{
    list->sorted = calloc(list->count + 1, sizeof *list->sorted);
    if (list->sorted == NULL)
        return err_memory(err, NULL);
    skip_seconds(list, list->sorted);
    for (size_t i = 0; i < list->count; i++)
        if (list->files[i].kind == LIST_COMPANION || list->files[i].kind == LIST_BESIDE)
            list->sorted[list->sorted_count++] = (uint32_t)i;
    if (list->sorted_count > 1)
        qsort_r(list->sorted, list->sorted_count, sizeof *list->sorted, compare_companions, list);
    return settle_companions(list, err);
}

uint64_t list_bytes(const struct list *list)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct list_file *file = list->files + i;
        if (file->kind != LIST_SKIP && file->kind != LIST_REFUSE && ckd_add(&sum, sum, file->size))
            return UINT64_MAX; /* sparse files can claim that much; only a bar is drawn from it */
    }
    return sum;
}
