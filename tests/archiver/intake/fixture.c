#include "archiver/intake/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);
AUTO_DEFINE(DIR *, closedir, NULL);

void fixture_shell(const char *command)
{
    FILE *shell = popen(command, "re");
    assert_non_null(shell);
    char line[512];
    while (fgets(line, sizeof line, shell) != NULL)
        print_message("%s", line);
    assert_int_equal(pclose(shell), 0);
}

void fixture_write(const char *path, const void *octets, size_t len)
{
    struct err err;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(file_write(fd, path, octets, len, &err), 0);
    assert_int_equal(close(fd), 0);
}

void fixture_noise(const char *path, size_t len, unsigned seed)
{
    AUTO(free) uint32_t *octets = malloc(len + 4);
    assert_non_null(octets);
    uint32_t state = seed * 2654435761U + 1;
    for (size_t i = 0; i * 4 < len; i++) {
        state = state * 1664525U + 1013904223U;
        octets[i] = state ^ (state >> 15);
    }
    fixture_write(path, octets, len);
}

void fixture_make(const char *path, unsigned seed)
{
    char command[2048];
    const char *dot = strrchr(path, '.');
    assert_non_null(dot);
    (void)snprintf(command, sizeof command,
                   "exec ffmpeg -nostdin -v error -y -f lavfi -i "
                   "testsrc=size=64x48:rate=10:duration=1 -f lavfi -i "
                   "sine=frequency=%u:duration=1 -c:v mpeg4 -c:a aac -shortest made%s 2>&1",
                   200 + seed, dot);
    fixture_shell(command);
    assert_int_equal(rename(strcmp(dot, ".mp4") == 0   ? "made.mp4"
                            : strcmp(dot, ".MP4") == 0 ? "made.MP4"
                                                       : "made.mkv",
                            path),
                     0);
}

int fixture_enter(void **state)
{
    char folder[] = "intake-XXXXXX";
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct vault_created created;
    if (fixture == NULL || mkdtemp(folder) == NULL || chdir(folder) < 0)
        return -1;
    if (vault_create("V", &(struct vault_new){.unit = "杨柳青镇", .by = "os:tester"}, &created,
                     &fixture->err) < 0 ||
        vault_open("V", VAULT_WRITE, &fixture->vault, &fixture->err) < 0) {
        print_error("%s\n", fixture->err.text);
        return -1;
    }
    char number[] = FIXTURE_CASE;
    char by[] = "os:tester";
    const struct catalog_case one = {.number = number, .opened_us = 1, .opened_by = by};
    struct catalog_err wrong;
    if (catalog_case_add(vault_catalog(fixture->vault), &one, &wrong) < 0)
        return -1;
    *state = fixture;
    return 0;
}

int fixture_leave(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->vault != NULL) /* else the test failed between two openings */
        (void)fixture_check(fixture);
    vault_free(fixture->vault);
    free(fixture);
    return chdir("..");
}

void fixture_reopen(struct fixture *fixture)
{
    vault_free(fixture->vault);
    fixture->vault = NULL;
    assert_int_equal(vault_open("V", VAULT_WRITE, &fixture->vault, &fixture->err), 0);
}

/* ---- what is held ---- */

static void check_stored(const struct vault *vault, const char *stored_name, uint64_t size,
                         const uint8_t sha256[static 32], const uint8_t sm3[static 32])
{
    struct err err;
    AUTO(close) int fd = vault_open_stored(vault, stored_name, &err);
    if (fd < 0)
        fail_msg("%s: %s", stored_name, err.text);
    AUTO(free) char *octets = NULL;
    size_t len;
    assert_int_equal(file_read_all(fd, stored_name, (size_t)1 << 30, &octets, &len, &err), 0);
    struct digest_pair pair;
    assert_int_equal(len, size);
    assert_int_equal(digest_bytes((struct bytes){(const uint8_t *)octets, len}, &pair, &err), 0);
    assert_memory_equal(pair.sha256, sha256, 32);
    assert_memory_equal(pair.sm3, sm3, 32);
}

