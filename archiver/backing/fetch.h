#ifndef SHILU_BACKING_FETCH_H
#define SHILU_BACKING_FETCH_H

#include "base/bytes.h"
#include "base/text.h"

struct err;

/* Sends a timestamp request over HTTP and gives what was answered: RFC 3161, 3.4. `answer` is
 * empty, with its ceiling. ERR_SYSTEM: the authority cannot be reached, or answers something else.
 */
int fetch_stamp(const char *url, struct bytes request, struct text *answer, struct err *err);

#endif
