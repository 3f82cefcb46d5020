#include "vault/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"

static int parse(const char *text, struct settings *settings, struct err *err)
{
    return settings_parse(bytes_of(text), "V/shilu.conf", settings, err);
}

static void what_the_file_says_is_taken(void **state)
{
    (void)state;
    struct settings settings;
    struct err err;
    assert_int_equal(
        parse("\xEF\xBB\xBF# settings\r\n\r\n[vault]\r\n format = 1 \r\n[unit]\r\n"
              "name = 杨柳青镇 ; 一中队 = \"甲\"\r\n\tzone=Asia/Urumqi\r\n[pattern]\r\n"
              "执法仪 = {device:7}_{time:YYYYMMDDhhmmss}\r\n; the end",
              &settings, &err),
        0);
    assert_string_equal(settings.unit, "杨柳青镇 ; 一中队 = \"甲\"");
    assert_string_equal(settings.zone, "Asia/Urumqi");
    assert_int_equal(settings.zone_line, 7);
    assert_int_equal(settings.own_count, 1);
    assert_string_equal(settings.patterns[0].name, "执法仪");
    assert_string_equal(settings.patterns[0].pattern, "{device:7}_{time:YYYYMMDDhhmmss}");
    settings_release(&settings);
}

static void the_bureau_s_patterns_stand_before_the_built_in_ones(void **state)
{
    (void)state;
    struct settings settings;
    struct err err;
    size_t built_in;
    const struct probe_pattern *defaults = probe_default_patterns(&built_in);
    assert_int_equal(parse("[vault]\nformat = 1\n[unit]\nname = x\n[pattern]\na = {sequence}\n"
                           "b = {device}_{sequence}\n",
                           &settings, &err),
                     0);
    assert_int_equal(settings.pattern_count, 2 + built_in);
    assert_string_equal(settings.patterns[1].name, "b");
    for (size_t i = 0; i < built_in; i++)
        assert_string_equal(settings.patterns[2 + i].name, defaults[i].name);
    settings_release(&settings);
}

static void without_a_zone_it_is_china_s(void **state)
{
    (void)state;
    struct settings settings;
    struct err err;
    assert_int_equal(parse("[vault]\nformat = 1\n[unit]\nname = x\n", &settings, &err), 0);
    assert_string_equal(settings.zone, "Asia/Shanghai");
    settings_release(&settings);
}

static void a_fault_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"[vault]\nformat = 1\n[unit]\nname = x\nnmae = y\n", "line 5"},
        {"[vault]\nformat = 1\n[unti]\nname = x\n", "line 4"},
        {"[vault]\nformat = 1\nname = x\n", "line 3"},
        {"name = x\n[vault]\nformat = 1\n", "line 1"},
        {"[vault]\nformat = 1\n[unit]\nname = x\nname = y\n", "line 5"},
        {"[vault]\nformat = 1\n[unit]\nname =\n", "line 4"},
        {"[vault]\nformat = 1\n[unit]\nname\n", "line 4"},
        {"[vault]\nformat = 1\n[unit]\n= x\n", "line 4"},
        {"[vault]\nformat = 1\n[unit\nname = x\n", "line 3"},
        {"[vault]\nformat = 1\n[unit]\nname = \xFF\n", "line 4"},
        {"[vault]\nformat = 1\n[unit]\nname = a\x1B[1m\n", "line 4"},
        {"[vault]\nformat = 1\n[unit]\nname = a\xC2\x85\n", "line 4"},
        {"[vault]\nformat = one\n", "line 2"},
        {"[vault]\nformat = 0\n", "line 2"},
        {"[vault]\nformat = 1\n[unit]\nname = x\n\n[pattern]\ncam = {time:YYYY\n", "line 7"},
        {"[vault]\nformat = 1\n[unit]\nname = x\n[pattern]\na = {*}1\na = {*}2\n", "line 7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings;
        struct err err;
        if (parse(cases[i].text, &settings, &err) != -1)
            fail_msg("taken for settings: %s", cases[i].text);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "V/shilu.conf");
        if (strstr(err.text, cases[i].line) == NULL)
            fail_msg("%s is not told: %s", cases[i].line, err.text);
    }
}

static void settings_without_format_or_unit_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "[unit]\nname = x\n", "[vault]\nformat = 1\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct settings settings;
        struct err err;
        assert_int_equal(parse(wrong[i], &settings, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
    }
}

