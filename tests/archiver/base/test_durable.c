#include "base/durable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

static int folder = -1;

static int open_folder(void **state)
{
    (void)state;
    if (system("rm -rf d && mkdir -p d/scratch d/other") != 0)
        return -1;
    folder = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? -1 : 0;
}

static int close_folder(void **state)
{
    (void)state;
    return close(folder);
}

static void expect_content(const char *name, const char *content)
{
    struct err err;
    size_t len;
    AUTO(free) char *text = NULL;
    AUTO(close) int fd = file_open_regular(folder, name, &err);
    assert_true(fd >= 0);
    assert_int_equal(file_read_all(fd, name, 1 << 20, &text, &len, &err), 0);
    assert_string_equal(text, content);
}

static int count_names(const char *path)
{
    char command[128];
    int count = -1;
    (void)snprintf(command, sizeof command, "ls -A %s | wc -l", path);
    FILE *output = popen(command, "re");
    assert_non_null(output);
    assert_int_equal(fscanf(output, "%d", &count), 1);
    assert_int_equal(pclose(output), 0);
    return count;
}

static void a_stored_file_has_its_content_and_mode_and_leaves_nothing_else(void **state)
{
    (void)state;
    struct err err;
    struct stat st;
    mode_t umask_before = umask(0777);
    assert_int_equal(durable_store(folder, "conf", bytes_of("one"), 0640, &err), 0);
    (void)umask(umask_before);
    expect_content("conf", "one");
    assert_int_equal(fstatat(folder, "conf", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(durable_store(folder, "conf", bytes_of(""), 0600, &err), 0);
    expect_content("conf", "");
    assert_int_equal(count_names("d"), 3); /* conf, scratch, other */
}

static void whoever_reads_meanwhile_keeps_the_old_content(void **state)
{
    (void)state;
    struct err err;
    char room[8];
    size_t len;
    assert_int_equal(durable_store(folder, "conf", bytes_of("old"), 0640, &err), 0);
    AUTO(close) int reader = file_open_regular(folder, "conf", &err);
    assert_int_equal(durable_store(folder, "conf", bytes_of("new one"), 0640, &err), 0);
    assert_int_equal(file_read(reader, "conf", room, sizeof room, &len, &err), 0);
    assert_int_equal(len, 3);
    expect_content("conf", "new one");
}

static void storing_over_a_folder_fails_and_leaves_no_debris(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(durable_store(folder, "other", bytes_of("x"), 0640, &err), -1);
    assert_int_equal(err.kind, ERR_SYSTEM);
    assert_string_equal(err.object, "other");
    assert_int_equal(count_names("d"), 2);
}

static void a_temporary_name_is_stale_once_its_maker_is_gone(void **state)
{
    (void)state;
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t maker = fork();
    if (maker == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* should an assertion end the test before */
        int fd = openat(folder, "scratch/a.json.1.0.tmp", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        (void)flock(fd, LOCK_EX);
        (void)!write(ready[1], "x", 1);
        (void)pause();
        _exit(0);
    }
    char octet;
    int scratch = openat(folder, "scratch", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(read(ready[0], &octet, 1), 1);
    assert_false(durable_is_stale(scratch, "a.json.1.0.tmp"));
    assert_int_equal(durable_holds_only(scratch, NULL, 0, true), 0);
    assert_int_equal(kill(maker, SIGKILL), 0);
    assert_int_equal(waitpid(maker, NULL, 0), maker);
    assert_true(durable_is_stale(scratch, "a.json.1.0.tmp"));
    assert_int_equal(durable_holds_only(scratch, NULL, 0, true), 1);
    assert_int_equal(durable_holds_only(scratch, NULL, 0, false), 0);
    assert_false(durable_is_stale(scratch, "absent.tmp"));
    assert_int_equal(openat(folder, "scratch/other", O_CREAT | O_RDWR, 0600) >= 0, 1);
    assert_false(durable_is_stale(scratch, "other"));
    const char *const names[] = {"other"};
    assert_int_equal(durable_holds_only(scratch, NULL, 0, true), 0);
    assert_int_equal(durable_holds_only(scratch, names, 1, true), 1);
    assert_int_equal(close(scratch), 0);
    assert_int_equal(close(ready[0]) + close(ready[1]), 0);
}

static void a_file_without_a_name_gets_one_or_replaces_what_has_it(void **state)
{
    (void)state;
    struct err err;
    AUTO(close) int first = durable_unnamed(folder, "d", 0440, &err);
    AUTO(close) int second = durable_unnamed(folder, "d", 0440, &err);
    assert_true(first >= 0 && second >= 0);
    assert_int_equal(count_names("d"), 2);
    assert_int_equal(file_write(first, "x", "first", 5, &err), 0);
    assert_int_equal(file_write(second, "x", "second", 6, &err), 0);
    assert_int_equal(durable_link_fd(first, folder, "x", &err), 0);
    expect_content("x", "first");
    assert_int_equal(durable_link_fd(second, folder, "x", &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    expect_content("x", "first");
    assert_int_equal(durable_place(second, folder, folder, "x", &err), 0);
    expect_content("x", "second");
    assert_int_equal(count_names("d"), 3);
}

static void names_are_linked_renamed_and_removed(void **state)
{
    (void)state;
    struct err err;
    AUTO(close) int other = openat(folder, "other", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(durable_store(folder, "a", bytes_of("a"), 0640, &err), 0);
    assert_int_equal(durable_link(folder, "a", other, "b", &err), 0);
    expect_content("other/b", "a");
    assert_int_equal(durable_link(folder, "a", other, "b", &err), -1);
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_int_equal(durable_remove(other, "b", &err), 0);
    assert_int_equal(durable_remove(other, "b", &err), 0);
    assert_int_equal(durable_remove(folder, "other", &err), -1);
    assert_string_equal(err.object, "other");
    assert_int_equal(count_names("d"), 3); /* a, scratch, other */
}

static void folders_are_made_once_and_links_not_followed(void **state)
{
    (void)state;
    struct err err;
    int made = durable_folder(folder, "new", &err);
    assert_true(made >= 0);
    assert_int_equal(close(made), 0);
    made = durable_folder(folder, "new", &err);
    assert_true(made >= 0);
    assert_int_equal(close(made), 0);
    assert_int_equal(symlinkat("/tmp", folder, "link"), 0);
    assert_int_equal(durable_folder(folder, "link", &err), -1);
    assert_int_equal(durable_store(folder, "file", bytes_of(""), 0640, &err), 0);
    assert_int_equal(durable_folder(folder, "file", &err), -1);
    assert_string_equal(err.object, "file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_stored_file_has_its_content_and_mode_and_leaves_nothing_else, open_folder,
            close_folder),
        cmocka_unit_test_setup_teardown(whoever_reads_meanwhile_keeps_the_old_content, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(storing_over_a_folder_fails_and_leaves_no_debris,
                                        open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_temporary_name_is_stale_once_its_maker_is_gone,
                                        open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_file_without_a_name_gets_one_or_replaces_what_has_it,
                                        open_folder, close_folder),
        cmocka_unit_test_setup_teardown(names_are_linked_renamed_and_removed, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(folders_are_made_once_and_links_not_followed, open_folder,
                                        close_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
