#ifndef SHILU_INTAKE_ITEM_H
#define SHILU_INTAKE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "intake/copy.h"
#include "intake/intake.h"
#include "intake/tags.h"
#include "probe/probe.h"

/* A recording and its companions under way, from the opening of the source to the result. */
struct item {
    struct copy recording;
    struct copy companions[PROBE_COMPANIONS_MAX];
    size_t companion_count;
    size_t under_way; /* jobs in the pool */
    bool failed;      /* the vault could not take it: neither accepted nor refused */

    /* after item_look */
    struct probe_report *report;
    char *report_text;
    struct tags tags;

    /* the reading of the bytes that are held already; see accept_find_held */
    struct digest_job held; /* from: -1 where it is not under way */
    struct err held_err;
    bool held_is_loose;
    bool held_is_sound;

    /* after acceptance */
    int64_t number;
    bool duplicate;
    bool archive_failed; /* a duplicate whose archive does not hold its bytes any more */
    bool tags_left_out;  /* a duplicate that stands otherwise than it was given now */
    const char *notice;  /* what a person must know beside the outcome; translated, static */
};

struct item *item_new(struct err *err);
void item_free(struct item *item);

/*
 * After all copies ended well or were refused: probes the recording from its copy, with what came
 * beside it, and decides whether it is one. *taken is false where it is refused; then
 * item->recording.err says why. -1 where the helper cannot be started or memory is out.
 */
int item_look(struct item *item, const struct vault_settings *settings,
              const struct intake_options *options, bool *taken, struct err *err);

#endif
