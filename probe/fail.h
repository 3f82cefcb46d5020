#ifndef SHILU_PROBE_FAIL_H
#define SHILU_PROBE_FAIL_H

#include "probe/probe.h"

/* Fills *err and gives -1, so that a function can end with `return probe_fail(…)`. `object` may be
 * NULL. */
int probe_fail(struct probe_err *err, enum probe_err_kind kind, const char *object,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with PROBE_ERR_SYSTEM and the error number's text behind what was being done. */
int probe_fail_system(struct probe_err *err, int number, const char *object, const char *doing);

int probe_fail_memory(struct probe_err *err);

#endif
