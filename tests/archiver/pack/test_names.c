#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "pack/names.h"
#include "pack/plan.h"

#define FORTY "0123456789012345678901234567890123456789"

static void a_name_stays_only_where_every_system_takes_it(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a.mp4",
        "DSJ_20260101-120000.MP4",
        "_x",
        "a b (1).mov",
        "CONSOLE.txt",
        "COM.mp4",
        "com10.txt",
        "Rx.mp4",
        "R.mp4",
        "r12a.mp4",
        FORTY "0123456789012345.mp4",
    };
    static const char *const bad[] = {
        "",           ".",
        "..",         ".hidden",
        "-rf",        " a",
        "a ",         "a.",
        "a/b",        "a\\b",
        "a:b",        "a*",
        "a?",         "a\"b",
        "a<b",        "a>b",
        "a|b",        "a%0Ab",
        "a\nb",       "a\x7f",
        "现场.mp4",   "e\xcc\x81.mp4",
        "CON",        "con.txt",
        "nul.tar.gz", "NUL .txt",
        "AUX.",       "LPT1",
        "com9.mp4",   "R12.mp4",
        "r7",         "F3.txt",
        "a;b",        "a$b",
        "a~b",        FORTY "012345678901234567.mp4",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!names_portable(good[i]))
            fail_msg("not taken: %s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (names_portable(bad[i]))
            fail_msg("taken: %s", bad[i]);
    }
}

struct given {
    int64_t recording, attachment;
    const char *original, *stored, *name;
};

static const struct given table[] = {
    {1, 0, "a.mp4", "00.mp4", "data/a.mp4"},
    {2, 0, "Clip.MOV", "01.mov", "data/R2.mov"}, /* two that differ in case alone */
    {3, 0, "clip.mov", "02.mov", "data/R3.mov"},
    {4, 0, "\xe7\x8e\xb0.ts", "03.ts", "data/R4.ts"},
    {5, 0, "R6.avi", "04.avi", "data/R5.avi"}, /* the form is Shilu's */
    {6, 0, "x?.avi", "05.avi", "data/R6.avi"},
    {6, 7, "note.txt", "06.txt", "data/note.txt"},
    {6, 8, "a.mp4.txt", "07.txt", "data/a.mp4.txt"},
    {6, 9, "\xe7\x8e\xb0", "08", "data/F9"},
    {6, 10, "\xe7\x8e\xb0", "09.b/d", "data/F10"},
    {6, 11, "\xe7\x8e\xb0.JSON", "0a.jsn", "data/F11.json"}, /* stored apart from sidecars */
    {6, 12, "\xe7\x8e\xb0.much too long", "0b.muchtool", "data/F12.muchtool"},
};

static void names_are_given_once(void **state)
{
    (void)state;
    enum { COUNT = sizeof table / sizeof table[0] };
    struct plan_file files[COUNT] = {{.recording = 0}};
    struct err err;
    for (size_t i = 0; i < COUNT; i++) {
        files[i].recording = table[i].recording;
        files[i].attachment = table[i].attachment;
        files[i].original_name = strdup(table[i].original);
        files[i].stored_name = strdup(table[i].stored);
    }
    assert_int_equal(names_give(files, COUNT, &err), 0);
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_equal(files[i].name, table[i].name);
        free(files[i].original_name);
        free(files[i].stored_name);
        free(files[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stays_only_where_every_system_takes_it),
        cmocka_unit_test(names_are_given_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
