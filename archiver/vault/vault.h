#ifndef SHILU_VAULT_H
#define SHILU_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "catalog/catalog.h"
#include "custody/entry.h"
#include "custody/key.h"
#include "custody/seal_value.h"
#include "probe/probe.h"

struct custody_log;
struct err;
struct key;
struct rules;

/*
 * The directory that holds everything one bureau keeps: its paths, settings, key, catalog and
 * sidecars. Layout: ARCHITECTURE.md, "The vault on disk".
 */
struct vault;

struct vault_created {
    char key_id[65];
    char admin[64];
    char password[64]; /* shown once; wiped by the caller */
};

struct vault_new {
    const char *unit;       /* the bureau's name */
    const char *by;         /* the person: "os:LOGIN" */
    enum key_kind kind;     /* of the signing key */
    const char *passphrase; /* that it is encrypted with; NULL: none */
};

/* Makes a new vault in a folder that does not exist or is empty; nothing is left behind where it
 * fails. ERR_CONFLICT where the folder holds something. */
int vault_create(const char *path, const struct vault_new *wanted, struct vault_created *created,
                 struct err *err);

enum vault_mode {
    VAULT_READ,  /* changes nothing */
    VAULT_WRITE, /* makes folders that are missing, and finishes first what a crash left half-done:
                    see recover.c */
    VAULT_TELL,  /* to add entries to the log, for what was only looked at: what a crash left in
                    incoming/ stays */
    VAULT_AUDIT, /* as VAULT_READ, also where the catalog is missing or damaged */
};

/*
 * Opens a vault and sets the process's zone to the vault's. ERR_MISSING where there is none at
 * `path`, ERR_DAMAGED where its format is newer or its settings cannot be read (line named).
 */
int vault_open(const char *path, enum vault_mode mode, struct vault **out, struct err *err);
void vault_free(struct vault *vault);
AUTO_DEFINE(struct vault *, vault_free, NULL);

const char *vault_path(const struct vault *vault);
/* NULL, with VAULT_AUDIT only, where the catalog cannot be used: vault_catalog_err says why. */
struct catalog *vault_catalog(struct vault *vault);
const struct err *vault_catalog_err(const struct vault *vault);

/*
 * ---- another catalog in the place of the one that is there: make, fill, put ----
 *
 * Not while another process works in the vault.
 */

/* A new, empty one that no one sees before it is put. The caller's until then. */
int vault_catalog_make(struct vault *vault, struct catalog **out, struct err *err);

/*
 * Flushes it and gives it the catalog's name: from now on it is the vault's own, open for writing.
 * `made` is taken over and the old one closed, in any case.
 *   kept   what the old one is called now, in the vault's folder; empty where there was none
 * ERR_CONFLICT: another process has the catalog open. After -1 or a crash the old one may have its
 * new name already, and none be there: the same is done again.
 */
enum { VAULT_KEPT_NAME = 64 };
int vault_catalog_put(struct vault *vault, struct catalog *made, char kept[static VAULT_KEPT_NAME],
                      struct err *err);

/* What a backup came to. */
struct vault_backup {
    uint64_t entries; /* of the log */
    uint64_t files;   /* that were new, or other */
    uint64_t bytes;   /* of these */
};

/*
 * Copies settings, public keys, custody log and catalog to a folder, which is made where it is not
 * there, or is an older backup of the same vault: of the log then only what is new is copied.
 * Others may work in the vault meanwhile; what is there after 0 is of one moment. Laid over an
 * empty folder or what is left of the vault, it is the vault, but for the private key. ERR_USAGE:
 * that lies in the vault's own folder; ERR_DAMAGED: what lies there is another log, or a longer
 * one; ERR_CONFLICT: another backup is being made there.
 */
int vault_backup(struct vault *vault, const char *path, struct vault_backup *done, struct err *err);

/* What shilu.conf says. Texts live as long as the vault. */
struct vault_settings {
    const char *unit;
    const char *zone;                     /* IANA name */
    const struct probe_pattern *patterns; /* the bureau's own first, then the built-in ones */
    size_t pattern_count;
    const struct rules
        *rules; /* of retention, as they stand in the file: not yet those that count */
    const struct custody_witness *witnesses; /* whose cosignatures count */
    size_t witness_count;
    unsigned backing;                         /* cosignatures and timestamps that sealing demands */
    const char *timestamp_url, *timestamp_ca; /* NULL where they stand nowhere; the second is a
                                                 path, below the vault unless absolute */
};
const struct vault_settings *vault_settings(const struct vault *vault);

