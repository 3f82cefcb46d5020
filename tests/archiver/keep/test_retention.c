#include "keep/keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/instant.h"
#include "keep/calendar.h"
#include "vault/rule.h"

static int64_t us_of(const char *text)
{
    struct instant at;
    assert_int_equal(instant_parse(bytes_of(text), &at, NULL), 0);
    return at.us;
}

static struct rules rules_of(const char *text)
{
    struct err err;
    struct rules rules = {.at = NULL};
    if (rules_parse(text, &rules, &err) < 0)
        fail_msg("%s", err.text);
    return rules;
}

/* Python's datetime agrees on the days; the clamping is the law's. */
static void months_are_counted_as_people_count_them(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        unsigned count;
        enum rule_unit unit;
        const char *last;
    } cases[] = {
        {"2026-01-31", 1, RULE_MONTHS, "2026-02-28"},  {"2028-01-31", 1, RULE_MONTHS, "2028-02-29"},
        {"2026-08-31", 6, RULE_MONTHS, "2027-02-28"},  {"2026-02-28", 6, RULE_MONTHS, "2026-08-28"},
        {"2028-02-29", 1, RULE_YEARS, "2029-02-28"},   {"2028-02-29", 4, RULE_YEARS, "2032-02-29"},
        {"2026-12-31", 14, RULE_MONTHS, "2028-02-29"}, {"2026-03-09", 30, RULE_YEARS, "2056-03-09"},
        {"2026-12-30", 2, RULE_DAYS, "2027-01-01"},    {"1969-12-31", 1, RULE_MONTHS, "1970-01-31"},
        {"2026-05-31", 4, RULE_MONTHS, "2026-09-30"},  {"2099-12-31", 1, RULE_YEARS, "2100-12-31"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%sT23:59:59+08:00", cases[i].from);
        int64_t from = calendar_day(us_of(text));
        char last[KEEP_DAY_TEXT];
        keep_day_print(from, last);
        assert_string_equal(last, cases[i].from);
        keep_day_print(calendar_last_day(from, cases[i].count, cases[i].unit), last);
        assert_string_equal(last, cases[i].last);
    }
}

static char number[] = "C1";
static char other[] = "C2";
static char general[] = "general";
static char street[] = "占路经营";
static char hearing[] = "听证";
static char camera[] = "0012345";

static struct catalog_kept kept_with(struct catalog_kept_tag *tags, size_t count)
{
    return (struct catalog_kept){.number = 1,
                                 .accepted_us = us_of("2026-03-10T09:00:00+08:00"),
                                 .has_captured = true,
                                 .captured_us = us_of("2026-03-09T09:00:00+08:00"),
                                 .tags = tags,
                                 .tag_count = count};
}

static void expect(const char *rules_text, const struct catalog_kept *kept, const char *rule,
                   const char *until)
{
    struct rules rules = rules_of(rules_text);
    struct keep_term term;
    char text[KEEP_DAY_TEXT];
    keep_term_of(&rules, kept, &term);
    assert_int_equal(term.why, KEEP_UNTIL);
    assert_string_equal(term.rule->name, rule);
    keep_day_print(term.last_day, text);
    assert_string_equal(text, until);
    assert_false(keep_is_due(&term, term.last_day));
    assert_true(keep_is_due(&term, term.last_day + 1));
    rules_release(&rules);
}

#define DEFAULT "default = 6 months from acceptance\n"

