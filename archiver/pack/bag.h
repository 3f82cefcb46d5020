#ifndef SHILU_PACK_BAG_H
#define SHILU_PACK_BAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct err;
struct history_texts;
struct key;
struct plan;

/* The tag files of the bag, in the order in which they stand at the tar's head. */
enum bag_file {
    BAG_BAGIT,
    BAG_INFO,
    BAG_INDEX,
    BAG_SHA256,
    BAG_SM3,
    BAG_CUSTODY,
    BAG_CHECKPOINT,
    BAG_TIMESTAMP, /* only where there is one */
    BAG_SIGNER,
    BAG_TAGS,
    BAG_SIGNATURE,
    BAG_FILES
};

extern const char *const bag_file_names[BAG_FILES];

/* How many of the files stand before this one in a bag with a timestamp, or without. */
size_t bag_place(enum bag_file file, bool is_stamped);

struct bag {
    char *text[BAG_FILES]; /* the signature's octets too */
    size_t len[BAG_FILES];
};

/*
 * Makes all texts but the last two, and the index without offsets: sizes of all but the index are
 * then final. The last two are made by bag_sign.
 *   history   its texts become the bag's
 * Source: RFC 8493.
 */
int bag_make(const struct plan *plan, const struct key *key, struct history_texts *history,
             struct bag *bag, struct err *err);
void bag_release(struct bag *bag);

static inline void bag_release_at(struct bag *bag)
{
    bag_release(bag);
}

/* What the index says of the tar as a whole. */
struct bag_index {
    uint64_t archive_size;
    uint8_t structure_sha256[32];
};

/* Prints the index anew, each offset `shift` bytes further than the plan says, filled up with
 * spaces to at least `room` bytes. */
int bag_index_print(const struct plan *plan, uint64_t shift, const struct bag_index *about,
                    size_t room, struct bag *bag, struct err *err);

/* Makes the tag manifest over the texts as they stand, and signs it. */
int bag_sign(const struct plan *plan, const struct key *key, struct bag *bag, struct err *err);

#endif