/* Whether shilu.conf is as the log told it last; the next opening for writing tells what is not. */
int vault_settings_told(struct vault *vault, bool *told, struct err *err);

/* Held folders; descriptors stay the vault's. -1 where one is missing and the vault was not opened
 * for writing. */
enum vault_folder {
    VAULT_ROOT,
    VAULT_INCOMING,
    VAULT_RECORDINGS,
    VAULT_ARCHIVES,
    VAULT_DISCS,
    VAULT_LOG
};
int vault_folder(const struct vault *vault, enum vault_folder folder);

/* Its name below the vault: "recordings". */
const char *vault_folder_name(enum vault_folder folder);

/*
 * The signing key, private part read on first use; the vault's. ERR_MISSING: it is lost;
 * ERR_DENIED: others may read it, it is no file of ours, or its passphrase is another or not to be
 * had; ERR_DAMAGED: no key, or not the public one's half.
 */
int vault_signing_key(struct vault *vault, const struct key **key, struct err *err);

/*
 * Where the passphrase of an encrypted signing key comes from: asked once a vault, when a signature
 * is needed. The door's; set before any vault is opened. Without one: ERR_DENIED.
 *   path   the key's file, for a person to know what is asked
 */
typedef int vault_passphrase_source(const char *path,
                                    char passphrase[static KEY_PASSPHRASE_MAX + 1],
                                    struct err *err);
void vault_passphrase_from(vault_passphrase_source *source);

/* The state of the signing key, without its passphrase and for whoever may look; errors as of
 * vault_signing_key. */
enum vault_key_state {
    VAULT_KEY_PLAIN,
    VAULT_KEY_ENCRYPTED, /* whether it is the public key's half is not known */
    VAULT_KEY_HIDDEN,    /* as it should be, from all but the owner */
};
int vault_key_look(struct vault *vault, enum vault_key_state *state, struct err *err);

/* Encrypts the signing key anew, or not any longer (NULL), and logs that. An act of its own. */
int vault_key_passphrase(struct vault *vault, const char *actor, const char *passphrase,
                         struct err *err);

/*
 * Changes the signing key: the new one is signed by the old, and the log tells of it; encrypted as
 * the old one was. Killed anywhere, the next opening for writing leaves one of the two, whole: see
 * rotate.c. ERR_CONFLICT: another process is at work in the vault.
 */
int vault_key_rotate(struct vault *vault, const char *actor, enum key_kind kind, struct err *err);

/*
 * Puts a new key in the place of one that is lost: the file is missing, or no private half of the
 * public key; what lies there is kept as keys/replaced-OLD-ID.pem. Nothing but the log vouches for
 * the new one, and everybody is told so.
 *   passphrase   as of key_private_pem
 * ERR_CONFLICT: it is not lost, but of wrong rights or encrypted (who has lost the passphrase moves
 * the file away); or as above.
 */
int vault_key_replace(struct vault *vault, const char *actor, const char *reason,
                      const char *passphrase, struct err *err);

/* The keys before the public one, whose signatures still count; the vault's. */
struct custody_chain;
int vault_key_chain(struct vault *vault, const struct custody_chain **chain, struct err *err);

/* The keys before the one of this id, for the vault at a path, which need not be opened; released
 * by the caller. Empty where there are none, or who asks may not read them. */
int vault_chain_load(const char *path, const char *id, struct custody_chain *chain,
                     struct err *err);
/* The same from a folder of statements, as keys/retired is one; it must be there. */
int vault_chain_read(const char *folder, const char *id, struct custody_chain *chain,
                     struct err *err);

/* The public key alone. */
int vault_public_key(struct vault *vault, const struct key **key, struct err *err);

/* Who acts: "os:LOGIN" of the process's user; the vault-independent name of the actor. */
void vault_actor(char actor[static 128]);

/*
 * ---- acts: begin, change the catalog, log, commit ----
 *
 * An act and its entry in the custody log are one commit; neither can be there without the other.
 */

/* Who acts, and since when: one for all that a transaction holds. */
struct act {
    char actor[256]; /* as vault_actor gives it, or an account; cut where it is longer */
    char role[32];   /* the duty in which the account acts; "" where none was asked for */
    struct instant at;
};

/* The catalog's write transaction, and a new act. Not without the signing key: ERR_MISSING, … */
int vault_begin(struct vault *vault, const char *actor, struct err *err);

/* The same for an account that has proved to be one, in this duty ("auditor"). */
int vault_begin_as(struct vault *vault, const char *account, const char *role, struct err *err);

/* The act begun last. */
const struct act *vault_act(const struct vault *vault);

