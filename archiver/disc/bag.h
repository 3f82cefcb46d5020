#ifndef SHILU_DISC_BAG_H
#define SHILU_DISC_BAG_H

#include <stddef.h>

struct err;
struct key;
struct cargo;
struct custody_chain;

/* The vault's key, and those before it: an archive may have been sealed with one of them. */
struct cargo_keys {
    const struct key *key;
    const struct custody_chain *chain;
};

/*
 * Reads the bag in the sealed archive cargo->bags[at] (its `tar` and `tar_bytes` are set) and adds
 * its files to the cargo. Checked: the archive's length, its headers, the signature over the tag
 * manifest by one of the keys, the digest of every file named there; each other file must be one
 * that the index names. ERR_MISSING where the archive is not there, ERR_DAMAGED where it is not
 * what was sealed.
 */
int cargo_add_bag(struct cargo *cargo, size_t at, const struct cargo_keys *keys, struct err *err);

#endif
