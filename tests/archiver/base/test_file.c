#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"

/* A file in the test's own folder with this content, open for reading and writing. */
static int made(const char *name, const char *content)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void reading_is_short_only_at_the_end(void **state)
{
    (void)state;
    struct err err;
    char room[16];
    size_t len;
    int fd = made("short", "0123456789");
    assert_int_equal(file_read(fd, "short", room, 4, &len, &err), 0);
    assert_int_equal(len, 4);
    assert_int_equal(file_read(fd, "short", room, sizeof room, &len, &err), 0);
    assert_int_equal(len, 6);
    assert_memory_equal(room, "456789", 6);
    assert_int_equal(file_read(fd, "short", room, sizeof room, &len, &err), 0);
    assert_int_equal(len, 0);
    assert_int_equal(close(fd), 0);
}

/* A pipe gives what it has; a reader that took the first count for the end would lose the rest. */
static void a_pipe_is_read_on_until_its_end(void **state)
{
    (void)state;
    struct err err;
    int ends[2];
    char room[64];
    size_t len;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 5; i++) {
            (void)!write(ends[1], "ab", 2);
            (void)usleep(2000);
        }
        _exit(0);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(file_read(ends[0], "pipe", room, sizeof room, &len, &err), 0);
    assert_int_equal(len, 10);
    assert_int_equal(close(ends[0]), 0);
}

static void reading_by_offset_moves_nothing_and_ends_with_the_file(void **state)
{
    (void)state;
    struct err err;
    char room[8];
    size_t len;
    int fd = made("offset", "0123456789");
    assert_int_equal(file_read_at(fd, "offset", 8, room, 8, &len, &err), 0);
    assert_int_equal(len, 2);
    assert_int_equal(file_read_exact(fd, "offset", 2, room, 8, &err), 0);
    assert_memory_equal(room, "23456789", 8);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);

    assert_int_equal(file_read_exact(fd, "offset", 3, room, 8, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_string_equal(err.object, "offset");
    assert_int_equal(file_read_at(fd, "offset", UINT64_MAX, room, 8, &len, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(close(fd), 0);
}

static void writing_goes_where_it_is_told(void **state)
{
    (void)state;
    struct err err;
    char room[16];
    size_t len;
    int fd = made("write", "..........");
    assert_int_equal(file_write_at(fd, "write", 3, "abc", 3, &err), 0);
    assert_int_equal(file_write(fd, "write", "XY", 2, &err), 0);
    assert_int_equal(file_read_at(fd, "write", 0, room, sizeof room, &len, &err), 0);
    assert_int_equal(len, 10);
    assert_memory_equal(room, "XY.abc....", 10);
    assert_int_equal(file_sync(fd, "write", &err), 0);
    assert_int_equal(file_close(fd, "write", &err), 0);
    assert_int_equal(file_close(fd, "write", &err), -1); /* it is closed already */
    assert_int_equal(err.kind, ERR_SYSTEM);
}

static void a_full_device_is_told_as_one(void **state)
{
    (void)state;
    struct err err;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(file_write(fd, "R12.mp4", "abc", 3, &err), -1);
    assert_int_equal(err.kind, ERR_SPACE);
    assert_string_equal(err.object, "R12.mp4");
    assert_int_equal(close(fd), 0);
}

static void a_whole_file_is_read_up_to_its_ceiling(void **state)
{
    (void)state;
    struct err err;
    char *text;
    size_t len;
    size_t big = 300001;
    char *content = malloc(big + 1);
    assert_non_null(content);
    for (size_t i = 0; i < big; i++)
        content[i] = (char)('a' + i % 26);
    content[big] = '\0';
    int fd = made("whole", content);
    assert_int_equal(file_read_all(fd, "whole", big, &text, &len, &err), 0);
    assert_int_equal(len, big);
    assert_memory_equal(text, content, big + 1);
    free(text);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(file_read_all(fd, "whole", big - 1, &text, &len, &err), -1);
    assert_int_equal(err.kind, ERR_DAMAGED);
    assert_int_equal(close(fd), 0);
    free(content);

    fd = made("whole", "");
    assert_int_equal(file_read_all(fd, "whole", 0, &text, &len, &err), 0);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(close(fd), 0);
}

static void only_a_regular_file_has_a_size(void **state)
{
    (void)state;
    struct err err;
    uint64_t size;
    int fd = made("size", "12345");
    assert_int_equal(file_size(fd, "size", &size, &err), 0);
    assert_int_equal(size, 5);
    assert_int_equal(close(fd), 0);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(file_size(fd, "null", &size, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_int_equal(close(fd), 0);
}

static void make_strange_things(void)
{
    const char *const names[] = {"link", "dangling", "fifo", "socket"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(names[i]);
    (void)mkdir("folder", 0700);
    assert_int_equal(symlink("regular", "link"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(close(listener), 0);
}

/* A FIFO without a writer would hold up an open that waits: the test would not end. */
static void a_stranger_s_file_is_opened_only_when_it_is_a_regular_one(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum err_kind kind;
        const char *word;
    } cases[] = {
        {"link", ERR_USAGE, "link"},     {"dangling", ERR_USAGE, "link"},
        {"fifo", ERR_USAGE, "FIFO"},     {"socket", ERR_USAGE, "socket"},
        {"folder", ERR_USAGE, "folder"}, {"/dev/zero", ERR_USAGE, "device"},
        {"absent", ERR_MISSING, ""},
    };
    struct err err;
    make_strange_things();
    assert_int_equal(close(made("regular", "abc")), 0);
    int fd = file_open_regular(AT_FDCWD, "regular", &err);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(file_open_regular(AT_FDCWD, cases[i].name, &err), -1);
        assert_int_equal(err.kind, cases[i].kind);
        assert_string_equal(err.object, cases[i].name);
        assert_non_null(strstr(err.text, cases[i].word));
    }
}

static void what_lies_beside_the_program_is_found(void **state)
{
    (void)state;
    char path[4096];
    assert_int_equal(file_beside_program("no/such/thing", path, sizeof path), -1);
    assert_int_equal(file_beside_program("", path, sizeof path), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(file_beside_program("", path, 4), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_is_short_only_at_the_end),
        cmocka_unit_test(a_pipe_is_read_on_until_its_end),
        cmocka_unit_test(reading_by_offset_moves_nothing_and_ends_with_the_file),
        cmocka_unit_test(writing_goes_where_it_is_told),
        cmocka_unit_test(a_full_device_is_told_as_one),
        cmocka_unit_test(a_whole_file_is_read_up_to_its_ceiling),
        cmocka_unit_test(only_a_regular_file_has_a_size),
        cmocka_unit_test(a_stranger_s_file_is_opened_only_when_it_is_a_regular_one),
        cmocka_unit_test(what_lies_beside_the_program_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
