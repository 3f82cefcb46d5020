#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "probe/probe.h"

static void an_errno_becomes_the_kind_that_doors_act_on(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum err_kind kind;
    } cases[] = {
        {ENOENT, ERR_MISSING}, {ENOTDIR, ERR_MISSING}, {EACCES, ERR_DENIED}, {EPERM, ERR_DENIED},
        {EROFS, ERR_DENIED},   {ENOSPC, ERR_SPACE},    {EDQUOT, ERR_SPACE},  {ENOMEM, ERR_MEMORY},
        {EIO, ERR_SYSTEM},     {EMFILE, ERR_SYSTEM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err;
        errno = cases[i].number;
        assert_int_equal(err_sys(&err, "R12.mp4", "open"), -1);
        assert_int_equal(err.kind, cases[i].kind);
        assert_int_equal(err.number, cases[i].number);
        assert_string_equal(err.object, "R12.mp4");
        assert_non_null(strstr(err.text, strerror(cases[i].number)));
    }
}

static void contexts_stand_outermost_first(void **state)
{
    (void)state;
    struct err err;
    (void)err_number(&err, ENOENT, "a", "open");
    (void)err_wrap(&err, "%s", "R12.mp4");
    assert_int_equal(err_wrap(&err, "seal %s", "2026-017"), -1);
    assert_string_equal(err.text, "seal 2026-017: R12.mp4: open: No such file or directory");
    assert_int_equal(err.kind, ERR_MISSING);
}

/* Texts of three-octet characters: whatever the length, none is cut inside. */
static void texts_too_long_are_cut_between_characters(void **state)
{
    (void)state;
    char name[3 * 1200 + 3];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(name, 'x', shift);
        for (size_t i = 0; i < 1200; i++)
            memcpy(name + shift + 3 * i, "街", 3);
        name[shift + 3600] = '\0';

        struct err err;
        (void)err_set(&err, ERR_USAGE, name, "%s", name);
        assert_true(text_is_utf8(bytes_of(err.object)));
        assert_in_range(strlen(err.object), sizeof err.object - 3, sizeof err.object - 1);
        assert_true(text_is_utf8(bytes_of(err.text)));
        assert_in_range(strlen(err.text), sizeof err.text - 3, sizeof err.text - 1);

        (void)err_wrap(&err, "%s", name);
        assert_true(text_is_utf8(bytes_of(err.text)));
        (void)err_set(&err, ERR_USAGE, NULL, "short");
        (void)err_wrap(&err, "%s", name);
        assert_true(text_is_utf8(bytes_of(err.text)));
        assert_in_range(strlen(err.text), sizeof err.text - 3, sizeof err.text - 1);
    }
}

static void an_error_may_be_made_of_its_own_texts(void **state)
{
    (void)state;
    struct err err;
    (void)err_set(&err, ERR_USAGE, "thing", "inner");
    (void)err_set(&err, ERR_DAMAGED, err.object, "outer: %s", err.text);
    assert_string_equal(err.object, "thing");
    assert_string_equal(err.text, "outer: inner");
}

static void no_object_is_an_empty_one(void **state)
{
    (void)state;
    struct err err;
    (void)err_memory(&err, NULL);
    assert_int_equal(err.kind, ERR_MEMORY);
    assert_string_equal(err.object, "");
}

static void errors_of_the_libraries_keep_kind_object_and_number(void **state)
{
    (void)state;
    struct err err;
    struct catalog_err catalog = {CATALOG_ERR_CONFLICT, 5, "catalog.db", "somebody writes"};
    assert_int_equal(err_from_catalog(&err, &catalog), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_int_equal(err.number, 5);
    assert_string_equal(err.object, "catalog.db");
    assert_string_equal(err.text, "somebody writes");

    struct probe_err probe = {PROBE_ERR_SYSTEM, ENOENT, "shilu-probe", "100 % missing"};
    assert_int_equal(err_from_probe(&err, &probe), -1);
    assert_int_equal(err.kind, ERR_SYSTEM);
    assert_string_equal(err.object, "shilu-probe");
    assert_string_equal(err.text, "100 % missing");
}

static void wrong_use_exits_with_2_tampering_with_1_and_all_else_with_3(void **state)
{
    (void)state;
    for (int kind = ERR_USAGE; kind <= ERR_SYSTEM; kind++) {
        struct err err = {.kind = (enum err_kind)kind};
        int wanted = kind == ERR_USAGE ? 2 : kind == ERR_TAMPERED ? 1 : 3;
        assert_int_equal(err_exit_status(&err), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_errno_becomes_the_kind_that_doors_act_on),
        cmocka_unit_test(contexts_stand_outermost_first),
        cmocka_unit_test(texts_too_long_are_cut_between_characters),
        cmocka_unit_test(an_error_may_be_made_of_its_own_texts),
        cmocka_unit_test(no_object_is_an_empty_one),
        cmocka_unit_test(errors_of_the_libraries_keep_kind_object_and_number),
        cmocka_unit_test(wrong_use_exits_with_2_tampering_with_1_and_all_else_with_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
