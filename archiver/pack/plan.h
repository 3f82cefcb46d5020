#ifndef SHILU_PACK_PLAN_H
#define SHILU_PACK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/instant.h"
#include "catalog/catalog.h"
#include "digest/digest.h"
#include "pack/history.h"
#include "vault/vault.h"

struct err;

/* What one volume is to hold, as the catalog knows it: all sizes, digests and texts, before a byte
 * is written. */

/* A recording, or an attachment of one. */
struct plan_file {
    int64_t recording;
    int64_t attachment; /* its number; 0 for a recording */
    char *original_name;
    char *stored_name;
    char *name; /* below the bag: "data/…" */
    uint64_t size;
    struct digest_pair digests;
    char *before_offset, *behind_offset; /* its entry in index.json around the offset */
    char *tags;                          /* the standing tags as JSON; NULL for an attachment */
    char *kind;                          /* of an attachment; NULL for a recording */
    uint64_t offset;                     /* of its content in the tar, once laid out */
    uint64_t accepted; /* the number of its acceptance in the log; a recording's */
};

/* An archive that is made again, as the case's next volume, without some of what is in it. */
struct plan_rewrite {
    int64_t archive;     /* its number */
    const int64_t *gone; /* the recordings left out, with all that is attached to them; ascending */
    size_t gone_count;
    const struct plan *after; /* of the same case, rewritten before and not in the catalog yet; or
                                 NULL */
    const uint8_t *after_sha256; /* of its tar */
    const char *disposal;        /* "X1", as the index tells it */
};

/* What belongs to no case, in place of a case. */
struct plan_unassigned {
    const char *month; /* of capture: "2026-11" */
    const char *team;  /* whose collectors; NULL: whichever */
};

enum { PLAN_BAG_MAX = VAULT_CASE_NAME + 16 };

struct plan {
    struct catalog_case *the_case; /* or what stands for it: its number is "unassigned 2026-11" */
    char month[8];                 /* then; else "" */
    char *team;                    /* NULL: whichever */
    const char *unit;
    int64_t sealed_us;
    char sealed_at[INSTANT_TEXT]; /* the same, in the vault's zone */
    uint32_t volume;
    char bag[PLAN_BAG_MAX]; /* "2026-12-5d0c3a7e-v001" */
    bool has_previous;
    char previous[PLAN_BAG_MAX + 8]; /* the volume before: "….tar" */
    uint8_t previous_sha256[32];
    const char *disposal; /* of a volume that stands for another; NULL else */
    char replaced[512];   /* the path of that other */
    uint8_t replaced_sha256[32];
    struct plan_file *files; /* recordings first, each kind by number */
    size_t count, recording_count;
    uint64_t payload_bytes;
    struct history history; /* all that the log tells of its recordings */
    uint64_t log_size;      /* entries that it had when they were looked for */
    int64_t newest;         /* the case's archive of the volume before; 0 for none */
    uint8_t state[32];      /* SHA-256 of all that the catalog said: differs where that changes */
};

/*
 * Loads what belongs to the case and is in no volume yet; no files where all of it is in volumes
 * already. ERR_MISSING: no such case, or nothing that belongs to it.
 */
int plan_load(struct vault *vault, const char *case_number, int64_t sealed_us, struct plan **out,
              struct err *err);
/* The same of what belongs to no case and is in no archive. ERR_USAGE: not a month. */
int plan_load_unassigned(struct vault *vault, const struct plan_unassigned *unassigned,
                         int64_t sealed_us, struct plan **out, struct err *err);
/* Loads what an archive is to hold without what is gone; no files where nothing is left. What
 * `rewrite` points to must live as long as the plan. */
int plan_load_rewrite(struct vault *vault, const struct plan_rewrite *rewrite, int64_t sealed_us,
                      struct plan **out, struct err *err);
void plan_free(struct plan *plan);
AUTO_DEFINE(struct plan *, plan_free, NULL);

/* A time with the vault's zone as it was then. 0, or -1 for one before 1970 or far from now. */
int plan_time(int64_t at_us, struct instant *out);

/* The file's name of the archive that it stands for. */
const char *plan_replaced_name(const struct plan *plan);

/* Frees the texts that go into the tar's head, once they are written: with 10,000 recordings they
 * are most of what sealing holds. */
void plan_forget_texts(struct plan *plan);

/* The numbers of what is in it, for catalog_archive_add; the caller's. */
int plan_numbers(const struct plan *plan, int64_t **recordings, int64_t **attachments,
                 struct err *err);

#endif
