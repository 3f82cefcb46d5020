#include "custody/jcs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static json_t *read_any(const char *text)
{
    json_error_t at;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &at);
    if (value == NULL)
        fail_msg("%s: %s", text, at.text);
    return value;
}

static void prints(const char *given, const char *wanted)
{
    struct err err;
    AUTO(json_decref) json_t *value = read_any(given);
    AUTO(free) char *text = NULL;
    size_t len;
    if (jcs_print(value, &text, &len, &err) < 0)
        fail_msg("%s: %s", given, err.text);
    assert_string_equal(text, wanted);
    assert_int_equal(len, strlen(wanted));
}

static void does_not_print(const char *given)
{
    struct err err;
    AUTO(json_decref) json_t *value = read_any(given);
    char *text = NULL;
    size_t len;
    if (jcs_print(value, &text, &len, &err) != -1)
        fail_msg("printed: %s", given);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_null(text);
}

/* RFC 8785, 3.2.2 to 3.2.4. */
static void the_example_of_the_rfc_prints_as_there(void **state)
{
    (void)state;
    prints("{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
           " \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
           " \"literals\": [null, true, false]}",
           "{\"literals\":[null,true,false],"
           "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
           "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

/* RFC 8785, 3.2.3: U+1F600 stands before U+FB33, as its first surrogate does; by code points, and
 * by the bytes of UTF-8, it would come last. */
static void names_are_sorted_by_utf_16(void **state)
{
    (void)state;
    prints("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
           "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
           "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
           "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
           "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
           "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
           "\"😀\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
    /* behind what they share, too; and the shorter name first */
    prints("{\"x\\ue000\":1,\"x\\uffff\":2,\"x\\ud800\\udc00\":3,\"x\\ud7ff\":4,\"x\":5,"
           "\"x\\udbff\\udfff\":6,\"\":7}",
           "{\"\":7,\"x\":5,\"x\xED\x9F\xBF\":4,\"x\xF0\x90\x80\x80\":3,\"x\xF4\x8F\xBF\xBF\":6,"
           "\"x\xEE\x80\x80\":1,\"x\xEF\xBF\xBF\":2}");
}

static void objects_are_sorted_at_every_depth_and_lists_are_not(void **state)
{
    (void)state;
    prints("[ {\"b\" : {\"d\":1, \"c\":[3,2,{\"z\":0,\"y\":{}}]}, \"a\":[] } , 1 ]",
           "[{\"a\":[],\"b\":{\"c\":[3,2,{\"y\":{},\"z\":0}],\"d\":1}},1]");
}

static void only_what_must_be_is_escaped(void **state)
{
    (void)state;
    prints("\"\\b\\t\\n\\f\\r\\\"\\\\\\/\"", "\"\\b\\t\\n\\f\\r\\\"\\\\/\"");
    prints("\"\\u0001\\u000B\\u000e\\u001F\\u007f\\u0080\\u2028\"",
           "\"\\u0001\\u000b\\u000e\\u001f\x7F\xC2\x80\xE2\x80\xA8\"");
    prints("\"津西青综执〔2026〕12号 \\uD83D\\uDE00\"", "\"津西青综执〔2026〕12号 😀\"");
}

static double double_of(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void number_prints(double number, const char *wanted)
{
    char text[JCS_NUMBER_TEXT];
    assert_int_equal(jcs_number(number, text), 0);
    assert_string_equal(text, wanted);
}

/* RFC 8785, Appendix B. */
static const struct {
    uint64_t bits;
    const char *text;
} appendix_b[] = {
    {0x0000000000000000, "0"},
    {0x8000000000000000, "0"},
    {0x0000000000000001, "5e-324"},
    {0x8000000000000001, "-5e-324"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0xffefffffffffffff, "-1.7976931348623157e+308"},
    {0x4340000000000000, "9007199254740992"},
    {0xc340000000000000, "-9007199254740992"},
    {0x4430000000000000, "295147905179352830000"},
    {0x44b52d02c7e14af5, "9.999999999999997e+22"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
    {0x444b1ae4d6e2ef4e, "999999999999999700000"},
    {0x444b1ae4d6e2ef4f, "999999999999999900000"},
    {0x444b1ae4d6e2ef50, "1e+21"},
    {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
    {0x3eb0c6f7a0b5ed8d, "0.000001"},
    {0x41b3de4355555553, "333333333.3333332"},
    {0x41b3de4355555554, "333333333.33333325"},
    {0x41b3de4355555555, "333333333.3333333"},
    {0x41b3de4355555556, "333333333.3333334"},
    {0x41b3de4355555557, "333333333.33333343"},
    {0xbecbf647612f3696, "-0.0000033333333333333333"},
    {0x43143ff3c1cb0959, "1424953923781206.2"},
};

static void the_numbers_of_appendix_b_print_as_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(appendix_b); i++)
        number_prints(double_of(appendix_b[i].bits), appendix_b[i].text);
    char text[JCS_NUMBER_TEXT];
    assert_int_equal(jcs_number(double_of(0x7fffffffffffffff), text), -1);
    assert_int_equal(jcs_number(double_of(0x7ff0000000000000), text), -1);
    assert_int_equal(jcs_number(-INFINITY, text), -1);
}

/* As String(…) in a browser has them: where one form ends and the next begins, and doubles of
 * which the nearest short decimal is another one's. */
static void numbers_are_laid_out_as_ecmascript_does(void **state)
{
    (void)state;
    number_prints(ldexp(1, -44), "5.684341886080802e-14");
    number_prints(ldexp(1, -24), "5.960464477539063e-8");
    number_prints(ldexp(1, -1022), "2.2250738585072014e-308");
    number_prints(ldexp(1, 89), "6.189700196426902e+26");
    number_prints(ldexp(1, 976), "6.386688990511104e+293");
    number_prints(0.1 + 0.2, "0.30000000000000004");
    number_prints(100, "100");
    number_prints(123e18, "123000000000000000000");
    number_prints(1.5e21, "1.5e+21");
    number_prints(-1e-6, "-0.000001");
    number_prints(1.5e-7, "1.5e-7");
    number_prints(117.0625, "117.0625");
}

static void every_number_reads_again_as_itself(void **state)
{
    (void)state;
    uint64_t bits = 0x9e3779b97f4a7c15; /* xorshift64 */
    for (int i = 0; i < 20000; i++) {
        char text[JCS_NUMBER_TEXT];
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        const double number = double_of(bits);
        if (jcs_number(number, text) < 0) {
            assert_true(isnan(number) || isinf(number));
            continue;
        }
        if (strtod(text, NULL) != number)
            fail_msg("%a is printed as %s", number, text);
    }
}

static void the_locale_changes_nothing(void **state)
{
    (void)state;
    /* where none of these is on the machine, nothing is tested */
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8", "nl_NL.UTF-8"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (setlocale(LC_NUMERIC, names[i]) == NULL)
            continue;
        number_prints(1424953923781206.25, "1424953923781206.2");
        number_prints(1.5e21, "1.5e+21");
        prints("[1234567.5,1000000]", "[1234567.5,1000000]");
    }
    assert_non_null(setlocale(LC_NUMERIC, "C"));
}

static void numbers_that_others_would_round_are_refused(void **state)
{
    (void)state;
    prints("[9007199254740991,-9007199254740991,-0,-0.0,5.0]",
           "[9007199254740991,-9007199254740991,0,0,5]");
    prints("[1e21,-1e300]", "[1e+21,-1e+300]");
    does_not_print("9007199254740992");
    does_not_print("-9007199254740992");
    does_not_print("[9223372036854775807]");
    does_not_print("{\"a\":9007199254740992.0}"); /* it would be read as the whole number above */
    does_not_print("-1e20");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    struct err err;
    char *text;
    size_t len;
    AUTO(json_decref) json_t *value = json_string_nocheck("a\xB0\xA1");
    assert_int_equal(jcs_print(value, &text, &len, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    AUTO(json_decref) json_t *object = json_object();
    assert_int_equal(json_object_set_new_nocheck(object, "\xFF", json_true()), 0);
    assert_int_equal(jcs_print(object, &text, &len, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    does_not_print("\"\\u0000\"");
}

static json_t *nested(unsigned depth)
{
    json_t *value = json_object();
    for (unsigned i = 1; i < depth; i++)
        value = i % 2 == 0 ? json_pack("[o]", value) : json_pack("{s:o}", "a", value);
    assert_non_null(value);
    return value;
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    struct err err;
    AUTO(free) char *text = NULL;
    char *none = NULL;
    size_t len;
    AUTO(json_decref) json_t *deepest = nested(JCS_DEPTH_MAX);
    AUTO(json_decref) json_t *deeper = nested(JCS_DEPTH_MAX + 1);
    assert_int_equal(jcs_print(deepest, &text, &len, &err), 0);
    assert_int_equal(jcs_check(bytes_of(text), "text", &err), 0);
    assert_int_equal(jcs_print(deeper, &none, &len, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);

    AUTO(free) char *dumped = json_dumps(deeper, JSON_COMPACT);
    assert_non_null(dumped);
    assert_int_equal(jcs_check(bytes_of(dumped), "text", &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

static void a_canonical_text_is_known(void **state)
{
    (void)state;
    static const char *const right[] = {
        "{}",
        "[]",
        "{\"a\":[null,true,false,0,-1,0.5,1e+21,1e-7],\"b\":\"\\u001f€😀/\"}",
        "{\"x\xF0\x90\x80\x80\":3,\"x\xEE\x80\x80\":1}",
    };
    for (size_t i = 0; i < COUNT(right); i++) {
        struct err err;
        if (jcs_check(bytes_of(right[i]), "text", &err) < 0)
            fail_msg("%s: %s", right[i], err.text);
    }
}

static void any_other_text_is_damage(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "1",
        "{} ",
        " {}",
        "{}\n",
        "{}{}",
        "[1, 2]",
        "{\"b\":1,\"a\":2}",
        "{\"a\":1,\"a\":1}",
        "{\"x\xEE\x80\x80\":1,\"x\xF0\x90\x80\x80\":3}",
        "[1.0]",
        "[-0]",
        "[1e21]",
        "[1E+21]",
        "[0.50]",
        "[1e-400]",
        "[1e400]",
        "[0.0000001]",
        "[100000000000000000000]",
        "[9007199254740992]",
        "[0.30000000000000000001]",
        "[\"\\u00e4\"]",
        "[\"\\u001F\"]",
        "[\"\\u000a\"]",
        "[\"\\/\"]",
        "[\"\\u0000\"]",
        "[\"\\ud800\"]",
        "[\"\xFF\"]",
        "[\"\xED\xA0\x80\"]",
        "[\"\n\"]",
        "\xEF\xBB\xBF{}",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct err err;
        if (jcs_check(bytes_of(wrong[i]), "text", &err) != -1)
            fail_msg("taken for canonical: %s", wrong[i]);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "text");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_rfc_prints_as_there),
        cmocka_unit_test(names_are_sorted_by_utf_16),
        cmocka_unit_test(objects_are_sorted_at_every_depth_and_lists_are_not),
        cmocka_unit_test(only_what_must_be_is_escaped),
        cmocka_unit_test(the_numbers_of_appendix_b_print_as_there),
        cmocka_unit_test(numbers_are_laid_out_as_ecmascript_does),
        cmocka_unit_test(every_number_reads_again_as_itself),
        cmocka_unit_test(the_locale_changes_nothing),
        cmocka_unit_test(numbers_that_others_would_round_are_refused),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(a_canonical_text_is_known),
        cmocka_unit_test(any_other_text_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
