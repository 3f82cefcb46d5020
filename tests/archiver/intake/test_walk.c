#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "intake/list.h"
#include "intake/walk.h"

#include "base/banned.h"

/* Every test works in a folder of its own, made anew, as its working folder. */
static int enter(void **state)
{
    char folder[] = "walk-XXXXXX";
    if (mkdtemp(folder) == NULL || chdir(folder) < 0)
        return -1;
    *state = NULL;
    return 0;
}

static int leave(void **state)
{
    (void)state;
    return chdir("..");
}

static void make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "12345", 5), 5);
    assert_int_equal(close(fd), 0);
}

static struct list *walk(const char *const *paths, size_t count)
{
    struct list *list = NULL;
    struct err err;
    assert_int_equal(list_open(&list, &err), 0);
    assert_int_equal(walk_paths(list, paths, count, -1, &err), 0);
    return list;
}

#define WALK(...)                                                                                  \
    walk((const char *const[]){__VA_ARGS__},                                                       \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* "PATH PATH ?REFUSED +COMPANION", in order. */
static void assert_list(const struct list *list, const char *expected)
{
    char found[4096] = "";
    size_t len = 0;
    for (size_t i = 0; i < list_count(list); i++) {
        const struct list_file *file = list_at(list, i);
        char path[LIST_PATH_MAX];
        assert_int_equal(list_path(list, file, path), 0);
        const char *mark = file->kind == LIST_REFUSE                                   ? "?"
                           : file->kind == LIST_COMPANION || file->kind == LIST_BESIDE ? "+"
                                                                                       : "";
        if (file->kind == LIST_SKIP)
            continue;
        int made =
            snprintf(found + len, sizeof found - len, "%s%s%s", len == 0 ? "" : " ", mark, path);
        assert_true(made > 0 && (size_t)made < sizeof found - len);
        len += (size_t)made;
    }
    assert_string_equal(found, expected);
}

static const struct list_file *find_refused(const struct list *list)
{
    for (size_t i = 0; i < list_count(list); i++)
        if (list_at(list, i)->kind == LIST_REFUSE)
            return list_at(list, i);
    return NULL;
}

static void a_tree_is_taken_sorted_files_before_subfolders(void **state)
{
    (void)state;
    assert_int_equal(mkdir("DCIM", 0700), 0);
    assert_int_equal(mkdir("DCIM/101", 0700), 0);
    assert_int_equal(mkdir("DCIM/100", 0700), 0);
    assert_int_equal(mkdir("DCIM/empty", 0700), 0);
    make("DCIM/z.mp4");
    make("DCIM/a.mp4");
    make("DCIM/101/b.mp4");
    make("DCIM/100/c.mp4");
    AUTO(list_free) struct list *list = WALK("DCIM/");
    assert_list(list, "DCIM/a.mp4 DCIM/z.mp4 DCIM/100/c.mp4 DCIM/101/b.mp4");
    assert_int_equal(list_bytes(list), 20);
}

static void a_file_reached_twice_counts_once(void **state)
{
    (void)state;
    char here[LIST_PATH_MAX / 2];
    char absolute[LIST_PATH_MAX];
    assert_non_null(getcwd(here, sizeof here));
    (void)snprintf(absolute, sizeof absolute, "%s/d/s", here);
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkdir("d/s", 0700), 0);
    make("d/s/x.mp4");
    make("d/y.mp4");
    make("z.mp4");
    AUTO(list_free)
    struct list *list = WALK("d/s/x.mp4", "d", "./z.mp4", "z.mp4", absolute, "d/../d/y.mp4", "d/s");
    assert_list(list, "d/s/x.mp4 d/y.mp4 ./z.mp4");
}

static void two_names_of_one_file_are_two_files(void **state)
{
    (void)state;
    make("x.mp4");
    assert_int_equal(link("x.mp4", "y.mp4"), 0);
    AUTO(list_free) struct list *list = WALK("x.mp4", "y.mp4");
    assert_list(list, "x.mp4 y.mp4");
}

