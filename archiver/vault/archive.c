#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * Sealing, seen from the disk. What must hold, else evidence is lost or debris stays:
 *  1. The part file is in incoming/, locked by its maker, before anything else exists (begin).
 *  2. NAME.tar is a second name of the part file, durable before the commit that names it (place).
 *  3. Loose copies go only after that commit (settle).
 *  4. The part's name goes last of all (settle, abandon). While it stands, NAME.tar of the same
 *     inode is either known to the catalog, then settle is run again, or not, then it goes.
 */

static const char part_ending[] = ".tar.part";

enum { PART_LEN = 250, RECORDING_FOLDERS = 256 };

/* The three names in "archives/YEAR/CASE/NAME.tar". */
struct place {
    char year[64], folder[96], tar[128];
    char part[256];
};

static int take_name(struct bytes from, char *to, size_t room)
{
    if (from.len == 0 || from.len >= room || from.at[0] == '.' || from.at[0] == '-')
        return -1;
    for (size_t i = 0; i < from.len; i++) {
        uint8_t c = from.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return -1;
        to[i] = (char)c;
    }
    to[from.len] = '\0';
    return 0;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t len = strlen(text);
    size_t end = strlen(ending);
    return len > end && strcmp(text + len - end, ending) == 0;
}

/* "YEAR?CASE?NAME.tar" with its separator. 0, or -1 where it is none. */
static int take_place(struct bytes text, uint8_t separator, struct place *place)
{
    struct bytes rest;
    struct bytes tar;
    struct bytes year = bytes_cut(text, separator, &rest);
    struct bytes folder = bytes_cut(rest, separator, &tar);
    if (take_name(year, place->year, sizeof place->year) < 0 ||
        take_name(folder, place->folder, sizeof place->folder) < 0 ||
        take_name(tar, place->tar, sizeof place->tar) < 0 || !ends_with(place->tar, ".tar"))
        return -1;
    int len = snprintf(place->part, sizeof place->part, "%s@%s@%s.part", place->year, place->folder,
                       place->tar);
    return len > 0 && len <= PART_LEN ? 0 : -1;
}

static int place_of(const char *relative, struct place *place, struct err *err)
{
    struct bytes rest;
    struct bytes first = bytes_cut(bytes_of(relative), '/', &rest);
    if (!bytes_equal(first, bytes_of(vault_folder_names[VAULT_ARCHIVES])) ||
        take_place(rest, '/', place) < 0)
        return err_set(err, ERR_USAGE, relative, _("not archives/YEAR/CASE/NAME.tar"));
    return 0;
}

bool archive_part_is(const char *name)
{
    return ends_with(name, part_ending);
}

/* Takes the lock of a part that is there. 1: taken, *fd is open; 0: another process has it, or it
 * is gone meanwhile. */
