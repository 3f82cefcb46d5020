#ifndef SHILU_PROBE_NAME_H
#define SHILU_PROBE_NAME_H

#include "probe/report.h"

/*
 * What a file name says. A pattern is literal text (letters match in either case) and fields in
 * braces; it must match the whole stem (the name without its last extension):
 *
 *   {device} {officer} {sequence} {channel}   the shortest run of letters, digits and "_-" that
 *                                             lets the rest match
 *   {sequence:N}, {device:N}, …               exactly N characters
 *   {channel:F|B|I}                           one of the words
 *   {time:YYYYMMDD-hhmmss}                    Y M D h m s stand for digits, all else for itself;
 *                                             "Z" after the braces' text means UTC
 *   {*}                                       anything, not kept
 *
 * The first pattern that matches sets report->name and adds a time of source "name:PATTERN".
 */
void name_read(const char *name, const struct probe_pattern *patterns, size_t count,
               struct probe_report *report);

#endif
