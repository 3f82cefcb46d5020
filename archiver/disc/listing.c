#include "disc/disc.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"

#include "base/banned.h"

/*
 * An image is read as a stranger's: every number in it may lie. What bounds the work:
 *   1. a folder's extent is read once; a second folder at the same sector is refused, so that the
 *      tree has no cycle;
 *   2. folders, files, bytes of folders and bytes of names have ceilings;
 *   3. continuation areas are followed a bounded number of times for one record.
 */
enum {
    SECTOR = 2048,
    FIRST_DESCRIPTOR = 16,
    FIRST_CONTENT = 17, /* nothing that belongs to a file or folder lies in front of it */
    FOLDERS_MAX = 8192,
    FILES_MAX = 200000,
    DEPTH_MAX = 16,
    PATH_BYTES = 1024,
    CONTINUATIONS_MAX = 8,
};
static const uint64_t FOLDER_BYTES_MAX = UINT64_C(64) << 20;
static const uint64_t NAME_BYTES_MAX = UINT64_C(64) << 20;

enum record_flag { FLAG_FOLDER = 0x02, FLAG_ASSOCIATED = 0x04, FLAG_MORE_EXTENTS = 0x80 };

struct folder {
    uint32_t sector;
    uint32_t size;
    unsigned depth;
    char *path; /* "" for the root, else ends with a slash */
};

struct reader {
    int fd;
    const char *object;
    struct disc_listing *listing;
    size_t room; /* of listing->files */
    struct folder *folders;
    size_t folder_count;
    uint64_t folder_bytes;
    uint64_t name_bytes;
    bool more_extents; /* the last file's next extent must follow */
    uint8_t identifier[256];
    size_t identifier_len;
    struct err *err;
};

/* One directory record, taken apart (ECMA-119, 9.1). */
struct record {
    uint32_t sector;
    uint32_t size;
    uint8_t flags;
    struct bytes identifier;
    struct bytes system_use;
    char name[256];
    size_t name_len;
};

static int damaged(const struct reader *reader, uint64_t sector, const char *what)
{
    return err_set(reader->err, ERR_DAMAGED, reader->object, _("sector %llu: %s"),
                   (unsigned long long)sector, what);
}

static uint32_t u32_little(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* A number recorded in both byte orders (ECMA-119, 7.3.3). 0, or -1 where the two differ. */
static int u32_both(const uint8_t *at, uint32_t *number)
{
    const uint32_t big =
        (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 8 | (uint32_t)at[7];
    *number = u32_little(at);
    return *number == big ? 0 : -1;
}

static bool all_zero(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.at[i] != 0)
            return false;
    }
    return true;
}

static int read_sector(const struct reader *reader, uint64_t sector, uint8_t at[static SECTOR])
{
    return file_read_exact(reader->fd, reader->object, sector * SECTOR, at, SECTOR, reader->err);
}

/* ---- names: System Use Sharing Protocol and Rock Ridge ---- */

struct continuation {
    bool there;
    uint32_t sector, offset, len;
};

static int take_name(struct record *record, struct bytes field)
{
    const uint8_t flags = field.at[4];
    const struct bytes part = {field.at + 5, field.len - 5};
    if ((flags & 0x06) != 0 || part.len >= sizeof record->name - record->name_len)
        return -1;
    memcpy(record->name + record->name_len, part.at, part.len);
    record->name_len += part.len;
    record->name[record->name_len] = '\0';
    return 0;
}

/* What is refused: links and moved folders have no place on a disc of ours. */
static bool is_refused(const uint8_t *field)
{
    static const char *const names[] = {"SL", "CL", "PL", "RE", "SF", "PN"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (memcmp(field, names[i], 2) == 0)
            return true;
    }
    return false;
}

