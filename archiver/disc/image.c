#include "disc/image.h"

/*
 * The image comes about in this order:
 *   1. PATH.shilu-part is made at its full length, so that a full disk shows before the work;
 *      whatever is not written yet reads as zeros.
 *   2. libisofs's head (all folders and tables) goes to its place. What follows it is contents and
 *      padding, and padding is zeros: so the tree can be read back by our own reader, compared with
 *      the cargo, and the structure's digest is known before a single recording is copied.
 *   3. The signed record goes to the system area; libisofs is not asked for more.
 *   4. All of it is written as one stream, that head and the contents from the archives, each
 *      checked against its digest, and the digest of the whole is computed (contents.c); then
 * fsync.
 *   5. The structure is computed once more, from what was written: it *must* be what was signed.
 *   6. The name PATH is given, never over something that is there, and the folder is flushed. The
 *      catalog's entry comes last: an image without an entry can be made again, an entry without
 *      an image would lie.
 * Where anything fails, PATH.shilu-part is removed; PATH too, unless the catalog's commit failed,
 * which may yet count. An image at PATH that is ours and in no register, as a crash before its
 * entry leaves it, is no obstacle: it is replaced in step 6.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "acts/acts.h"
#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/text.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "disc/cargo.h"
#include "disc/contents.h"
#include "disc/disc.h"
#include "disc/paper.h"
#include "disc/record.h"
#include "disc/volume.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { PIECE_BYTES = 1 << 20, NAME_MAX_BYTES = 255 };

struct target {
    const char *path;
    int folder;
    char name[NAME_MAX_BYTES + 1];
    char part[NAME_MAX_BYTES + 1];
    int fd;
    bool keep;     /* the part has become the image */
    bool replaces; /* what a run that died before its entry has left there */
};

static void target_close_at(struct target *target)
{
    if (target->fd >= 0) {
        if (!target->keep)
            (void)unlinkat(target->folder, target->part, 0); /* ours: the lock is held */
        (void)close(target->fd);
    }
    if (target->folder >= 0)
        (void)close(target->folder);
}

struct writer {
    const struct cargo *cargo;
    const struct key *key;
    const struct progress *progress;
    struct target *target;
    struct volume *volume;
    uint64_t bytes, head; /* of the image, and what comes before contents */
    uint8_t *piece;
    struct digest_pair structure;
    uint8_t sha256[32];
};

/* ---- the file ---- */

static int split_path(struct target *target, char *folder, size_t room, struct err *err)
{
    const char *slash = strrchr(target->path, '/');
    const char *name = slash == NULL ? target->path : slash + 1;
    const size_t folder_len = slash == NULL ? 0 : (size_t)(slash - target->path) + 1;
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        strlen(name) + strlen(".shilu-part") > NAME_MAX_BYTES || folder_len >= room)
        return err_set(err, ERR_USAGE, target->path, _("not a name for an image"));
    (void)snprintf(folder, room, "%.*s", (int)folder_len, target->path);
    if (folder_len == 0)
        (void)snprintf(folder, room, ".");
    (void)snprintf(target->name, sizeof target->name, "%s", name);
    (void)snprintf(target->part, sizeof target->part, "%s.shilu-part", name);
    return 0;
}

struct disc_search {
    const char *name;
    bool found;
};

static void look_at_disc(void *context, const struct catalog_disc *disc)
{
    struct disc_search *search = context;
    search->found = search->found || strcmp(disc->name, search->name) == 0;
}

static void disc_record_release_at(struct disc_record *record)
{
    disc_record_release(record);
}

/* Whether the file is an image that this vault has signed and never entered, nobody being about to
 * enter it. What cannot be read is none. */
