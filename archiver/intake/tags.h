#ifndef SHILU_INTAKE_TAGS_H
#define SHILU_INTAKE_TAGS_H

#include <stddef.h>

#include "catalog/catalog.h"

struct err;
struct intake_options;
struct probe_report;

/* The tags a recording is accepted with. */
struct tags {
    struct catalog_tag *at;
    size_t count;
    size_t given_count;   /* of these, the first ones */
    char captured_at[40]; /* what some of them point to */
    char captured_source[300];
    char name_source[300];
};

/*
 * The given ones, and where a field is not given what the recording itself says: captured_at from
 * its best time, device from its name's pattern, else its serial number, collector from its name.
 * Texts belong to options and report. To be released with tags_release; must not be moved.
 */
int tags_make(struct tags *tags, const struct intake_options *options,
              const struct probe_report *report, struct err *err);
void tags_release(struct tags *tags);

/* The standing captured_at, NULL where there is none. */
const char *tags_captured_at(const struct tags *tags);

#endif
