#ifndef SHILU_ACTS_H
#define SHILU_ACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "catalog/catalog.h"
#include "custody/entry.h"

struct custody_log;
struct err;
struct vault;

/*
 * Every change of the catalog, as the custody log tells it.
 *
 * An act is an entry: its action, subject and detail say all that the catalog is to hold. One
 * function makes the change that an entry tells (acts_apply), now and whenever the log is read
 * again: so the catalog is what its log says, can be made anew from it, and is compared with it.
 *
 * The functions that act stand between vault_begin and vault_commit (or vault_rollback); who acts
 * and when is vault_begin's. Errors are those of the catalog's function, and ERR_USAGE where what
 * is to be told is longer than an entry may be. The details' members: ARCHITECTURE.md, "The custody
 * log".
 */

/* What an act made. */
struct acts_done {
    int64_t number; /* of the recording, archive or disc; 0 for others */
    uint64_t seq;   /* of its entry */
};

/* A new recording; accepted_us, accepted_offset_minutes and accepted_by are not read. */
int acts_accept(struct vault *vault, const struct catalog_new_recording *recording,
                struct acts_done *done, struct err *err);

/*
 * The same bytes, handed in again.
 *   name      under which they came this time, shown form
 *   restored  what was lost is held again, from these
 *   loose     beside the archive that should hold them
 */
int acts_accept_again(struct vault *vault, int64_t number, const char *name, bool restored,
                      bool loose, struct acts_done *done, struct err *err);

/* A file that goes with a recording; what catalog_attachment_add reads of it, but added_us and
 * added_by. */
int acts_attach(struct vault *vault, int64_t recording, const struct catalog_attachment *attachment,
                struct err *err);

/* New standing values of one field, as catalog_tag_set takes them. */
struct acts_change {
    enum catalog_field field;
    const char *const *values;
    size_t value_count;
};

/* Sets tags of a recording. reason NULL: none was asked. */
int acts_tag(struct vault *vault, int64_t recording, const struct acts_change *changes,
             size_t count, const char *reason, struct err *err);

/* As catalog_archive_add; sealed_by is not read. */
int acts_seal(struct vault *vault, const struct catalog_archive *archive, const int64_t *recordings,
              size_t count, const int64_t *attachments, size_t attachment_count,
              struct acts_done *done, struct err *err);

/* As catalog_disc_add; made_by is not read. */
int acts_image(struct vault *vault, const struct catalog_disc *disc, const int64_t *archives,
               size_t count, struct acts_done *done, struct err *err);

/* As the catalog's functions; opened_us, opened_by and the like are not read. */
int acts_case_open(struct vault *vault, const struct catalog_case *one, struct err *err);
int acts_case_close(struct vault *vault, const char *number, struct err *err);
int acts_collector_set(struct vault *vault, const struct catalog_collector *one, struct err *err);
int acts_device_set(struct vault *vault, const struct catalog_device *one, struct err *err);

/* What is done to an account; of its password an entry tells password_digest alone, and
 * catalog_password_set sets it. Whether it may be done is room people's to say. */
/* name   as the account has it
 * duties   joined by commas
 * proved   whether who did it had proved who they are; where not the entry says so */
int acts_user_add(struct vault *vault, const char *name, const char *duties,
                  const uint8_t password_sha256[static 32], struct err *err);
int acts_user_password(struct vault *vault, const char *name,
                       const uint8_t password_sha256[static 32], bool proved, struct err *err);
int acts_user_switch(struct vault *vault, const char *name, bool disabled, struct err *err);
int acts_user_duties(struct vault *vault, const char *name, const char *duties, struct err *err);

/* Holds: recording or case_number, and reason or lift_reason are read. */
int acts_hold_set(struct vault *vault, const struct catalog_hold *hold, struct err *err);
int acts_hold_lift(struct vault *vault, const struct catalog_hold *hold, struct err *err);

/* The rules of retention that count from now on, as rules_print gives them. */
int acts_retention_confirm(struct vault *vault, const char *rules, struct err *err);

/* What a verification came to. */
struct acts_verification {
    const char *subject; /* "R12", "A3", a case's number; "" for the whole vault */
    const char *level;   /* "all", "sizes", … */
    uint64_t findings;
    uint64_t bytes;            /* read */
    const int64_t *recordings; /* read whole and found right, ascending: loose recordings … */
    const int64_t *archives;   /* … and archives */
    size_t recording_count, archive_count;
    double percent;     /* of a sample; 0: none was drawn */
    uint64_t seed_size; /* entries of the log whose root was the sample's seed */
};

/* Tells of a verification, and when what was read was read. Long lists make several entries. */
int acts_verified(struct vault *vault, const struct acts_verification *verification,
                  struct err *err);

/* A disposal is asked for; withdrawn; approved. That these persons may, and that it is due, is room
 * keep's to say. */
int acts_disposal_request(struct vault *vault, const int64_t *recordings, size_t count,
                          const char *reason, struct acts_done *done, struct err *err);
int acts_disposal_withdraw(struct vault *vault, int64_t disposal, const char *reason,
                           struct err *err);
