#ifndef SHILU_COMMAND_FOUND_H
#define SHILU_COMMAND_FOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/audit.h"

/* What an audit found, as the command line tells it. */

/* One finding: a line of text, or of JSON. */
void found_print(const struct audit_finding *finding, bool json);

/* The last lines of text: sound or not; `complete` is false where not all could be looked at. */
void found_conclude(uint64_t findings, bool complete);

#endif
