#ifndef SHILU_PROBE_PATTERN_H
#define SHILU_PROBE_PATTERN_H

#include "probe/report.h"

/* A name pattern taken apart; probe/name.h describes the language. */

enum pattern_field {
    PATTERN_DEVICE,
    PATTERN_OFFICER,
    PATTERN_SEQUENCE,
    PATTERN_CHANNEL,
    PATTERN_TIME,
    PATTERN_ANY,
    PATTERN_LITERAL,
    PATTERN_FIELDS
};

enum { PATTERN_TOKENS_MAX = 24, PATTERN_BYTES_MAX = 255 };

struct pattern_token {
    enum pattern_field field;
    struct probe_bytes text; /* literal text, the time's format, or the words */
    size_t exact;            /* so many characters, 0 for any number */
    bool numbered;           /* a digit among them; with `exact` nothing but digits */
};

struct pattern {
    struct pattern_token tokens[PATTERN_TOKENS_MAX];
    size_t count;
};

/* Takes apart `text`, which must outlive `pattern`. PROBE_ERR_USAGE says what is wrong with it. */
int pattern_parse(const char *name, const char *text, struct pattern *pattern,
                  struct probe_err *err);

/* What each field matched in the stem; at is NULL where the pattern has no such field. */
struct pattern_match {
    struct probe_bytes fields[PATTERN_FIELDS];
    int64_t wall_us; /* the time as if it were UTC */
    bool has_time;
    bool is_utc;
};

/* Whether the pattern matches the whole stem. Gives up, as no match, past a fixed number of steps.
 */
bool pattern_match(const struct pattern *pattern, struct probe_bytes stem,
                   struct pattern_match *match);

#endif
