#include "custody/grow.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"

#include "base/banned.h"

/* ---- files written in groups ---- */

/*
 * Files wait without a name until a group is flushed: content of all, then names, then folders.
 * A file system with a journal then writes its journal once or twice for the whole group.
 */
enum { GROUP_MAX = 48, GROUP_MODE = 0440 };

struct group_folder {
    char path[TILE_PATH_MAX]; /* without the last part */
    int fd;
};

struct group_file {
    char name[TILE_NAME_MAX];
    char path[TILE_PATH_MAX];
    unsigned folder;
    int fd;
};

struct group {
    int log; /* where temporary names stand, so that nothing is left beside the tiles */
    unsigned folder_count, file_count;
    struct group_folder folders[GROUP_MAX];
    struct group_file files[GROUP_MAX];
};

static void group_release(struct group *group)
{
    while (group->file_count > 0)
        close_at(&group->files[--group->file_count].fd);
    while (group->folder_count > 0)
        close_at(&group->folders[--group->folder_count].fd);
}

static int group_flush(struct group *group, struct err *err)
{
    for (unsigned i = 0; i < group->file_count; i++)
        if (file_sync(group->files[i].fd, group->files[i].path, err) < 0)
            return -1;
    for (unsigned i = 0; i < group->file_count; i++) {
        struct group_file *file = &group->files[i];
        if (durable_place_unflushed(file->fd, group->log, group->folders[file->folder].fd,
                                    file->name, err) < 0)
            return err_wrap(err, "%s", file->path);
        int fd = file->fd;
        file->fd = -1;
        if (file_close(fd, file->path, err) < 0)
            return -1;
    }
    for (unsigned i = 0; i < group->folder_count; i++)
        if (file_sync(group->folders[i].fd, group->folders[i].path, err) < 0)
            return -1;
    group_release(group);
    return 0;
}

/* The folder's place in the group. -1 with *err. */
static int group_folder(struct group *group, const char *path, struct err *err)
{
    struct group_folder *folder = &group->folders[group->folder_count];
    const char *slash = strrchr(path, '/');
    assert(slash != NULL && group->folder_count < GROUP_MAX);
    const size_t len = (size_t)(slash - path);
    for (unsigned i = 0; i < group->folder_count; i++)
        if (strlen(group->folders[i].path) == len && memcmp(group->folders[i].path, path, len) == 0)
            return (int)i;
    char name[TILE_NAME_MAX];
    folder->fd = tile_folder(group->log, path, TILE_FOLDER_MAKE, name, err);
    if (folder->fd < 0)
        return -1;
    memcpy(folder->path, path, len);
    folder->path[len] = '\0';
    return (int)group->folder_count++;
}

static int group_put(struct group *group, const struct tile *tile, struct bytes content,
                     struct err *err)
{
    if (group->file_count == GROUP_MAX && group_flush(group, err) < 0)
        return -1;
    struct group_file *file = &group->files[group->file_count];
    tile_path(tile, file->path);
    int folder = group_folder(group, file->path, err);
    if (folder < 0)
        return -1;
    const char *name = strrchr(file->path, '/') + 1;
    memcpy(file->name, name, strlen(name) + 1);
    file->folder = (unsigned)folder;
    file->fd = durable_unnamed(group->folders[folder].fd, file->path, GROUP_MODE, err);
    if (file->fd < 0)
        return -1;
    group->file_count++;
    return file_write(file->fd, file->path, content.at, content.len, err);
}

/* ---- growing ---- */

/* The right edge of the log: the row of hashes in each level's last tile, and the last bundle. */
struct growth {
    struct group group;
    struct tree_frontier frontier;
    uint8_t rows[TILE_LEVELS][TILE_BYTES];
    bool changed[TILE_LEVELS];
    struct text bundle; /* its octets */
};

static void growth_free(struct growth *growth)
{
    group_release(&growth->group);
    text_release(&growth->bundle);
    free(growth);
}
AUTO_DEFINE(struct growth *, growth_free, NULL);

static int growth_load(struct tiles *tiles, struct growth *growth, struct err *err)
{
    const uint64_t size = growth->frontier.size;
    for (int level = 0; level < TILE_LEVELS; level++) {
        struct tile tile = tile_of(level, tile_total(level, size) / TILE_WIDTH, size);
        const uint8_t *row;
        if (tile.width == 0)
            continue;
        if (tiles_row(tiles, &tile, &row, err) < 0)
            return -1;
        memcpy(growth->rows[level], row, (size_t)tile.width * CUSTODY_HASH);
    }
    const struct tile last = tile_of(TILE_ENTRIES, size / TILE_WIDTH, size);
    const struct bundle *bundle;
    if (last.width == 0)
        return 0;
    if (tiles_bundle(tiles, &last, &bundle, err) < 0)
        return -1;
    text_append_bytes(&growth->bundle,
                      (struct bytes){bundle->octets, bundle->starts[bundle->count]});
    return text_failed(&growth->bundle) ? err_memory(err, NULL) : 0;
}

static struct bytes growth_content(const struct growth *growth, const struct tile *tile)
{
    if (tile->level == TILE_ENTRIES)
        return (struct bytes){(const uint8_t *)growth->bundle.at, growth->bundle.len};
    return (struct bytes){growth->rows[tile->level], (size_t)tile->width * CUSTODY_HASH};
}

/* Puts the last tile of a level, full or partial. */
static int growth_put(struct growth *growth, int level, struct err *err)
{
    const uint64_t size = growth->frontier.size;
    const struct tile tile = tile_of(level, (tile_total(level, size) - 1) / TILE_WIDTH, size);
    return group_put(&growth->group, &tile, growth_content(growth, &tile), err);
}

