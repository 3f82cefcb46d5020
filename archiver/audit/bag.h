#ifndef SHILU_AUDIT_BAG_H
#define SHILU_AUDIT_BAG_H

#include "audit/expect.h"

/* What a bag's lists say beyond its files. */
struct bag_said {
    bool has_list;          /* the signed list could be read, and its signature holds */
    bool has_seal;          /* the list could be read */
    struct seal_value seal; /* SHA-256 of tagmanifest-sha256.txt: stands for the whole */
    bool index_is_sound;    /* it could be read, and is what was signed; else that is found */
    bool has_structure;
    uint8_t structure[32];
};

/*
 * What a bag (RFC 8493) at `prefix` ("" or ending in "/") says should be there: its signature is
 * checked, its lists are read into `all`. What is wrong with them is found, here or by
 * expect_compare, and not an error.
 *   offsets   the index's offsets count from the start of this very carrier (the bag's own tar)
 * -1 only where memory is out.
 */
int bag_expect(struct session *session, const struct tree *tree, const char *prefix, bool offsets,
               struct expectations *all, struct bag_said *said, struct err *err);

/* Payload-Oxum of RFC 8493, 2.2.2: worth telling only where nothing else was found. */
void bag_check_oxum(struct session *session, const struct tree *tree, const char *prefix);

/* What is needed to check a signature; `pem` empty: the enclosed key is not to be relied on, and
 * that is found elsewhere. */
struct bag_signature {
    const char *entry; /* names the signature */
    struct bytes message, signature, pem;
};

/*
 * Checks that the signature is of the enclosed key, and that key is the one that was asked for.
 * What is wrong is one finding. False where the bytes are not what some key signed; true also where
 * nobody can say.
 */
bool bag_check_signature(struct session *session, const struct tree *tree,
                         const struct bag_signature *signature);

#endif
