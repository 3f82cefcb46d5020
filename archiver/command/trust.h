#ifndef SHILU_COMMAND_TRUST_H
#define SHILU_COMMAND_TRUST_H

#include "command/command.h"

/*
 * Whether the catalog is what the custody log tells, before something is done by it that cannot be
 * undone: what differs is printed to stderr. EXIT_SOUND, or the status to end with.
 */
int trust_catalog(struct vault *vault);

#endif
