#ifndef SHILU_PROBE_NAME_H
#define SHILU_PROBE_NAME_H

#include "probe/report.h"

/*
 * What a file name says. A pattern is literal text (letters match in either case) and fields in
 * braces; it must match the whole stem (the name without its last extension):
 *
 *   {device} {officer} {sequence} {channel}   the shortest run of letters, digits and "_-" that
 *                                             lets the rest match
 *   {sequence:4}, {device:7}, …               exactly so many of them
 *   {device:#}, {sequence:#4}, …              a digit among them; exactly so many digits
 *   {channel:F|B|I}                           one of the words
 *   {time:YYYYMMDD-hhmmss}                    Y M D h m s stand for digits, all else for itself;
 *                                             a "Z" at the end stands for nothing in the name and
 *                                             means UTC
 *   {*}                                       anything, not kept
 *
 * A time needs YYYY, MM, DD, hh, mm and ss (ss may be left out) and must be one of the calendar
 * of the years 1990 to 2099.
 * The first pattern that matches sets report->name and adds a time of source "name:PATTERN".
 * Patterns that probe_pattern_check refuses match nothing.
 */
void name_read(const char *name, const struct probe_pattern *patterns, size_t count,
               struct probe_report *report);

#endif
