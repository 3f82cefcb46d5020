#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "vault/password.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * The order: the settings under the name of a vault that is being made, folders, keys, catalog with
 * the first administrator, and last the settings' own name, without which the folder is no vault.
 * Until then a failure takes away all that was made; what a killed init has left, the next one
 * does.
 */
static const char unfinished_name[] = ".shilu-init";

AUTO_DEFINE(DIR *, closedir, NULL);
AUTO_DEFINE(struct catalog *, catalog_free, NULL);

/* All that is in a folder of ours; what cannot be removed stays. */
static void remove_below(int folder)
{
    AUTO(closedir) DIR *entries = NULL;
    const int own = dup(folder);
    if (own < 0 || (entries = fdopendir(own)) == NULL) {
        if (own >= 0)
            (void)close(own);
        return;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): own DIR
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            unlinkat(folder, entry->d_name, 0) == 0)
            continue;
        AUTO(close)
        int below = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (below < 0)
            continue;
        remove_below(below);
        (void)unlinkat(folder, entry->d_name, AT_REMOVEDIR);
    }
}

/* A second mistake here would hide the first: the results are not looked at. */
static void take_away(int root)
{
    static const char *const files[] = {
        vault_private_key_name, vault_public_key_name, vault_catalog_name, "catalog.db-wal",
        "catalog.db-shm",       "catalog.db-journal",  vault_conf_name,
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        (void)unlinkat(root, files[i], 0);
    AUTO(close)
    int log_folder = openat(root, vault_folder_names[VAULT_LOG],
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (log_folder >= 0)
        remove_below(log_folder);
    (void)unlinkat(root, vault_keys_name, AT_REMOVEDIR);
    for (int i = VAULT_ROOT + 1; i < VAULT_FOLDERS; i++)
        (void)unlinkat(root, vault_folder_names[i], AT_REMOVEDIR);
    (void)unlinkat(root, unfinished_name, 0); /* last: it says whose all the others are */
}

static int check_empty(int root, const char *path, struct err *err)
{
    static const char *const of_a_disk[] = {"lost+found"}; /* at the root of one of its own */
    if (faccessat(root, vault_keys_name, F_OK, 0) == 0 &&
        faccessat(root, vault_conf_name, F_OK, 0) < 0)
        return err_set(err, ERR_CONFLICT, path,
                       _("a vault that has lost its settings: put its %s back"), vault_conf_name);
    int empty = durable_holds_only(root, of_a_disk, 1, false);
    if (empty < 0)
        return err_sys(err, path, _("read"));
    return empty ? 0 : err_set(err, ERR_CONFLICT, path, _("the folder is not empty"));
}

/* Whether a folder of that name, no link to one, holds nothing else, or is not there. */
static bool folder_holds_only(int root, const char *name, const char *const *names, size_t count,
                              bool stale)
{
    AUTO(close) int folder = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return folder < 0 ? errno == ENOENT : durable_holds_only(folder, names, count, stale) > 0;
}

/* Whether the file that a new vault's settings are put into first lies there, with what we write.
 */
static bool has_unfinished_settings(int root)
{
    struct err none;
    AUTO(free) char *text = NULL;
    size_t len;
    AUTO(close) int fd = file_open_regular(root, unfinished_name, &none);
    return fd >= 0 &&
           file_read_all(fd, unfinished_name, SETTINGS_BYTES_MAX, &text, &len, &none) == 0 &&
           strncmp(text, SETTINGS_HEAD, strlen(SETTINGS_HEAD)) == 0;
}

static void see_case(void *context, const struct catalog_case *one)
{
    (void)one;
    *(bool *)context = true;
}

/* What cannot be opened yet has none: a vault is only used once it is whole. */
static bool has_cases(const char *path)
{
    char joined[VAULT_PATH_MAX];
    vault_join(path, vault_catalog_name, joined);
    AUTO(catalog_free) struct catalog *catalog = NULL;
    struct catalog_err none;
    bool seen = false;
    return catalog_open(joined, CATALOG_READ, &catalog, &none) == 0 &&
           (catalog_case_each(catalog, false, see_case, &seen, &none) < 0 || seen);
}

/* Whether a killed init has left all that lies there, and nothing that anybody could miss. */
static bool is_unfinished(int root, const char *path)
{
    static const char *const in_keys[] = {"signing.pem", "public.pem"};
    static const char *const in_log[] = {"checkpoint", "tile"};
    const char *in_root[VAULT_FOLDERS + 7] = {
        vault_keys_name,  vault_catalog_name,   unfinished_name, "catalog.db-wal",
        "catalog.db-shm", "catalog.db-journal", "lost+found"};
    size_t count = 7;
    if (!has_unfinished_settings(root))
        return false;
    for (int i = VAULT_ROOT + 1; i < VAULT_FOLDERS; i++) {
        if (!folder_holds_only(root, vault_folder_names[i], in_log, i == VAULT_LOG ? 2 : 0,
                               i == VAULT_LOG))
            return false;
        in_root[count++] = vault_folder_names[i];
    }
    return durable_holds_only(root, in_root, count, false) > 0 &&
           folder_holds_only(root, vault_keys_name, in_keys, 2, false) && !has_cases(path);
}

/* Opens the folder, made where it is not there (*made), empty and ours alone: of two that make a
 * vault in it at once, one must not take away what the other made. The descriptor, or -1. */
static int take_root(const char *path, bool *made, struct err *err)
{
    *made = mkdir(path, VAULT_FOLDER_MODE) == 0;
    if (!*made && errno != EEXIST)
        return err_sys(err, path, _("make a folder"));
    AUTO(close) int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return err_sys(err, path, _("open"));
    if (flock(root, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? err_set(err, ERR_CONFLICT, path, _("another process makes a vault in it"))
                   : err_sys(err, path, _("lock"));
    if (is_unfinished(root, path))
        take_away(root);
    if (check_empty(root, path, err) < 0)
        return -1;
    int taken = root;
    root = -1;
    return taken;
}

static int make_folders(int root, const char *path, struct err *err)
{
    for (int i = VAULT_ROOT + 1; i < VAULT_FOLDERS; i++) {
        AUTO(close) int folder = durable_folder(root, vault_folder_names[i], err);
        if (folder < 0)
            return err_wrap(err, "%s", path);
    }
    return 0;
}

static int store_pem(int folder, const char *name, char *pem, mode_t mode, struct err *err)
{
    int done = durable_create(folder, vault_keys_name, name, bytes_of(pem), mode, err);
    OPENSSL_cleanse(pem, strlen(pem));
    free(pem);
    return done;
}

/* The pair is the caller's. */
static int make_keys(int root, const struct vault_new *wanted, struct key **out, struct err *err)
{
    AUTO(key_free) struct key *key = NULL;
    AUTO(close) int folder = durable_folder(root, vault_keys_name, err);
    if (folder < 0 || key_generate(wanted->kind, &key, err) < 0)
        return -1;
    if (fchmod(folder, 0700) < 0)
        return err_sys(err, vault_keys_name, _("set permissions"));
    char *pem;
    if (key_private_pem(key, wanted->passphrase, &pem, err) < 0 ||
        store_pem(folder, strchr(vault_private_key_name, '/') + 1, pem, 0600, err) < 0)
        return -1;
    if (key_public_pem(key, &pem, err) < 0 ||
        store_pem(folder, strchr(vault_public_key_name, '/') + 1, pem, 0644, err) < 0)
        return -1;
    *out = key;
    key = NULL;
    return 0;
}

static int add_first(struct catalog *catalog, const struct vault_new *wanted, const char *conf,
                     const struct key *key, const struct vault_created *created,
                     const char *encoded, struct err *err)
{
    struct catalog_err wrong;
    struct act act;
    uint64_t seq;
    act_begin(&act, wanted->by);
    const struct catalog_account admin = {.name = text_readable(created->admin),
                                          .duties = text_readable("secadmin"),
                                          .created_us = act.at.us};
    uint8_t sha256[32];
    char sha256_hex[65];
    if (password_digest(encoded, sha256, err) < 0)
        return -1;
    bytes_to_hex(sha256, sizeof sha256, sha256_hex);
    if (catalog_begin(catalog, &wrong) < 0 || catalog_account_add(catalog, &admin, &wrong) < 0 ||
        catalog_account_set_password_sha256(catalog, admin.name, sha256, &wrong) < 0 ||
        catalog_password_set(catalog, admin.name, encoded, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    AUTO(json_decref)
    json_t *detail =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "unit", wanted->unit, "key", created->key_id,
                  "admin", created->admin, "password_sha256", sha256_hex, "settings", conf);
    if (detail == NULL)
        return err_memory(err, NULL);
    if (log_add(catalog, &act, key, CUSTODY_VAULT_CREATED, "", detail, &seq, err) < 0)
        return -1;
    return catalog_commit(catalog, &wrong) < 0 ? err_from_catalog(err, &wrong) : 0;
}

/* With the first administrator, and the entry that tells of the vault. */
static int make_catalog(const char *path, const struct vault_new *wanted, const char *conf,
                        const struct key *key, struct vault_created *created, struct catalog **out,
                        struct err *err)
{
    char joined[VAULT_PATH_MAX];
    char encoded[PASSWORD_ENCODED];
    vault_join(path, vault_catalog_name, joined);
    (void)snprintf(created->admin, sizeof created->admin, "admin");
    if (password_make(created->password, err) < 0 ||
        password_encode(created->password, encoded, err) < 0)
        return -1;

    AUTO(catalog_free) struct catalog *catalog = NULL;
    struct catalog_err wrong;
    int done = catalog_open(joined, CATALOG_CREATE, &catalog, &wrong);
    if (done < 0)
        (void)err_from_catalog(err, &wrong);
    else
        done = add_first(catalog, wanted, conf, key, created, encoded, err);
    OPENSSL_cleanse(encoded, sizeof encoded);
    if (done < 0)
        return -1;
    *out = catalog;
    catalog = NULL;
    return 0;
}

/* The log, with the catalog's first entry. Its origin is no more than a name of its own. */
static int make_log(int root, const char *path, struct catalog *catalog, struct key *key,
                    const char *id, struct err *err)
{
    char origin[64];
    char own_path[VAULT_PATH_MAX];
    (void)snprintf(origin, sizeof origin, "shilu/%.16s", id);
    (void)snprintf(own_path, sizeof own_path, "%s", path);
    AUTO(close) int folder = durable_folder(root, vault_folder_names[VAULT_LOG], err);
    if (folder < 0 || custody_log_create(folder, key, origin, err) < 0)
        return -1;
    struct vault vault = {
        .path = own_path, .catalog = catalog, .signing_key = key, .public_key = key};
    vault.folders[VAULT_LOG] = folder;
    return vault_log_follow(&vault, err);
}

static int fill(int root, const char *path, const struct vault_new *wanted, const char *conf,
                struct vault_created *created, struct err *err)
{
    if (durable_create(root, path, unfinished_name, bytes_of(conf), VAULT_FILE_MODE, err) < 0)
        return -1;
    AUTO(key_free) struct key *key = NULL;
    AUTO(catalog_free) struct catalog *catalog = NULL;
    if (make_folders(root, path, err) < 0 || make_keys(root, wanted, &key, err) < 0)
        return -1;
    key_id(key, created->key_id);
    if (make_catalog(path, wanted, conf, key, created, &catalog, err) < 0 ||
        make_log(root, path, catalog, key, created->key_id, err) < 0)
        return -1;
    if (renameat(root, unfinished_name, root, vault_conf_name) < 0)
        return err_sys(err, vault_conf_name, _("rename"));
    return file_sync(root, path, err);
}

/* The entry of a new vault's folder itself. */
static int flush_parent(int root, const char *path, struct err *err)
{
    AUTO(close) int parent = openat(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return err_sys(err, path, _("open the folder above"));
    return file_sync(parent, path, err);
}

int vault_create(const char *path, const struct vault_new *wanted, struct vault_created *created,
                 struct err *err)
{
    AUTO(free) char *conf = NULL;
    bool made;
    if (settings_print_new(wanted->unit, wanted->by, &conf, err) < 0)
        return -1;
    AUTO(close) int root = take_root(path, &made, err);
    if (root < 0)
        return -1;

    struct vault_created filled = {0};
    int done = fill(root, path, wanted, conf, &filled, err);
    if (done == 0 && made)
        done = flush_parent(root, path, err);
    if (done == 0) {
        *created = filled;
    } else {
        take_away(root);
        if (made)
            (void)rmdir(path);
    }
    OPENSSL_cleanse(&filled, sizeof filled);
    return done;
}