/* clock_is_right   the person vouches for the clock, where the log does not: the entry says so */
int acts_disposal_approve(struct vault *vault, int64_t disposal, const char *reason,
                          bool clock_is_right, struct err *err);

/* A recording is disposed of, by an approved disposal; and an archive of which nothing is left. The
 * removal of their files is the vault's. */
int acts_dispose(struct vault *vault, const struct catalog_recording *recording, int64_t disposal,
                 struct err *err);
int acts_dispose_archive(struct vault *vault, const struct catalog_archive *archive,
                         int64_t disposal, struct err *err);

/*
 * Where acts_apply gets a recording's report: an entry holds its digest alone.
 *   sha256         of the recording's bytes
 *   report_sha256  of the report
 * Gives a text that is the caller's; it need not have that digest.
 */
struct acts_reports {
    int (*text)(void *context, const uint8_t sha256[static 32],
                const uint8_t report_sha256[static 32], char **text, struct err *err);
    void *context;
};

/*
 * Makes the change that an entry of the log tells; none for those of what only was looked at. The
 * entry itself is not added to the catalog's log. Accounts get no password, but its digest.
 *   done   number as above; seq is not set
 * ERR_DAMAGED: the entry does not say what one of its action must, or says another number than what
 * was made has; else as the catalog's function.
 */
int acts_apply(struct catalog *catalog, const struct custody_entry *entry,
               const struct acts_reports *reports, struct acts_done *done, struct err *err);

/*
 * Makes the catalog that the vault's custody log tells of, with its entries, in an empty one.
 * Reports come from the vault's catalog or from the sidecars, by their digests. log     opened
 *   count   of the entries that are wanted: those beyond the log's are read in the vault's catalog
 *   failed  told of each entry that cannot be what it says it is, and of a report that is lost
 * (then "{}" stands in its place); the rest is made all the same -1 where it cannot go on:
 * ERR_MISSING, ERR_DAMAGED name a tile, or an entry that is none; ERR_CONFLICT: an entry has
 * another's number; ERR_MEMORY, ERR_SPACE, ERR_SYSTEM.
 */
int acts_replay(struct vault *vault, struct custody_log *log, uint64_t count, struct catalog *into,
                void (*failed)(void *context, uint64_t seq, const struct err *why), void *context,
                struct err *err);

struct acts_rebuilt {
    uint64_t entries;    /* of the log */
    uint64_t recordings; /* in the new catalog */
    char kept[64];       /* what the old catalog is called now; empty: there was none */
};

/*
 * Makes the vault's catalog anew from its custody log, and puts it in its place; passwords are
 * lost, for no log holds them. Acts that the old catalog has beyond the log, and can still tell,
 * are made too. vault    opened with VAULT_AUDIT; from now on with the new catalog, open for
 * writing failed   as of acts_replay stale    told of each recording whose sidecar is not what the
 * log tells: the next opening for writing writes it anew ERR_DAMAGED, ERR_MISSING: the log is not
 * what was signed, and nothing is changed. Else as acts_replay and vault_catalog_put.
 */
int acts_rebuild(struct vault *vault,
                 void (*failed)(void *context, uint64_t seq, const struct err *why),
                 void (*stale)(void *context, const struct catalog_recording *recording),
                 void *context, struct acts_rebuilt *rebuilt, struct err *err);
/* ---- acts that change nothing in the catalog ---- */

/* What is to be told: refused, extracted, exported and the like. */
struct acts_told {
    enum custody_action action;
    char *subject;  /* owned; NULL: none */
    json_t *detail; /* owned; NULL where memory is out */
};
void acts_told_release(struct acts_told *told, size_t count);

/* Logs them as one act, which it begins and commits: after 0 they are told durably. */
int acts_tell(struct vault *vault, const char *by, const struct acts_told *told, size_t count,
              struct err *err);

/* Numbers for a detail's member "recordings" or "archives": "1-40,57". They are sorted, and each is
 * told once. NULL when memory is out. */
json_t *acts_numbers(int64_t *numbers, size_t count);

/* ---- finding entries ---- */

/* Which entries are asked for: those of which all holds that is given here. */
struct acts_wanted {
    int64_t recording;          /* done to it, or naming it in the detail; 0: any */
    const char *case_number;    /* done to the case, its recordings, their archives and discs; NULL:
                                   any. A recording is of each case that it was ever given. */
    const char *subject;        /* exactly; NULL: any */
    const char *actor;          /* NULL: any */
    enum custody_action action; /* CUSTODY_ACTIONS: any */
    int64_t from_us, to_us;     /* at or after, before; 0: any */
};

struct acts_filter;

/* The texts of `wanted` must live as long. ERR_MEMORY. */
int acts_filter_open(const struct acts_wanted *wanted, struct acts_filter **out, struct err *err);
void acts_filter_free(struct acts_filter *filter);
AUTO_DEFINE(struct acts_filter *, acts_filter_free, NULL);

/* Whether an entry is asked for. It is to be shown each entry of the log, from the first on: what
 * an archive or a disc holds, earlier entries say. ERR_MEMORY. */
int acts_filter_take(struct acts_filter *filter, const struct custody_entry *entry, bool *is_wanted,
                     struct err *err);

#endif
