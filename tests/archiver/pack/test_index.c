#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/text.h"
#include "pack/index.h"

#define ZEROS   "0000000000000000000000000000000000000000000000000000000000000000"
#define DIGESTS "\"sha256\":\"" ZEROS "\",\"sm3\":\"" ZEROS "\""

static const char sound[] =
    "{\"format\":\"shilu-archive/1\",\"unit\":\"U\",\"case\":\"C\",\"volume\":1,\"previous\":null,"
    "\"sealed_at\":\"2026-01-01T00:00:00+08:00\",\"structure_sha256\":\"" ZEROS "\","
    "\"archive_size\":20480,\"recordings\":["
    "{\"id\":\"R1\",\"name\":\"data/a.mp4\",\"original_name\":\"a.mp4\",\"offset\":8192,"
    "\"size\":700," DIGESTS "},"
    "{\"id\":\"R12\",\"name\":\"data/R12.mp4\",\"original_name\":\"现场.mp4\",\"offset\":10240,"
    "\"size\":0," DIGESTS "}],\"attachments\":["
    "{\"id\":\"F1\",\"recording\":\"R1\",\"kind\":\"note\",\"name\":\"data/n.txt\","
    "\"original_name\":\"n.txt\",\"offset\":9216,\"size\":3," DIGESTS "}]}";

enum { HEAD_END = 8000 };

/* Parses a copy, which `*text` then is: the index points into it. */
static int parse(const char *from, size_t len, struct index *index, char **text, struct err *err)
{
    *text = malloc(len + 1);
    assert_non_null(*text);
    memcpy(*text, from, len);
    return index_parse(*text, len, "x.tar", HEAD_END, index, err);
}

static void a_sound_index_gives_its_entries(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    struct index index;
    char *text;
    assert_int_equal(parse(sound, strlen(sound), &index, &text, &err), 0);
    assert_int_equal(index.count, 3);
    assert_string_equal(index.entries[1].id, "R12");
    assert_string_equal(index.entries[1].original_name, "现场.mp4");
    assert_int_equal(index.entries[0].offset, 8192);
    assert_int_equal(index.entries[0].size, 700);
    assert_null(index.entries[0].attachment);
    assert_string_equal(index.entries[2].id, "R1");
    assert_string_equal(index.entries[2].attachment, "note");
    index_release(&index);
    free(text);
}

/* `from`, which stands in the sound index, becomes `to`. */
struct lie {
    const char *from, *to;
};

