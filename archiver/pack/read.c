#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "pack/index.h"
#include "pack/pack.h"
#include "pack/tar.h"

#include "base/banned.h"

enum {
    HEAD_MEMBERS_MAX = 64, /* the index stands among the first of them, or this is none of ours */
    COPY_BYTES = 1 << 20,
};

struct pack {
    int fd;
    char *object;
    char *bag;
    char *text; /* index.json, decoded in place: what the index's texts are in */
    uint64_t text_offset;
    size_t text_len;
    struct index index;
    json_t **root; /* the whole of it as a tree, made when it is first asked for */
};

static const char index_name[] = "/index.json", signed_list_name[] = "/tagmanifest-sha256.txt";

/* "BAG/index.json": the length of BAG, or 0 where the name is another. */
static size_t bag_length(const char *name, const char *wanted)
{
    const char *slash = strchr(name, '/');
    return slash != NULL && slash > name && strcmp(slash, wanted) == 0 &&
                   strncmp(name, "..", (size_t)(slash - name)) != 0
               ? (size_t)(slash - name)
               : 0;
}

/* A file of the bag at the archive's head. */
static int head_find(int fd, const char *object, const char *wanted, struct tar_member *member,
                     struct err *err)
{
    AUTO(free) struct tar_reader *reader = malloc(sizeof *reader);
    if (reader == NULL)
        return err_memory(err, object);
    if (tar_reader_init(reader, fd, object, NULL, err) < 0)
        return -1;
    reader->is_head_only = true; /* zeros of any length may stand there */
    for (int i = 0; i < HEAD_MEMBERS_MAX; i++) {
        bool found;
        if (tar_next(reader, member, &found, err) < 0)
            return err_wrap(err, _("not a sealed archive, or damaged at its head"));
        if (!found)
            break;
        if (!member->is_folder && bag_length(member->name, wanted) > 0)
            return 0;
    }
    return err_set(err, ERR_DAMAGED, object,
                   _("a tar, but not a sealed archive: no %s at its head"), wanted + 1);
}

static int head_read(struct pack *pack, struct err *err)
{
    AUTO(free) struct tar_member *member = malloc(sizeof *member);
    if (member == NULL)
        return err_memory(err, pack->object);
    if (head_find(pack->fd, pack->object, index_name, member, err) < 0)
        return -1;
    if (member->size > INDEX_BYTES_MAX)
        return err_set(err, ERR_DAMAGED, pack->object, _("index.json: longer than %d bytes"),
                       INDEX_BYTES_MAX);
    pack->text_offset = member->offset;
    pack->text_len = (size_t)member->size;
    pack->bag = strndup(member->name, bag_length(member->name, index_name));
    pack->text = malloc(pack->text_len + 1);
    if (pack->bag == NULL || pack->text == NULL)
        return err_memory(err, pack->object);
    if (file_read_exact(pack->fd, pack->object, pack->text_offset, pack->text, pack->text_len,
                        err) < 0)
        return err_wrap(err, "index.json");
    return index_parse(pack->text, pack->text_len, pack->object, pack->text_offset + pack->text_len,
                       &pack->index, err);
}

int pack_open(int fd, const char *object, struct pack **out, struct err *err)
{
    AUTO(close) int held = fd; /* the pack's from here on, and closed where it cannot be opened */
    AUTO(pack_free) struct pack *pack = calloc(1, sizeof *pack);
    if (pack == NULL)
        return err_memory(err, object);
    pack->fd = held;
    held = -1;
    pack->object = strdup(object);
    pack->root = calloc(1, sizeof(*pack->root));
    if (pack->object == NULL || pack->root == NULL)
        return err_memory(err, object);
    if (head_read(pack, err) < 0)
        return -1;
    *out = pack;
    pack = NULL;
    return 0;
}

void pack_free(struct pack *pack)
{
    if (pack == NULL)
        return;
    index_release(&pack->index);
    free(pack->text);
    if (pack->root != NULL)
        json_decref(*pack->root);
    free(pack->root);
    (void)close(pack->fd); /* only read from */
    free(pack->bag);
    free(pack->object);
    free(pack);
}

const char *pack_bag(const struct pack *pack)
{
    return pack->bag;
}

const char *pack_case(const struct pack *pack)
{
    return pack->index.case_number;
}

const char *pack_unit(const struct pack *pack)
{
    return pack->index.unit;
}

int pack_fd(const struct pack *pack)
{
    return pack->fd;
}

int pack_index(const struct pack *pack, const json_t **index, struct err *err)
{
    if (*pack->root == NULL) {
        AUTO(free) char *text = malloc(pack->text_len + 1);
        if (text == NULL)
            return err_memory(err, pack->object);
        if (file_read_exact(pack->fd, pack->object, pack->text_offset, text, pack->text_len, err) <
            0)
            return -1;
        struct bytes whole = {(const uint8_t *)text, pack->text_len};
        if (json_read(whole, pack->object, pack->root, err) < 0)
            return -1;
    }
    *index = *pack->root;
    return 0;
}

int pack_seal_value(const struct pack *pack, struct seal_value *seal, struct err *err)
{
    AUTO(free) struct tar_member *member = malloc(sizeof *member);
    if (member == NULL)
        return err_memory(err, pack->object);
    if (head_find(pack->fd, pack->object, signed_list_name, member, err) < 0)
        return -1;
    if (member->size > INDEX_BYTES_MAX)
        return err_set(err, ERR_DAMAGED, pack->object, _("%s: longer than %d bytes"),
                       signed_list_name + 1, INDEX_BYTES_MAX);
    const size_t len = (size_t)member->size;
    AUTO(free) char *text = malloc(len + 1);
    if (text == NULL)
        return err_memory(err, pack->object);
    if (file_read_exact(pack->fd, pack->object, member->offset, text, len, err) < 0)
        return err_wrap(err, "%s", signed_list_name + 1);
    return seal_value_of(SEAL_ARCHIVE, (struct bytes){(const uint8_t *)text, len}, seal, err);
}

