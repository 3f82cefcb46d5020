#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "custody/key.h"
#include "vault/vault_private.h"

#include "base/banned.h"

const char *const vault_folder_names[VAULT_FOLDERS] = {
    [VAULT_ROOT] = ".",
    [VAULT_INCOMING] = "incoming",
    [VAULT_RECORDINGS] = "recordings",
    [VAULT_ARCHIVES] = "archives",
    [VAULT_DISCS] = "discs",
    [VAULT_LOG] = "log",
};
const char vault_conf_name[] = "shilu.conf";
const char vault_catalog_name[] = "catalog.db";
const char vault_keys_name[] = "keys";
const char vault_private_key_name[] = "keys/signing.pem";
const char vault_public_key_name[] = "keys/public.pem";

void vault_join(const char *path, const char *name, char joined[static VAULT_PATH_MAX])
{
    (void)snprintf(joined, VAULT_PATH_MAX, "%s/%s", path, name);
}

int vault_read_small(const struct vault *vault, const char *name, size_t ceiling, char **text,
                     size_t *len, struct err *err)
{
    char joined[VAULT_PATH_MAX];
    vault_join(vault->path, name, joined);
    AUTO(close) int fd = file_open_regular(AT_FDCWD, joined, err);
    if (fd < 0)
        return -1;
    return file_read_all(fd, joined, ceiling, text, len, err);
}

static int read_settings(struct vault *vault, struct err *err)
{
    AUTO(free) char *text = NULL;
    size_t len;
    if (vault_read_small(vault, vault_conf_name, SETTINGS_BYTES_MAX, &text, &len, err) < 0)
        return err->kind == ERR_MISSING ? err_set(err, ERR_MISSING, vault->path,
                                                  _("not a vault: it has no %s"), vault_conf_name)
                                        : -1;
    char joined[VAULT_PATH_MAX];
    vault_join(vault->path, vault_conf_name, joined);
    struct settings *settings = &vault->settings;
    if (settings_parse((struct bytes){(const uint8_t *)text, len}, joined, settings, err) < 0)
        return -1;
    if (instant_set_zone(settings->zone) < 0)
        return err_set(err, ERR_DAMAGED, joined, _("line %u: this machine knows no zone \"%s\""),
                       settings->zone_line, settings->zone);
    vault->shown = (struct vault_settings){
        .unit = settings->unit,
        .zone = settings->zone,
        .patterns = settings->patterns,
        .pattern_count = settings->pattern_count,
        .rules = &settings->rules,
        .witnesses = settings->witnesses,
        .witness_count = settings->witness_count,
        .backing = settings->backing,
        .timestamp_url = settings->timestamp_url,
        .timestamp_ca = settings->timestamp_ca,
    };
    return 0;
}

static int open_folders(struct vault *vault, enum vault_mode mode, struct err *err)
{
    for (int i = 0; i < VAULT_FOLDERS; i++) {
        char joined[VAULT_PATH_MAX];
        vault_join(vault->path, vault_folder_names[i], joined);
        vault->folders[i] = open(joined, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (vault->folders[i] >= 0)
            continue;
        if (errno != ENOENT || i == VAULT_ROOT)
            return err_sys(err, i == VAULT_ROOT ? vault->path : joined, _("open"));
        if (mode != VAULT_WRITE)
            continue; /* a reader can do without */
        vault->folders[i] = durable_folder(vault->folders[VAULT_ROOT], vault_folder_names[i], err);
        if (vault->folders[i] < 0)
            return -1;
    }
    return 0;
}

static int open_catalog(struct vault *vault, enum vault_mode mode, struct err *err)
{
    char joined[VAULT_PATH_MAX];
    vault_join(vault->path, vault_catalog_name, joined);
    struct catalog_err wrong;
    bool writes = mode == VAULT_WRITE || mode == VAULT_TELL;
    if (catalog_open(joined, writes ? CATALOG_WRITE : CATALOG_READ, &vault->catalog, &wrong) == 0)
        return 0;
    (void)err_from_catalog(&vault->catalog_err, &wrong);
    if (mode == VAULT_AUDIT &&
        (vault->catalog_err.kind == ERR_MISSING || vault->catalog_err.kind == ERR_DAMAGED))
        return 0;
    *err = vault->catalog_err;
    return -1;
}

static int finish_what_was_left(struct vault *vault, enum vault_mode mode, struct err *err)
{
    if ((mode == VAULT_WRITE || mode == VAULT_TELL) &&
        (keys_begin(vault, err) < 0 || vault_log_follow(vault, err) < 0 ||
         settings_follow(vault, err) < 0))
        return -1;
    return mode == VAULT_WRITE ? recover_all(vault, err) : 0;
}

int vault_open(const char *path, enum vault_mode mode, struct vault **out, struct err *err)
{
    AUTO(vault_free) struct vault *vault = calloc(1, sizeof *vault);
    if (vault == NULL)
        return err_memory(err, path);
    for (int i = 0; i < VAULT_FOLDERS; i++)
        vault->folders[i] = -1;
    vault->keys = -1;
    vault->path = strdup(path);
    if (vault->path == NULL)
        return err_memory(err, path);
    if (access(path, F_OK) < 0)
        return err_sys(err, path, _("open the vault"));
    if (read_settings(vault, err) < 0 || open_folders(vault, mode, err) < 0 ||
        open_catalog(vault, mode, err) < 0)
        return -1;
    if (finish_what_was_left(vault, mode, err) < 0)
        return err_wrap(err, "%s", _("finish what was left half-done"));
    *out = vault;
    vault = NULL;
    return 0;
}

void vault_free(struct vault *vault)
{
    if (vault == NULL)
        return;
    catalog_free(vault->catalog);
    for (int i = 0; i < VAULT_FOLDERS; i++)
        if (vault->folders[i] >= 0)
            (void)close(vault->folders[i]); /* only ever read from or flushed */
    if (vault->keys >= 0)
        (void)close(vault->keys); /* and with it goes its lock */
    keys_forget(vault);
    settings_release(&vault->settings);
    free(vault->path);
    free(vault);
}

const char *vault_path(const struct vault *vault)
{
    return vault->path;
}

struct catalog *vault_catalog(struct vault *vault)
{
    return vault->catalog;
}

const struct err *vault_catalog_err(const struct vault *vault)
{
    return &vault->catalog_err;
}

const struct vault_settings *vault_settings(const struct vault *vault)
{
    return &vault->shown;
}

int vault_folder(const struct vault *vault, enum vault_folder folder)
{
    return vault->folders[folder];
}

const char *vault_folder_name(enum vault_folder folder)
{
    return vault_folder_names[folder];
}

void vault_actor(char actor[static 128])
{
    struct passwd entry;
    struct passwd *found = NULL;
    char room[4096];
    uid_t user = getuid();
    if (getpwuid_r(user, &entry, room, sizeof room, &found) == 0 && found != NULL)
        (void)snprintf(actor, 128, "os:%s", found->pw_name);
    else
        (void)snprintf(actor, 128, "os:%lu", (unsigned long)user);
}
