#ifndef SHILU_INTAKE_AGAIN_H
#define SHILU_INTAKE_AGAIN_H

#include <stdbool.h>
#include <stdint.h>

struct catalog_recording;
struct err;
struct tags;
struct vault;

/*
 * The tags that a person gave with bytes that are held already, in the caller's act: cases
 * are added, for one recording may serve several; what no value stands for is filled in; what
 * stands otherwise stays, since changing it needs a reason.
 *   left_out   some of them stood otherwise
 */
int again_tag(struct vault *vault, const struct catalog_recording *recording,
              const struct tags *tags, bool *left_out, struct err *err);

#endif
