#include "custody/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/json.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* 2026-03-09T09:30:00.25 in China */
static const struct instant AT = {.us = INT64_C(1773019800250000), .offset_minutes = 480};

static struct custody_entry an_entry(void)
{
    return (struct custody_entry){
        .seq = 17,
        .action = CUSTODY_ACCEPTED,
        .at = AT,
        .actor = "os:root",
        .role = "",
        .subject = "R12",
    };
}

static char *printed(const struct custody_entry *entry)
{
    struct err err;
    char *text = NULL;
    size_t len;
    if (custody_entry_print(entry, &text, &len, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(len, strlen(text));
    return text;
}

static int parse(const char *text, struct custody_entry *entry, struct err *err)
{
    return custody_entry_parse(bytes_of(text), "log/17", entry, err);
}

static void an_entry_is_printed_in_canonical_form(void **state)
{
    (void)state;
    struct custody_entry entry = an_entry();
    AUTO(free) char *empty = printed(&entry);
    assert_string_equal(empty, "{\"action\":\"accepted\",\"actor\":\"os:root\","
                               "\"at\":\"2026-03-09T09:30:00.25+08:00\",\"detail\":{},"
                               "\"role\":\"\",\"seq\":17,\"subject\":\"R12\"}");

    AUTO(json_decref)
    json_t *detail = json_pack("{s:s, s:i, s:[s,s]}", "name", "现场 1.mp4", "bytes", 178565, "case",
                               "津西青综执〔2026〕12号", "b");
    entry.detail = detail;
    entry.action = CUSTODY_DISC_IMAGED;
    entry.role = "administrator";
    AUTO(free) char *full = printed(&entry);
    assert_string_equal(full, "{\"action\":\"disc-imaged\",\"actor\":\"os:root\","
                              "\"at\":\"2026-03-09T09:30:00.25+08:00\","
                              "\"detail\":{\"bytes\":178565,\"case\":[\"津西青综执〔2026〕12号\","
                              "\"b\"],\"name\":\"现场 1.mp4\"},\"role\":\"administrator\","
                              "\"seq\":17,\"subject\":\"R12\"}");
}

static void an_entry_survives_its_text(void **state)
{
    (void)state;
    static const struct instant times[] = {
        {.us = INT64_C(1773019800123456), .offset_minutes = 480},
        {.us = INT64_C(1773019800000000), .offset_minutes = 0},
        {.us = 1, .offset_minutes = -570},
        {.us = -1, .offset_minutes = 345},
        {.us = INT64_C(253402300799999999), .offset_minutes = 0},
    };
    for (size_t i = 0; i < COUNT(times); i++) {
        AUTO(custody_entry_release) struct custody_entry again = {0};
        struct custody_entry entry = an_entry();
        struct err err;
        entry.at = times[i];
        entry.seq = i == 0 ? UINT64_C(9007199254740991) : i;
        AUTO(free) char *text = printed(&entry);
        if (parse(text, &again, &err) < 0)
            fail_msg("%s: %s", text, err.text);
        assert_int_equal(again.seq, entry.seq);
        assert_int_equal(again.action, CUSTODY_ACCEPTED);
        assert_int_equal(again.at.us, times[i].us);
        assert_int_equal(again.at.offset_minutes, times[i].offset_minutes);
        assert_string_equal(again.actor, "os:root");
        assert_string_equal(again.role, "");
        assert_string_equal(again.subject, "R12");
        assert_int_equal(json_object_size(again.detail), 0);
        AUTO(free) char *twice = printed(&again);
        assert_string_equal(twice, text);
    }
}

static void every_action_has_a_name_and_is_found_by_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CUSTODY_ACTIONS; i++) {
        const char *name = custody_action_name((enum custody_action)i);
        enum custody_action found;
        assert_non_null(name);
        assert_int_equal(custody_action_parse(bytes_of(name), &found), 0);
        assert_int_equal(found, i);
    }
    enum custody_action untouched = CUSTODY_TAGGED;
    static const char *const none[] = {"", "accept", "accepted ", "Accepted", "deleted"};
    for (size_t i = 0; i < COUNT(none); i++)
        assert_int_equal(custody_action_parse(bytes_of(none[i]), &untouched), -1);
    assert_int_equal(untouched, CUSTODY_TAGGED);
}

static void names_of_any_bytes_are_recorded(void **state)
{
    (void)state;
    struct custody_entry entry = an_entry();
    entry.subject = "\xB0\xA1\\1\n.mp4";
    entry.actor = "os:\xFF";
    static const uint8_t name[] = {'a', 0, 'b'};
    AUTO(json_decref) json_t *detail = json_object();
    assert_int_equal(
        json_object_set_new(detail, "name", custody_entry_text((struct bytes){name, sizeof name})),
        0);
    assert_int_equal(json_object_set_new(detail, "empty", custody_entry_text((struct bytes){0})),
                     0);
    assert_int_equal(
        json_object_set_new(detail, "plain", custody_entry_text(bytes_of("甲\\x41\t"))), 0);
    entry.detail = detail;
    AUTO(free) char *text = printed(&entry);
    assert_string_equal(text, "{\"action\":\"accepted\",\"actor\":\"os:\\\\xFF\","
                              "\"at\":\"2026-03-09T09:30:00.25+08:00\","
                              "\"detail\":{\"empty\":\"\",\"name\":\"a\\\\x00b\","
                              "\"plain\":\"甲\\\\x41\\t\"},\"role\":\"\",\"seq\":17,"
                              "\"subject\":\"\\\\xB0\\\\xA1\\\\x5C1\\\\x0A.mp4\"}");
    AUTO(custody_entry_release) struct custody_entry again = {0};
    struct err err;
    assert_int_equal(parse(text, &again, &err), 0);
    assert_string_equal(again.subject, "\\xB0\\xA1\\x5C1\\x0A.mp4");
}

