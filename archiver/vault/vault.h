#ifndef SHILU_VAULT_H
#define SHILU_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "catalog/catalog.h"
#include "probe/probe.h"

struct err;
struct key;

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

/*
 * Makes a new vault in a folder that does not exist or is empty; nothing is left behind where it
 * fails. ERR_CONFLICT where the folder holds something.
 *   unit   the bureau's name
 *   by     the person: "os:LOGIN"
 */
int vault_create(const char *path, const char *unit, const char *by, struct vault_created *created,
                 struct err *err);

enum vault_mode {
    VAULT_READ,  /* changes nothing */
    VAULT_WRITE, /* finishes first what a crash left half-done: see recover.c */
};

/*
 * Opens a vault and sets the process's zone to the vault's. ERR_MISSING where there is none at
 * `path`, ERR_DAMAGED where its format is newer or its settings cannot be read (line named).
 */
int vault_open(const char *path, enum vault_mode mode, struct vault **out, struct err *err);
void vault_free(struct vault *vault);
AUTO_DEFINE(struct vault *, vault_free, NULL);

const char *vault_path(const struct vault *vault);
struct catalog *vault_catalog(struct vault *vault);

/* What shilu.conf says. Texts live as long as the vault. */
struct vault_settings {
    const char *unit;
    const char *zone;                     /* IANA name */
    const struct probe_pattern *patterns; /* the bureau's own first, then the built-in ones */
    size_t pattern_count;
};
const struct vault_settings *vault_settings(const struct vault *vault);

/* Held folders; descriptors stay the vault's. */
enum vault_folder { VAULT_ROOT, VAULT_INCOMING, VAULT_RECORDINGS, VAULT_ARCHIVES, VAULT_DISCS };
int vault_folder(const struct vault *vault, enum vault_folder folder);

/* The signing key, private part read on first use; the vault's. */
int vault_signing_key(struct vault *vault, const struct key **key, struct err *err);
/* The public key alone. */
int vault_public_key(struct vault *vault, const struct key **key, struct err *err);

/* Who acts: "os:LOGIN" of the process's user; the vault-independent name of the actor. */
void vault_actor(char actor[static 128]);

/* ---- stored bytes ---- */

/* "ab/abcdef….mp4" of a stored name; fits VAULT_STORED_PATH. */
enum { VAULT_STORED_PATH = 128 };
void vault_stored_path(const char *stored_name, char path[static VAULT_STORED_PATH]);

/* Opens stored bytes for reading: a descriptor, or -1 with *err (ERR_MISSING). */
int vault_open_stored(const struct vault *vault, const char *stored_name, struct err *err);

/* Gives up the loose copy of a sealed recording or attachment, and its folder's entry. */
int vault_drop_stored(const struct vault *vault, const char *stored_name, struct err *err);

/* ---- sidecars: recordings/ab/DIGEST.json, from which the catalog can be rebuilt ---- */

/* Writes the sidecar of a recording from the catalog, durably. */
int vault_sidecar_store(struct vault *vault, int64_t number, struct err *err);

/* What a recording's sidecar must hold now; the text is the caller's. For store and for audit. */
int vault_sidecar_text(struct vault *vault, const struct catalog_recording *recording, char **text,
                       struct err *err);

/* Reads a sidecar as it lies on disk; the text is the caller's. ERR_MISSING where there is none. */
int vault_sidecar_load(struct vault *vault, const struct catalog_recording *recording, char **text,
                       struct err *err);

/* Writes all sidecars that are due. */
int vault_sidecars_catch_up(struct vault *vault, struct err *err);

/* ---- names ---- */

/*
 * A case number as a folder and file name that every system takes: ASCII letters, digits, "." "_"
 * "-" stay, runs of anything else become one "-"; where anything was changed or cut (40
 * characters), "-" and the first 8 hexadecimal digits of the number's SHA-256 follow.
 * 津西青综执〔2026〕12号 gives "2026-12-" and 8 digits.
 */
enum { VAULT_CASE_NAME = 64 };
void vault_case_name(const char *case_number, char name[static VAULT_CASE_NAME]);

#endif
