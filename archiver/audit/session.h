#ifndef SHILU_AUDIT_SESSION_H
#define SHILU_AUDIT_SESSION_H

#include "audit/audit.h"
#include "base/auto.h"
#include "catalog/catalog.h"
#include "digest/digest.h"

/* One audit under way: what was asked, what was found so far, and the readers. Private. */
struct session {
    const struct audit_options *options;
    struct audit_report *report;
    struct digest_pool *pool;
    uint64_t total_bytes; /* to be read, for progress; second readings come on top */
    bool total_is_known;  /* said before anything was opened */
    uint64_t misplaced;   /* findings about where, how long or whether files are */
    size_t under_way;     /* contents in the pool */
    /* NULL, or sees each finding before the caller does */
    void (*watch)(void *watcher, const struct audit_finding *finding);
    void *watcher;
};

int session_start(struct session *session, const struct audit_options *options,
                  struct audit_report *report, struct err *err);
/* Waits for the contents under way, and ends. */
void session_end(struct session *session);
static inline void session_end_at(struct session *session)
{
    session_end(session);
}

/* Counts and hands on one finding. */
void session_found(struct session *session, const struct audit_finding *finding);

/* The same for something that could not be read: UNREADABLE, or DAMAGED and MISSING by the kind of
 * the error. */
void session_found_err(struct session *session, const char *target, const char *entry,
                       const struct err *err);

/* Tells the seal value of what is audited. */
void session_sealed(struct session *session, const struct seal_value *seal);

/* Notes whose signature holds. */
void session_signer(struct session *session, const struct custody_signer *signer);

/* ---- contents: read by all cores, compared with what they must be ---- */

/* Texts are copied. */
struct content {
    int fd;       /* read here; */
    bool owns_fd; /* closed when done */
    uint64_t offset, size;
    bool has_sha256, has_sm3;
    struct digest_pair expected;
    bool in_container; /* the range within the target is worth telling */
    const char *target, *entry, *recording, *case_number;
};

/*
 * Reads the content now or later and compares. What differs is read again past the page cache: a
 * fault that is still there is DAMAGED, one that has gone is TRANSIENT (memory or transport).
 * Counts as one thing checked when done.
 * On -1 (ERR_MEMORY) a descriptor that was to be owned is closed.
 */
int content_check(struct session *session, const struct content *content, struct err *err);

/* Waits until all contents are done: before a shared descriptor is closed. */
void content_drain(struct session *session);

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

#endif