static const struct lie lies[] = {
    {"shilu-archive/1", "shilu-archive/2"},
    {"\"volume\":1", "\"volume\":0"},
    {"\"volume\":1", "\"volume\":4294967296"},
    {"\"volume\":1", "\"volume\":\"x\""},
    {"\"unit\":\"U\"", "\"unit\":7"},
    {"\"unit\":\"U\"", "\"unit\":\"\\u001b[2J\""},
    {"\"case\":\"C\"", "\"case\":\"C\",\"case\":\"D\""},
    {"\"previous\":null", "\"previous\":1"},
    {"\"previous\":null", "\"previous\":{\"name\":\"a.tar\",\"sha256\":\"12\"}"},
    {"2026-01-01", "2026-13-01"},
    {"\"structure_sha256\":\"0", "\"structure_sha256\":\"g"},
    {"20480", "9223372036854775808"},
    {"20480", "9000"},
    {"20480", "-1"},
    {"\"recordings\":[", "\"recordings\":[7,"},
    {"\"recordings\":[", "\"recordings\":{},\"x\":["},
    {"\"attachments\"", "\"attached\""},
    {"\"offset\":8192", "\"offset\":7680"},
    {"\"offset\":8192", "\"offset\":8193"},
    {"\"offset\":8192", "\"offset\":-512"},
    {"\"offset\":8192", "\"offset\":8192.0"},
    {"\"offset\":8192", "\"offset\":\"18446744073709551104\""},
    {"\"offset\":8192", "\"offset\":20992"},
    {"\"offset\":9216", "\"offset\":8192"},
    {"\"offset\":9216", "\"offset\":8704"},
    {"\"size\":700", "\"size\":12289"},
    {"\"size\":700", "\"size\":1025"},
    {"\"size\":700", "\"size\":\"18446744073709551615\""},
    {"\"size\":700", "\"size\":true"},
    {"\"size\":700,\"sha256\":\"00", "\"size\":700,\"sha256\":\""},
    {"data/a.mp4", "data/R12.MP4"},
    {"data/a.mp4", "data/n.txt"},
    {"data/a.mp4", "data/.."},
    {"data/a.mp4", "data/."},
    {"data/a.mp4", "data/"},
    {"data/a.mp4", "../a.mp4"},
    {"data/a.mp4", "/etc/passwd"},
    {"data/a.mp4", "data/../../a.mp4"},
    {"data/a.mp4", "data/x/a.mp4"},
    {"data/a.mp4", "data/..\\\\a.mp4"},
    {"data/a.mp4", "data/a\\nb.mp4"},
    {"data/a.mp4", "data/a\\u0000.mp4"},
    {"\"original_name\":\"a.mp4\"", "\"original_name\":\"a\\u001b[2Jb\""},
    {"\"original_name\":\"a.mp4\"", "\"original_name\":null"},
    {"\"id\":\"R1\"", "\"id\":\"R12\""},
    {"\"id\":\"R1\"", "\"id\":\"R01\""},
    {"\"id\":\"R1\"", "\"id\":\"1\""},
    {"\"id\":\"R1\"", "\"id\":\"R\""},
    {"\"id\":\"F1\"", "\"id\":\"A1\""},
    {"\"recording\":\"R1\"", "\"recording\":\"X\""},
    {"\"kind\":\"note\",", ""},
    {"\"attachments\":[", "\"attachments\":[],\"attachments\":["},
    {"\"recordings\":[", "\"attachments\":[],\"recordings\":["},
    {"\"size\":700", "\"size\":700,\"size\":700"},
    {"\"size\":700", "\"size\":0700"},
    {"\"size\":700", "\"size\":700,\"x\":01"},
    {"\"size\":700", "\"size\":700,\"x\":[1,]"},
    {"\"size\":700", "\"size\":700,\"x\":{\"a\":1,}"},
    {"\"size\":700", "\"size\":700,\"x\":nul"},
    {"\"size\":700", "\"size\":700,\"x\":1.e1"},
    {"\"size\":700", "\"size\":700,\"x\":[[}]"},
    {"\"size\":700", "\"size\":700,"},
    {"\"unit\":\"U\"", "\"unit\":\"\\ud800\""},
    {"\"unit\":\"U\"", "\"unit\":\"\\ud800\\u0041\""},
    {"\"unit\":\"U\"", "\"unit\":\"\\udc00\""},
    {"\"unit\":\"U\"", "\"unit\":\"\\x41\""},
    {"\"unit\":\"U\"", "\"unit\":\"\xff\""},
    {"\"unit\":\"U\"", "\"unit\":\"\xc0\x80\""},
    {"]}", "]"},
    {"]}", "]}}"},
};

static void an_index_that_lies_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const char *found = strstr(sound, lies[i].from);
        assert_non_null(found);
        struct text text;
        text_init(&text, 1 << 20);
        text_append_bytes(&text, (struct bytes){(const uint8_t *)sound, (size_t)(found - sound)});
        text_append(&text, lies[i].to);
        text_append(&text, found + strlen(lies[i].from));
        struct err err = {.kind = ERR_NONE};
        struct index index;
        char *copy;
        if (parse(text.at, text.len, &index, &copy, &err) == 0)
            fail_msg("taken: %s -> %s", lies[i].from, lies[i].to);
        assert_int_equal(err.kind, ERR_DAMAGED);
        assert_string_equal(err.object, "x.tar");
        text_release(&text);
        free(copy);
    }
}

static void an_index_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof sound - 1; len++) {
        struct err err = {.kind = ERR_NONE};
        struct index index;
        char *exact;
        assert_int_equal(parse(sound, len, &index, &exact, &err), -1);
        assert_int_equal(err.kind, ERR_DAMAGED);
        free(exact);
    }
}

static void escapes_are_read_as_they_are_meant(void **state)
{
    (void)state;
    static const char escaped[] = "\\u73b0\\u573a \\ud83d\\ude00 \\\"\\\\\\/";
    struct text made;
    text_init(&made, 1 << 20);
    const char *found = strstr(sound, "\"U\"");
    text_append_bytes(&made, (struct bytes){(const uint8_t *)sound, (size_t)(found + 1 - sound)});
    text_append(&made, escaped);
    text_append(&made, found + 2);
    struct err err = {.kind = ERR_NONE};
    struct index index;
    char *text;
    if (parse(made.at, made.len, &index, &text, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(index.unit, "现场 😀 \"\\/");
    index_release(&index);
    text_release(&made);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_index_gives_its_entries),
        cmocka_unit_test(escapes_are_read_as_they_are_meant),
        cmocka_unit_test(an_index_that_lies_is_refused),
        cmocka_unit_test(an_index_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
