#ifndef SHILU_VAULT_SETTINGS_H
#define SHILU_VAULT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "custody/witness.h"
#include "probe/probe.h"
#include "vault/rule.h"

struct err;

/*
 * shilu.conf: UTF-8 text of "[section]" and "KEY = VALUE" lines; spaces around either are not part
 * of it; lines that begin with "#" or ";" are comments. The sections and keys are
 *   [vault]    format = 1
 *   [unit]     name, zone
 *   [pattern]  NAME = PATTERN, any number: see probe/name.h
 *   [custody]  witness = NAME+HASH+BASE64, any number: see custody/witness.h;
 *              timestamp = URL, timestamp_ca = FILE: a timestamp authority and who vouches for it;
 *              backing = how many of both sealing demands
 *   [retention]  NAME = RULE, any number: see rule.h
 *
 * Anything else is an error, so that a slip of the pen is not silently another setting. The lines
 * are read here and not by inih, which cuts values at 200 bytes and at " ;".
 */
struct settings {
    char *unit;
    char *zone;
    unsigned zone_line;             /* 0 where it stands in no line */
    struct probe_pattern *patterns; /* own ones, whose texts are owned, then the built-in ones */
    size_t own_count;
    size_t pattern_count;
    struct rules rules;
    struct custody_witness *witnesses;
    size_t witness_count;
    unsigned backing; /* cosignatures and timestamps that sealing demands */
    bool has_backing;
    char *timestamp_url, *timestamp_ca; /* NULL where they stand nowhere */
};

enum {
    SETTINGS_FORMAT = 1,
    SETTINGS_BYTES_MAX = 256 * 1024,
    SETTINGS_UNIT_CHARACTERS_MAX = 200,
    SETTINGS_PATTERNS_MAX = 256,
    SETTINGS_WITNESSES_MAX = 32,
};

/* ERR_DAMAGED names `object` and the line; a newer format is told before all else. */
int settings_parse(struct bytes text, const char *object, struct settings *settings,
                   struct err *err);
void settings_release(struct settings *settings);

/* How a new vault's settings begin. */
#define SETTINGS_HEAD "# The settings of a Shilu vault"

/* A new vault's shilu.conf, with comments that explain it; the caller's. ERR_USAGE for a unit name
 * that is empty, too long, or not UTF-8 without control characters. */
int settings_print_new(const char *unit, const char *by, char **text, struct err *err);

#endif
