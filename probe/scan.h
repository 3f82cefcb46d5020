#ifndef SHILU_PROBE_SCAN_H
#define SHILU_PROBE_SCAN_H

#include "probe/report.h"

/*
 * Reads text of a file from the front. Each function moves *at behind what it read and gives true,
 * or leaves *at alone and gives false. None reads past the end; none knows a locale.
 */

/* One octet. */
bool scan_char(struct probe_bytes *at, char wanted);

/* A text, letter by letter. */
bool scan_text(struct probe_bytes *at, const char *wanted);

/* Exactly `count` decimal digits, at most 9. */
bool scan_digits(struct probe_bytes *at, unsigned count, uint32_t *value);

/* [+-]digits[.digits]; at most 18 digits count, further ones of the fraction are passed over. */
bool scan_decimal(struct probe_bytes *at, double *value);

/* What stands before `end`, which is passed over; all that is left where there is no such octet.
 * false only when nothing is left. */
bool scan_until(struct probe_bytes *at, char end, struct probe_bytes *part);

/* Passes over spaces, tabs, line ends and NULs. */
void scan_space(struct probe_bytes *at);

/* Whether the two are the same octets. */
bool scan_is(struct probe_bytes bytes, const char *text);

/* Where `text` stands in `bytes`, from `from` on; bytes.len when nowhere. */
size_t scan_find(struct probe_bytes bytes, size_t from, const char *text);

#endif
