#include "vault/rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/text.h"

#include "base/banned.h"

enum { YEARS_MAX = 1000, TEXT_MAX = 1 << 20 };

static const struct {
    const char *one, *many;
    uint32_t most;
    uint32_t half_a_year; /* at least */
} units[] = {
    [RULE_DAYS] = {"day", "days", YEARS_MAX * 366, 184},
    [RULE_MONTHS] = {"month", "months", YEARS_MAX * 12, 6},
    [RULE_YEARS] = {"year", "years", YEARS_MAX, 1},
};

static const char *const events[] = {"capture", "acceptance", "closing"};

static const char default_name[] = "default";

const char *rule_event_name(enum rule_event event)
{
    return events[event];
}

void rule_period_print(const struct rule *rule, char text[static RULE_PERIOD_TEXT])
{
    if (rule->unit == RULE_PERMANENT)
        (void)snprintf(text, RULE_PERIOD_TEXT, "permanent");
    else
        (void)snprintf(text, RULE_PERIOD_TEXT, "%" PRIu32 " %s", rule->count,
                       rule->count == 1 ? units[rule->unit].one : units[rule->unit].many);
}

static void release(struct rule *rule)
{
    free(rule->name);
    free(rule->procedure);
    free(rule->cause);
    free(rule->stage);
    free(rule->purpose);
    free(rule->device);
}

static void release_at(struct rule *rule)
{
    release(rule);
}

void rules_release(struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        release(&rules->at[i]);
    free(rules->at);
    *rules = (struct rules){.at = NULL};
}

/* ---- reading ---- */

static struct bytes trimmed(struct bytes text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = (struct bytes){text.at + 1, text.len - 1};
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static bool is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of(word));
}

/* The next word; what follows is trimmed. */
static struct bytes word_of(struct bytes *rest)
{
    struct bytes word = bytes_cut(*rest, ' ', rest);
    *rest = trimmed(*rest);
    return word;
}

static int wrong(struct err *err, const char *what)
{
    return err_set(err, ERR_USAGE, NULL, "%s", what);
}

/* "30 years from closing", "permanent". */
static int take_period(struct bytes text, struct rule *rule, struct err *err)
{
    uint64_t count;
    if (is(text, "permanent")) {
        rule->unit = RULE_PERMANENT;
        return 0;
    }
    struct bytes rest = text;
    struct bytes number = word_of(&rest);
    struct bytes unit = word_of(&rest);
    struct bytes from = word_of(&rest);
    if (bytes_parse_u64(number, &count) < 0 || !is(from, "from"))
        return wrong(err, _("no rule such as \"6 months from capture\" or \"permanent\""));
    bool known = false;
    for (unsigned i = 0; i < sizeof units / sizeof *units; i++)
        if (is(unit, units[i].one) || is(unit, units[i].many)) {
            rule->unit = (enum rule_unit)i;
            known = true;
        }
    if (!known)
        return wrong(err, _("a period is told in days, months or years"));
    if (count == 0 || count > units[rule->unit].most)
        return wrong(err, _("a period is longer than nothing, and not longer than 1000 years"));
    rule->count = (uint32_t)count;
    for (unsigned i = 0; i < sizeof events / sizeof *events; i++)
        if (is(rest, events[i])) {
            rule->event = (enum rule_event)i;
            return 0;
        }
    return wrong(err, _("a period is counted from capture, acceptance or closing"));
}

static int set(char **to, struct bytes value, struct err *err)
{
    if (*to != NULL)
        return wrong(err, _("a condition is said twice"));
    if (value.len == 0)
        return wrong(err, _("a condition without a value"));
    *to = strndup((const char *)value.at, value.len);
    return *to != NULL ? 0 : err_memory(err, NULL);
}

static int take_condition(struct bytes text, struct rule *rule, struct err *err)
{
    struct bytes value;
    struct bytes key = trimmed(bytes_cut(text, '=', &value));
    value = trimmed(value);
    if (is(text, "unassigned")) {
        rule->unassigned = true;
        return 0;
    }
    if (is(key, "procedure") && !is(value, "simple") && !is(value, "general"))
        return wrong(err, _("the procedure is simple or general"));
    char **to = is(key, "procedure") ? &rule->procedure
                : is(key, "cause")   ? &rule->cause
                : is(key, "stage")   ? &rule->stage
                : is(key, "purpose") ? &rule->purpose
                : is(key, "device")  ? &rule->device
                                     : NULL;
    if (to == NULL)
        return wrong(err,
                     _("a condition is unassigned, or one of procedure, cause, stage, purpose, "
                       "device with its value"));
    return set(to, value, err);
}

