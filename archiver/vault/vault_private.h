#ifndef SHILU_VAULT_PRIVATE_H
#define SHILU_VAULT_PRIVATE_H

#include "base/err.h"
#include "custody/succession.h"
#include "vault/settings.h"
#include "vault/vault.h"

enum {
    VAULT_FOLDERS = VAULT_LOG + 1,
    VAULT_FOLDER_MODE = 0750,
    VAULT_FILE_MODE = 0640,
    VAULT_EVIDENCE_MODE = 0440, /* stored recordings and archives: never written again */
    VAULT_SIDECAR_NAME = 72,
    VAULT_PATH_MAX = 4096,
};

struct vault {
    char *path;
    int folders[VAULT_FOLDERS];
    struct catalog *catalog;
    struct err catalog_err; /* where there is none */
    struct settings settings;
    struct vault_settings shown;
    struct key *signing_key; /* NULL until asked for */
    struct key *public_key;
    struct custody_chain chain; /* of the keys before it, where has_chain */
    bool has_chain;
    int keys;       /* the folder, locked, of a vault that is written to; else -1 */
    struct act act; /* the one begun last */
};

extern const char *const vault_folder_names[VAULT_FOLDERS];
extern const char vault_conf_name[], vault_catalog_name[], vault_keys_name[],
    vault_private_key_name[], vault_public_key_name[];

/* "PATH/NAME", cut where it does not fit: for messages, and for the catalog's path. */
void vault_join(const char *path, const char *name, char joined[static VAULT_PATH_MAX]);

/* Reads a small file of the vault; errors name it with the vault's path. */
int vault_read_small(const struct vault *vault, const char *name, size_t ceiling, char **text,
                     size_t *len, struct err *err);

/* The folder of the keys: a descriptor, or -1 with *err. */
int keys_open(const struct vault *vault, struct err *err);

/* Writes a signing key's file in that folder, for its owner alone. What it replaces is overwritten,
 * as far as the file system lets one. passphrase as of key_private_pem. */
int keys_store_private(const struct vault *vault, const char *name, const struct key *key,
                       const char *passphrase, struct err *err);

/* Reads the signing key, which is the caller's, and its passphrase where it has one; wiped by the
 * caller, also after -1. As vault_signing_key. */
int keys_read_signing(struct vault *vault, struct key **key,
                      char passphrase[static KEY_PASSPHRASE_MAX + 1], struct err *err);

/* The keys are read again when they are needed. */
void keys_forget(struct vault *vault);

/* Makes a private key's file that has lost its last name unreadable, as far as the file system
 * writes in place; -1: none. One that has another name is somebody's copy. */
void keys_overwrite(int fd);

/* Locks the keys, of a vault that is to be written to, against who would change them, and finishes
 * or undoes a change that was cut short. */
int keys_begin(struct vault *vault, struct err *err);

/* Whether a name has the form that vault_stored_name gives. */
bool stored_name_is(const char *name);

/* Opens recordings/ab of a stored name or sidecar; ERR_MISSING where it was never made. */
int stored_folder(const struct vault *vault, const char *name, struct err *err);

/* Removes the loose bytes unless the catalog still needs them. The folder is not flushed. */
int stored_unlink(const struct vault *vault, const char *stored_name, struct err *err);

/* "DIGEST.json" */
void sidecar_name(const uint8_t sha256[static 32], char name[static VAULT_SIDECAR_NAME]);

/* Tells the log of settings that are others than it told last. Not in a transaction. */
int settings_follow(struct vault *vault, struct err *err);

/* An act that begins now. */
void act_begin(struct act *act, const char *actor);

/* As vault_log. */
int log_add(struct catalog *catalog, const struct act *act, const struct key *signing,
            enum custody_action action, const char *subject, const json_t *detail, uint64_t *seq,
            struct err *err);

/* Removes an archive's file, and its folders where nothing else is in them; flushed. ERR_USAGE
 * where it is no path of one. */
int archive_remove(const struct vault *vault, const char *relative, struct err *err);

/* Finishes or undoes what a crash left in incoming/, and removals that were noted. */
int recover_all(struct vault *vault, struct err *err);

/* Whether a name in incoming/ is that of an archive under way. */
bool archive_part_is(const char *name);

/* Finishes or undoes the archive of a name in incoming/, unless another process is at it. */
int archive_recover(struct vault *vault, const char *part, struct err *err);

#endif
