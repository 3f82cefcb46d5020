#ifndef SHILU_TESTS_AUDIT_FIXTURE_H
#define SHILU_TESTS_AUDIT_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"

/* A sealed archive of recordings R1 to R4 (100,000 bytes each, R4 empty but for a few) to damage,
 * and what an audit of it finds. Whatever goes wrong here fails the test at once. */

enum { FIXTURE_RECORDINGS = 4, FIXTURE_BYTES = 100000 };
#define FIXTURE_CASE "津西青综执〔2026〕12号"

/* cmocka's setup: a new vault "v" with the recordings, loose; opened for writing. */
int fixture_setup(void **state);
/* The same, sealed; the archive copied to "a.tar". */
int fixture_setup_sealed(void **state);
int fixture_teardown(void **state);

struct vault *fixture_vault(void);
/* Seals, and gives the path of the archive below the working folder. */
const char *fixture_seal(void);

/* The bag's folder name, and the offset of an entry's content by the index: "R2". */
const char *fixture_bag(void);
uint64_t fixture_offset(const char *archive, const char *id);

/* ---- damage ---- */

void fixture_flip(const char *path, uint64_t offset);
void fixture_cut(const char *path, uint64_t size);
uint64_t fixture_size(const char *path);

/* ---- what was found ---- */

struct fixture_finding {
    enum audit_kind kind;
    char entry[300], recording[40], case_number[100], detail[500];
    int has_range;
    uint64_t first, last;
};

struct fixture_found {
    struct fixture_finding at[64]; /* the first of them */
    size_t count;
    struct audit_report report;
};

struct audit_options fixture_options(struct fixture_found *found, enum audit_level level);

/* Audits a path; it must be possible to look. */
void fixture_audit(const char *path, enum audit_level level, struct fixture_found *found);
void fixture_audit_vault(enum audit_level level, struct fixture_found *found);

/* How many findings of a kind there are. */
size_t fixture_count(const struct fixture_found *found, enum audit_kind kind);

/* One finding and no other, of this kind, whose entry ends like this (NULL: has none). */
void fixture_only(const struct fixture_found *found, enum audit_kind kind, const char *entry);
void fixture_none(const struct fixture_found *found);

#endif
