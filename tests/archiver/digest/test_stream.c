#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "archiver/digest/made.h"
#include "base/err.h"

#include "base/banned.h"

/* Pieces around the ring's slot length, and far above the whole ring. */
static const size_t pieces[] = {1, 63, 4096, 131071, 131072, 131073, 5000011};

static void a_stream_in_any_pieces_has_the_digests_of_the_whole(void **state)
{
    (void)state;
    size_t len = 9000001;
    AUTO(free) uint8_t *octets = malloc(len);
    assert_non_null(octets);
    made_fill(octets, len, 7);
    assert_int_equal(close(made_file("stream", len, 7)), 0);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct err err;
        size_t end = pieces[i] == 1 ? 300000 : len;
        AUTO(digest_free) struct digest *digest = NULL;
        assert_int_equal(digest_open(&digest, &err), 0);
        for (size_t at = 0; at < end; at += pieces[i]) {
            size_t part = end - at < pieces[i] ? end - at : pieces[i];
            assert_int_equal(digest_feed(digest, (struct bytes){octets + at, part}, &err), 0);
        }
        struct digest_pair pair;
        assert_int_equal(digest_finish(digest, &pair, &err), 0);
        made_expect("stream", 0, end, &pair);
    }
}

static void the_bytes_may_be_overwritten_once_they_are_fed(void **state)
{
    (void)state;
    struct err err;
    AUTO(digest_free) struct digest *digest = NULL;
    assert_int_equal(digest_open(&digest, &err), 0);
    char text[] = "abc";
    assert_int_equal(digest_feed(digest, bytes_of(text), &err), 0);
    memset(text, 'x', 3);
    struct digest_pair pair, expected;
    assert_int_equal(digest_finish(digest, &pair, &err), 0);
    assert_int_equal(digest_bytes(bytes_of("abc"), &expected, &err), 0);
    assert_true(digest_equal(&pair, &expected));
}

static void an_empty_stream_has_the_digests_of_nothing(void **state)
{
    (void)state;
    struct err err;
    AUTO(digest_free) struct digest *digest = NULL;
    assert_int_equal(digest_open(&digest, &err), 0);
    struct digest_pair pair, expected;
    assert_int_equal(digest_finish(digest, &pair, &err), 0);
    assert_int_equal(digest_bytes((struct bytes){NULL, 0}, &expected, &err), 0);
    assert_true(digest_equal(&pair, &expected));
}

static void a_finished_stream_takes_no_more(void **state)
{
    (void)state;
    struct err err;
    AUTO(digest_free) struct digest *digest = NULL;
    assert_int_equal(digest_open(&digest, &err), 0);
    struct digest_pair pair;
    assert_int_equal(digest_finish(digest, &pair, &err), 0);
    assert_int_equal(digest_feed(digest, bytes_of("x"), &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(digest_finish(digest, &pair, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
}

static void a_stream_that_is_given_up_ends_its_threads(void **state)
{
    (void)state;
    struct err err;
    AUTO(free) uint8_t *octets = calloc(1, 3000000);
    assert_non_null(octets);
    for (int i = 0; i < 20; i++) {
        AUTO(digest_free) struct digest *digest = NULL;
        assert_int_equal(digest_open(&digest, &err), 0);
        assert_int_equal(digest_feed(digest, (struct bytes){octets, 3000000}, &err), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_in_any_pieces_has_the_digests_of_the_whole),
        cmocka_unit_test(the_bytes_may_be_overwritten_once_they_are_fed),
        cmocka_unit_test(an_empty_stream_has_the_digests_of_nothing),
        cmocka_unit_test(a_finished_stream_takes_no_more),
        cmocka_unit_test(a_stream_that_is_given_up_ends_its_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
