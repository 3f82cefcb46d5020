#ifndef SHILU_AUDIT_AUDITOR_H
#define SHILU_AUDIT_AUDITOR_H

#include "audit/session.h"
#include "catalog/catalog.h"
#include "vault/vault.h"

/* One audit of a vault, or of part of it, under way. Private. */

AUTO_DEFINE(struct catalog_archive *, catalog_archive_free, NULL);

enum scope { SCOPE_VAULT, SCOPE_CASE, SCOPE_RECORDING, SCOPE_ARCHIVE };

/* Bytes that are read back as one. */
struct item {
    enum catalog_read_kind kind;
    int64_t number;
    uint64_t size_bytes;
    int64_t right_us;
    bool was_read; /* every byte */
    bool is_wrong;
};

/* What an audit of the vault needs everywhere. */
struct auditor {
    struct session session;
    struct audit_options options; /* with the vault's key where none was given */
    struct vault *vault;
    const char *path; /* of the vault */
    enum scope scope;
    const char *case_number; /* SCOPE_CASE, else NULL */
    int64_t *numbers;        /* of the recordings in scope, ascending */
    size_t count;
    void *seen;         /* attachments' stored names: tsearch(3) */
    struct item *items; /* SCOPE_VAULT: in the order in which they are read */
    size_t item_count;
    enum audit_level asked; /* the level, while options.level is that of one item */
};

int auditor_start(struct auditor *auditor, struct vault *vault, enum scope scope,
                  const struct audit_options *options, struct audit_report *report,
                  struct err *err);
void auditor_release(struct auditor *auditor);
static inline void auditor_release_at(struct auditor *auditor)
{
    auditor_release(auditor);
}

/* Whether a recording is in scope. */
bool auditor_has(const struct auditor *auditor, int64_t number);

void auditor_found(struct auditor *auditor, enum audit_kind kind, const char *entry,
                   const char *recording, const char *detail);

/* An error of the catalog about one row does not keep the others from being looked at: found, and
 * 0. -1 where the catalog as a whole cannot be read. */
int auditor_row_failed(struct auditor *auditor, const char *id, const struct catalog_err *from,
                       struct err *err);

/* "R12". */
void auditor_recording_id(int64_t number, char id[static 32]);

/* catalog_archive_each must not be called again from its callback: numbers first. */
struct archive_numbers {
    int64_t *at;
    size_t count;
    uint64_t bytes;
    bool failed;
    const char *case_number; /* NULL, or: whether one of them is of this case */
    bool of_case;
};
static inline void archive_numbers_release_at(struct archive_numbers *numbers)
{
    free(numbers->at);
}
/* For the catalog's _each functions; context is the struct archive_numbers. */
void archive_numbers_take(void *context, const struct catalog_archive *archive);

/* ---- what is looked at; -1 only where the audit cannot go on ---- */

/* The bytes of a recording wherever they lie, its attachments, its sidecar. */
int auditor_check_recording(struct auditor *auditor, int64_t number, struct err *err);
/* The numbers of all recordings in scope; each of them. */
int auditor_load_numbers(struct auditor *auditor, struct err *err);
int auditor_check_recordings(struct auditor *auditor, struct err *err);
/* An archive by itself, and what the catalog says of it. */
int auditor_check_archive(struct auditor *auditor, const struct catalog_archive *archive,
                          struct err *err);
int auditor_check_archive_number(struct auditor *auditor, int64_t number, struct err *err);
/* SCOPE_VAULT: all recordings and archives, as far and in the order that the choice says; and tells
 * which items were right. */
int auditor_check_items(struct auditor *auditor, struct err *err);
/* The custody log by itself, and the catalog, where there is one, against what the log tells. */
int auditor_check_log(struct auditor *auditor, struct err *err);
/* As audit_log_clock: no reason to distrust the catalog. */
int auditor_check_clock(struct auditor *auditor, struct err *err);
/* Files in the vault that nothing in the catalog names. */
int auditor_check_strays(struct auditor *auditor, struct err *err);
/* All files of the vault where there is no catalog to say what should be there. */
int auditor_check_bare(struct auditor *auditor, struct err *err);

/* ---- files of the vault, one by one ---- */

/* Whether somebody knows what lies at a path below a folder of the vault. */
typedef int known_function(struct auditor *auditor, const char *below, bool *known,
                           struct err *err);

/* One of the vault's folders whose files must be known. */
struct place {
    enum vault_folder folder;
    known_function *is_known;
    const char *detail; /* of what is not */
};

/* Asks for each file below the place's folder; what nobody knows is found. */
int auditor_walk(struct auditor *auditor, const struct place *place, struct err *err);

/* Whatever lies in incoming/ is found: it is under way, or was left. */
int auditor_check_incoming(struct auditor *auditor, struct err *err);

#endif