static void what_is_no_file_is_refused_and_named(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    make("d/real.mp4");
    assert_int_equal(symlink("real.mp4", "d/link.mp4"), 0);
    assert_int_equal(symlink(".", "d/loop"), 0);
    assert_int_equal(mkfifo("d/fifo.mp4", 0600), 0);
    AUTO(close) int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "d/socket"};
    assert_int_equal(bind(server, (const struct sockaddr *)&address, sizeof address), 0);
    AUTO(list_free) struct list *list = WALK("d");
    assert_list(list, "?d/fifo.mp4 ?d/link.mp4 ?d/loop d/real.mp4 ?d/socket");
    AUTO(list_free) struct list *given = WALK("d/link.mp4", "d/loop", "/dev/null", "d/none");
    assert_list(given, "?d/link.mp4 ?d/loop ?/dev/null ?d/none");
}

static void the_reason_says_what_it_is(void **state)
{
    (void)state;
    assert_int_equal(symlink("x", "link"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    AUTO(list_free) struct list *link = WALK("link");
    assert_string_equal(list_reason(link, find_refused(link)), "a symbolic link");
    AUTO(list_free) struct list *fifo = WALK("fifo");
    assert_string_equal(list_reason(fifo, find_refused(fifo)), "a FIFO");
    AUTO(list_free) struct list *device = WALK("/dev/null");
    assert_string_equal(list_reason(device, find_refused(device)), "a device");
}

static void paths_that_lead_nowhere_are_refused(void **state)
{
    (void)state;
    make("file");
    AUTO(list_free) struct list *list = WALK("none", "no/such/folder", "file/below", "");
    assert_list(list, "?none ?no/such/folder ?file/below ?");
}

static void what_systems_leave_on_cards_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(mkdir("card", 0700), 0);
    assert_int_equal(mkdir("card/.Trashes", 0700), 0);
    assert_int_equal(mkdir("card/System Volume Information", 0700), 0);
    assert_int_equal(mkdir("card/FOUND.000", 0700), 0);
    make("card/.Trashes/old.mp4");
    make("card/System Volume Information/x.mp4");
    make("card/FOUND.000/FILE0000.CHK");
    make("card/._a.mp4");
    make("card/.DS_Store");
    make("card/.hidden.mp4");
    make("card/a.mp4");
    AUTO(list_free) struct list *list = WALK("card");
    assert_list(list, "card/.hidden.mp4 card/a.mp4 card/FOUND.000/FILE0000.CHK");
    AUTO(list_free) struct list *given = WALK("card/._a.mp4");
    assert_list(given, "card/._a.mp4");
}

static void companions_go_with_their_recording(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkdir("d/s", 0700), 0);
    make("d/a.mp4");
    make("d/a.gpx");
    make("d/a.NMEA");
    make("d/ab.gpx");
    make("d/s/a.srt");
    AUTO(list_free) struct list *list = WALK("d");
    assert_list(list, "+d/a.NMEA +d/a.gpx d/a.mp4 d/ab.gpx d/s/a.srt");
    size_t numbers[4];
    for (size_t i = 0; i < list_count(list); i++)
        if (strcmp(list_name(list, list_at(list, i)), "a.mp4") == 0)
            assert_int_equal(list_companions(list, list_at(list, i), numbers, 4), 2);
    assert_string_equal(list_name(list, list_at(list, numbers[0])), "a.NMEA");
    assert_string_equal(list_name(list, list_at(list, numbers[1])), "a.gpx");
}

static void companions_beside_a_given_file_are_found(void **state)
{
    (void)state;
    make("a.mp4");
    make("a.gpx");
    make("b.mp4");
    make("b.gpx");
    make("c.gpx");
    AUTO(list_free) struct list *list = WALK("a.mp4");
    assert_list(list, "a.mp4 +a.gpx");
    AUTO(list_free) struct list *both = WALK("b.gpx", "b.mp4");
    assert_list(both, "+b.gpx b.mp4");
    AUTO(list_free) struct list *alone = WALK("c.gpx");
    assert_list(alone, "c.gpx");
}

static void folders_nested_too_deep_are_refused(void **state)
{
    (void)state;
    char path[256] = "d";
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 1; i < WALK_DEPTH_MAX + 3; i++) {
        size_t len = strlen(path);
        (void)snprintf(path + len, sizeof path - len, "/d");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    make("d/x.mp4");
    AUTO(list_free) struct list *list = WALK("d");
    const struct list_file *refused = find_refused(list);
    assert_non_null(refused);
    assert_int_equal(list_path(list, refused, (char[LIST_PATH_MAX]){0}), 0);
    assert_string_equal(list_reason(list, refused), "folders are nested too deep");
}

