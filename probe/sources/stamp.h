#ifndef SHILU_PROBE_SOURCES_STAMP_H
#define SHILU_PROBE_SOURCES_STAMP_H

#include "probe/when.h"

/*
 * Reads a date with a time of day as cameras and their software write it: what when_parse reads,
 * and beside it looser forms ("2009/10/27/ 12:14", "2001/ 1/27  1:42PM"), ctime's ("Tue Oct 27
 * 12:14:34 2009") and RFC 5322's ("Tue, 27 Oct 2009 12:14:34 +0800").
 */
bool stamp_parse(struct probe_bytes text, struct when *out);

/* stamp_parse and when_report; false where the text is no date and time. */
bool stamp_add_text(struct probe_report *report, const char *source, struct probe_bytes text);

/* Two binary-coded decimal digits; UINT32_MAX where they are none. */
uint32_t stamp_bcd(uint8_t octet);

/* RFC 3339 in UTC, to the second; "?" outside years 1900 to 2200. */
void stamp_print_utc(int64_t us, char text[static 32]);

#endif
