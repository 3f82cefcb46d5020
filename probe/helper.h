#ifndef SHILU_PROBE_HELPER_H
#define SHILU_PROBE_HELPER_H

/*
 * Between the library and the helper, which are built and installed together:
 *
 *   shilu-probe [--name NAME] [--pattern NAME PATTERN]… [--companion EXTENSION]… [--no-file]
 *
 * Descriptor 1 takes the report, 3 is the file, 4 and on the companions in the order named. The
 * variable TZ holds the zone. With --no-file only the name is read. Exit status 0 with a report,
 * else one of these without.
 */
enum {
    HELPER_FILE = 3,
    HELPER_FIRST_COMPANION = 4,

    HELPER_EXIT_USAGE = 64,
    HELPER_EXIT_MEMORY = 71,
    HELPER_EXIT_SANDBOX = 77,
};

#endif