/*
 * Adds an entry to the act: room acts does, for all that changes the catalog.
 *   subject  "R12", a case's number, an archive's path
 *   detail   an object; NULL: none
 *   seq      its number in the log
 * ERR_USAGE: it is too long, see custody_entry_print.
 */
int vault_log(struct vault *vault, enum custody_action action, const char *subject,
              const json_t *detail, uint64_t *seq, struct err *err);

/* Whether the catalog has the last entry that the log has: ERR_TAMPERED where not, as where an
 * older catalog was put back. Else as vault_log_open. */
int vault_log_agrees(struct vault *vault, struct err *err);

/*
 * Whether a row that the log does not have yet, and which must be its entry `seq`, was made by an
 * act: the vault's key has signed it. ERR_TAMPERED: another hand put it there.
 */
int vault_log_made(struct vault *vault, uint64_t seq, const struct catalog_log_entry *row,
                   struct err *err);

/* Gives up what was begun. */
void vault_rollback(struct vault *vault);

/* Commits, then has the log's files follow: after 0 both are durable. After -1 the act may count
 * yet, and what is missing of its traces is completed at the next opening for writing. */
int vault_commit(struct vault *vault, struct err *err);

/* Commits where all that was to be done came to 0, else gives it up and answers -1:
 *   if (vault_begin(…) < 0) return -1;
 *   return vault_end(vault, acts_tag(vault, …), err); */
int vault_end(struct vault *vault, int done, struct err *err);

/* The vault's log, to read and prove from: custody_log_open with the vault's key. The caller's. */
int vault_log_open(struct vault *vault, struct custody_log **out, struct err *err);

/* Appends what the catalog has committed and the log's files do not have yet: another process may
 * not have come to it. ERR_DAMAGED where they disagree otherwise. Not in a transaction. */
int vault_log_follow(struct vault *vault, struct err *err);

/* ---- receipts ---- */

/* The number of the entry that accepted a recording. ERR_MISSING: the log tells of none. */
int vault_acceptance(struct vault *vault, int64_t number, uint64_t *seq, struct err *err);

/*
 * The receipt for a recording: see custody_receipt_make.
 *   checkpoint   that it is proved to, see custody_receipt_make_to; NULL: the log's newest
 * ERR_MISSING: the log tells of no acceptance of that number.
 */
int vault_receipt(struct vault *vault, int64_t number, const char *checkpoint, char **text,
                  size_t *len, struct err *err);

/*
 * Writes it into a held folder, durably, as a new file "R12-DIGEST.receipt.json". One of the same
 * entry that is there already is left as it is, and told; anything else of that name is
 * ERR_CONFLICT.
 *   sha256   of the recording; its first 16 digits are in the name
 *   object   names the folder in errors
 *   seal     of the file that lies there now
 */
enum { VAULT_RECEIPT_NAME = 64 };
int vault_receipt_store(struct vault *vault, int64_t number, const uint8_t sha256[static 32],
                        int folder, const char *object, char name[static VAULT_RECEIPT_NAME],
                        struct seal_value *seal, struct err *err);

/* ---- stored bytes ---- */

/*
 * The name of stored bytes: 64 hexadecimal digits, ".", and the lower-case ASCII letters and
 * digits of the original name's last extension, at most 8; "bin" where there are none, "jsn" for
 * "json" (DIGEST.json is the sidecar's name).
 */
enum { VAULT_STORED_NAME = 96 };
void vault_stored_name(const uint8_t sha256[static 32], const char *original_name,
                       char name[static VAULT_STORED_NAME]);

/* "ab/abcdef….mp4" of a stored name; fits VAULT_STORED_PATH. */
enum { VAULT_STORED_PATH = 128 };
void vault_stored_path(const char *stored_name, char path[static VAULT_STORED_PATH]);

/* Opens stored bytes for reading: a descriptor, or -1 with *err (ERR_MISSING). */
int vault_open_stored(const struct vault *vault, const char *stored_name, struct err *err);

/*
 * ---- acceptance: open, copy and fsync, begin, place, add to the catalog, commit, settle ----
 *
 * incoming/STORED is the intent record: after a crash before the commit, the next vault_open for
 * writing takes the bytes out of recordings/ again; after the commit it only removes the record.
 */

/*
 * A file without a name in incoming/ (O_TMPFILE), open for reading and writing, read-only once it
 * has a name. `size` > 0 is set aside for it: ERR_SPACE before any byte is copied. ERR_SYSTEM
 * where the file system knows no such files. Gives the descriptor; closing it is giving up.
 */
int vault_incoming_open(struct vault *vault, uint64_t size, struct err *err);

