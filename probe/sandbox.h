#ifndef SHILU_PROBE_SANDBOX_H
#define SHILU_PROBE_SANDBOX_H

#include "probe/probe.h"

/*
 * Locks the process in for good: it may read the descriptors below `first_closed`, write to its
 * standard output, and use memory. Opening a file is refused (EACCES), any other system call
 * kills the process (SIGSYS). Limits: 512 MiB of addresses, 10 s of CPU, no files, no core.
 * What needs a file (locale, zone, conversion tables) must be loaded before.
 *
 * 0, or -1 with *err; the process must then not touch a stranger's file.
 */
int sandbox_enter(int first_closed, struct probe_err *err);

#endif
