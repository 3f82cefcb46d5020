#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/vault.h"
#include "vault/vault_private.h"

#include "base/banned.h"

/*
 * The signing key is a file that nobody but the vault's owner may read. Whatever else lies in its
 * place is refused, and not used once it is found so: it may be in other hands.
 */

enum { PRIVATE_MODE = 0600 };

static vault_passphrase_source *passphrase_source;

void vault_passphrase_from(vault_passphrase_source *source)
{
    passphrase_source = source;
}

/* ---- reading ---- */

/* It can be had again as long as the private half is there. */
static int public_missing(const char *path, struct err *err)
{
    const int folder = (int)(strrchr(path, '/') - path);
    return err_set(
        err, ERR_MISSING, path,
        _("the public key is missing: copy it from a backup, or derive it from the private "
          "one: openssl pkey -in %.*s/%s -pubout -out %s"),
        folder, path, strrchr(vault_private_key_name, '/') + 1, path);
}

int vault_public_key(struct vault *vault, const struct key **key, struct err *err)
{
    if (vault->public_key == NULL) {
        char joined[VAULT_PATH_MAX];
        AUTO(free) char *pem = NULL;
        size_t len;
        vault_join(vault->path, vault_public_key_name, joined);
        if (vault_read_small(vault, vault_public_key_name, KEY_PEM_MAX, &pem, &len, err) < 0)
            return err->kind == ERR_MISSING ? public_missing(joined, err) : -1;
        if (key_from_public_pem((struct bytes){(const uint8_t *)pem, len}, joined,
                                &vault->public_key, err) < 0)
            return -1;
    }
    *key = vault->public_key;
    return 0;
}

/* The text of a private key; wiped when it goes. */
struct private_text {
    char *pem;
    size_t len;
};

static void private_text_release_at(struct private_text *text)
{
    if (text->pem != NULL)
        OPENSSL_cleanse(text->pem, text->len);
    free(text->pem);
}

static struct bytes octets_of(const struct private_text *text)
{
    return (struct bytes){(const uint8_t *)text->pem, text->len};
}

static int open_private(const char *path, struct err *err)
{
    struct err why;
    const int fd = file_open_regular(AT_FDCWD, path, &why);
    if (fd >= 0)
        return fd;
    if (why.kind == ERR_MISSING)
        return err_set(err, ERR_MISSING, path, "%s",
                       _("the signing key is lost: nothing can be signed until it is put back from "
                         "its backup, or, where there is none, replaced (shilu key replace); to "
                         "verify, it is not needed"));
    if (why.kind == ERR_USAGE)
        return err_set(err, ERR_DENIED, path, _("the signing key is not used: %s"), why.text);
    *err = why;
    return -1;
}

/* Who only looks at it need not be its owner. */
enum purpose { TO_SIGN, TO_LOOK };

static int check_rights(int fd, const char *path, enum purpose purpose, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_sys(err, path, _("stat"));
    if (purpose == TO_SIGN && st.st_uid != geteuid())
        return err_set(err, ERR_DENIED, path, "%s",
                       _("the signing key is not used: it belongs to another user; run shilu as "
                         "the vault's owner"));
    if ((st.st_mode & 077) != 0)
        return err_set(err, ERR_DENIED, path, "%s",
                       _("the signing key is not used: others may read it; chmod 600 it, and see "
                         "who may have"));
    return 0;
}

static int read_private(const char *path, enum purpose purpose, struct private_text *text,
                        struct err *err)
{
    AUTO(close) int fd = open_private(path, err);
    if (fd < 0 || check_rights(fd, path, purpose, err) < 0)
        return -1;
    return file_read_all(fd, path, KEY_PEM_MAX, &text->pem, &text->len, err);
}

static int ask_passphrase(const char *path, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                          struct err *err)
{
    if (passphrase_source == NULL)
        return err_set(err, ERR_DENIED, path, "%s",
                       _("the signing key is encrypted, and there is nobody to ask for its "
                         "passphrase"));
    return passphrase_source(path, passphrase, err);
}

static int decrypt(const struct private_text *text, const char *path,
                   char passphrase[static KEY_PASSPHRASE_MAX + 1], struct key **key,
                   struct err *err)
{
    return ask_passphrase(path, passphrase, err) < 0
               ? -1
               : key_from_encrypted_pem(octets_of(text), passphrase, path, key, err);
}

static int check_halves(const struct key *key, const struct key *public_half, struct err *err)
{
    char id[KEY_ID_TEXT];
    char public_id[KEY_ID_TEXT];
    key_id(key, id);
    key_id(public_half, public_id);
    return strcmp(id, public_id) == 0
               ? 0
               : err_set(err, ERR_DAMAGED, vault_private_key_name,
                         _("is not the private half of %s"), vault_public_key_name);
}

