#ifndef SHILU_PACK_INDEX_H
#define SHILU_PACK_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "pack/pack.h"

struct err;

/* index.json of a sealed archive, read as if an enemy had written it. */

#define INDEX_FORMAT "shilu-archive/1"

enum {
    INDEX_BYTES_MAX = 256 << 20,
    INDEX_ENTRIES_MAX = 1000000,
    INDEX_NAME_MAX = 255, /* of one file in data/ */
};

struct index {
    struct pack_entry *entries; /* recordings first, then attachments, each in their order */
    size_t count;
    const char *case_number, *unit;
    uint64_t archive_size;
};

/*
 * Reads and checks an index.
 *   text       len octets with room for a NUL behind; decoded in place, and what the entries point
 *              into: it must live as long as they do
 *   head_end   the end of index.json's own content in the tar: no entry may begin before
 * ERR_DAMAGED, the entry and cause named: no JSON, another format, a member that is missing, twice
 * there or of the wrong type, an offset that is no multiple of 512, before head_end or beyond the
 * archive's size; contents that overlap; an id, or a name without regard to case, that stands
 * twice; a name that is not data/ and one plain file name; more than INDEX_ENTRIES_MAX entries.
 * Cost grows with the index alone: no content and no other header is read.
 */
int index_parse(char *text, size_t len, const char *object, uint64_t head_end, struct index *out,
                struct err *err);
void index_release(struct index *index);

#endif
