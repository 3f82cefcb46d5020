#ifndef SHILU_DISC_BAG_H
#define SHILU_DISC_BAG_H

#include <stddef.h>

struct err;
struct key;
struct cargo;

/*
 * Reads the bag in the sealed archive cargo->bags[at] (its `tar` and `tar_bytes` are set) and adds
 * its files to the cargo. Checked: the archive's length, its headers, the signature over the tag
 * manifest by `signer`, the digest of every file named there; each other file must be one that
 * the index names.
 * ERR_MISSING where the archive is not there, ERR_DAMAGED where it is not what was sealed.
 */
int cargo_add_bag(struct cargo *cargo, size_t at, const struct key *signer, struct err *err);

#endif
