#ifndef SHILU_AUDIT_H
#define SHILU_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "catalog/catalog.h"
#include "custody/key.h"
#include "custody/seal_value.h"
#include "custody/succession.h"

struct custody_receipt;
struct custody_witness;
struct err;
struct progress;
struct vault;

/* Verifies what Shilu wrote, with or without a vault. It never stops at the first fault: the list
 * is complete and counted. */

enum audit_level {
    AUDIT_ALL,    /* every byte, both digests */
    AUDIT_SIZES,  /* everything that should be there is, with the right length; signatures */
    AUDIT_LISTED, /* everything that should be there is; signatures */
};

enum audit_kind {
    AUDIT_MISSING,    /* something that should be there is not (damaged at length 0) */
    AUDIT_DAMAGED,    /* bytes are not what they must be */
    AUDIT_EXTRA,      /* something that nothing names */
    AUDIT_SIGNATURE,  /* a signature does not hold */
    AUDIT_CATALOG,    /* the catalog and the files disagree */
    AUDIT_LOG,        /* the custody log is not what was signed, or tells something else */
    AUDIT_TRANSIENT,  /* a second read past the cache was right: memory or transport at fault */
    AUDIT_UNREADABLE, /* could not be looked at */
    AUDIT_SEAL,       /* its seal value is not the one that was given */
};

/* The kind's name in JSON: "missing", "damaged", … */
const char *audit_kind_name(enum audit_kind kind);

/* Texts live until the callback returns; NULL where they do not apply. */
struct audit_finding {
    enum audit_kind kind;
    const char *target;    /* the archive, image, or vault path */
    const char *entry;     /* the file inside: "data/R12.mp4" */
    const char *recording; /* "R12" */
    const char *case_number;
    bool has_range;
    uint64_t first, last; /* bytes of the target that are concerned, both included */
    const char *detail;   /* in the person's language */
};

/* What has become of the recording that a receipt is for. */
enum audit_fate {
    AUDIT_FATE_UNKNOWN, /* no vault was asked, or it is not that one's receipt */
    AUDIT_FATE_LOOSE,
    AUDIT_FATE_SEALED,
    AUDIT_FATE_DISPOSED,
    AUDIT_FATE_MISSING, /* found, too */
};

/* A receipt that could be read. Texts live until the callback returns. */
struct audit_receipt {
    const char *path;
    const struct custody_receipt *receipt;
    struct seal_value seal;
    enum audit_fate fate;
    const char *archives; /* SEALED: the paths below the vault, ", " between them */
    const char *disposed_by;
    struct instant disposed_at;
    size_t known;       /* witnesses whose keys are known; where there is none nothing is checked */
    unsigned witnesses; /* of these, who have cosigned the checkpoint */
};

/*
 * Of which bytes of a vault each is read, where that is not of all: items are loose recordings with
 * their loose attachments, and archives; of the others the lengths are looked at.
 */
enum audit_pick {
    AUDIT_EVERY,  /* as the level says */
    AUDIT_SAMPLE, /* those that the seed draws */
    AUDIT_UNREAD, /* those neither read nor taken in since, the longest unread first; the others not
                     at all */
};
struct audit_choice {
    enum audit_pick pick;
    double percent;          /* SAMPLE: above 0, to 100 */
    uint8_t seed[32];        /* SAMPLE: see audit_draws */
    int64_t unread_since_us; /* UNREAD */
    uint64_t budget_s;       /* UNREAD: none is begun after so many seconds; 0: all */
};

/*
 * The seed of a sample that nobody could choose: the root of the log as it was when the day began.
 *   size   entries under that root
 */
int audit_seed(struct vault *vault, int64_t day_began_us, uint8_t seed[static 32], uint64_t *size,
               struct err *err);

/*
 * Whether a sample's seed draws an item ("R12", "A3"): the first eight octets of SHA-256(seed ‖
 * item), big-endian, as a fraction of 2^64, are below percent/100. So anybody can draw it again.
 */
int audit_draws(const struct audit_choice *choice, const char *item, bool *drawn, struct err *err);