/* Its other lines are nothing that this program could judge. */
static void a_newer_format_is_told_before_anything_else(void **state)
{
    (void)state;
    struct settings settings;
    struct err err;
    assert_int_equal(
        parse("[retention]\nyears = 30\nnonsense\n[vault]\nformat = 23\n", &settings, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_non_null(strstr(err.text, "line 5"));
    assert_non_null(strstr(err.text, "23"));
}

static void patterns_have_a_limit(void **state)
{
    (void)state;
    AUTO(free) char *text = malloc(64 * (SETTINGS_PATTERNS_MAX + 2));
    assert_non_null(text);
    for (int extra = 0; extra < 2; extra++) {
        struct settings settings;
        struct err err;
        int len = sprintf(text, "[vault]\nformat=1\n[unit]\nname=x\n[pattern]\n");
        for (int i = 0; i < SETTINGS_PATTERNS_MAX + extra; i++)
            len += sprintf(text + len, "p%d = {sequence}x%d\n", i, i);
        assert_int_equal(parse(text, &settings, &err), -extra);
        if (extra == 0)
            settings_release(&settings);
    }
}

static void a_new_file_says_what_it_was_given(void **state)
{
    (void)state;
    char longest[3 * SETTINGS_UNIT_CHARACTERS_MAX + 4] = "";
    for (int i = 0; i < SETTINGS_UNIT_CHARACTERS_MAX; i++)
        memcpy(longest + 3 * i, "街", 4);
    const char *const units[] = {
        "杨柳青镇综合行政执法局", "a ; b", "# x", "[x]", "a = b", "\"q\"", "😀", longest};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        AUTO(free) char *text = NULL;
        struct settings settings;
        struct err err;
        assert_int_equal(settings_print_new(units[i], "os:root", &text, &err), 0);
        assert_int_equal(parse(text, &settings, &err), 0);
        assert_string_equal(settings.unit, units[i]);
        settings_release(&settings);
    }
}

static void the_example_in_a_new_file_is_a_pattern(void **state)
{
    (void)state;
    AUTO(free) char *text = NULL;
    struct settings settings;
    struct err err;
    assert_int_equal(settings_print_new("x", "os:root", &text, &err), 0);
    char *example = strstr(text, "# bodycam");
    assert_non_null(example);
    memcpy(example, "  ", 2);
    assert_int_equal(parse(text, &settings, &err), 0);
    assert_int_equal(settings.own_count, 1);
    settings_release(&settings);
}

static void a_unit_that_could_not_be_written_is_refused(void **state)
{
    (void)state;
    char too_long[3 * SETTINGS_UNIT_CHARACTERS_MAX + 4];
    for (int i = 0; i <= SETTINGS_UNIT_CHARACTERS_MAX; i++)
        memcpy(too_long + 3 * i, "街", 4);
    const char *const wrong[] = {"",         "  ",    "a\nb = c", "a\tb",
                                 "\xB0\xA1", "a\x7F", "\xC2\x80", too_long};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text;
        struct err err;
        assert_int_equal(settings_print_new(wrong[i], "os:root", &text, &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
    }
}

/* A comment must stay one, whoever makes the vault. */
static void the_maker_s_name_cannot_add_a_line(void **state)
{
    (void)state;
    AUTO(free) char *text = NULL;
    struct settings settings;
    struct err err;
    assert_int_equal(settings_print_new("x", "os:a\n[pattern]\nz = {*}", &text, &err), 0);
    assert_int_equal(parse(text, &settings, &err), 0);
    assert_int_equal(settings.own_count, 0);
    settings_release(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_file_says_is_taken),
        cmocka_unit_test(the_bureau_s_patterns_stand_before_the_built_in_ones),
        cmocka_unit_test(without_a_zone_it_is_china_s),
        cmocka_unit_test(a_fault_is_told_with_its_line),
        cmocka_unit_test(settings_without_format_or_unit_are_refused),
        cmocka_unit_test(a_newer_format_is_told_before_anything_else),
        cmocka_unit_test(patterns_have_a_limit),
        cmocka_unit_test(a_new_file_says_what_it_was_given),
        cmocka_unit_test(the_example_in_a_new_file_is_a_pattern),
        cmocka_unit_test(a_unit_that_could_not_be_written_is_refused),
        cmocka_unit_test(the_maker_s_name_cannot_add_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
