#include <stdlib.h>
#include <string.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/err.h"
#include "base/instant.h"
#include "keep/calendar.h"
#include "keep/keep.h"
#include "vault/vault.h"

#include "base/banned.h"

static const char built_in_name[] = "default";
static const char built_in[] = "6 months from acceptance";

/* ---- rules ---- */

static int complete(struct rules *rules, struct err *err)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->at[i].name, built_in_name) == 0)
            return 0;
    return rules_add(rules, bytes_of(built_in_name), bytes_of(built_in), err);
}

static int read_completed(const char *text, struct rules *rules, struct err *err)
{
    AUTO(rules_release) struct rules read = {.at = NULL};
    if (rules_parse(text, &read, err) < 0 || complete(&read, err) < 0)
        return -1;
    *rules = read;
    read = (struct rules){.at = NULL};
    return 0;
}

int keep_rules_confirmed(struct vault *vault, struct rules *rules, struct err *err)
{
    AUTO(free) char *text = NULL;
    struct catalog_err wrong;
    if (catalog_retention_load(vault_catalog(vault), &text, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return read_completed(text != NULL ? text : "", rules, err);
}

int keep_rules_written(struct vault *vault, struct rules *rules, struct err *err)
{
    AUTO(free) char *text = NULL;
    if (rules_print(vault_settings(vault)->rules, &text, err) < 0)
        return -1;
    return read_completed(text, rules, err);
}

int keep_rules_same(const struct rules *one, const struct rules *other, bool *same, struct err *err)
{
    AUTO(free) char *text = NULL;
    AUTO(free) char *other_text = NULL;
    if (rules_print(one, &text, err) < 0 || rules_print(other, &other_text, err) < 0)
        return -1;
    *same = strcmp(text, other_text) == 0;
    return 0;
}

int keep_rules_confirm(struct vault *vault, const char *by, struct err *err)
{
    AUTO(free) char *text = NULL;
    if (rules_print(vault_settings(vault)->rules, &text, err) < 0 ||
        vault_begin(vault, by, err) < 0)
        return -1;
    return vault_end(vault, acts_retention_confirm(vault, text, err), err);
}

/* ---- terms ---- */

static bool holds(const char *text, const char *part)
{
    return part == NULL || (text != NULL && strstr(text, part) != NULL);
}

/* Whether the recording has a value of this field that holds the text, or is it. */
static bool has(const struct catalog_kept *kept, enum catalog_field field, const char *wanted,
                bool exactly)
{
    if (wanted == NULL)
        return true;
    for (size_t i = 0; i < kept->tag_count; i++) {
        const char *value = kept->tags[i].value;
        if (kept->tags[i].field == field &&
            (exactly ? strcmp(value, wanted) == 0 : strstr(value, wanted) != NULL))
            return true;
    }
    return false;
}

static bool is_of_case(const struct rule *rule)
{
    return rule->procedure != NULL || rule->cause != NULL ||
           (rule->unit != RULE_PERMANENT && rule->event == RULE_CLOSING);
}

static bool fits_case(const struct rule *rule, const struct catalog_kept_tag *one)
{
    return (rule->procedure == NULL ||
            (one->procedure != NULL && strcmp(one->procedure, rule->procedure) == 0)) &&
           holds(one->cause, rule->cause);
}

static void term_by(const struct rule *rule, const struct catalog_kept *kept,
                    const struct catalog_kept_tag *one, struct keep_term *term)
{
    *term = (struct keep_term){
        .why = rule->unit == RULE_PERMANENT ? KEEP_PERMANENT : KEEP_UNTIL,
        .rule = rule,
        .case_number = one != NULL ? one->value : NULL,
    };
    if (term->why == KEEP_PERMANENT)
        return;
    int64_t from = rule->event == RULE_CLOSING && one != NULL          ? one->closed_us
                   : rule->event == RULE_CAPTURE && kept->has_captured ? kept->captured_us
                                                                       : kept->accepted_us;
    term->from_day = calendar_day(from);
    term->last_day = calendar_last_day(term->from_day, rule->count, rule->unit);
}

bool keep_ends_before(const struct keep_term *one, const struct keep_term *other)
{
    return one->why == KEEP_UNTIL && (other->why != KEEP_UNTIL || one->last_day < other->last_day);
}

static void take_longer(const struct rule *rule, const struct catalog_kept *kept,
                        const struct catalog_kept_tag *one, struct keep_term *best)
{
    struct keep_term term;
    term_by(rule, kept, one, &term);
    if (best->rule == NULL || keep_ends_before(best, &term))
        *best = term;
}

static void apply(const struct rule *rule, const struct catalog_kept *kept, bool has_case,
                  struct keep_term *best)
{
    if ((rule->unassigned && has_case) || !has(kept, CATALOG_STAGE, rule->stage, false) ||
        !has(kept, CATALOG_PURPOSE, rule->purpose, false) ||
        !has(kept, CATALOG_DEVICE, rule->device, true))
        return;
    if (!is_of_case(rule)) {
        take_longer(rule, kept, NULL, best);
        return;
    }
    for (size_t i = 0; i < kept->tag_count; i++)
        if (kept->tags[i].field == CATALOG_CASE && fits_case(rule, &kept->tags[i]))
            take_longer(rule, kept, &kept->tags[i], best);
}

void keep_term_of(const struct rules *rules, const struct catalog_kept *kept,
                  struct keep_term *term)
{
    bool has_case = false;
    for (size_t i = 0; i < kept->tag_count; i++) {
        if (kept->tags[i].field != CATALOG_CASE)
            continue;
        has_case = true;
        if (kept->tags[i].closed_us == 0) {
            *term = (struct keep_term){.why = KEEP_CASE_OPEN, .case_number = kept->tags[i].value};
            return;
        }
    }
    struct keep_term best = {.why = KEEP_UNTIL};
    for (size_t i = 0; i < rules->count; i++)
        apply(&rules->at[i], kept, has_case, &best);
    *term = best;
}

int64_t keep_today(void)
{
    return calendar_day(instant_now().us);
}

bool keep_is_due(const struct keep_term *term, int64_t today)
{
    return term->why == KEEP_UNTIL && today > term->last_day;
}