static void check_recording(const struct fixture *fixture, int64_t number)
{
    struct err err;
    struct catalog_err wrong;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    assert_int_equal(
        catalog_recording_load(vault_catalog(fixture->vault), number, &recording, &wrong), 0);
    check_stored(fixture->vault, recording->stored_name, recording->size_bytes, recording->sha256,
                 recording->sm3);
    for (size_t i = 0; i < recording->attachment_count; i++) {
        const struct catalog_attachment *one = &recording->attachments[i];
        check_stored(fixture->vault, one->stored_name, one->size_bytes, one->sha256, one->sm3);
    }
    AUTO(free) char *due = NULL;
    AUTO(free) char *there = NULL;
    if (vault_sidecar_load(fixture->vault, recording->sha256, &there, &err) < 0)
        fail_msg("sidecar of R%lld: %s", (long long)number, err.text);
    assert_int_equal(vault_sidecar_text(fixture->vault, recording, &due, &err), 0);
    assert_string_equal(there, due);
}

static void check_known(const struct fixture *fixture, const char *name)
{
    struct catalog_err wrong;
    bool known = false;
    const char *dot = strrchr(name, '.');
    assert_non_null(dot);
    if (strcmp(dot, ".json") == 0) {
        uint8_t sha256[32];
        int64_t number;
        assert_int_equal(
            bytes_from_hex((struct bytes){(const uint8_t *)name, 64}, sha256, sizeof sha256), 0);
        assert_int_equal(
            catalog_recording_by_digest(vault_catalog(fixture->vault), sha256, &number, &wrong), 0);
        known = number != 0;
    } else {
        assert_int_equal(
            catalog_stored_is_known(vault_catalog(fixture->vault), name, &known, &wrong), 0);
    }
    if (!known)
        fail_msg("debris in recordings/: %s", name);
}

static void each_name(const struct fixture *fixture, const char *path,
                      void (*each)(const struct fixture *fixture, const char *name))
{
    AUTO(closedir) DIR *folder = opendir(path);
    assert_non_null(folder);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            each(fixture, entry->d_name);
}

static void check_folder(const struct fixture *fixture, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "V/recordings/%s", name);
    each_name(fixture, path, check_known);
}

static void no_debris(const struct fixture *fixture, const char *name)
{
    (void)fixture;
    fail_msg("debris in incoming/: %s", name);
}

size_t fixture_check(const struct fixture *fixture)
{
    struct catalog_err wrong;
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    assert_int_equal(
        catalog_recording_numbers(vault_catalog(fixture->vault), NULL, &numbers, &count, &wrong),
        0);
    for (size_t i = 0; i < count; i++)
        check_recording(fixture, numbers[i]);
    each_name(fixture, "V/recordings", check_folder);
    each_name(fixture, "V/incoming", no_debris);
    return count;
}

/* ---- what is told ---- */

static void copy_text(char *to, size_t room, const char *from)
{
    (void)snprintf(to, room, "%s", from != NULL ? from : "");
}

static void tell(void *context, const struct intake_result *result)
{
    struct fixture *fixture = context;
    assert_true(fixture->count < TOLD_MAX);
    struct told *told = &fixture->told[fixture->count++];
    *told = (struct told){
        .outcome = result->outcome,
        .companion = result->companion,
        .clearable = result->clearable,
        .number = result->number,
        .digests = result->digests,
        .warnings = result->warning_count,
    };
    copy_text(told->path, sizeof told->path, result->path);
    copy_text(told->captured_at, sizeof told->captured_at, result->captured_at);
    copy_text(told->reason, sizeof told->reason, result->reason);
}

int fixture_ingest(struct fixture *fixture, const char *const *paths, size_t count,
                   struct intake_options options)
{
    fixture->count = 0;
    options.helper = getenv("SHILU_PROBE");
    int done = intake_run(fixture->vault, paths, count, &options, tell, fixture, NULL,
                          &fixture->report, &fixture->err);
    if (done < 0)
        print_message("%s\n", fixture->err.text);
    return done;
}

const struct told *fixture_told(const struct fixture *fixture, const char *path)
{
    const struct told *found = NULL;
    for (size_t i = 0; i < fixture->count; i++)
        if (strcmp(fixture->told[i].path, path) == 0) {
            assert_null(found); /* once a file */
            found = &fixture->told[i];
        }
    if (found == NULL)
        fail_msg("nothing was told of %s", path);
    return found;
}
