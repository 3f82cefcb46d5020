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
    struct digest_pair digests;
    uint64_t size, offset;
    char *recording, *case_number;
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

/* Which of a pair a list holds. */
enum expect_digest { EXPECT_SHA256, EXPECT_SM3 };

/*
 * The lines of a manifest ("HEX  PATH"), each path behind `prefix`. A line that is none is a
 * finding against `list_path`.
 */
int expect_manifest(struct session *session, const struct tree *tree, const char *list_path,
                    const char *list, const char *prefix, enum expect_digest digest,
                    struct bytes text, struct expectations *all, struct err *err);

/*
 * Compares: lists that contradict each other, files that are missing, of another length, in another
 * place, or that nothing names; and, at AUDIT_ALL or for files outside data/, the contents.
 * -1 only where memory is out.
 */
int expect_compare(struct session *session, const struct tree *tree, struct expectations *all,
                   struct err *err);

#endif