struct audit_options {
    enum audit_level level;
    struct audit_choice choice; /* of audit_vault alone */
    const struct key *key; /* the key that signatures must be of; NULL: the one enclosed, or the
                              vault's where a vault is audited */
    bool key_is_vaults;    /* `key` is that of the vault at hand: a finding says so */
    const struct custody_chain *chain; /* the keys before `key`, which count too; NULL: none do */
    const char *key_id;  /* where `key` is NULL: the id that the enclosed key must have, or NULL */
    struct vault *vault; /* NULL, or whose log is asked for what its receipts tell of */
    /* whose cosignatures count; where there are none those in the vault's settings do */
    const struct custody_witness *witnesses;
    size_t witness_count;
    /* NULL, or told each receipt */
    void (*receipt)(void *context, const struct audit_receipt *receipt);
    /* NULL, or told the seal value of each archive, image and receipt */
    void (*sealed)(void *context, const struct seal_value *seal);
    /* NULL, or told whose each signature is that holds */
    void (*signed_by)(void *context, const struct custody_signer *signer);
    void (*found)(void *context, const struct audit_finding *finding);
    /* NULL, or told of each item whose every byte was read and found right; of audit_vault alone */
    void (*was_right)(void *context, enum catalog_read_kind kind, int64_t number);
    void *context;
    const struct progress *progress;
};

struct audit_report {
    uint64_t checked; /* files, entries and records looked at */
    uint64_t bytes;   /* really read */
    uint64_t findings;
    enum audit_level level;
    char signer[65]; /* id of the key that signed last; empty when unsigned */
    uint64_t left;   /* items that were to be read, and time did not suffice for */
};

/* Whether signatures of a key count: it is the one asked for, or one before that, or any will do.
 */
bool audit_key_counts(const struct audit_options *options, const struct key *key,
                      struct custody_signer *signer);

/* Whether the path is that of a receipt, by its first bytes or its name. */
bool audit_is_receipt(const char *path);

/* Each gives 0 with the report, however bad the findings; -1 where it could not look at all. */
int audit_vault(struct vault *vault, const struct audit_options *options,
                struct audit_report *report, struct err *err);
/* The log, the catalog by itself, and the catalog against what the log tells; no recordings. */
int audit_catalog(struct vault *vault, const struct audit_options *options,
                  struct audit_report *report, struct err *err);
int audit_case(struct vault *vault, const char *case_number, const struct audit_options *options,
               struct audit_report *report, struct err *err);
int audit_recording(struct vault *vault, int64_t number, const struct audit_options *options,
                    struct audit_report *report, struct err *err);
/* One archive of the vault ("A3"): as audit_path, and against what the catalog knows of it. */
int audit_archive(struct vault *vault, int64_t number, const struct audit_options *options,
                  struct audit_report *report, struct err *err);

/* An archive, an ISO image, a receipt, or an unpacked bag or disc (a folder): what it is, its
 * content says. */
int audit_path(const char *path, const struct audit_options *options, struct audit_report *report,
               struct err *err);

/*
 * Tells of each disposal, approved or done, whose entry has a later time than one that came after
 * it, by more than a minute: the clock ran ahead, and what went was perhaps not due. From the last
 * to the first. ERR_DAMAGED, ERR_MISSING as custody_log_entry.
 */
int audit_log_clock(struct custody_log *log,
                    void (*found)(void *context, uint64_t seq, const char *detail), void *context,
                    struct err *err);

/*
 * The checkpoints of a custody log that something holds: of a checkpoint's file, cosigned or not,
 * that itself; of a receipt its own, once its proof holds; of an archive or a disc image those in
 * it. What it is, its content says. Nothing is said of their signatures.
 *   each   gives 0 to go on, or -1 with *err; the texts live until it returns
 * ERR_MISSING: there is no such file, or no checkpoint in it; ERR_DAMAGED: what is there is not
 * what it must be; and what `each` gives.
 */
typedef int audit_checkpoint(void *context, const char *object, struct bytes checkpoint,
                             struct err *err);
int audit_checkpoints(const char *path, audit_checkpoint *each, void *context, struct err *err);

#endif
