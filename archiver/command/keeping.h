#ifndef SHILU_COMMAND_KEEPING_H
#define SHILU_COMMAND_KEEPING_H

#include <jansson.h>
#include <stdint.h>

#include "catalog/catalog.h"

/* What `show` tells of how long a recording is kept, in the form of the commands for it. */

struct err;
struct vault;

/* How long a recording is kept, and why: a line for people; an object. */
int retention_print(struct vault *vault, int64_t recording, struct err *err);
int retention_json(struct vault *vault, int64_t recording, json_t **out, struct err *err);

/* The disposal that asks for a recording, or has disposed of it; nothing, or JSON null, where there
 * is none. */
int disposal_of_print(struct vault *vault, int64_t recording, struct err *err);
int disposal_of_json(struct vault *vault, int64_t recording, json_t **out, struct err *err);

/* One hold in JSON. */
json_t *hold_json(const struct catalog_hold *hold);

#endif
