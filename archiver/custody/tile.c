#include "custody/tile.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"

#include "base/banned.h"

uint64_t tile_total(int level, uint64_t size)
{
    return level == TILE_ENTRIES ? size : size >> (TILE_HEIGHT * level);
}

struct tile tile_of(int level, uint64_t number, uint64_t size)
{
    uint64_t total = tile_total(level, size);
    uint64_t before = number * TILE_WIDTH;
    uint64_t width = total > before ? total - before : 0;
    return (struct tile){level, number, width < TILE_WIDTH ? (unsigned)width : TILE_WIDTH};
}

/* ---- paths ---- */

void tile_path(const struct tile *tile, char path[static TILE_PATH_MAX])
{
    uint64_t groups[7]; /* of three digits: enough for 64 bits */
    int count = 0;
    uint64_t rest = tile->number;
    do {
        groups[count++] = rest % 1000;
        rest /= 1000;
    } while (rest > 0);

    int len = tile->level == TILE_ENTRIES ? snprintf(path, TILE_PATH_MAX, "tile/entries")
                                          : snprintf(path, TILE_PATH_MAX, "tile/%d", tile->level);
    while (count-- > 0) {
        assert(len > 0 && len < TILE_PATH_MAX);
        len += snprintf(path + len, TILE_PATH_MAX - (size_t)len, "/%s%03u", count > 0 ? "x" : "",
                        (unsigned)groups[count]);
    }
    assert(len > 0 && len < TILE_PATH_MAX);
    if (tile->width < TILE_WIDTH)
        (void)snprintf(path + len, TILE_PATH_MAX - (size_t)len, ".p/%u", tile->width);
}

/* What went wrong with a part of the path is told of the whole of it. */
static int at_path(const char *path, struct err *err)
{
    (void)snprintf(err->object, sizeof err->object, "%s", path);
    return -1;
}

static int step(int folder, const char *name, const char *path, enum tile_folder_use use,
                struct err *err)
{
    if (use == TILE_FOLDER_MAKE) {
        int made = durable_folder(folder, name, err);
        return made < 0 ? at_path(path, err) : made;
    }
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? err_sys(err, path, _("open")) : fd;
}

int tile_folder(int folder, const char *path, enum tile_folder_use use,
                char name[static TILE_NAME_MAX], struct err *err)
{
    AUTO(close) int at = -1;
    struct bytes rest = bytes_of(path);
    for (;;) {
        struct bytes part = bytes_cut(rest, '/', &rest);
        assert(part.len < TILE_NAME_MAX);
        memcpy(name, part.at, part.len);
        name[part.len] = '\0';
        if (rest.len == 0)
            break;
        int next = step(at < 0 ? folder : at, name, path, use, err);
        if (next < 0)
            return -1;
        close_at(&at);
        at = next;
    }
    int opened = at;
    at = -1;
    return opened;
}

static int open_file(int folder, const char *path, struct err *err)
{
    char name[TILE_NAME_MAX];
    AUTO(close) int in = tile_folder(folder, path, TILE_FOLDER_FIND, name, err);
    if (in < 0)
        return -1;
    int fd = file_open_regular(in, name, err);
    return fd < 0 ? at_path(path, err) : fd;
}

/* Opens a tile's file, or that of the full tile at its place; `there` is the one found, `path` its
 * path. Where there is neither, the error names the tile that was asked for. */
static int open_tile(int folder, const struct tile *tile, struct tile *there,
                     char path[static TILE_PATH_MAX], struct err *err)
{
    *there = *tile;
    tile_path(there, path);
    int fd = open_file(folder, path, err);
    if (fd >= 0 || err->kind != ERR_MISSING || tile->width == TILE_WIDTH)
        return fd;
    struct err of_full = {0};
    there->width = TILE_WIDTH;
    tile_path(there, path);
    fd = open_file(folder, path, &of_full);
    if (fd < 0 && of_full.kind != ERR_MISSING)
        *err = of_full;
    return fd;
}

/* ---- hashes ---- */

int tile_read(int folder, const struct tile *tile, uint8_t octets[static TILE_BYTES],
              struct err *err)
{
    uint8_t content[TILE_BYTES + 1]; /* one more, to see that a file is too long */
    struct tile there;
    char path[TILE_PATH_MAX];
    size_t len;
    AUTO(close) int fd = open_tile(folder, tile, &there, path, err);
    if (fd < 0 || file_read(fd, path, content, sizeof content, &len, err) < 0)
        return -1;
    const size_t expected = (size_t)there.width * CUSTODY_HASH;
    if (len != expected)
        return err_set(err, ERR_DAMAGED, path,
                       len > expected ? _("longer than the %u hashes that belong there")
                                      : _("shorter than the %u hashes that belong there"),
                       there.width);
    memcpy(octets, content, (size_t)tile->width * CUSTODY_HASH);
    return 0;
}

/* ---- entries ---- */

int bundle_parse(struct bytes octets, unsigned count, uint32_t starts[static TILE_WIDTH + 1])
{
    size_t at = 0;
    if (count > TILE_WIDTH || octets.len > BUNDLE_MAX)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        starts[i] = (uint32_t)at;
        if (octets.len - at < 2)
            return -1;
        size_t len = (size_t)octets.at[at] << 8 | octets.at[at + 1];
        at += 2;
        if (octets.len - at < len)
            return -1;
        at += len;
    }
    starts[count] = (uint32_t)at;
    return at == octets.len ? 0 : -1;
}

int bundle_read(int folder, const struct tile *tile, struct bundle *bundle, struct err *err)
{
    struct tile there;
    char path[TILE_PATH_MAX];
    size_t len;
    AUTO(free) char *content = NULL;
    AUTO(close) int fd = open_tile(folder, tile, &there, path, err);
    if (fd < 0 || file_read_all(fd, path, BUNDLE_MAX, &content, &len, err) < 0)
        return -1;
    if (bundle_parse((struct bytes){(const uint8_t *)content, len}, there.width, bundle->starts) <
        0)
        return err_set(err, ERR_DAMAGED, path,
                       _("the lengths in it do not make the %u entries that belong there"),
                       there.width);
    bundle->octets = (uint8_t *)content;
    bundle->count = tile->width;
    content = NULL;
    return 0;
}

void bundle_release(struct bundle *bundle)
{
    free(bundle->octets);
    *bundle = (struct bundle){0};
}

struct bytes bundle_entry(const struct bundle *bundle, unsigned index)
{
    assert(index < bundle->count);
    const uint32_t start = bundle->starts[index] + 2;
    return (struct bytes){bundle->octets + start, bundle->starts[index + 1] - start};
}
