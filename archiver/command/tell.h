#ifndef SHILU_COMMAND_TELL_H
#define SHILU_COMMAND_TELL_H

#include <stddef.h>

#include "acts/acts.h"

/* Tells the log of the vault at `path` what was done without changing the catalog, as acts_tell. */
int tell_vault(const char *path, const struct acts_told *told, size_t count, struct err *err);

#endif
