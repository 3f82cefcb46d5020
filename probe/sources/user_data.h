#ifndef SHILU_PROBE_SOURCES_USER_DATA_H
#define SHILU_PROBE_SOURCES_USER_DATA_H

#include "probe/report.h"

/*
 * One item of the user data, by its four characters and content: QuickTime's texts (0xa9 "xyz"
 * and others, with or without their length and language), 3GPP's loci (TS 26.244, 8.10), and the
 * makers' own: TAGS, NCDT (Nikon), smta (Samsung), date.
 */
void user_data_item(struct probe_report *report, const char type[static 4],
                    struct probe_bytes content);

#endif
