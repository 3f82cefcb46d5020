#ifndef SHILU_TESTS_CATALOG_CORPUS_H
#define SHILU_TESTS_CATALOG_CORPUS_H

#include "catalog/catalog.h"

/* Made recordings and queries, the same in every run: recording i depends on i alone. Streets,
 * offences and hours are as unequal as in life: a few words stand in a third of all. */

enum { CORPUS_CASES = 3000, CORPUS_COLLECTORS = 120, CORPUS_DEVICES = 200 };

int corpus_registers(struct catalog *catalog, struct catalog_err *err);

struct corpus_recording {
    struct catalog_new_recording new;
    struct catalog_tag tags[6];
    size_t count;
    char number[64], collector[32], device[32], time[32], place[64], purpose[96], name[96];
    char source[8];
    uint8_t sha256[32], sm3[32];
};
void corpus_make(int64_t i, struct corpus_recording *made);
int corpus_add(struct catalog *catalog, int64_t i, struct catalog_err *err);

/* A kind of query is a set of conditions. */
enum {
    CORPUS_FREQUENT = 1, /* a word that stands in a third of all */
    CORPUS_RARE = 2,     /* a word of one in a hundred */
    CORPUS_CASE = 4,
    CORPUS_COLLECTOR = 8,
    CORPUS_TIME = 16,
    CORPUS_NEAR = 32,
    CORPUS_UNTAGGED = 64,
    CORPUS_KINDS = 128,
};

struct corpus_query {
    struct catalog_query query;
    char text[128], case_number[64], collector[32];
};
void corpus_query(unsigned kind, uint32_t round, struct corpus_query *out);
void corpus_kind_name(unsigned kind, char *name, size_t room);

/* Numbers that look random, from a seed. */
uint64_t corpus_random(uint64_t *seed);

#endif
