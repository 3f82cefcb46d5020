#ifndef SHILU_COMMAND_REPORT_H
#define SHILU_COMMAND_REPORT_H

struct probe_report;

/* What a recording says about itself, for people: container, streams, times and positions with
 * their sources, make and model. Each line stands behind `indent`. */
void report_print(const struct probe_report *report, const char *indent);

#endif