static void is_refused(const struct custody_entry *entry)
{
    struct err err;
    char *text = NULL;
    size_t len;
    assert_int_equal(custody_entry_print(entry, &text, &len, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_null(text);
}

static void what_could_not_be_read_again_is_not_printed(void **state)
{
    (void)state;
    struct custody_entry entry = an_entry();
    entry.seq = UINT64_C(9007199254740992);
    is_refused(&entry);
    entry = an_entry();
    entry.action = CUSTODY_ACTIONS;
    is_refused(&entry);
    entry = an_entry();
    entry.actor = "";
    is_refused(&entry);
    entry = an_entry();
    entry.at.us = INT64_C(253402300800000000); /* the year 10000 */
    is_refused(&entry);
    entry = an_entry();
    AUTO(json_decref) json_t *list = json_array();
    entry.detail = list;
    is_refused(&entry);
    AUTO(json_decref) json_t *number = json_pack("{s:I}", "n", INT64_MAX);
    entry.detail = number;
    is_refused(&entry);
}

static void an_entry_has_a_longest_length(void **state)
{
    (void)state;
    struct custody_entry entry = an_entry();
    AUTO(free) char *shortest = printed(&entry);
    const size_t room = CUSTODY_ENTRY_MAX - strlen(shortest) + strlen(entry.subject);
    AUTO(free) char *subject = calloc(1, room + 2);
    assert_non_null(subject);
    memset(subject, 'a', room);
    entry.subject = subject;
    AUTO(free) char *longest = printed(&entry);
    AUTO(custody_entry_release) struct custody_entry again = {0};
    struct err err;
    assert_int_equal(strlen(longest), CUSTODY_ENTRY_MAX);
    assert_int_equal(parse(longest, &again, &err), 0);

    subject[room] = 'a';
    is_refused(&entry);
    AUTO(free) char *longer = calloc(1, CUSTODY_ENTRY_MAX + 2);
    assert_non_null(longer);
    memset(longer, ' ', CUSTODY_ENTRY_MAX + 1);
    struct custody_entry none;
    assert_int_equal(parse(longer, &none, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
}

#define HEAD   "{\"action\":\"accepted\",\"actor\":\"os:root\",\"at\":\"2026-03-09T09:30:00+08:00\","
#define REST   "\"detail\":{},\"role\":\"\",\"seq\":1,\"subject\":\"R1\"}"
#define AT_(t) "{\"action\":\"accepted\",\"actor\":\"os:root\",\"at\":\"" t "\"," REST

static void what_is_no_entry_is_damage(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        "null",
        HEAD REST "\n",
        HEAD REST " ",
        HEAD "\"detail\": {},\"role\":\"\",\"seq\":1,\"subject\":\"R1\"}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":1}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":1,\"subject\":\"R1\",\"x\":1}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":1,\"subject\":null}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":-1,\"subject\":\"R1\"}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":\"1\",\"subject\":\"R1\"}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":1.5,\"subject\":\"R1\"}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":9007199254740992,\"subject\":\"R1\"}",
        HEAD "\"detail\":{},\"seq\":1,\"role\":\"\",\"subject\":\"R1\"}",
        HEAD "\"detail\":[],\"role\":\"\",\"seq\":1,\"subject\":\"R1\"}",
        HEAD "\"detail\":{\"b\":1,\"a\":1},\"role\":\"\",\"seq\":1,\"subject\":\"R1\"}",
        HEAD "\"detail\":{},\"role\":\"\",\"seq\":1,\"subject\":\"\xFF\"}",
        HEAD "\"role\":\"\",\"seq\":1,\"subject\":\"R1\"}",
        "{\"action\":\"erased\",\"actor\":\"os:root\",\"at\":\"2026-03-09T09:30:00+08:00\"," REST,
        "{\"action\":1,\"actor\":\"os:root\",\"at\":\"2026-03-09T09:30:00+08:00\"," REST,
        "{\"action\":\"accepted\",\"actor\":\"\",\"at\":\"2026-03-09T09:30:00+08:00\"," REST,
        AT_("2026-03-09T09:30:00"),
        AT_("2026-03-09 09:30:00+08:00"),
        AT_("2026-03-09T09:30+08:00"),
        AT_("2026-03-09T09:30:00+0800"),
        AT_("2026-03-09T09:30:00.0+08:00"),
        AT_("2026-03-09T09:30:00.1234567+08:00"),
        AT_("2026-03-09T09:30:00+00:00"),
        AT_("2026-03-09T09:30:00z"),
        AT_("2026-03-09T09:30:60+08:00"),
        AT_("2026-02-30T09:30:00+08:00"),
        AT_("2026-03-09"),
        AT_(""),
    };
    struct err err;
    AUTO(custody_entry_release) struct custody_entry right = {0};
    assert_int_equal(parse(HEAD REST, &right, &err), 0); /* so that it is not the frame */
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct custody_entry entry = {.seq = 99};
        if (parse(wrong[i], &entry, &err) != -1)
            fail_msg("taken for an entry: %s", wrong[i]);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "log/17");
        assert_int_equal(entry.seq, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_printed_in_canonical_form),
        cmocka_unit_test(an_entry_survives_its_text),
        cmocka_unit_test(every_action_has_a_name_and_is_found_by_it),
        cmocka_unit_test(names_of_any_bytes_are_recorded),
        cmocka_unit_test(what_could_not_be_read_again_is_not_printed),
        cmocka_unit_test(an_entry_has_a_longest_length),
        cmocka_unit_test(what_is_no_entry_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
