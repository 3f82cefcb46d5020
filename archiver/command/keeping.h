#ifndef SHILU_COMMAND_KEEPING_H
#define SHILU_COMMAND_KEEPING_H

#include <jansson.h>

#include "catalog/catalog.h"

/* What `show` tells of how long a recording is kept, in the form of the commands for it. */

/* One hold in JSON. */
json_t *hold_json(const struct catalog_hold *hold);

#endif