static void the_longest_rule_that_applies_wins(void **state)
{
    (void)state;
    struct catalog_kept_tag tags[] = {
        {.field = CATALOG_CASE, .value = number, .procedure = general, .cause = street},
        {.field = CATALOG_CASE, .value = other},
        {.field = CATALOG_STAGE, .value = hearing},
        {.field = CATALOG_DEVICE, .value = camera},
    };
    tags[0].closed_us = us_of("2026-06-30T12:00:00+08:00");
    tags[1].closed_us = us_of("2027-06-30T12:00:00+08:00");
    const struct catalog_kept of_case = kept_with(tags, 4);
    const struct catalog_kept unassigned = kept_with(tags + 2, 2);
    static const char rules[] = DEFAULT "u = 1 year from capture; unassigned\n"
                                        "g = 10 years from closing; procedure = general\n"
                                        "c = 2 months from closing; cause = 占路\n"
                                        "d = 8 months from capture; device = 0012345\n";
    expect(rules, &of_case, "g", "2036-06-30");
    expect(rules, &unassigned, "u", "2027-03-09");
    expect(DEFAULT "d = 8 months from capture; device = 0012345\n", &unassigned, "d", "2026-11-09");
    expect(DEFAULT "d = 8 months from capture; device = 001\n", &unassigned, "default",
           "2026-09-10");
    expect(DEFAULT "s = 1 year from closing; stage = 听\n", &of_case, "s", "2028-06-30");
    expect(DEFAULT "s = 1 year from closing; stage = 听\n", &unassigned, "default", "2026-09-10");
    expect(DEFAULT "x = 9 years from capture; procedure = simple\n", &of_case, "default",
           "2026-09-10");

    struct rules permanent = rules_of(DEFAULT "h = permanent; stage = 听证\n"
                                              "g = 10 years from closing; procedure = general\n");
    struct keep_term term;
    keep_term_of(&permanent, &of_case, &term);
    assert_int_equal(term.why, KEEP_PERMANENT);
    assert_false(keep_is_due(&term, INT64_MAX));
    rules_release(&permanent);
}

static void what_belongs_to_an_open_case_never_falls_due(void **state)
{
    (void)state;
    struct catalog_kept_tag tags[] = {{.field = CATALOG_CASE, .value = number, .closed_us = 1},
                                      {.field = CATALOG_CASE, .value = other}};
    const struct catalog_kept kept = kept_with(tags, 2);
    struct rules rules = rules_of(DEFAULT);
    struct keep_term term;
    keep_term_of(&rules, &kept, &term);
    assert_int_equal(term.why, KEEP_CASE_OPEN);
    assert_string_equal(term.case_number, other);
    assert_false(keep_is_due(&term, INT64_MAX));
    rules_release(&rules);
}

static void a_capture_that_is_unknown_is_counted_from_acceptance(void **state)
{
    (void)state;
    struct catalog_kept kept = kept_with(NULL, 0);
    kept.has_captured = false;
    expect("default = 1 year from capture\n", &kept, "default", "2027-03-10");
}

static void rules_that_say_nothing_clear_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a = 6 months",
        "a = months from capture",
        "a = 0 days from capture",
        "a = 1001 years from capture",
        "a = 99999999999999999999 days from capture",
        "a = 6 weeks from capture",
        "a = 6 months from sealing",
        "a = 6 months from capture; colour = red",
        "a = 6 months from capture; procedure = short",
        "a = 6 months from capture; device =",
        "a = 6 months from capture; device = 1; device = 2",
        "a = 6 months from closing; unassigned",
        "a = 1 year from capture\na = 2 years from capture",
        "default = 5 months from capture",
        "default = 183 days from acceptance",
        "default = 1 year from capture; unassigned",
        " = 1 year from capture",
        "a",
        "a = forever",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err;
        struct rules rules = {.at = NULL};
        if (rules_parse(bad[i], &rules, &err) == 0)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(err.kind, ERR_DAMAGED);
    }
}

static void what_was_printed_is_read_again(void **state)
{
    (void)state;
    static const char text[] =
        "a = 1 day from capture; unassigned; device = 7\n"
        "默认 = permanent; procedure = simple; cause = x; stage = y; purpose "
        "= z\ndefault = 6 months from acceptance\n";
    struct err err;
    struct rules rules = rules_of(text);
    char *printed;
    assert_int_equal(rules_print(&rules, &printed, &err), 0);
    assert_string_equal(printed, text);
    free(printed);
    rules_release(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_are_counted_as_people_count_them),
        cmocka_unit_test(the_longest_rule_that_applies_wins),
        cmocka_unit_test(what_belongs_to_an_open_case_never_falls_due),
        cmocka_unit_test(a_capture_that_is_unknown_is_counted_from_acceptance),
        cmocka_unit_test(rules_that_say_nothing_clear_are_refused),
        cmocka_unit_test(what_was_printed_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