static int take_hash(struct growth *growth, int level, const uint8_t hash[static CUSTODY_HASH],
                     struct err *err)
{
    const uint64_t total = tile_total(level, growth->frontier.size); /* this one included */
    memcpy(growth->rows[level] + (total - 1) % TILE_WIDTH * CUSTODY_HASH, hash, CUSTODY_HASH);
    growth->changed[level] = total % TILE_WIDTH != 0;
    return growth->changed[level] ? 0 : growth_put(growth, level, err);
}

static int take_entry(EVP_MD_CTX *sha, struct growth *growth, struct bytes entry, struct err *err)
{
    uint8_t leaf[CUSTODY_HASH];
    struct tree_grown grown;
    if (tree_leaf(sha, entry, leaf, err) < 0 ||
        tree_add(sha, &growth->frontier, leaf, &grown, err) < 0)
        return -1;

    const uint8_t length[] = {(uint8_t)(entry.len >> 8), (uint8_t)entry.len};
    text_append_bytes(&growth->bundle, (struct bytes){length, sizeof length});
    text_append_bytes(&growth->bundle, entry);
    if (text_failed(&growth->bundle))
        return err_memory(err, NULL);
    if (growth->frontier.size % TILE_WIDTH == 0) {
        if (growth_put(growth, TILE_ENTRIES, err) < 0)
            return -1;
        growth->bundle.len = 0;
    }
    for (int level = 0; (unsigned)level * TILE_HEIGHT < grown.levels; level++)
        if (take_hash(growth, level, grown.hashes[(size_t)level * TILE_HEIGHT], err) < 0)
            return -1;
    return 0;
}

/* The partial tiles of the new size. */
static int growth_end(struct growth *growth, struct err *err)
{
    if (growth->bundle.len > 0 && growth_put(growth, TILE_ENTRIES, err) < 0)
        return -1;
    for (int level = 0; level < TILE_LEVELS; level++)
        if (growth->changed[level] && growth_put(growth, level, err) < 0)
            return -1;
    return group_flush(&growth->group, err);
}

static int entries_check(uint64_t size, const struct bytes *entries, size_t count, struct err *err)
{
    if (count > CUSTODY_SIZE_MAX - size)
        return err_set(err, ERR_USAGE, NULL, "%s", _("the log is full"));
    for (size_t i = 0; i < count; i++) {
        char place[24];
        if (entries[i].len <= CUSTODY_ENTRY_MAX)
            continue;
        (void)snprintf(place, sizeof place, "%zu", i);
        return err_set(err, ERR_USAGE, place, _("an entry of %zu bytes: at most %d can be kept"),
                       entries[i].len, CUSTODY_ENTRY_MAX);
    }
    return 0;
}

int grow_write(struct tiles *tiles, struct tree_frontier *frontier, const struct bytes *entries,
               size_t count, struct err *err)
{
    if (entries_check(frontier->size, entries, count, err) < 0)
        return -1;
    if (count == 0)
        return 0;
    AUTO(growth_free) struct growth *growth = calloc(1, sizeof *growth);
    if (growth == NULL)
        return err_memory(err, NULL);
    growth->group.log = tiles_folder(tiles);
    growth->frontier = *frontier;
    text_init(&growth->bundle, BUNDLE_MAX + 1); /* and its NUL */
    if (growth_load(tiles, growth, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (take_entry(tiles_sha(tiles), growth, entries[i], err) < 0)
            return -1;
    if (growth_end(growth, err) < 0)
        return -1;
    *frontier = growth->frontier;
    return 0;
}

/* ---- tidying ---- */

static void remove_names(int folder, bool (*which)(int folder, const char *name))
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = again < 0 ? NULL : fdopendir(again);
    if (names == NULL) {
        close_at(&again);
        return;
    }
    for (;;) {
        const struct dirent *name = readdir(names); // NOLINT(concurrency-mt-unsafe): own DIR
        if (name == NULL)
            break;
        if (which(folder, name->d_name))
            (void)unlinkat(folder, name->d_name, 0); /* see the header */
    }
    (void)closedir(names);
}

static bool is_width(int folder, const char *name)
{
    uint64_t width;
    (void)folder;
    return bytes_parse_u64(bytes_of(name), &width) == 0;
}

/* The partial tiles at the place of a full one, if that is there. */
static void drop_partial(int folder, int level, uint64_t number)
{
    struct err ignored;
    char path[TILE_PATH_MAX], name[TILE_NAME_MAX], partial[TILE_NAME_MAX + 2];
    tile_path(&(struct tile){level, number, TILE_WIDTH}, path);
    AUTO(close) int in = tile_folder(folder, path, TILE_FOLDER_FIND, name, &ignored);
    struct stat full;
    if (in < 0 || fstatat(in, name, &full, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    (void)snprintf(partial, sizeof partial, "%s.p", name);
    AUTO(close) int widths = openat(in, partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (widths < 0)
        return;
    remove_names(widths, is_width);
    (void)unlinkat(in, partial, AT_REMOVEDIR);
}

void grow_tidy(int folder, uint64_t from, uint64_t to)
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        uint64_t number = tile_total(level, from) / TILE_WIDTH;
        if (number > 0)
            number--; /* a crash after the last checkpoint may have kept it from being tidied */
        for (; number < tile_total(level, to) / TILE_WIDTH; number++)
            drop_partial(folder, level, number);
    }
    remove_names(folder, durable_is_stale);
}
