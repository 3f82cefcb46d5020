#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/input.h"

enum { FILE_BYTES = 300000 };

static uint8_t octet_at(uint64_t offset)
{
    return (uint8_t)(offset * 7 + offset / 251);
}

static int file_of_octets(void)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    assert_true(fd >= 0);
    static uint8_t bytes[FILE_BYTES];
    for (uint64_t i = 0; i < FILE_BYTES; i++)
        bytes[i] = octet_at(i);
    assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    return fd;
}

static void reads_at_any_place_and_of_any_length_give_the_file(void **state)
{
    (void)state;
    int fd = file_of_octets();
    struct probe_input *input = input_from_fd(fd, FILE_BYTES);
    assert_non_null(input);
    assert_int_equal(input_size(input), FILE_BYTES);
    static uint8_t got[70000];
    uint64_t offset = 0;
    for (unsigned i = 0; i < 2000; i++) {
        offset = (offset * 48271 + 11) % FILE_BYTES;
        size_t want = i % 50 == 0 ? sizeof got : (i * 37) % 20000;
        size_t there = want < FILE_BYTES - offset ? want : (size_t)(FILE_BYTES - offset);
        assert_int_equal(input_read(input, offset, got, want), there);
        for (size_t k = 0; k < there; k += 97)
            assert_int_equal(got[k], octet_at(offset + k));
    }
    input_free(input);
    (void)close(fd);
}

static void a_read_at_or_beyond_the_end_is_short(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 3};
    uint8_t got[8];
    struct probe_input *input = input_from_bytes((struct probe_bytes){bytes, sizeof bytes});
    assert_int_equal(input_read(input, 1, got, sizeof got), 2);
    assert_int_equal(input_read(input, 3, got, sizeof got), 0);
    assert_int_equal(input_read(input, UINT64_MAX, got, sizeof got), 0);
    input_free(input);
}

static void a_file_that_shrank_ends_where_it_ends(void **state)
{
    (void)state;
    int fd = file_of_octets();
    struct probe_input *input = input_from_fd(fd, 2 * FILE_BYTES);
    uint8_t got[64];
    uint64_t offset = 1;
    assert_int_equal(input_read(input, FILE_BYTES - 10, got, sizeof got), 10);
    assert_int_equal(input_read(input, FILE_BYTES + 10, got, sizeof got), 0);
    assert_int_equal(input_error(input, &offset), 0);
    input_free(input);
    (void)close(fd);
}

static void a_read_that_fails_is_remembered_with_its_place(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0); /* a pipe cannot be read by position */
    struct probe_input *input = input_from_fd(ends[0], 100000);
    uint8_t got[16];
    uint64_t offset = 0;
    assert_int_equal(input_read(input, 40000, got, sizeof got), 0);
    assert_int_not_equal(input_error(input, &offset), 0);
    assert_true(offset <= 40000);
    input_free(input);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void numbers_are_read_in_both_orders(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88};
    const uint8_t one_and_a_half[] = {0x00, 0x00, 0xC0, 0x3F};
    assert_int_equal(read_be16(bytes), 0x0102);
    assert_int_equal(read_le16(bytes), 0x0201);
    assert_int_equal(read_be32(bytes), 0x01020304);
    assert_int_equal(read_le32(bytes), 0x04030201);
    assert_true(read_be64(bytes) == 0x0102030405060788);
    assert_true(read_le64(bytes) == 0x8807060504030201);
    assert_true(read_le_float(one_and_a_half) == 1.5F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_at_any_place_and_of_any_length_give_the_file),
        cmocka_unit_test(a_read_at_or_beyond_the_end_is_short),
        cmocka_unit_test(a_file_that_shrank_ends_where_it_ends),
        cmocka_unit_test(a_read_that_fails_is_remembered_with_its_place),
        cmocka_unit_test(numbers_are_read_in_both_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
