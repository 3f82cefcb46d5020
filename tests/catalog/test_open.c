#include "catalog/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog/catalog_private.h"
#include "catalog/migrate.h"
#include "catalog/tokenizer.h"

/* ---- files as they are ---- */

struct bytes {
    uint8_t *at;
    size_t len;
};

static struct bytes slurp(const char *path)
{
    struct bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    bytes.at = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes.at);
    bytes.len = fread(bytes.at, 1, (size_t)status.st_size, file);
    (void)fclose(file);
    return bytes;
}

static void spill(const char *path, const uint8_t *at, size_t len)
{
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(at, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

static void sql(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Opening it fails as DAMAGED, and neither the file nor anything beside it is changed. */
static void stays_untouched(struct fixture *fixture, const char *path)
{
    static const enum catalog_mode modes[] = {CATALOG_WRITE, CATALOG_READ};
    char wal[64], shm[64];
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    (void)snprintf(shm, sizeof shm, "%s-shm", path);
    struct bytes before = slurp(path);
    for (size_t i = 0; i < 2; i++) {
        struct catalog *catalog = NULL;
        refused(catalog_open(path, modes[i], &catalog, &fixture->err), CATALOG_ERR_DAMAGED, path);
        assert_null(catalog);
        struct bytes after = slurp(path);
        assert_int_equal(after.len, before.len);
        assert_memory_equal(after.at, before.at, before.len);
        free(after.at);
        assert_false(is_there(wal));
        assert_false(is_there(shm));
    }
    free(before.at);
}

static void what_is_no_catalog_stays_untouched(void **state)
{
    struct fixture *fixture = *state;
    spill("text.db", (const uint8_t *)"this is not a database", 22);
    stays_untouched(fixture, "text.db");
    spill("empty.db", (const uint8_t *)"", 0);
    stays_untouched(fixture, "empty.db");
    fixture_remove("other.db");
    sql("other.db", "CREATE TABLE a (b)");
    stays_untouched(fixture, "other.db");
    struct catalog *catalog = NULL;
    refused(catalog_open("absent.db", CATALOG_WRITE, &catalog, &fixture->err), CATALOG_ERR_MISSING,
            "absent.db");
    assert_false(is_there("absent.db"));
    refused(catalog_open(".", CATALOG_WRITE, &catalog, &fixture->err), CATALOG_ERR_DAMAGED, ".");
}

static void a_newer_catalog_stays_untouched(void **state)
{
    struct fixture *fixture = *state;
    (void)fixture_recording(fixture, 1, NULL, 0);
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    char text[64];
    (void)snprintf(text, sizeof text, "PRAGMA user_version = %d", catalog_migration_count + 1);
    sql(fixture->path, text);
    stays_untouched(fixture, fixture->path);
    assert_non_null(strstr(fixture->err.text, "version"));
}

static void a_catalog_cut_short_stays_untouched(void **state)
{
    struct fixture *fixture = *state;
    (void)fixture_recording(fixture, 1, NULL, 0);
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    struct bytes whole = slurp(fixture->path);
    for (size_t len = 0; len < whole.len; len += whole.len / 23) {
        spill("cut.db", whole.at, len);
        stays_untouched(fixture, "cut.db");
    }
    free(whole.at);
    fixture_remove("cut.db");
}

static void a_broken_schema_stays_untouched(void **state)
{
    struct fixture *fixture = *state;
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    struct bytes whole = slurp(fixture->path);
    memset(whole.at + 100, 0xA5, 3000); /* the rest of page 1 */
    spill("broken.db", whole.at, whole.len);
    free(whole.at);
    stays_untouched(fixture, "broken.db");
    fixture_remove("broken.db");
}

static void count_finding(void *context, const char *what)
{
    assert_non_null(what);
    (*(int *)context)++;
}

/* A page broken deeper down is met when it is read: an error or a finding, never wrong answers. */
static void a_broken_page_is_found_by_the_check(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 50; i++)
        (void)fixture_recording(fixture, i, NULL, 0);
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    struct bytes whole = slurp(fixture->path);
    int found = 0;
    size_t pages = whole.len / 4096, tried = 0;
    for (size_t page = 1; page < pages; page += 3, tried++) {
        uint8_t kept[64];
        memcpy(kept, whole.at + page * 4096, sizeof kept);
        memset(whole.at + page * 4096, 0x5A, sizeof kept);
        spill("page.db", whole.at, whole.len);
        memcpy(whole.at + page * 4096, kept, sizeof kept);
        struct catalog *catalog = NULL;
        int findings = 0;
        if (catalog_open("page.db", CATALOG_READ, &catalog, &fixture->err) < 0 ||
            catalog_check(catalog, count_finding, &findings, &fixture->err) < 0) {
            assert_int_equal(fixture->err.kind, CATALOG_ERR_DAMAGED);
            findings++;
        }
        catalog_free(catalog);
        fixture_remove("page.db");
        found += findings > 0;
    }
    free(whole.at);
    assert_int_equal(found, tried);
}

/* ---- making and upgrading ---- */

static void a_catalog_is_made_once(void **state)
{
    struct fixture *fixture = *state;
    struct catalog *catalog = NULL;
    refused(catalog_open(fixture->path, CATALOG_CREATE, &catalog, &fixture->err),
            CATALOG_ERR_CONFLICT, fixture->path);
    struct stat status;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    refused(catalog_open("no/such/folder.db", CATALOG_CREATE, &catalog, &fixture->err),
            CATALOG_ERR_MISSING, NULL);
}

static int one_number(void *context, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    *(long *)context = strtol(values[0], NULL, 10);
    return 0;
}

static long ask(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    long number = -1;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, one_number, &number, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

static void every_table_is_strict_and_the_file_names_its_maker(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(ask(fixture->path, "PRAGMA application_id"), 0x5368696C);
    assert_int_equal(ask(fixture->path, "PRAGMA user_version"), catalog_migration_count);
    assert_int_equal(ask(fixture->path, "SELECT count(*) FROM pragma_table_list WHERE type ="
                                        " 'table' AND schema = 'main' AND strict = 0"
                                        " AND name NOT LIKE 'sqlite%'"),
                     0);
    assert_true(ask(fixture->path, "SELECT count(*) FROM pragma_table_list WHERE strict = 1") > 10);
    sqlite3 *db = NULL;
    long mode = 0;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode",
                                  one_number, &mode, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(mode, 1);
}

/* A file of each version that was ever released, with nothing in it but its tables. */
static void make_version(const char *path, int version)
{
    sqlite3 *db = NULL;
    struct catalog_err err;
    struct catalog *whole = NULL;
    fixture_remove(path);
    if (version == catalog_migration_count) {
        assert_int_equal(catalog_open(path, CATALOG_CREATE, &whole, &err), 0);
        catalog_free(whole);
        return;
    }
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    struct catalog connection = {.db = db};
    assert_int_equal(catalog_tokenizer_register(&connection, &err), 0);
    for (int i = 0; i < version; i++)
        assert_int_equal(sqlite3_exec(db, catalog_migrations[i], NULL, NULL, NULL), SQLITE_OK);
    char mark[160];
    (void)snprintf(mark, sizeof mark,
                   "CREATE TABLE IF NOT EXISTS kept (x); PRAGMA user_version = %d;"
                   " PRAGMA application_id = 1399351660",
                   version);
    assert_int_equal(sqlite3_exec(db, mark, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void each_earlier_version_is_brought_up_by_a_writer_only(void **state)
{
    struct fixture *fixture = *state;
    for (int version = 1; version <= catalog_migration_count; version++) {
        make_version("old.db", version);
        struct catalog *catalog = NULL;
        if (version < catalog_migration_count)
            refused(catalog_open("old.db", CATALOG_READ, &catalog, &fixture->err),
                    CATALOG_ERR_DAMAGED, "old.db");
        ok(catalog_open("old.db", CATALOG_WRITE, &catalog, &fixture->err));
        catalog_free(catalog);
        assert_int_equal(ask("old.db", "PRAGMA user_version"), catalog_migration_count);
        ok(catalog_open("old.db", CATALOG_READ, &catalog, &fixture->err));
        catalog_free(catalog);
    }
    /* version 0 was never released: it is no catalog, whatever it says of itself */
    make_version("old.db", 0);
    stays_untouched(fixture, "old.db");
    fixture_remove("old.db");
}

/* ---- reading ---- */

static void reading_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = fixture_recording(fixture, 1, NULL, 0);
    fixture_reopen(fixture, CATALOG_READ);
    struct catalog_recording *loaded = NULL;
    ok(catalog_recording_load(fixture->catalog, number, &loaded, &fixture->err));
    catalog_recording_free(loaded);
    refused(catalog_sidecar_done(fixture->catalog, number, &fixture->err), CATALOG_ERR_DENIED,
            fixture->path);
}

static void a_folder_that_cannot_be_written_is_read_all_the_same(void **state)
{
    struct fixture *fixture = *state;
    int64_t number = fixture_recording(fixture, 1, NULL, 0);
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    if (geteuid() == 0) {
        print_message("run as root: no folder is closed to it\n");
        return;
    }
    struct bytes whole = slurp(fixture->path);
    assert_int_equal(mkdir("closed", 0700), 0);
    spill("closed/a?b#%.db", whole.at, whole.len);
    free(whole.at);
    assert_int_equal(chmod("closed", 0500), 0);
    struct catalog_recording *loaded = NULL;
    int opened = catalog_open("closed/a?b#%.db", CATALOG_READ, &fixture->catalog, &fixture->err);
    (void)chmod("closed", 0700);
    ok(opened);
    ok(catalog_recording_load(fixture->catalog, number, &loaded, &fixture->err));
    catalog_recording_free(loaded);
    (void)unlink("closed/a?b#%.db");
    (void)rmdir("closed");
}

/* ---- several processes ---- */

/* Adds `count` recordings from `first` on, each in its own transaction. */
static int child_adds(const char *path, uint32_t first, uint32_t count)
{
    struct catalog_err err;
    struct catalog *catalog = NULL;
    if (catalog_open(path, CATALOG_WRITE, &catalog, &err) < 0)
        return 1;
    for (uint32_t i = first; i < first + count; i++) {
        uint8_t digest[32];
        struct catalog_new_recording new = fixture_new(i, digest);
        int64_t number = 0;
        if (catalog_recording_add(catalog, &new, &number, &err) < 0)
            return 2;
    }
    catalog_free(catalog);
    return 0;
}

static pid_t start(const char *path, uint32_t first, uint32_t count)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child_adds(path, first, count));
    return pid;
}

static void two_processes_write_at_once(void **state)
{
    struct fixture *fixture = *state;
    catalog_free(fixture->catalog); /* a connection must not be taken through fork */
    fixture->catalog = NULL;
    pid_t pids[] = {start(fixture->path, 1000, 60), start(fixture->path, 2000, 60)};
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    fixture_reopen(fixture, CATALOG_WRITE);
    int64_t *numbers = NULL;
    size_t count = 0;
    ok(catalog_recording_numbers(fixture->catalog, NULL, &numbers, &count, &fixture->err));
    assert_int_equal(count, 120);
    free(numbers);
    int findings = 0;
    ok(catalog_check(fixture->catalog, count_finding, &findings, &fixture->err));
    assert_int_equal(findings, 0);
}

/* In a transaction of many recordings, tells by a pipe how far it is, and waits to be killed. */
static void child_is_killed(const char *path, int out)
{
    struct catalog_err err;
    struct catalog *catalog = NULL;
    if (catalog_open(path, CATALOG_WRITE, &catalog, &err) < 0 || catalog_begin(catalog, &err) < 0)
        _exit(1);
    for (uint32_t i = 0;; i++) {
        uint8_t digest[32];
        struct catalog_new_recording new = fixture_new(5000 + i, digest);
        int64_t number = 0;
        if (catalog_recording_add(catalog, &new, &number, &err) < 0 || write(out, "x", 1) != 1)
            _exit(2);
    }
}

static void a_transaction_that_is_killed_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    (void)fixture_recording(fixture, 1, NULL, 0);
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    for (int round = 1; round <= 5; round++) {
        int ends[2];
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            child_is_killed(fixture->path, ends[1]);
        (void)close(ends[1]);
        char one = 0;
        for (int i = 0; i < round * round; i++)
            assert_int_equal(read(ends[0], &one, 1), 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        (void)close(ends[0]);

        fixture_reopen(fixture, CATALOG_WRITE);
        int64_t *numbers = NULL;
        size_t count = 0;
        ok(catalog_recording_numbers(fixture->catalog, NULL, &numbers, &count, &fixture->err));
        assert_int_equal(count, 1);
        free(numbers);
        int findings = 0;
        ok(catalog_check(fixture->catalog, count_finding, &findings, &fixture->err));
        assert_int_equal(findings, 0);
        catalog_free(fixture->catalog);
        fixture->catalog = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(what_is_no_catalog_stays_untouched),
        each_test(a_newer_catalog_stays_untouched),
        each_test(a_catalog_cut_short_stays_untouched),
        each_test(a_broken_schema_stays_untouched),
        each_test(a_broken_page_is_found_by_the_check),
        each_test(a_catalog_is_made_once),
        each_test(every_table_is_strict_and_the_file_names_its_maker),
        each_test(each_earlier_version_is_brought_up_by_a_writer_only),
        each_test(reading_changes_nothing),
        each_test(a_folder_that_cannot_be_written_is_read_all_the_same),
        each_test(two_processes_write_at_once),
        each_test(a_transaction_that_is_killed_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
