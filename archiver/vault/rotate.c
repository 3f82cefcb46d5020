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

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * How one signing key follows another. All that writes in a vault holds a shared lock on keys/; who
 * rotates holds it alone. Each step is durable before the next:
 *
 *   1. keys/next-ID.pem    the new private key, ID its own: the intent record
 *   2. log/checkpoint      bears the new key's line beside the old one's: whoever has either key
 * can open the log from here on
 *   3. COMMIT              the entry that tells of it, with the statement that both keys have
 *                          signed: from here on the new key follows; before, the old one goes on
 *   4. keys/retired/OLD-ID.pem   the statement, which begins with the old public key
 *   5. keys/public.pem     the new one
 *   6. keys/signing.pem    next-ID.pem gets this name; what was the old one is overwritten
 *                          (of one that was lost: kept as replaced-OLD-ID.pem)
 *   7. the log follows     its next checkpoint is the new key's alone
 *
 * What a killed rotation has left, the next opening for writing undoes (before 3: next-ID.pem goes)
 * or finishes (4 to 7); neither needs a passphrase, but for 7. Reading commands find a public key
 * and a checkpoint that fit at every moment.
 *
 * A lost key is replaced in the same way; its statement bears the new key's signature alone.
 */

static const char next_head[] = "next-";
static const char next_end[] = ".pem";
static const char retired_name[] = "retired";

enum {
    NEXT_NAME = sizeof next_head + KEY_ID_TEXT + sizeof next_end,
    REPLACED_NAME = KEY_ID_TEXT + 32,
    REPLACED_MAX = 100, /* for one key */
    PUBLIC_MODE = 0644
};

AUTO_DEFINE(DIR *, closedir, NULL);

static void next_name(const char *id, char name[static NEXT_NAME])
{
    (void)snprintf(name, NEXT_NAME, "%s%.64s%s", next_head, id, next_end);
}

/* ---- the lock ---- */

