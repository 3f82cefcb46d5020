#ifndef SHILU_DISC_RECORD_H
#define SHILU_DISC_RECORD_H

#include "base/bytes.h"
#include "disc/disc.h"

struct err;
struct key;

/* The first 32 KiB of the image, free for use by ECMA-119, 6.2.1. */
enum { RECORD_AREA = 32768 };

/* What the record states. */
struct record_statement {
    const char *disc;    /* the volume's label */
    const char *made_at; /* RFC 3339 */
    uint64_t image_bytes;
    struct digest_pair structure;
    const uint8_t *sha256sums; /* 32 octets */
};

/* Signs the statement and writes the whole area. ERR_MEMORY. */
int disc_record_write(const struct key *key, const struct record_statement *statement,
                      uint8_t area[static RECORD_AREA], struct err *err);

/*
 * Takes the area apart: a pure function. Every octet of it counts: a changed one is ERR_DAMAGED, or
 * is in the message or the signature.
 */
int disc_record_parse(struct bytes area, const char *object, struct disc_record *record,
                      struct err *err);

#endif
