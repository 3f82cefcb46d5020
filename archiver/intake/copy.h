#ifndef SHILU_INTAKE_COPY_H
#define SHILU_INTAKE_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "digest/digest.h"
#include "vault/vault.h"

struct item;

/*
 * One source file on its way into incoming/: a file without a name there, which is given up by
 * closing it.
 *   copy_begin ─► pool (job) ─► copy_look ─┬─► done
 *                   ▲                      └─ COPY_AGAIN ─┐
 *                   └────────────────────────────────────┘
 */
struct copy {
    struct item *item;
    size_t number;    /* in the list */
    char *path;       /* as given, any bytes */
    char *shown;      /* for errors and the catalog */
    const char *name; /* last part of path */
    int source, held;
    struct stat before;
    struct digest_job job;
    struct digest_pair digests; /* after copy_look */
    bool again;                 /* the second reading is under way */
    bool refused;               /* `err` says why */
    struct err err;             /* of the job, or why refused */
    char *shown_name;           /* of `name`: what the catalog keeps */
    char stored_name[VAULT_STORED_NAME];
    bool placed;   /* has an intent record, to be settled after the commit */
    bool attached; /* a companion that was the recording's already */
    bool lost;     /* a companion that an archive should hold, and does not */
    bool silent;   /* a companion that another recording reports */
};

enum copy_outcome {
    COPY_WELL,
    COPY_AGAIN,   /* put copy->job into the pool once more */
    COPY_REFUSED, /* the source's fault: copy->err says why */
    COPY_FAILED,  /* the vault's fault: copy->err says why */
};

/* Opens the source and its place in the vault, and makes the job ready; never COPY_AGAIN. The
 * struct is zeroed but for item, and released with copy_release whatever comes out. */
enum copy_outcome copy_begin(struct copy *copy, struct vault *vault, const char *path);

/* In place of copy_begin, for a file that cannot even be named to the system. */
enum copy_outcome copy_refuse_name(struct copy *copy, const char *name, const char *reason);

/* After the job came back: whether the source was read as it is, and is still what was read.
 *   reread   read it a second time past the cache and compare */
enum copy_outcome copy_look(struct copy *copy, bool reread);

/* Closes both ends; what has no name in the vault is gone. */
void copy_close(struct copy *copy);
void copy_release(struct copy *copy);

#endif