static void names_of_any_bytes_are_taken_as_they_are(void **state)
{
    (void)state;
    char longest[256];
    memset(longest, 'n', 255);
    longest[255] = '\0';
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(chdir("d"), 0);
    make("line\nfeed.mp4");
    make("bad\xff\xc0utf8.mp4");
    make("...");
    make(longest);
    assert_int_equal(chdir(".."), 0);
    AUTO(list_free) struct list *list = WALK("d");
    size_t count = 0;
    for (size_t i = 0; i < list_count(list); i++) {
        char path[LIST_PATH_MAX];
        assert_int_equal(list_path(list, list_at(list, i), path), 0);
        assert_int_equal(access(path, R_OK), 0);
        count++;
    }
    assert_int_equal(count, 4);
}

static void a_folder_that_holds_the_vault_does_not_take_it_in(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkdir("d/vault", 0700), 0);
    make("d/vault/catalog.mp4");
    make("d/x.mp4");
    AUTO(close) int vault = open("d/vault", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(vault >= 0);
    struct err err;
    const char *const paths[] = {"d", "d/vault"};
    AUTO(list_free) struct list *list = NULL;
    assert_int_equal(list_open(&list, &err), 0);
    assert_int_equal(walk_paths(list, paths, 2, vault, &err), 0);
    assert_list(list, "d/x.mp4 ?d/vault");
}

static void what_lies_in_the_vault_is_not_taken_by_whatever_path(void **state)
{
    (void)state;
    assert_int_equal(mkdir("vault", 0700), 0);
    assert_int_equal(mkdir("vault/recordings", 0700), 0);
    assert_int_equal(mkdir("vault/recordings/61", 0700), 0);
    make("vault/recordings/61/held.mp4");
    assert_int_equal(symlink("vault/recordings/61", "door"), 0);
    AUTO(close) int vault = open("vault", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(vault >= 0);
    struct err err;
    const char *const paths[] = {"vault/recordings/61/held.mp4", "door/held.mp4", "door/.",
                                 "vault/recordings", "vault/../vault/recordings/61"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        AUTO(list_free) struct list *list = NULL;
        assert_int_equal(list_open(&list, &err), 0);
        assert_int_equal(walk_paths(list, &paths[i], 1, vault, &err), 0);
        assert_int_equal(list_count(list), 1);
        assert_int_equal(list_at(list, 0)->kind, LIST_REFUSE);
        assert_string_equal(list_reason(list, list_at(list, 0)), "the vault itself");
    }
}

static void a_list_has_a_ceiling(void **state)
{
    (void)state;
    struct err err;
    AUTO(list_free) struct list *list = NULL;
    uint32_t folder;
    unsigned *marks;
    assert_int_equal(list_open(&list, &err), 0);
    assert_int_equal(list_folder(list, "", 1, 1, &folder, &marks, &err), 0);
    size_t count = 0;
    while (list_add(list, folder, "x", 0, LIST_TAKE, NULL, &err) == 0)
        count++;
    assert_int_equal(count, LIST_FILES_MAX);
    assert_int_equal(err.kind, ERR_USAGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(a_tree_is_taken_sorted_files_before_subfolders),
        TEST(a_file_reached_twice_counts_once),
        TEST(two_names_of_one_file_are_two_files),
        TEST(what_is_no_file_is_refused_and_named),
        TEST(the_reason_says_what_it_is),
        TEST(paths_that_lead_nowhere_are_refused),
        TEST(what_systems_leave_on_cards_is_passed_over),
        TEST(companions_go_with_their_recording),
        TEST(companions_beside_a_given_file_are_found),
        TEST(folders_nested_too_deep_are_refused),
        TEST(names_of_any_bytes_are_taken_as_they_are),
        TEST(a_folder_that_holds_the_vault_does_not_take_it_in),
        TEST(what_lies_in_the_vault_is_not_taken_by_whatever_path),
        TEST(a_list_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
