#ifndef SHILU_VAULT_RULE_H
#define SHILU_VAULT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct err;

/*
 * A rule of retention, as the settings and the log have it:
 *
 *   NAME = PERIOD from EVENT [; CONDITION]…
 *   NAME = permanent [; CONDITION]…
 *
 *   PERIOD     "6 months", "1 year", "90 days"
 *   EVENT      capture (where it is not known, acceptance), acceptance, or closing: of the case
 *   CONDITION  unassigned               belongs to no case
 *              procedure = simple|general, cause = TEXT     of the case: TEXT is part of its cause
 *              stage = TEXT, purpose = TEXT                 TEXT is part of the recording's
 *              device = NUMBER                              exactly
 *
 * All of a rule's conditions must hold. The rule of the name "default" has none, and stands for the
 * built-in one; it is six months at least, so that nothing is kept for less than anybody wrote
 * down.
 */
enum rule_unit { RULE_DAYS, RULE_MONTHS, RULE_YEARS, RULE_PERMANENT };
enum rule_event { RULE_CAPTURE, RULE_ACCEPTANCE, RULE_CLOSING };

struct rule {
    char *name;
    uint32_t count; /* of units; 0 for RULE_PERMANENT */
    enum rule_unit unit;
    enum rule_event event;
    bool unassigned;
    char *procedure, *cause, *stage, *purpose, *device; /* NULL: whichever */
};

/* Zeroed at first. */
struct rules {
    struct rule *at;
    size_t count;
};

enum { RULES_MAX = 256, RULE_PERIOD_TEXT = 32 };

/*
 * Adds a rule. ERR_USAGE says what is wrong with it: no such form, a name that is there, a
 * condition said twice, a period of nothing or of more than 1000 years, a default that is none;
 * ERR_MEMORY.
 */
int rules_add(struct rules *rules, struct bytes name, struct bytes text, struct err *err);

/* A rule a line, each in the one form that there is for what it says; read again by rules_parse.
 * The caller's. */
int rules_print(const struct rules *rules, char **text, struct err *err);

/* What rules_print wrote. ERR_DAMAGED names the line. */
int rules_parse(const char *text, struct rules *rules, struct err *err);

void rules_release(struct rules *rules);
static inline void rules_release_at(struct rules *rules)
{
    rules_release(rules);
}

/* "30 years", "permanent"; "capture". */
void rule_period_print(const struct rule *rule, char text[static RULE_PERIOD_TEXT]);
const char *rule_event_name(enum rule_event event);

#endif