static int take_fields(const struct reader *reader, uint64_t sector, struct bytes area,
                       struct record *record, struct continuation *next)
{
    while (area.len >= 4) {
        const size_t len = area.at[2];
        if (memcmp(area.at, "ST", 2) == 0)
            return 0;
        if (len == 0)
            break;
        if (len < 4 || len > area.len)
            return damaged(reader, sector, _("a system use field has no valid length"));
        const struct bytes field = {area.at, len};
        if (is_refused(field.at))
            return damaged(reader, sector, _("a link, a device or a moved folder"));
        if (memcmp(field.at, "NM", 2) == 0 && (len < 5 || take_name(record, field) < 0))
            return damaged(reader, sector, _("a Rock Ridge name is not valid"));
        if (memcmp(field.at, "CE", 2) == 0) {
            if (len != 28 || next->there || u32_both(field.at + 4, &next->sector) < 0 ||
                u32_both(field.at + 12, &next->offset) < 0 ||
                u32_both(field.at + 20, &next->len) < 0)
                return damaged(reader, sector, _("a continuation is not valid"));
            next->there = true;
        }
        area.at += len;
        area.len -= len;
    }
    return all_zero(area) ? 0 : damaged(reader, sector, _("bytes behind the system use fields"));
}

static int take_system_use(const struct reader *reader, uint64_t sector, struct record *record)
{
    struct continuation next = {0};
    if (take_fields(reader, sector, record->system_use, record, &next) < 0)
        return -1;
    for (unsigned hops = 0; next.there; hops++) {
        const struct continuation here = next;
        uint8_t area[SECTOR];
        if (hops >= CONTINUATIONS_MAX || here.sector < FIRST_CONTENT || here.offset > SECTOR ||
            here.len > SECTOR - here.offset)
            return damaged(reader, sector, _("a continuation leads astray"));
        if (read_sector(reader, here.sector, area) < 0)
            return -1;
        next = (struct continuation){0};
        if (take_fields(reader, here.sector, (struct bytes){area + here.offset, here.len}, record,
                        &next) < 0)
            return -1;
    }
    return 0;
}

/* Where there is no Rock Ridge name, the identifier without its version. */
static int take_plain_name(struct record *record)
{
    struct bytes rest;
    struct bytes name = bytes_cut(record->identifier, ';', &rest);
    if (name.len > 0 && name.at[name.len - 1] == '.')
        name.len--;
    if (name.len >= sizeof record->name)
        return -1;
    memcpy(record->name, name.at, name.len);
    record->name[name.len] = '\0';
    record->name_len = name.len;
    return 0;
}

static bool is_good_name(const struct record *record)
{
    const struct bytes name = {(const uint8_t *)record->name, record->name_len};
    if (name.len == 0 || strcmp(record->name, ".") == 0 || strcmp(record->name, "..") == 0)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] < 0x20 || name.at[i] == 0x7f || name.at[i] == '/')
            return false;
    }
    return text_is_utf8(name);
}

/* ---- the tree ---- */

/* Takes a record of `len` octets apart; the two entries for the folder and its parent have an
 * empty name. */
static int parse_record(const struct reader *reader, uint64_t sector, struct bytes octets,
                        struct record *record)
{
    *record = (struct record){.flags = octets.at[25]};
    const size_t identifier_len = octets.at[32];
    const size_t used = 33 + identifier_len + (identifier_len % 2 == 0 ? 1 : 0);
    if (identifier_len == 0 || used > octets.len || octets.at[1] != 0 || octets.at[26] != 0 ||
        octets.at[27] != 0 || u32_both(octets.at + 2, &record->sector) < 0 ||
        u32_both(octets.at + 10, &record->size) < 0)
        return damaged(reader, sector, _("a directory record is not valid"));
    record->identifier = (struct bytes){octets.at + 33, identifier_len};
    record->system_use = (struct bytes){octets.at + used, octets.len - used};
    if (identifier_len == 1 && record->identifier.at[0] <= 1)
        return 0;
    if (take_system_use(reader, sector, record) < 0)
        return -1;
    if ((record->name_len == 0 && take_plain_name(record) < 0) || !is_good_name(record) ||
        (record->flags & FLAG_ASSOCIATED) != 0)
        return damaged(reader, sector, _("a directory record has no valid name"));
    return 0;
}