/* Gives the file its place, recordings/ab/STORED, durably; a leftover of that name is replaced.
 * With the catalog's write transaction held, and the file's content flushed. */
int vault_incoming_place(struct vault *vault, int fd, const char *stored_name, struct err *err);

/* After the commit: removes the intent record. */
int vault_incoming_settle(struct vault *vault, const char *stored_name, struct err *err);

/*
 * ---- sealing: begin, write and fsync, begin a transaction, place, add, commit, settle ----
 *
 * `relative` is "archives/YEAR/CASE/NAME.tar", each part of ASCII letters, digits, "." "_" "-"
 * (ERR_USAGE). The tar is written as incoming/YEAR@CASE@NAME.tar.part, which is the intent record
 * too. The descriptor stays open until settle or abandon returned: its lock tells other processes
 * that somebody is at work.
 */

/* A new, empty part file, open for reading and writing, and locked. ERR_CONFLICT where another
 * process is sealing it; what a crash left of that name is settled first. Not in a transaction. */
int vault_archive_begin(struct vault *vault, const char *relative, int *part_fd, struct err *err);

/* Links the flushed part file to its place, folders made durably. ERR_CONFLICT where NAME.tar
 * exists. With the write transaction held. */
int vault_archive_place(struct vault *vault, const char *relative, struct err *err);

/* After the commit: gives up the loose copies of what is in the archive, as far as nobody else
 * needs them, then removes the part's name. Makes a transaction of its own. The sidecars that the
 * sealing made due are vault_sidecars_catch_up's to write. */
int vault_archive_settle(struct vault *vault, int64_t archive_number, const char *relative,
                         struct err *err);

/* Before the commit, or after a rollback: removes the part and, if placed, NAME.tar. */
int vault_archive_abandon(struct vault *vault, const char *relative, struct err *err);

/*
 * ---- disposal: begin, change the catalog, note what is to be removed, commit, remove ----
 *
 * What is noted in the transaction is removed after its commit, by vault_removals_finish or, after
 * a crash, by the next opening for writing.
 */

/* Notes stored bytes, or an archive by its path. With the write transaction held. */
int vault_removal_note_stored(struct vault *vault, const char *stored_name, struct err *err);
int vault_removal_note_archive(struct vault *vault, const char *relative, struct err *err);

/* Removes all that was noted, durably: stored bytes unless the catalog needs them for something
 * else, an archive unless the catalog knows it as one that is there. Makes transactions of its own;
 * none where nothing is noted. */
int vault_removals_finish(struct vault *vault, struct err *err);

/* ---- sidecars: recordings/ab/DIGEST.json, from which the catalog can be rebuilt ---- */

/* Writes the sidecar of a recording from the catalog, durably. Best in the transaction that changed
 * the recording. */
int vault_sidecar_store(struct vault *vault, int64_t number, struct err *err);

/* What a recording's sidecar must hold now; the text is the caller's. For store and for audit. */
int vault_sidecar_text(struct vault *vault, const struct catalog_recording *recording, char **text,
                       struct err *err);

/* Reads the sidecar of the recording with this SHA-256 as it lies on disk; the text is the
 * caller's. ERR_MISSING where there is none. */
int vault_sidecar_load(struct vault *vault, const uint8_t sha256[static 32], char **text,
                       struct err *err);

/* The probe's report in that sidecar, octet for octet; the caller's. ERR_DAMAGED where there is
 * none in it. */
int vault_sidecar_report(struct vault *vault, const uint8_t sha256[static 32], char **report,
                         struct err *err);

/*
 * Looks at the sidecars that are due: those that are already as they must be are due no longer;
 * `stale` is told of each other one. Makes transactions of its own.
 */
int vault_sidecars_review(struct vault *vault,
                          void (*stale)(void *context, const struct catalog_recording *recording),
                          void *context, struct err *err);

/* Writes all sidecars that are due. Makes transactions of its own. */
int vault_sidecars_catch_up(struct vault *vault, struct err *err);

/* ---- names ---- */

/*
 * A case number as a folder and file name that every system takes: ASCII letters, digits, "." "_"
 * "-" stay, runs of anything else become one "-", none at the start; where anything was changed or
 * cut (40 characters), or could be taken for such a name, "-" and the first 8 hexadecimal digits of
 * the number's SHA-256 follow.
 * 津西青综执〔2026〕12号 gives "2026-12-" and 8 digits.
 */
enum { VAULT_CASE_NAME = 64 };
void vault_case_name(const char *case_number, char name[static VAULT_CASE_NAME]);

#endif