static int lock_part(int incoming, const char *part, int *fd, struct err *err)
{
    AUTO(close) int opened = openat(incoming, part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (opened < 0)
        return errno == ENOENT ? 0 : err_sys(err, part, _("open"));
    if (flock(opened, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? 0 : err_sys(err, part, _("lock"));
    struct stat mine;
    struct stat named;
    if (fstat(opened, &mine) < 0)
        return err_sys(err, part, _("stat"));
    if (fstatat(incoming, part, &named, AT_SYMLINK_NOFOLLOW) < 0 || mine.st_ino != named.st_ino)
        return 0;
    *fd = opened;
    opened = -1;
    return 1;
}

int vault_archive_begin(struct vault *vault, const char *relative, int *part_fd, struct err *err)
{
    struct place place;
    int incoming = vault->folders[VAULT_INCOMING];
    if (place_of(relative, &place, err) < 0)
        return -1;
    AUTO(close) int fd = durable_unnamed(incoming, place.part, VAULT_EVIDENCE_MODE, err);
    if (fd < 0)
        return -1;
    /* locked before it has a name: nobody ever finds it without its lock */
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return err_sys(err, place.part, _("lock"));
    for (int try = 0; durable_link_fd(fd, incoming, place.part, err) < 0; try++) {
        if (err->kind != ERR_CONFLICT)
            return -1;
        if (try > 0)
            return err_set(err, ERR_CONFLICT, relative, _("is being sealed by another process"));
        if (archive_recover(vault, place.part, err) < 0)
            return -1;
    }
    *part_fd = fd;
    fd = -1;
    return 0;
}

int vault_archive_place(struct vault *vault, const char *relative, struct err *err)
{
    struct place place;
    if (place_of(relative, &place, err) < 0)
        return -1;
    AUTO(close) int year = durable_folder(vault->folders[VAULT_ARCHIVES], place.year, err);
    if (year < 0)
        return -1;
    AUTO(close) int folder = durable_folder(year, place.folder, err);
    if (folder < 0)
        return -1;
    return durable_link(vault->folders[VAULT_INCOMING], place.part, folder, place.tar, err);
}

/* Which of recordings/00 to ff have to be flushed, and the first error of a callback. */
struct dropping {
    const struct vault *vault;
    bool touched[RECORDING_FOLDERS];
    int failed;
    struct err err;
};

static int drop(struct dropping *dropping, const char *stored_name, struct err *err)
{
    uint8_t folder;
    if (stored_unlink(dropping->vault, stored_name, err) < 0 ||
        bytes_from_hex((struct bytes){(const uint8_t *)stored_name, 2}, &folder, 1) < 0)
        return -1;
    dropping->touched[folder] = true;
    return 0;
}

static void drop_attachment(void *context, const struct catalog_attachment *attachment)
{
    struct dropping *dropping = context;
    if (dropping->failed == 0)
        dropping->failed = drop(dropping, attachment->stored_name, &dropping->err);
}

static int drop_recordings(struct dropping *dropping, int64_t archive, struct err *err)
{
    struct catalog *catalog = dropping->vault->catalog;
    struct catalog_err wrong;
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    if (catalog_archive_recordings(catalog, archive, &numbers, &count, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    for (size_t i = 0; i < count; i++) {
        struct catalog_recording *recording;
        if (catalog_recording_load(catalog, numbers[i], &recording, &wrong) < 0)
            return err_from_catalog(err, &wrong);
        int done = drop(dropping, recording->stored_name, err);
        catalog_recording_free(recording);
        if (done < 0)
            return -1;
    }
    return 0;
}

static int flush_touched(const struct dropping *dropping, struct err *err)
{
    for (unsigned i = 0; i < RECORDING_FOLDERS; i++) {
        uint8_t octet = (uint8_t)i;
        char name[3];
        if (!dropping->touched[i])
            continue;
        bytes_to_hex(&octet, 1, name);
        struct err wrong;
        AUTO(close) int folder = stored_folder(dropping->vault, name, &wrong);
        if (folder < 0 && wrong.kind == ERR_MISSING)
            continue; /* nothing was ever in it */
        if (folder < 0) {
            *err = wrong;
            return -1;
        }
        if (file_sync(folder, name, err) < 0)
            return -1;
    }
    return 0;
}

/* Within a transaction, so that nobody takes the same bytes in meanwhile. */
static int drop_loose(const struct vault *vault, int64_t archive, struct err *err)
{
    struct dropping dropping = {.vault = vault};
    struct catalog_err wrong;
    if (drop_recordings(&dropping, archive, err) < 0)
        return -1;
    if (catalog_archive_attachments(vault->catalog, archive, drop_attachment, &dropping, &wrong) <
        0)
        return err_from_catalog(err, &wrong);
    if (dropping.failed < 0) {
        *err = dropping.err;
        return -1;
    }
    return flush_touched(&dropping, err);
}

int vault_archive_settle(struct vault *vault, int64_t archive_number, const char *relative,
                         struct err *err)
{
    struct place place;
    struct catalog_err wrong;
    if (place_of(relative, &place, err) < 0)
        return -1;
    if (catalog_begin(vault->catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    int done = drop_loose(vault, archive_number, err);
    catalog_rollback(vault->catalog); /* nothing in it was changed */
    return done < 0 ? -1 : durable_remove(vault->folders[VAULT_INCOMING], place.part, err);
}

static int open_below(int folder, const char *name)
{
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Whether NAME.tar is the part file under its second name. */
static bool is_placed(const struct vault *vault, const struct place *place)
{
    char path[sizeof place->year + sizeof place->folder + sizeof place->tar];
    struct stat part;
    struct stat tar;
    (void)snprintf(path, sizeof path, "%s/%s/%s", place->year, place->folder, place->tar);
    return fstatat(vault->folders[VAULT_INCOMING], place->part, &part, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(vault->folders[VAULT_ARCHIVES], path, &tar, AT_SYMLINK_NOFOLLOW) == 0 &&
           part.st_dev == tar.st_dev && part.st_ino == tar.st_ino;
}

/* Takes NAME.tar away, and folders that hold nothing. */
static int take_away(const struct vault *vault, const struct place *place, bool with_tar,
                     struct err *err)
{
    AUTO(close) int year = open_below(vault->folders[VAULT_ARCHIVES], place->year);
    AUTO(close) int folder = year < 0 ? -1 : open_below(year, place->folder);
    if (folder < 0)
        return errno == ENOENT ? 0 : err_sys(err, place->tar, _("open its folder"));
    if ((with_tar ? durable_remove(folder, place->tar, err) : file_sync(folder, place->tar, err)) <
        0) /* taken away before, perhaps */
        return -1;
    /* where they hold something, they stay */
    if (unlinkat(year, place->folder, AT_REMOVEDIR) == 0)
        (void)unlinkat(vault->folders[VAULT_ARCHIVES], place->year, AT_REMOVEDIR);
    return 0;
}

static int abandon(const struct vault *vault, const struct place *place, struct err *err)
{
    if (take_away(vault, place, is_placed(vault, place), err) < 0)
        return -1;
    return durable_remove(vault->folders[VAULT_INCOMING], place->part, err);
}

int vault_archive_abandon(struct vault *vault, const char *relative, struct err *err)
{
    struct place place;
    if (place_of(relative, &place, err) < 0)
        return -1;
    return abandon(vault, &place, err);
}

int archive_remove(const struct vault *vault, const char *relative, struct err *err)
{
    struct place place;
    return place_of(relative, &place, err) < 0 ? -1 : take_away(vault, &place, true, err);
}

int archive_recover(struct vault *vault, const char *part, struct err *err)
{
    AUTO(close) int lock = -1;
    struct place place;
    struct stat st;
    size_t len = strlen(part) - strlen(".part");
    if (take_place((struct bytes){(const uint8_t *)part, len}, '@', &place) < 0 ||
        fstatat(vault->folders[VAULT_INCOMING], part, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(st.st_mode))
        return 0; /* a stray: left as it is, and named by verify */
    int taken = lock_part(vault->folders[VAULT_INCOMING], part, &lock, err);
    if (taken <= 0)
        return taken;

    if (!is_placed(vault, &place))
        return abandon(vault, &place, err);

    char relative[VAULT_PATH_MAX];
    (void)snprintf(relative, sizeof relative, "%s/%s/%s/%s", vault_folder_names[VAULT_ARCHIVES],
                   place.year, place.folder, place.tar);
    int64_t number;
    struct catalog_err wrong;
    if (catalog_archive_by_path(vault->catalog, relative, &number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return number == 0 ? abandon(vault, &place, err)
                       : vault_archive_settle(vault, number, relative, err);
}
