#ifndef SHILU_CUSTODY_LOG_H
#define SHILU_CUSTODY_LOG_H

#include "custody/tiles.h"

/* What log.c and check.c share. */

extern const char log_checkpoint_name[];

/* The checkpoint's file; the caller's. ERR_DAMAGED where it is longer than a note can be. */
int log_checkpoint_read(int folder, char **text, size_t *len, struct err *err);

#endif