static bool has_conditions(const struct rule *rule)
{
    return rule->unassigned || rule->procedure != NULL || rule->cause != NULL ||
           rule->stage != NULL || rule->purpose != NULL || rule->device != NULL;
}

static int check(const struct rules *rules, const struct rule *rule, struct err *err)
{
    if (rules->count == RULES_MAX)
        return wrong(err, _("too many rules"));
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->at[i].name, rule->name) == 0)
            return wrong(err, _("said a second time"));
    if (rule->unassigned &&
        (rule->procedure != NULL || rule->cause != NULL || rule->event == RULE_CLOSING))
        return wrong(err, _("what belongs to no case has no procedure, cause or closing"));
    if (strcmp(rule->name, default_name) != 0 || rule->unit == RULE_PERMANENT)
        return 0;
    if (has_conditions(rule) || rule->event == RULE_CLOSING)
        return wrong(err, _("the default applies to all: it has no conditions, and is counted from "
                            "capture or acceptance"));
    return rule->count >= units[rule->unit].half_a_year
               ? 0
               : wrong(err, _("the default is six months at least"));
}

static int parse(struct bytes name, struct bytes text, struct rule *rule, struct err *err)
{
    struct bytes rest;
    if (name.len == 0)
        return wrong(err, _("a rule without a name"));
    if (take_period(trimmed(bytes_cut(text, ';', &rest)), rule, err) < 0)
        return -1;
    while (rest.len > 0)
        if (take_condition(trimmed(bytes_cut(rest, ';', &rest)), rule, err) < 0)
            return -1;
    rule->name = strndup((const char *)name.at, name.len);
    return rule->name != NULL ? 0 : err_memory(err, NULL);
}

int rules_add(struct rules *rules, struct bytes name, struct bytes text, struct err *err)
{
    AUTO(release) struct rule rule = {.name = NULL};
    if (parse(trimmed(name), trimmed(text), &rule, err) < 0 || check(rules, &rule, err) < 0)
        return -1;
    struct rule *more = realloc(rules->at, (rules->count + 1) * sizeof *more);
    if (more == NULL)
        return err_memory(err, NULL);
    rules->at = more;
    more[rules->count++] = rule;
    rule = (struct rule){.name = NULL};
    return 0;
}

int rules_parse(const char *text, struct rules *rules, struct err *err)
{
    struct rules read = {.at = NULL};
    struct bytes rest = bytes_of(text);
    while (rest.len > 0) {
        struct bytes rule;
        struct bytes line = bytes_cut(rest, '\n', &rest);
        struct bytes name = bytes_cut(line, '=', &rule);
        if (rules_add(&read, name, rule, err) < 0) {
            rules_release(&read);
            if (err->kind == ERR_USAGE)
                err->kind = ERR_DAMAGED;
            return err_wrap(err, "%.*s", (int)line.len, (const char *)line.at);
        }
    }
    *rules = read;
    return 0;
}

/* ---- printing ---- */

static void print_condition(struct text *text, const char *key, const char *value)
{
    if (value != NULL)
        text_printf(text, "; %s = %s", key, value);
}

int rules_print(const struct rules *rules, char **out, struct err *err)
{
    AUTO(text_release) struct text text;
    text_init(&text, TEXT_MAX);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->at[i];
        char period[RULE_PERIOD_TEXT];
        rule_period_print(rule, period);
        text_printf(&text, "%s = %s", rule->name, period);
        if (rule->unit != RULE_PERMANENT)
            text_printf(&text, " from %s", events[rule->event]);
        if (rule->unassigned)
            text_append(&text, "; unassigned");
        print_condition(&text, "procedure", rule->procedure);
        print_condition(&text, "cause", rule->cause);
        print_condition(&text, "stage", rule->stage);
        print_condition(&text, "purpose", rule->purpose);
        print_condition(&text, "device", rule->device);
        text_append(&text, "\n");
    }
    *out = text_take(&text);
    return *out != NULL ? 0 : err_memory(err, NULL);
}