static int add_folder(struct reader *reader, uint64_t at_sector, const struct record *record,
                      const char *path, unsigned depth)
{
    if (record->sector < FIRST_CONTENT || record->size == 0 || record->size % SECTOR != 0 ||
        depth > DEPTH_MAX || reader->folder_count == FOLDERS_MAX)
        return damaged(reader, at_sector, _("a folder is out of range"));
    reader->folder_bytes += record->size;
    if (reader->folder_bytes > FOLDER_BYTES_MAX)
        return damaged(reader, at_sector, _("the folders are too large"));
    for (size_t i = 0; i < reader->folder_count; i++) {
        if (reader->folders[i].sector == record->sector)
            return damaged(reader, at_sector, _("a folder occurs twice"));
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return err_memory(reader->err, reader->object);
    reader->folders[reader->folder_count++] = (struct folder){
        .sector = record->sector, .size = record->size, .depth = depth, .path = copy};
    return 0;
}

static int add_extent(struct reader *reader, uint64_t at_sector, struct disc_file *file,
                      const struct record *record)
{
    if (record->size == 0)
        return 0;
    if (record->sector < FIRST_CONTENT)
        return damaged(reader, at_sector, _("a file lies in front of the volume"));
    struct disc_extent *more =
        reallocarray(file->extents, file->extent_count + 1, sizeof *file->extents);
    if (more == NULL)
        return err_memory(reader->err, reader->object);
    file->extents = more;
    file->extents[file->extent_count++] =
        (struct disc_extent){(uint64_t)record->sector * SECTOR, record->size};
    file->size += record->size; /* extents of 32 bits, bounded in number: cannot overflow */
    return 0;
}

static int new_file(struct reader *reader, uint64_t at_sector, const char *path)
{
    struct disc_listing *listing = reader->listing;
    const size_t len = strlen(path);
    if (listing->count == FILES_MAX || reader->name_bytes + len > NAME_BYTES_MAX)
        return damaged(reader, at_sector, _("too many files"));
    if (listing->count == reader->room) {
        const size_t room = reader->room == 0 ? 64 : reader->room * 2;
        struct disc_file *more = reallocarray(listing->files, room, sizeof *more);
        if (more == NULL)
            return err_memory(reader->err, reader->object);
        listing->files = more;
        reader->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return err_memory(reader->err, reader->object);
    reader->name_bytes += len;
    listing->files[listing->count++] = (struct disc_file){.path = copy};
    return 0;
}

/* A file's record: a new file, or the next extent of the one before it (ECMA-119, 6.5.1). */
static int add_file(struct reader *reader, uint64_t at_sector, const struct record *record,
                    const char *path)
{
    const struct bytes before = {reader->identifier, reader->identifier_len};
    if (reader->more_extents) {
        const struct disc_file *last = &reader->listing->files[reader->listing->count - 1];
        if (!bytes_equal(before, record->identifier) || strcmp(last->path, path) != 0)
            return damaged(reader, at_sector, _("a file's next extent is missing"));
    } else if (new_file(reader, at_sector, path) < 0) {
        return -1;
    }
    memcpy(reader->identifier, record->identifier.at, record->identifier.len);
    reader->identifier_len = record->identifier.len;
    reader->more_extents = (record->flags & FLAG_MORE_EXTENTS) != 0;
    if (reader->more_extents && (record->size == 0 || record->size % SECTOR != 0))
        return damaged(reader, at_sector, _("an extent in the middle of a file is not whole"));
    return add_extent(reader, at_sector, &reader->listing->files[reader->listing->count - 1],
                      record);
}

static int take_record(struct reader *reader, size_t folder_index, uint64_t sector,
                       struct bytes octets)
{
    const struct folder *folder = &reader->folders[folder_index];
    struct record record;
    if (parse_record(reader, sector, octets, &record) < 0)
        return -1;
    if (record.name_len == 0)
        return 0;
    const bool is_folder = (record.flags & FLAG_FOLDER) != 0;
    char path[PATH_BYTES];
    const int len =
        snprintf(path, sizeof path, "%s%s%s", folder->path, record.name, is_folder ? "/" : "");
    if (len < 0 || (size_t)len >= sizeof path)
        return damaged(reader, sector, _("a path is too long"));
    if (!is_folder)
        return add_file(reader, sector, &record, path);
    if (reader->more_extents)
        return damaged(reader, sector, _("a file's next extent is missing"));
    return add_folder(reader, sector, &record, path, folder->depth + 1);
}

static int read_folder_sector(struct reader *reader, size_t folder_index, uint64_t sector)
{
    uint8_t buffer[SECTOR];
    if (read_sector(reader, sector, buffer) < 0)
        return -1;
    struct bytes rest = {buffer, sizeof buffer};
    while (rest.len > 0 && rest.at[0] != 0) {
        const size_t len = rest.at[0];
        if (len < 34 || len > rest.len)
            return damaged(reader, sector, _("a directory record has no valid length"));
        if (take_record(reader, folder_index, sector, (struct bytes){rest.at, len}) < 0)
            return -1;
        rest.at += len;
        rest.len -= len;
    }
    if (!all_zero(rest))
        return damaged(reader, sector, _("bytes behind the last directory record"));
    return 0;
}

static int read_folders(struct reader *reader)
{
    for (size_t i = 0; i < reader->folder_count; i++) {
        const uint32_t sectors = reader->folders[i].size / SECTOR;
        for (uint32_t s = 0; s < sectors; s++) {
            const uint64_t sector = (uint64_t)reader->folders[i].sector + s;
            if (read_folder_sector(reader, i, sector) < 0)
                return -1;
        }
        if (reader->more_extents)
            return damaged(reader, reader->folders[i].sector, _("a file's next extent is missing"));
    }
    return 0;
}

/* The primary volume descriptor (ECMA-119, 8.4). */
static int read_volume(struct reader *reader)
{
    uint8_t at[SECTOR];
    uint32_t blocks;
    struct record root = {0};
    if (reader->listing->size < (FIRST_CONTENT + 1) * (uint64_t)SECTOR)
        return err_set(reader->err, ERR_DAMAGED, reader->object, _("too short for a disc image"));
    if (read_sector(reader, FIRST_DESCRIPTOR, at) < 0)
        return -1;
    if (at[0] != 1 || memcmp(at + 1, "CD001", 5) != 0 || at[6] != 1)
        return damaged(reader, FIRST_DESCRIPTOR, _("not an ISO 9660 volume"));
    if (u32_both(at + 80, &blocks) < 0 || at[128] != (SECTOR & 0xff) || at[129] != SECTOR >> 8 ||
        at[156] != 34 || u32_both(at + 158, &root.sector) < 0 || u32_both(at + 166, &root.size) < 0)
        return damaged(reader, FIRST_DESCRIPTOR, _("the volume descriptor is not valid"));
    return add_folder(reader, FIRST_DESCRIPTOR, &root, "", 0);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct disc_file *)a)->path, ((const struct disc_file *)b)->path);
}