int keys_read_signing(struct vault *vault, struct key **key,
                      char passphrase[static KEY_PASSPHRASE_MAX + 1], struct err *err)
{
    const struct key *public_half;
    char path[VAULT_PATH_MAX];
    AUTO(private_text_release) struct private_text text = {.pem = NULL};
    AUTO(key_free) struct key *read = NULL;
    vault_join(vault->path, vault_private_key_name, path);
    if (vault_public_key(vault, &public_half, err) < 0 ||
        read_private(path, TO_SIGN, &text, err) < 0 ||
        (key_pem_is_encrypted(octets_of(&text))
             ? decrypt(&text, path, passphrase, &read, err)
             : key_from_private_pem(octets_of(&text), path, &read, err)) < 0 ||
        check_halves(read, public_half, err) < 0)
        return -1;
    *key = read;
    read = NULL;
    return 0;
}

int vault_signing_key(struct vault *vault, const struct key **key, struct err *err)
{
    if (vault->signing_key == NULL) {
        char passphrase[KEY_PASSPHRASE_MAX + 1] = "";
        const int done = keys_read_signing(vault, &vault->signing_key, passphrase, err);
        OPENSSL_cleanse(passphrase, sizeof passphrase);
        if (done < 0)
            return -1;
    }
    *key = vault->signing_key;
    return 0;
}

void keys_forget(struct vault *vault)
{
    key_free(vault->signing_key);
    key_free(vault->public_key);
    custody_chain_release(&vault->chain);
    vault->signing_key = NULL;
    vault->public_key = NULL;
    vault->has_chain = false;
}

int vault_key_chain(struct vault *vault, const struct custody_chain **chain, struct err *err)
{
    const struct key *key;
    char id[KEY_ID_TEXT];
    if (vault_public_key(vault, &key, err) < 0)
        return -1;
    key_id(key, id);
    if (!vault->has_chain && vault_chain_load(vault->path, id, &vault->chain, err) < 0)
        return -1;
    vault->has_chain = true;
    *chain = &vault->chain;
    return 0;
}

int vault_key_look(struct vault *vault, enum vault_key_state *state, struct err *err)
{
    char path[VAULT_PATH_MAX];
    const struct key *public_half;
    AUTO(private_text_release) struct private_text text = {.pem = NULL};
    AUTO(key_free) struct key *read = NULL;
    vault_join(vault->path, vault_private_key_name, path);
    if (vault_public_key(vault, &public_half, err) < 0)
        return -1;
    if (read_private(path, TO_LOOK, &text, err) < 0) {
        if (err->kind != ERR_DENIED || err->number == 0)
            return -1;
        *state = VAULT_KEY_HIDDEN;
        return 0;
    }
    if (key_pem_is_encrypted(octets_of(&text))) {
        *state = VAULT_KEY_ENCRYPTED;
        return 0;
    }
    if (key_from_private_pem(octets_of(&text), path, &read, err) < 0 ||
        check_halves(read, public_half, err) < 0)
        return -1;
    *state = VAULT_KEY_PLAIN;
    return 0;
}

/* ---- writing ---- */

void keys_overwrite(int fd)
{
    static const uint8_t zeros[KEY_PEM_MAX];
    struct stat st;
    struct err ignored; /* it was given up in any case */
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_nlink > 0 || st.st_size > KEY_PEM_MAX)
        return;
    if (file_write_at(fd, vault_private_key_name, 0, zeros, (size_t)st.st_size, &ignored) == 0)
        (void)file_sync(fd, vault_private_key_name, &ignored);
}

int keys_open(const struct vault *vault, struct err *err)
{
    const int fd = openat(vault->folders[VAULT_ROOT], vault_keys_name,
                          O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 ? fd : err_sys(err, vault_keys_name, _("open"));
}

int keys_store_private(const struct vault *vault, const char *name, const struct key *key,
                       const char *passphrase, struct err *err)
{
    char *pem;
    AUTO(close) int folder = keys_open(vault, err);
    if (folder < 0 || key_private_pem(key, passphrase, &pem, err) < 0)
        return -1;
    AUTO(close) int old = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const int done = durable_store_by(vault->folders[VAULT_INCOMING], folder, name, bytes_of(pem),
                                      PRIVATE_MODE, err);
    OPENSSL_cleanse(pem, strlen(pem));
    free(pem);
    if (done == 0)
        keys_overwrite(old);
    return done;
}

static int change_passphrase(struct vault *vault, const char *passphrase, struct err *err)
{
    uint64_t seq;
    AUTO(json_decref) json_t *detail = json_pack("{s:b}", "encrypted", passphrase != NULL);
    if (detail == NULL)
        return err_memory(err, vault->path);
    return vault_log(vault, CUSTODY_KEY_PASSPHRASE_CHANGED, "", detail, &seq, err) < 0
               ? -1
               : keys_store_private(vault, strchr(vault_private_key_name, '/') + 1,
                                    vault->signing_key, passphrase, err);
}

int vault_key_passphrase(struct vault *vault, const char *actor, const char *passphrase,
                         struct err *err)
{
    if (vault_begin(vault, actor, err) < 0)
        return -1;
    return vault_end(vault, change_passphrase(vault, passphrase, err), err);
}