const struct pack_entry *pack_entries(const struct pack *pack, size_t *count)
{
    *count = pack->index.count;
    return pack->index.entries;
}

static const char *by_own_id(const struct pack_entry *entry)
{
    return entry->own_id;
}

static const char *by_full_name(const struct pack_entry *entry)
{
    return entry->name;
}

static const char *by_last_name(const struct pack_entry *entry)
{
    return strrchr(entry->name, '/') + 1; /* "data/…", checked when the index was read */
}

static const char *by_original_name(const struct pack_entry *entry)
{
    return entry->original_name;
}

const struct pack_entry *pack_find(const struct pack *pack, const char *name)
{
    const char *(*const ways[])(const struct pack_entry *) = {by_own_id, by_full_name, by_last_name,
                                                              by_original_name};
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        for (size_t i = 0; i < pack->index.count; i++) {
            const struct pack_entry *entry = &pack->index.entries[i];
            if (strcmp(ways[way](entry), name) == 0)
                return entry;
        }
    }
    return NULL;
}

static int copy_digested(const struct pack *pack, const struct pack_entry *entry, int to,
                         const char *to_object, struct digest_pair *pair, struct err *err)
{
    AUTO(free) uint8_t *buffer = malloc(COPY_BYTES);
    if (buffer == NULL)
        return err_memory(err, to_object);
    AUTO(digest_free) struct digest *digest = NULL;
    if (entry->size > COPY_BYTES && digest_open(&digest, err) < 0)
        return -1;
    uint64_t done = 0;
    do {
        uint64_t left = entry->size - done;
        size_t len = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        if (file_read_exact(pack->fd, pack->object, entry->offset + done, buffer, len, err) < 0)
            return err_wrap(err, "%s", entry->name);
        struct bytes part = {buffer, len};
        if (digest != NULL && digest_feed(digest, part, err) < 0)
            return -1;
        if (digest == NULL && digest_bytes(part, pair, err) < 0) /* the only part */
            return -1;
        if (file_write(to, to_object, buffer, len, err) < 0)
            return -1;
        done += len;
    } while (done < entry->size);
    return digest != NULL ? digest_finish(digest, pair, err) : 0;
}

int pack_cat(const struct pack *pack, const struct pack_entry *entry, int to, const char *to_object,
             struct err *err)
{
    struct digest_pair pair;
    if (copy_digested(pack, entry, to, to_object, &pair, err) < 0)
        return -1;
    if (!digest_equal(&pair, &entry->digests))
        return err_set(err, ERR_DAMAGED, entry->name,
                       _("%s: its bytes are not those that were sealed: the digests differ"),
                       pack->object);
    return 0;
}

/* Of a longer name the first part is enough: one is written at a time. */
enum { PART_NAME_MAX = NAME_MAX - sizeof ".shilu-part" + 1 };

static int name_taken(const char *name, struct err *err)
{
    return err_set(err, ERR_CONFLICT, name, _("a file of that name is there already"));
}

/* A new file, or one that a killed extraction has left, for us alone: a plain file of this one
 * name.
 */
static int open_part(int folder, const char *part, struct err *err)
{
    struct stat st;
    AUTO(close)
    int to = openat(folder, part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (to < 0 && errno == ENXIO) /* a pipe that nobody reads */
        return name_taken(part, err);
    if (to < 0 || fstat(to, &st) < 0)
        return err_sys(err, part, _("create"));
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
        return name_taken(part, err);
    if (flock(to, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? name_taken(part, err) : err_sys(err, part, _("lock"));
    if (ftruncate(to, 0) < 0)
        return err_sys(err, part, _("create"));
    const int opened = to;
    to = -1;
    return opened;
}

/* Not over a file that is there. Some file systems over the network cannot promise that in one
 * step. */
static int give_name(int folder, const char *part, const char *name, struct err *err)
{
    int done = renameat2(folder, part, folder, name, RENAME_NOREPLACE);
    if (done < 0 && errno == EINVAL) {
        if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return name_taken(name, err);
        done = renameat(folder, part, folder, name);
    }
    if (done < 0)
        return errno == EEXIST ? name_taken(name, err) : err_sys(err, part, _("rename"));
    return 0;
}

int pack_extract(const struct pack *pack, const struct pack_entry *entry, int folder,
                 struct err *err)
{
    const char *name = by_last_name(entry);
    char part[NAME_MAX + 1];
    (void)snprintf(part, sizeof part, "%.*s.shilu-part", PART_NAME_MAX, name);
    if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return name_taken(name, err);
    AUTO(close) int to = open_part(folder, part, err);
    if (to < 0)
        return -1;
    int done = pack_cat(pack, entry, to, name, err);
    if (done == 0)
        done = give_name(folder, part, name, err);
    if (done < 0)
        (void)unlinkat(folder, part, 0); /* it is not what it says; the error is told in any case */
    const int written = to;
    to = -1;
    struct err closing;
    if (file_close(written, name, done < 0 ? &closing : err) == 0 && done == 0)
        return 0;
    if (done == 0)
        (void)unlinkat(folder, name, 0); /* as above */
    return -1;
}