static int lock(const struct vault *vault, int how, struct err *err)
{
    if (flock(vault->keys, how) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return err_sys(err, vault_keys_name, _("lock"));
    return err_set(err, ERR_CONFLICT, vault->path, "%s",
                   _("another process is at work in the vault: end it before the key is changed"));
}

/* ---- finishing ---- */

/* The statement that the catalog's entry has, found by its subject. */
struct told {
    char *statement;
    bool failed;
};

static bool take_told(void *context, const struct catalog_log_entry *row)
{
    struct told *told = context;
    struct err err;
    const char *statement;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    const struct bytes text = {row->entry, row->entry_len};
    if (custody_entry_parse(text, row->subject, &entry, &err) < 0 ||
        (entry.action != CUSTODY_KEY_ROTATED && entry.action != CUSTODY_KEY_REPLACED) ||
        json_take_text(entry.detail, "statement", row->subject, &statement, &err) < 0)
        return true;
    told->statement = strdup(statement);
    told->failed = told->statement == NULL;
    return false;
}

/* NULL where the catalog tells of no such key: nothing was committed. The caller's. */
static int find_told(struct vault *vault, const char *id, char **statement, struct err *err)
{
    struct told told = {.statement = NULL};
    struct catalog_err wrong;
    if (catalog_log_each(vault->catalog, 0, id, take_told, &told, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (told.failed)
        return err_memory(err, id);
    *statement = told.statement;
    return 0;
}

static int store_retired(const struct vault *vault, const struct custody_succession *one,
                         const char *statement, struct err *err)
{
    char name[KEY_ID_TEXT + sizeof next_end];
    (void)snprintf(name, sizeof name, "%s%s", one->old_id, next_end);
    AUTO(close) int folder = durable_folder(vault->keys, retired_name, err);
    return folder < 0 ? -1
                      : durable_store_by(vault->folders[VAULT_INCOMING], folder, name,
                                         bytes_of(statement), PUBLIC_MODE, err);
}

static int store_public(struct vault *vault, const struct key *key, struct err *err)
{
    AUTO(free) char *pem = NULL;
    if (key_public_pem(key, &pem, err) < 0)
        return -1;
    return durable_store_by(vault->folders[VAULT_INCOMING], vault->keys,
                            strchr(vault_public_key_name, '/') + 1, bytes_of(pem), PUBLIC_MODE,
                            err);
}

/* A file's second name, one that no other file has. */
static int link_aside(const struct vault *vault, const char *name, int fd, const char *old_id,
                      struct err *err)
{
    struct stat st, there;
    char aside[REPLACED_NAME];
    if (fstat(fd, &st) < 0)
        return err_sys(err, name, _("stat"));
    for (unsigned i = 0; i < REPLACED_MAX; i++) {
        (void)snprintf(aside, sizeof aside, i == 0 ? "replaced-%.64s.pem" : "replaced-%.64s.%u.pem",
                       old_id, i);
        if (linkat(vault->keys, name, vault->keys, aside, 0) == 0)
            return file_sync(vault->keys, vault_keys_name, err);
        if (errno != EEXIST || fstatat(vault->keys, aside, &there, AT_SYMLINK_NOFOLLOW) < 0)
            return err_sys(err, aside, _("link"));
        if (there.st_dev == st.st_dev && there.st_ino == st.st_ino)
            return 0; /* by a run that was killed before its next step */
    }
    return err_number(err, EEXIST, aside, _("link"));
}

/* What lies in the place of a lost key is kept: it may be of use to who knows more. */
static int put_aside(const struct vault *vault, const char *name, const char *old_id,
                     struct err *err)
{
    AUTO(close) int fd = openat(vault->keys, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : err_sys(err, name, _("open"));
    if (fchmod(fd, 0600) < 0)
        return err_sys(err, name, _("chmod"));
    return link_aside(vault, name, fd, old_id, err);
}

/* Step 6. `lost` is the id of the key before where that was lost; NULL: it is not needed any more.
 */
static int put_private(struct vault *vault, const char *next, const char *lost, struct err *err)
{
    const char *name = strchr(vault_private_key_name, '/') + 1;
    if (lost != NULL && put_aside(vault, name, lost, err) < 0)
        return -1;
    AUTO(close) int old = openat(vault->keys, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (renameat(vault->keys, next, vault->keys, name) < 0)
        return err_sys(err, next, _("rename"));
    if (file_sync(vault->keys, vault_keys_name, err) < 0)
        return -1;
    keys_overwrite(old); /* not what has another name yet */
    return 0;
}

/* Steps 4 to 6. The next reading of either key finds the new one. */
static int finish(struct vault *vault, const char *id, const char *statement, struct err *err)
{
    char name[NEXT_NAME];
    AUTO(custody_succession_release) struct custody_succession one = {.origin = NULL};
    next_name(id, name);
    if (custody_succession_parse(bytes_of(statement), id, &one, err) < 0)
        return -1;
    if (strcmp(one.next_id, id) != 0)
        return err_set(err, ERR_DAMAGED, id, "%s", _("the statement is of another key"));
    if (store_retired(vault, &one, statement, err) < 0 || store_public(vault, one.next, err) < 0 ||
        put_private(vault, name, one.vouched ? NULL : one.old_id, err) < 0)
        return -1;
    keys_forget(vault);
    return 0;
}

/* Nothing was committed: the old key goes on. */
static int give_up(struct vault *vault, const char *name, struct err *err)
{
    AUTO(close) int next = openat(vault->keys, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (durable_remove(vault->keys, name, err) < 0)
        return -1;
    keys_overwrite(next);
    return 0;
}

/* ---- what a crash left ---- */

static bool is_next(const char *name, char id[static KEY_ID_TEXT])
{
    uint8_t digest[32];
    char again[NEXT_NAME];
    if (strlen(name) != strlen(next_head) + KEY_ID_TEXT - 1 + strlen(next_end))
        return false;
    memcpy(id, name + strlen(next_head), KEY_ID_TEXT - 1);
    id[KEY_ID_TEXT - 1] = '\0';
    next_name(id, again);
    return strcmp(name, again) == 0 && bytes_from_hex(bytes_of(id), digest, sizeof digest) == 0;
}

/* The first intent record that lies there; the id is empty where there is none. */
static int find_next(const struct vault *vault, char id[static KEY_ID_TEXT], struct err *err)
{
    id[0] = '\0';
    int fd = openat(vault->keys, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(closedir) DIR *names = fd < 0 ? NULL : fdopendir(fd);
    if (names == NULL) {
        const int number = errno;
        if (fd >= 0)
            (void)close(fd); /* only read from */
        return err_number(err, number, vault_keys_name, _("read"));
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(names); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL)
            return errno == 0 ? 0 : err_sys(err, vault_keys_name, _("read"));
        if (is_next(entry->d_name, id))
            return 0;
        id[0] = '\0';
    }
}

static int recover_one(struct vault *vault, const char *id, struct err *err)
{
    char name[NEXT_NAME];
    AUTO(free) char *statement = NULL;
    next_name(id, name);
    const struct key *public_half;
    char public_id[KEY_ID_TEXT];
    if (find_told(vault, id, &statement, err) < 0 || vault_public_key(vault, &public_half, err) < 0)
        return -1;
    key_id(public_half, public_id);
    if (statement != NULL)
        return finish(vault, id, statement, err);
    if (strcmp(public_id, id) != 0)
        return give_up(vault, name, err);
    /* it had come to step 5, and the catalog was made anew since */
    const struct custody_chain *chain;
    if (vault_key_chain(vault, &chain, err) < 0)
        return -1;
    const bool was_lost = chain->count > 0 && !chain->links[0].vouched;
    return put_private(vault, name, was_lost ? chain->links[0].old_id : NULL, err);
}

static int recover_alone(struct vault *vault, struct err *err)
{
    char id[KEY_ID_TEXT];
    for (;;) { /* somebody else may have been first */
        if (find_next(vault, id, err) < 0)
            return -1;
        if (id[0] == '\0')
            return 0;
        if (recover_one(vault, id, err) < 0)
            return -1;
    }
}

int keys_begin(struct vault *vault, struct err *err)
{
    char id[KEY_ID_TEXT];
    vault->keys = keys_open(vault, err);
    if (vault->keys < 0 || lock(vault, LOCK_SH, err) < 0 || find_next(vault, id, err) < 0)
        return -1;
    if (id[0] == '\0')
        return 0;
    if (lock(vault, LOCK_EX, err) < 0)
        return -1;
    const int done = recover_alone(vault, err);
    return done < 0 || lock(vault, LOCK_SH, err) < 0 ? -1 : 0;
}

/* ---- rotating ---- */

/* What is under way: the old key, which cannot sign where it was lost, and the new one. */
struct rotation {
    const struct key *old;
    struct key *next;
    char next_id[KEY_ID_TEXT];
    const char *actor, *reason; /* reason NULL: the old key was not lost */
};

/* Step 2. The log has all that was committed: nobody else writes. */
static int sign_log_again(struct vault *vault, const struct rotation *rotation, char **origin,
                          struct err *err)
{
    const struct key *public_half;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_public_key(vault, &public_half, err) < 0 ||
        custody_log_open(vault->folders[VAULT_LOG], public_half, NULL, &log, err) < 0 ||
        custody_log_sign_again(log, rotation->next, err) < 0)
        return -1;
    *origin = strdup(custody_log_origin(log));
    return *origin == NULL ? err_memory(err, vault->path) : 0;
}

static int add_entry(struct vault *vault, const struct rotation *rotation, const char *statement,
                     struct err *err)
{
    uint64_t seq;
    char old_id[KEY_ID_TEXT];
    key_id(rotation->old, old_id);
    AUTO(json_decref)
    json_t *detail = json_pack("{s:s, s:s, s:s}", "old", old_id, "kind",
                               key_kind_name(key_kind(rotation->next)), "statement", statement);
    if (detail == NULL ||
        (rotation->reason != NULL &&
         json_object_set_new(detail, "reason", json_string(rotation->reason)) < 0))
        return err_memory(err, vault->path);
    /* the new key's: it is the vault's by the time the log follows */
    return log_add(vault->catalog, &vault->act, rotation->next,
                   rotation->reason == NULL ? CUSTODY_KEY_ROTATED : CUSTODY_KEY_REPLACED,
                   rotation->next_id, detail, &seq, err);
}

/* Step 3, but the commit. *statement is the caller's. */
static int tell(struct vault *vault, const struct rotation *rotation, const char *origin,
                char **statement, struct err *err)
{
    uint64_t entries;
    struct catalog_err wrong;
    if (catalog_log_size(vault->catalog, &entries, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return custody_succession_make(origin, entries, vault->act.at, rotation->old, rotation->next,
                                   statement, err) < 0
               ? -1
               : add_entry(vault, rotation, *statement, err);
}

static int commit_told(struct vault *vault, const struct rotation *rotation, const char *origin,
                       char **statement, struct err *err)
{
    struct catalog_err wrong;
    if (catalog_begin(vault->catalog, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    act_begin(&vault->act, rotation->actor);
    if (tell(vault, rotation, origin, statement, err) < 0) {
        catalog_rollback(vault->catalog);
        return -1;
    }
    if (catalog_commit(vault->catalog, &wrong) == 0)
        return 0;
    catalog_rollback(vault->catalog);
    return err_from_catalog(err, &wrong);
}

/* After the intent record was made. */
static int carry_out(struct vault *vault, const struct rotation *rotation, struct err *err)
{
    char name[NEXT_NAME];
    AUTO(free) char *origin = NULL;
    AUTO(free) char *statement = NULL;
    next_name(rotation->next_id, name);
    if (sign_log_again(vault, rotation, &origin, err) < 0 ||
        commit_told(vault, rotation, origin, &statement, err) < 0) {
        struct err ignored; /* else the next opening for writing does it */
        (void)recover_one(vault, rotation->next_id, &ignored);
        return -1;
    }
    if (finish(vault, rotation->next_id, statement, err) < 0)
        return err_wrap(err, "%s", _("the new key is logged, and takes its place at the next use"));
    return 0;
}

static int rotate_alone(struct vault *vault, struct rotation *rotation, enum key_kind kind,
                        const char *passphrase, struct err *err)
{
    char name[NEXT_NAME];
    AUTO(key_free) struct key *next = NULL;
    if (key_generate(kind, &next, err) < 0)
        return -1;
    key_id(next, rotation->next_id);
    next_name(rotation->next_id, name);
    rotation->next = next;
    if (keys_store_private(vault, name, next, passphrase, err) < 0 ||
        carry_out(vault, rotation, err) < 0)
        return -1;
    vault->signing_key = next; /* keys_forget was called: there is none */
    next = NULL;
    return vault_log_follow(vault, err);
}

static int rotate(struct vault *vault, struct rotation *rotation, enum key_kind kind,
                  const char *passphrase, struct err *err)
{
    if (lock(vault, LOCK_EX | LOCK_NB, err) < 0)
        return -1;
    const int done = rotate_alone(vault, rotation, kind, passphrase, err);
    return done < 0 || lock(vault, LOCK_SH, err) < 0 ? -1 : 0;
}

int vault_key_rotate(struct vault *vault, const char *actor, enum key_kind kind, struct err *err)
{
    char passphrase[KEY_PASSPHRASE_MAX + 1] = "";
    AUTO(key_free) struct key *old = NULL; /* an own one: the vault's goes on the way */
    int done = keys_read_signing(vault, &old, passphrase, err);
    struct rotation rotation = {.old = old, .actor = actor};
    if (done == 0)
        done = rotate(vault, &rotation, kind, passphrase[0] != '\0' ? passphrase : NULL, err);
    OPENSSL_cleanse(passphrase, sizeof passphrase);
    return done;
}

/* Whether the key is lost, and not merely unreadable or not at hand for now: then it can still sign
 * for the one that follows it. */
static int check_lost(struct vault *vault, struct err *err)
{
    struct err why;
    enum vault_key_state state;
    const struct key *public_half;
    if (vault_public_key(vault, &public_half, err) < 0)
        return -1;
    if (vault_key_look(vault, &state, &why) < 0) {
        if (why.kind == ERR_MISSING || why.kind == ERR_DAMAGED)
            return 0;
        if (why.kind == ERR_DENIED)
            return err_set(err, ERR_CONFLICT, vault_private_key_name,
                           _("the signing key is not lost, something lies there: %s; put that in "
                             "order, and change it with key rotate"),
                           why.text);
        *err = why;
        return -1;
    }
    switch (state) {
    case VAULT_KEY_PLAIN:
        break;
    case VAULT_KEY_ENCRYPTED:
        return err_set(err, ERR_CONFLICT, vault_private_key_name, "%s",
                       _("the signing key is not lost, it is encrypted: change it with key rotate "
                         "and its passphrase; where nobody knows that any more, move the file away "
                         "and keep it"));
    case VAULT_KEY_HIDDEN:
        return err_set(err, ERR_CONFLICT, vault_private_key_name, "%s",
                       _("the signing key is not lost, but not for you to read: run shilu as the "
                         "vault's owner, and change it with key rotate"));
    }
    return err_set(err, ERR_CONFLICT, vault_private_key_name, "%s",
                   _("the signing key is not lost: it is changed with key rotate"));
}

int vault_key_replace(struct vault *vault, const char *actor, const char *reason,
                      const char *passphrase, struct err *err)
{
    const struct key *public_half;
    AUTO(free) char *pem = NULL;
    AUTO(key_free) struct key *old = NULL;
    if (check_lost(vault, err) < 0)
        return -1;
    if (vault_public_key(vault, &public_half, err) < 0 ||
        key_public_pem(public_half, &pem, err) < 0 ||
        key_from_public_pem(bytes_of(pem), vault_public_key_name, &old, err) < 0)
        return -1;
    struct rotation rotation = {.old = old, .actor = actor, .reason = reason};
    return rotate(vault, &rotation, key_kind(old), passphrase, err);
}

/* ---- earlier keys ---- */

static int read_retired(int folder, const char *name, struct custody_chain *chain, struct err *err)
{
    AUTO(free) char *text = NULL;
    size_t len;
    AUTO(custody_succession_release) struct custody_succession one = {.origin = NULL};
    AUTO(close) int fd = file_open_regular(folder, name, err);
    if (fd < 0 || file_read_all(fd, name, SUCCESSION_MAX, &text, &len, err) < 0 ||
        custody_succession_parse((struct bytes){(const uint8_t *)text, len}, name, &one, err) < 0)
        return -1;
    return custody_chain_add(chain, &one, err);
}

int vault_chain_read(const char *folder, const char *id, struct custody_chain *chain,
                     struct err *err)
{
    AUTO(custody_chain_release) struct custody_chain read = {.links = NULL};
    AUTO(closedir) DIR *names = opendir(folder);
    if (names == NULL)
        return err_sys(err, folder, _("open"));
    // NOLINTNEXTLINE(concurrency-mt-unsafe): own DIR
    for (const struct dirent *entry; (entry = readdir(names)) != NULL;)
        if (entry->d_name[0] != '.' && read_retired(dirfd(names), entry->d_name, &read, err) < 0)
            return err_wrap(err, "%s", folder);
    (void)custody_chain_settle(&read, id);
    *chain = read;
    read = (struct custody_chain){.links = NULL};
    return 0;
}

int vault_chain_load(const char *path, const char *id, struct custody_chain *chain, struct err *err)
{
    char joined[VAULT_PATH_MAX];
    *chain = (struct custody_chain){.links = NULL};
    vault_join(path, "keys/retired", joined);
    if (access(joined, R_OK | X_OK) < 0 && (errno == ENOENT || errno == EACCES))
        return 0;
    return vault_chain_read(joined, id, chain, err);
}
