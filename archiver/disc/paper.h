#ifndef SHILU_DISC_PAPER_H
#define SHILU_DISC_PAPER_H

struct err;
struct key;
struct cargo;

/*
 * Adds the disc's own files to a cargo that holds its bags: index.html and data.js (the viewer),
 * README.txt, disc.json with its signature by `key`, signer.pem, and SHA256SUMS over all files but
 * itself. ERR_MEMORY.
 */
int cargo_add_papers(struct cargo *cargo, const struct key *key, struct err *err);

#endif
