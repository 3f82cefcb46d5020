#ifndef SHILU_COMMAND_ISSUES_H
#define SHILU_COMMAND_ISSUES_H

#include <jansson.h>
#include <stddef.h>

struct probe_issue;

/* What the probe found wrong, for JSON and for people. */

/* An array of "code" or "code: detail", as the report has them. */
json_t *issues_to_json(const struct probe_issue *issues, size_t count);

/* A line each on stdout, behind `prefix`: the code in the person's language, the detail as it is.
 */
void issues_print(const struct probe_issue *issues, size_t count, const char *prefix);

#endif
