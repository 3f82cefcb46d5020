#ifndef SHILU_CATALOG_LINE_H
#define SHILU_CATALOG_LINE_H

#include "catalog/catalog.h"

/* Makes the recording's line, its entry in the search index and its place anew from its rows.
 * Within a change. */
int catalog_line_refresh(struct catalog *catalog, int64_t recording, struct catalog_err *err);

/* The least and the greatest sort key of the second that `us` lies in. */
int64_t catalog_line_first_key(int64_t us);
int64_t catalog_line_last_key(int64_t us);

#endif
