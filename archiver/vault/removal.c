#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * What a disposal has decided to remove stands in the catalog from the commit on that decides it,
 * until it is gone from the disk, durably. So it cannot be half-done for good: either the commit
 * was, then this is run until nothing is noted, or it was not, then nothing is noted.
 *
 * The list is in no log, and so no proof of anything: what it names is removed only where a
 * disposal explains it, and the rest of the catalog has no use for it.
 */

enum { NOTED_BYTES_MAX = 256 << 20 };

static const char in_recordings[] = "recordings/";
static const char in_archives[] = "archives/";

static int note(struct vault *vault, const char *path, struct err *err)
{
    struct catalog_err wrong;
    return catalog_removal_add(vault->catalog, path, &wrong) < 0 ? err_from_catalog(err, &wrong)
                                                                 : 0;
}

int vault_removal_note_stored(struct vault *vault, const char *stored_name, struct err *err)
{
    char path[sizeof in_recordings + VAULT_STORED_PATH];
    char below[VAULT_STORED_PATH];
    vault_stored_path(stored_name, below);
    (void)snprintf(path, sizeof path, "%s%s", in_recordings, below);
    return note(vault, path, err);
}

int vault_removal_note_archive(struct vault *vault, const char *relative, struct err *err)
{
    return note(vault, relative, err);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int remove_stored(struct vault *vault, const char *stored_name, struct err *err)
{
    struct err none;
    if (stored_unlink(vault, stored_name, err) < 0)
        return -1;
    AUTO(close) int folder = stored_folder(vault, stored_name, &none);
    if (folder < 0 && none.kind == ERR_MISSING)
        return 0; /* nothing was ever in it */
    return folder < 0 ? (void)(*err = none), -1 : file_sync(folder, stored_name, err);
}

static int remove_archive(struct vault *vault, const char *relative, struct err *err)
{
    int64_t number;
    struct catalog_err wrong;
    if (catalog_archive_by_path(vault->catalog, relative, &number, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return number != 0 ? 0 : archive_remove(vault, relative, err);
}

static int strange(const char *path, struct err *err)
{
    return err_set(
        err, ERR_TAMPERED, path,
        _("tampering: the catalog's table removals has the row \"%s\", which no disposal "
          "explains; \"shilu catalog rebuild\" makes the catalog anew without it"),
        path);
}

static int check_explained(struct vault *vault, struct err *err)
{
    AUTO(free) char *path = NULL;
    struct catalog_err wrong;
    if (catalog_removal_strange(vault->catalog, &path, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return path != NULL ? strange(path, err) : 0;
}

static int remove_one(struct vault *vault, const char *path, struct err *err)
{
    if (begins(path, in_archives))
        return remove_archive(vault, path, err);
    const char *name = strrchr(path, '/');
    if (!begins(path, in_recordings) || name == NULL)
        return strange(path, err);
    return remove_stored(vault, name + 1, err);
}

/* The paths, each with its NUL. */
static void take(void *context, const char *path)
{
    struct text *noted = context;
    text_append_bytes(noted, (struct bytes){(const uint8_t *)path, strlen(path) + 1});
}

static int list(struct vault *vault, struct text *noted, struct err *err)
{
    struct catalog_err wrong;
    if (catalog_removal_each(vault->catalog, take, noted, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return text_failed(noted) ? err_memory(err, vault->path) : 0;
}

/* Within a transaction, so that nobody takes the same bytes in meanwhile. */
static int remove_all(struct vault *vault, struct err *err)
{
    AUTO(text_release) struct text noted;
    struct catalog_err wrong;
    text_init(&noted, NOTED_BYTES_MAX);
    if (list(vault, &noted, err) < 0 || check_explained(vault, err) < 0)
        return -1;
    for (size_t at = 0; at < noted.len; at += strlen(noted.at + at) + 1)
        if (remove_one(vault, noted.at + at, err) < 0)
            return -1;
    return catalog_removals_clear(vault->catalog, &wrong) < 0 ? err_from_catalog(err, &wrong) : 0;
}

int vault_removals_finish(struct vault *vault, struct err *err)
{
    AUTO(text_release) struct text noted;
    struct catalog_err wrong;
    text_init(&noted, NOTED_BYTES_MAX);
    if (list(vault, &noted, err) < 0)
        return -1;
    if (noted.len == 0)
        return 0;
    if (catalog_begin(vault->catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (remove_all(vault, err) < 0) {
        catalog_rollback(vault->catalog);
        return -1;
    }
    return catalog_commit(vault->catalog, &wrong) < 0 ? err_from_catalog(err, &wrong) : 0;
}
