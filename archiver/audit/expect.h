#ifndef SHILU_AUDIT_EXPECT_H
#define SHILU_AUDIT_EXPECT_H

#include "audit/session.h"
#include "audit/tree.h"
#include "base/bytes.h"

/* What should be on a carrier, gathered from its lists, and compared with what is. Private. */

/* One list's word about one file; what it does not say is not set. Texts are copied. */
struct expectation {
    char *path;
    const char *list; /* static: "manifest-sha256.txt" */
    bool has_sha256, has_sm3, has_size, has_offset;
    bool doubtful; /* the list itself is not what was signed, and was found so: its word counts only
                      where no other list speaks, and what it alone names need not be there */
    bool is_single; /* not one of many in a list */
    struct digest_pair digests;
    uint64_t size, offset;
    char *recording, *case_number;
    size_t rank; /* the order in which they were given */
};

struct expectations {
    struct expectation *at;
    size_t count;
    size_t room;
};

void expectations_release(struct expectations *all);
static inline void expectations_release_at(struct expectations *all)
{
    expectations_release(all);
}

int expect(struct expectations *all, const struct expectation *one, struct err *err);

/* True where a list that is not doubtful gives another SHA-256 for the file than these bytes have:
 * then expect_compare finds it, and nobody else need. Only before expect_compare. */
bool expect_denies(const struct expectations *all, const char *path, struct bytes content);

/* Which of a pair a list holds. */
enum expect_digest { EXPECT_SHA256, EXPECT_SM3 };

/* A list of "HEX  PATH" lines. */
struct expect_list {
    const char *path; /* on the carrier */
    const char *name; /* static */
    const char *prefix;
    enum expect_digest digest;
    bool doubtful;
    struct bytes text;
};

/* The lines of a list, each path behind its prefix. A line that is none is a finding, unless the
 * list is doubtful. */
int expect_manifest(struct session *session, const struct tree *tree,
                    const struct expect_list *list, struct expectations *all, struct err *err);

/*
 * Compares: lists that contradict each other, files that are missing, of another length, in another
 * place, or that nothing names; and, at AUDIT_ALL or for files outside data/, the contents.
 * Everything that is expected or there counts once as checked. -1 only where memory is out.
 */
int expect_compare(struct session *session, const struct tree *tree, struct expectations *all,
                   struct err *err);

#endif
