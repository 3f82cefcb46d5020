#include "audit/auditor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

enum { PATH_ROOM = 4096, DIGEST_DIGITS = 64, WALK_PATH = 1024, WALK_DEPTH = 16 };

AUTO_DEFINE(DIR *, closedir, NULL);

/* A use that was cut short, or is under way, has its record in incoming/: told there, once. */
static bool is_incoming(struct auditor *auditor, const char *name)
{
    return faccessat(vault_folder(auditor->vault, VAULT_INCOMING), name, F_OK,
                     AT_SYMLINK_NOFOLLOW) == 0;
}

static int stored_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    const char *slash = strrchr(below, '/');
    const char *name = slash != NULL ? slash + 1 : below;
    char path[VAULT_STORED_PATH];
    uint8_t digest[32];
    struct catalog_err from;
    int64_t number = 0;
    *known = false;
    if (strlen(name) <= DIGEST_DIGITS || strlen(name) >= VAULT_STORED_NAME ||
        bytes_from_hex((struct bytes){(const uint8_t *)name, DIGEST_DIGITS}, digest,
                       sizeof digest) < 0)
        return 0;
    vault_stored_path(name, path);
    if (strcmp(path, below) != 0)
        return 0;
    struct catalog *catalog = vault_catalog(auditor->vault);
    int result;
    if (strcmp(name + DIGEST_DIGITS, ".json") == 0) { /* a sidecar */
        result = catalog_recording_by_digest(catalog, digest, &number, &from);
        *known = number != 0;
    } else {
        result = catalog_stored_is_loose(catalog, name, known, &from);
        *known = *known || is_incoming(auditor, name);
    }
    return result < 0 ? err_from_catalog(err, &from) : 0;
}

static int archive_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    char path[PATH_ROOM];
    (void)snprintf(path, sizeof path, "archives/%s", below); /* below is shorter: see walk */
    int64_t number = 0;
    struct catalog_err from;
    if (catalog_archive_by_path(vault_catalog(auditor->vault), path, &number, &from) < 0)
        return err_from_catalog(err, &from);
    (void)snprintf(path, sizeof path, "%s.part", below);
    for (char *at = path; *at != '\0'; at++)
        if (*at == '/')
            *at = '@';
    *known = number != 0 || is_incoming(auditor, path);
    return 0;
}

static int nothing_known(struct auditor *auditor, const char *below, bool *known, struct err *err)
{
    (void)auditor;
    (void)below;
    (void)err;
    *known = false;
    return 0;
}

static void found_unreadable(struct auditor *auditor, const char *path, const char *what)
{
    struct err err;
    (void)err_sys(&err, path, what);
    auditor_found(auditor, AUDIT_UNREADABLE, path, NULL, err.text);
}

static int walk(struct auditor *auditor, const struct place *place, int folder, const char *prefix,
                unsigned depth, struct err *err);

static int walk_entry(struct auditor *auditor, const struct place *place, int folder,
                      const char *below, const char *name, unsigned depth, struct err *err)
{
    char path[WALK_PATH + 32];
    (void)snprintf(path, sizeof path, "%s/%s", vault_folder_name(place->folder), below);
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* gone meanwhile */
    if (S_ISDIR(st.st_mode) && depth < WALK_DEPTH) {
        char deeper_prefix[WALK_PATH + 1];
        (void)snprintf(deeper_prefix, sizeof deeper_prefix, "%s/", below);
        int deeper = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (deeper >= 0)
            return walk(auditor, place, deeper, deeper_prefix, depth + 1, err);
        found_unreadable(auditor, path, _("open"));
        return 0;
    }
    /* a link in the place of a file that should be there is found where that is looked at */
    bool known = false;
    if (!S_ISDIR(st.st_mode) && place->is_known(auditor, below, &known, err) < 0)
        return -1;
    if (!known) {
        auditor->session.report->checked++;
        auditor_found(auditor, AUDIT_EXTRA, path, NULL, place->detail);
    }
    return 0;
}

/* Everything below a folder of the vault; `folder` is taken over. */
static int walk(struct auditor *auditor, const struct place *place, int folder, const char *prefix,
                unsigned depth, struct err *err)
{
    AUTO(closedir) DIR *entries = fdopendir(folder);
    if (entries == NULL) {
        found_unreadable(auditor, vault_folder_name(place->folder), _("read the folder"));
        (void)close(folder); /* only read from */
        return 0;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL && errno != 0)
            found_unreadable(auditor, vault_folder_name(place->folder), _("read the folder"));
        if (entry == NULL)
            return 0;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char below[WALK_PATH];
        int len = snprintf(below, sizeof below, "%s%s", prefix, entry->d_name);
        if (len < 0 || (size_t)len >= sizeof below)
            auditor_found(auditor, AUDIT_EXTRA, vault_folder_name(place->folder), NULL,
                          place->detail);
        else if (walk_entry(auditor, place, dirfd(entries), below, entry->d_name, depth, err) < 0)
            return -1;
    }
}

int auditor_walk(struct auditor *auditor, const struct place *place, struct err *err)
{
    int held = vault_folder(auditor->vault, place->folder);
    if (held < 0)
        return 0; /* that it is missing is found once */
    int folder = openat(held, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
        return walk(auditor, place, folder, "", 0, err);
    found_unreadable(auditor, vault_folder_name(place->folder), _("open"));
    return 0;
}

int auditor_check_incoming(struct auditor *auditor, struct err *err)
{
    const struct place incoming = {
        VAULT_INCOMING, nothing_known,
        _("left by a run that was interrupted, or another is at work; the next ingest or seal "
          "clears up what was left")};
    return auditor_walk(auditor, &incoming, err);
}

int auditor_check_strays(struct auditor *auditor, struct err *err)
{
    const char *unnamed = _("nothing in the catalog names this file");
    const struct place recordings = {VAULT_RECORDINGS, stored_known, unnamed};
    const struct place archives = {VAULT_ARCHIVES, archive_known, unnamed};
    if (auditor_walk(auditor, &recordings, err) < 0 || auditor_walk(auditor, &archives, err) < 0)
        return -1;
    return auditor_check_incoming(auditor, err);
}
