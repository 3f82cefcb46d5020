#ifndef SHILU_INTAKE_OPTIONS_H
#define SHILU_INTAKE_OPTIONS_H

struct err;
struct intake_options;
struct vault;

/* Whether the given tags can stand, before a byte is read: ERR_USAGE for two values of a field that
 * holds one, or a captured_at that is no time; ERR_MISSING for a case that is not in the register.
 */
int options_check(struct vault *vault, const struct intake_options *options, struct err *err);

#endif