static int sort_files(const struct reader *reader)
{
    const struct disc_listing *listing = reader->listing;
    if (listing->count == 0)
        return 0;
    qsort(listing->files, listing->count, sizeof *listing->files, by_path);
    for (size_t i = 1; i < listing->count; i++) {
        if (strcmp(listing->files[i - 1].path, listing->files[i].path) == 0)
            return err_set(reader->err, ERR_DAMAGED, reader->object, _("%s occurs twice"),
                           listing->files[i].path);
    }
    return 0;
}

static int read_tree(struct reader *reader)
{
    if (read_volume(reader) < 0 || read_folders(reader) < 0 || sort_files(reader) < 0)
        return -1;
    return 0;
}

int disc_listing_read(int fd, const char *object, struct disc_listing *listing, struct err *err)
{
    struct disc_listing made = {0};
    if (file_size(fd, object, &made.size, err) < 0)
        return -1;
    struct reader reader = {.fd = fd, .object = object, .listing = &made, .err = err};
    AUTO(free) struct folder *folders = calloc(FOLDERS_MAX, sizeof *folders);
    if (folders == NULL)
        return err_memory(err, object);
    reader.folders = folders;
    const int result = read_tree(&reader);
    for (size_t i = 0; i < reader.folder_count; i++)
        free(reader.folders[i].path);
    if (result < 0) {
        disc_listing_release(&made);
        return -1;
    }
    *listing = made;
    return 0;
}

void disc_listing_release(struct disc_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->files[i].path);
        free(listing->files[i].extents);
    }
    free(listing->files);
    *listing = (struct disc_listing){0};
}

const struct disc_file *disc_listing_find(const struct disc_listing *listing, const char *path)
{
    size_t low = 0;
    size_t high = listing->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(listing->files[middle].path, path);
        if (order == 0)
            return &listing->files[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
