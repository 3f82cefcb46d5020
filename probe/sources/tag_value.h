#ifndef SHILU_PROBE_SOURCES_TAG_VALUE_H
#define SHILU_PROBE_SOURCES_TAG_VALUE_H

#include "probe/report.h"

/*
 * What a named text tag of an MP4 file means to the report. `key` is a name of the keys box
 * ("com.apple.quicktime.make") or the four characters of a user data or ilst item (0xa9 "xyz");
 * unknown ones are passed over.
 */
void tag_value_report(struct probe_report *report, struct probe_bytes key,
                      struct probe_bytes value);

#endif