static int is_unentered(struct vault *vault, const struct target *target, bool *unentered,
                        struct err *err)
{
    struct err none;
    const struct key *key;
    const struct custody_chain *chain;
    struct custody_signer signer;
    AUTO(disc_record_release) struct disc_record record = {0};
    AUTO(json_decref) json_t *statement = NULL;
    struct disc_search search = {.name = NULL};
    *unentered = false;
    AUTO(close) int fd = file_open_regular(target->folder, target->name, &none);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
        disc_record_read(fd, target->name, &record, &none) < 0)
        return 0;
    if (vault_public_key(vault, &key, err) < 0 || vault_key_chain(vault, &chain, err) < 0)
        return -1;
    if (custody_chain_verify(chain, key, bytes_of(record.message),
                             (struct bytes){record.signature, record.signature_len}, target->name,
                             &signer, &none) < 0 ||
        json_read(bytes_of(record.message), target->name, &statement, &none) < 0 ||
        json_take_text(statement, "disc", target->name, &search.name, &none) < 0)
        return 0;
    struct catalog_err from;
    if (catalog_disc_each(vault_catalog(vault), look_at_disc, &search, &from) < 0)
        return err_from_catalog(err, &from);
    *unentered = !search.found;
    return 0;
}

static int check_free(struct vault *vault, struct target *target, struct err *err)
{
    struct stat there;
    target->replaces = false;
    if (fstatat(target->folder, target->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_sys(err, target->path, "stat");
    if (is_unentered(vault, target, &target->replaces, err) < 0)
        return -1;
    return target->replaces ? 0 : err_set(err, ERR_CONFLICT, target->path, _("is there already"));
}

/* A part left by a run that died is taken over; one that a run is writing is locked. */
static int lock_part(const struct target *target, struct err *err)
{
    struct stat held;
    struct stat named;
    if (flock(target->fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? err_set(err, ERR_CONFLICT, target->path, _("another run is making it"))
                   : err_sys(err, target->part, "flock");
    if (fstat(target->fd, &held) < 0 ||
        fstatat(target->folder, target->part, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
        held.st_ino != named.st_ino || held.st_dev != named.st_dev)
        return err_set(err, ERR_CONFLICT, target->path, _("another run is making it"));
    if (!S_ISREG(held.st_mode))
        return err_set(err, ERR_USAGE, target->part, _("not a regular file"));
    return ftruncate(target->fd, 0) < 0 ? err_sys(err, target->part, "truncate") : 0;
}

static int target_open(struct vault *vault, struct target *target, struct err *err)
{
    char folder[4096];
    if (split_path(target, folder, sizeof folder, err) < 0)
        return -1;
    target->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target->folder < 0)
        return err_sys(err, folder, "open");
    if (check_free(vault, target, err) < 0)
        return -1;
    const int fd = openat(target->folder, target->part,
                          O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd < 0)
        return err_sys(err, target->part, "open");
    target->fd = fd;
    if (lock_part(target, err) < 0) {
        (void)close(fd); /* another's: not to be removed */
        target->fd = -1;
        return -1;
    }
    return 0;
}

static int target_reserve(const struct target *target, uint64_t bytes, struct err *err)
{
    if (fallocate(target->fd, 0, 0, (off_t)bytes) == 0)
        return 0;
    if (errno != EOPNOTSUPP)
        return err_sys(err, target->path, "reserve room");
    return ftruncate(target->fd, (off_t)bytes) < 0 ? err_sys(err, target->path, "truncate") : 0;
}

static int target_rename(struct vault *vault, struct target *target, struct err *err)
{
    const int folder = target->folder;
    if (!target->replaces &&
        renameat2(folder, target->part, folder, target->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (!target->replaces && errno == EEXIST)
        return err_set(err, ERR_CONFLICT, target->path, _("is there already"));
    if (!target->replaces && errno != EINVAL && errno != ENOSYS)
        return err_sys(err, target->path, "rename");
    /* over what was found, or on a file system without the flag: looked at once more */
    if (check_free(vault, target, err) < 0)
        return -1;
    return renameat(folder, target->part, folder, target->name) < 0
               ? err_sys(err, target->path, "rename")
               : 0;
}

static int target_publish(struct vault *vault, struct target *target, struct err *err)
{
    if (fchmod(target->fd, 0444) < 0 || fsync(target->fd) < 0)
        return err_sys(err, target->part, "fsync");
    if (target_rename(vault, target, err) < 0)
        return -1;
    target->keep = true;
    if (file_sync(target->folder, target->path, err) < 0) {
        (void)unlinkat(target->folder, target->name, 0); /* what counts is told */
        return -1;
    }
    return 0;
}

/* ---- what is written ---- */

/* Every planned file, of that size, and nothing else. */
static int compare_listing(const struct writer *writer, const struct disc_listing *listing,
                           struct err *err)
{
    const struct cargo *cargo = writer->cargo;
    for (size_t i = 0; i < cargo->file_count; i++) {
        const struct disc_file *there = disc_listing_find(listing, cargo->files[i].path);
        if (there == NULL || there->size != cargo->files[i].size)
            return err_set(err, ERR_DAMAGED, writer->target->path,
                           _("%s was not laid out as planned"), cargo->files[i].path);
    }
    if (listing->count != cargo->file_count)
        return err_set(err, ERR_DAMAGED, writer->target->path,
                       _("%zu files were laid out, %zu planned"), listing->count,
                       cargo->file_count);
    return 0;
}

static void disc_listing_release_at(struct disc_listing *listing)
{
    disc_listing_release(listing);
}

/* The listing is the caller's, to be released. */
static int read_structure(const struct writer *writer, struct disc_listing *listing,
                          struct digest_pair *structure, struct err *err)
{
    const struct target *target = writer->target;
    if (disc_listing_read(target->fd, target->part, listing, err) < 0 ||
        compare_listing(writer, listing, err) < 0)
        return -1;
    return disc_structure(target->fd, target->part, listing, writer->bytes, structure, err);
}

static size_t next_len(uint64_t at, uint64_t end)
{
    return end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
}

static int write_head(struct writer *writer, struct err *err)
{
    for (uint64_t at = 0; at < writer->head;) {
        const size_t len = next_len(at, writer->head);
        if (volume_read(writer->volume, writer->piece, len, err) < 0 ||
            file_write_at(writer->target->fd, writer->target->part, at, writer->piece, len, err) <
                0)
            return -1;
        at += len;
    }
    return 0;
}

static int write_record(struct writer *writer, struct disc_listing *listing, struct err *err)
{
    if (read_structure(writer, listing, &writer->structure, err) < 0)
        return -1;
    char made_at[INSTANT_TEXT];
    instant_print(writer->cargo->made_at, made_at);
    const struct record_statement statement = {.disc = writer->cargo->name,
                                               .made_at = made_at,
                                               .image_bytes = writer->bytes,
                                               .structure = writer->structure,
                                               .sha256sums = writer->cargo->sha256sums};
    if (disc_record_write(writer->key, &statement, writer->piece, err) < 0)
        return -1;
    return file_write_at(writer->target->fd, writer->target->part, 0, writer->piece, RECORD_AREA,
                         err);
}

static int check_structure(const struct writer *writer, struct err *err)
{
    AUTO(disc_listing_release) struct disc_listing listing = {0};
    struct digest_pair written;
    if (read_structure(writer, &listing, &written, err) < 0)
        return -1;
    if (!digest_equal(&written, &writer->structure))
        return err_set(err, ERR_DAMAGED, writer->target->path,
                       _("bytes between the files are not what was signed"));
    return 0;
}

static int write_image(struct writer *writer, struct err *err)
{
    const struct target *target = writer->target;
    const struct contents_target contents = {.fd = target->fd,
                                             .path = target->path,
                                             .name = target->name,
                                             .head = writer->head,
                                             .bytes = writer->bytes};
    AUTO(disc_listing_release) struct disc_listing listing = {0};
    if (target_reserve(target, writer->bytes, err) < 0 || write_head(writer, err) < 0 ||
        write_record(writer, &listing, err) < 0 ||
        contents_write(writer->cargo, &listing, &contents, writer->progress, writer->sha256, err) <
            0 ||
        file_sync(target->fd, target->part, err) < 0)
        return -1;
    return check_structure(writer, err);
}

/* ---- the register ---- */

static int image_path(const struct target *target, char *out, size_t room, struct err *err)
{
    char held[64];
    (void)snprintf(held, sizeof held, "/proc/self/fd/%d", target->folder);
    const ssize_t len = readlink(held, out, room);
    if (len < 0)
        return err_sys(err, target->path, "readlink");
    const size_t used = (size_t)len;
    if (used >= room || room - used < strlen(target->name) + 2)
        return err_set(err, ERR_USAGE, target->path, _("the path is too long"));
    (void)snprintf(out + used, room - used, "%s%s", used == 1 ? "" : "/", target->name);
    return 0;
}

static int enter(struct vault *vault, const struct writer *writer, int64_t *number, struct err *err)
{
    const struct cargo *cargo = writer->cargo;
    char path[4096];
    if (image_path(writer->target, path, sizeof path, err) < 0)
        return -1;
    struct catalog_disc disc = {.name = text_readable(cargo->name),
                                .image = path,
                                .size_bytes = writer->bytes,
                                .made_us = cargo->made_at.us};
    memcpy(disc.sha256, writer->sha256, 32);
    AUTO(free) int64_t *archives = calloc(cargo->bag_count, sizeof *archives);
    if (archives == NULL)
        return err_memory(err, cargo->name);
    for (size_t i = 0; i < cargo->bag_count; i++)
        archives[i] = cargo->bags[i].archive;
    struct acts_done done;
    if (acts_image(vault, &disc, archives, cargo->bag_count, &done, err) < 0)
        return -1;
    *number = done.number;
    return 0;
}

/* *unsure: the commit itself failed, and may yet count. */
static int enter_and_commit(struct vault *vault, const struct writer *writer, const char *by,
                            int64_t *number, bool *unsure, struct err *err)
{
    if (vault_begin(vault, by, err) < 0)
        return -1;
    if (enter(vault, writer, number, err) < 0) {
        vault_rollback(vault);
        return -1;
    }
    *unsure = vault_commit(vault, err) < 0;
    return *unsure ? -1 : 0;
}

static int publish_and_enter(struct vault *vault, const struct writer *writer, const char *by,
                             int64_t *number, struct err *err)
{
    struct target *target = writer->target;
    bool unsure = false;
    if (target_publish(vault, target, err) < 0)
        return -1;
    if (enter_and_commit(vault, writer, by, number, &unsure, err) < 0) {
        if (!unsure)
            (void)unlinkat(target->folder, target->name, 0); /* why it was not entered is told */
        return -1;
    }
    return 0;
}

static int make_at(struct vault *vault, const struct cargo *cargo, const struct key *key,
                   struct target *target, const char *by, const struct progress *progress,
                   struct disc_made *made, struct err *err)
{
    struct writer writer = {.cargo = cargo, .key = key, .progress = progress, .target = target};
    AUTO(free) uint8_t *piece = malloc(PIECE_BYTES);
    if (piece == NULL)
        return err_memory(err, target->path);
    writer.piece = piece;
    AUTO(volume_free) struct volume *volume = NULL;
    if (volume_open(cargo, &volume, &writer.bytes, &writer.head, err) < 0)
        return -1;
    writer.volume = volume;
    struct disc_made result = {.bytes = writer.bytes};
    if (write_image(&writer, err) < 0 ||
        disc_seal_value(target->fd, target->part, &result.seal, err) < 0 ||
        publish_and_enter(vault, &writer, by, &result.number, err) < 0)
        return -1;
    (void)snprintf(result.name, sizeof result.name, "%s", cargo->name);
    memcpy(result.sha256, writer.sha256, 32);
    *made = result;
    return 0;
}

int disc_image_at(struct vault *vault, const char *const *cases, size_t case_count,
                  const char *path, const char *by, int64_t made_us,
                  const struct progress *progress, struct disc_made *made, struct err *err)
{
    const struct key *key = NULL;
    if (vault_signing_key(vault, &key, err) < 0)
        return -1;
    /* what could not be entered in the end is told before the work */
    if (vault_begin(vault, by, err) < 0)
        return -1;
    vault_rollback(vault);
    AUTO(target_close) struct target target = {.path = path, .folder = -1, .fd = -1};
    if (target_open(vault, &target, err) < 0)
        return -1;
    AUTO(cargo_release) struct cargo cargo = {0};
    if (cargo_make(vault, cases, case_count, made_us, &cargo, err) < 0 ||
        cargo_add_papers(&cargo, key, err) < 0)
        return -1;
    return make_at(vault, &cargo, key, &target, by, progress, made, err);
}

int disc_image(struct vault *vault, const char *const *cases, size_t case_count, const char *path,
               const char *by, const struct progress *progress, struct disc_made *made,
               struct err *err)
{
    return disc_image_at(vault, cases, case_count, path, by, 0, progress, made, err);
}
