#ifndef SHILU_INTAKE_H
#define SHILU_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "catalog/catalog.h"
#include "digest/digest.h"

struct err;
struct progress;
struct vault;

/*
 * Durable acceptance. A recording is accepted when its bytes, its sidecar and its row are durable;
 * only then is it reported. Several files are under way at once. One thread calls.
 */
struct intake;

struct intake_options {
    const struct catalog_tag *tags; /* given by the person; field and value are read */
    size_t tag_count;
    bool any;    /* take what is no media, too */
    bool reread; /* read the source a second time past the cache and compare */
    const char *by;
    const char *helper; /* path of shilu-probe; NULL: as in probe.h */
};

enum intake_outcome { INTAKE_ACCEPTED, INTAKE_DUPLICATE, INTAKE_REFUSED };

/* One file's result. Texts live until the callback returns. */
struct intake_result {
    const char *path; /* as found, any bytes */
    enum intake_outcome outcome;
    bool companion; /* a file beside a recording, kept as its attachment; comes after it */
    int64_t number; /* of the recording, a companion's too; 0 when refused */
    struct digest_pair digests;
    uint64_t size_bytes;
    const char *captured_at; /* RFC 3339, NULL unknown */
    const struct probe_issue *warnings;
    size_t warning_count;
    const char *reason;  /* of a refusal, or what a person must know beside; NULL for none */
    bool archive_failed; /* an archive should hold these bytes and does not any more */
    bool clearable;      /* the device's copy may be cleared: these very bytes are held */
};

struct intake_report {
    uint64_t accepted, duplicate; /* recordings; companions are not counted */
    uint64_t refused;             /* files of either sort */
    uint64_t archive_failed;      /* files of either sort that an archive has lost */
    uint64_t bytes;               /* read from the sources */
};

/*
 * Takes files and whole folders (companion files go with their recordings, not alone). What is
 * looked at, and what is passed over: walk.h.
 *   paths     as given by the person
 *   each      called once a file, in the order of completion
 *   progress  may be NULL
 * A refused file is a result, not an error. -1 with *err: ERR_USAGE (tags that cannot stand, too
 * many files), ERR_MISSING (a case that is not in the register), both before anything is read; and
 * where the vault itself cannot go on (ERR_SPACE, ERR_SYSTEM, …): what was accepted stays so,
 * nothing half-done counts.
 */
int intake_run(struct vault *vault, const char *const *paths, size_t path_count,
               const struct intake_options *options,
               void (*each)(void *context, const struct intake_result *result), void *context,
               const struct progress *progress, struct intake_report *report, struct err *err);

/* Sets or corrects tags of a recording, all or none, and brings its sidecar up to date. MISSING for
 * an unknown recording or case; else as catalog_tag_set. */
int intake_tag(struct vault *vault, int64_t number, const struct acts_change *changes, size_t count,
               const char *by, const char *reason, struct err *err);

/* Adds a file to a recording: kind "transcript", "note" or "companion". ERR_CONFLICT where it is
 * attached already, ERR_USAGE where it is no regular file or changed meanwhile. */
int intake_attach(struct vault *vault, int64_t number, const char *path, const char *kind,
                  const char *by, struct err *err);

#endif
