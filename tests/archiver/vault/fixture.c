#include "archiver/vault/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

static struct vault *vault;

static void sound(int result, const struct err *err)
{
    if (result < 0)
        fail_msg("%s: %s", err->object, err->text);
}

static void catalog_sound(int result, const struct catalog_err *err)
{
    if (result < 0)
        fail_msg("catalog: %s: %s", err->object, err->text);
}

void fixture_run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

void fixture_close(void)
{
    vault_free(vault);
    vault = NULL;
}

void fixture_reopen(void)
{
    struct err err;
    fixture_close();
    sound(vault_open("v", VAULT_WRITE, &vault, &err), &err);
}

int fixture_setup(void **state)
{
    (void)state;
    static bool made; /* the password's scrypt is dear: one vault a program, copied for each test */
    struct vault_created created;
    struct err err;
    if (!made) {
        fixture_run("rm -rf new");
        sound(vault_create("new",
                           &(struct vault_new){.unit = "杨柳青镇综合行政执法局", .by = "os:test"},
                           &created, &err),
              &err);
        made = true;
    }
    fixture_run("rm -rf v && cp -a new v");
    fixture_reopen();
    return 0;
}

int fixture_teardown(void **state)
{
    (void)state;
    fixture_close();
    return 0;
}

struct vault *fixture_vault(void)
{
    return vault;
}

void fixture_begin(void)
{
    struct catalog_err err;
    catalog_sound(catalog_begin(vault_catalog(vault), &err), &err);
}

void fixture_commit(void)
{
    struct catalog_err err;
    catalog_sound(catalog_commit(vault_catalog(vault), &err), &err);
}

static void digest_of(const char *content, uint8_t sha256[static 32])
{
    assert_int_equal(EVP_Digest(content, strlen(content), sha256, NULL, EVP_sha256(), NULL), 1);
}

void fixture_stored(const char *content, char name[static VAULT_STORED_NAME])
{
    uint8_t sha256[EVP_MAX_MD_SIZE];
    digest_of(content, sha256);
    vault_stored_name(sha256, "R12.MP4", name);
}

void fixture_sidecar(const char *content, char name[static VAULT_STORED_NAME])
{
    fixture_stored(content, name);
    memcpy(name + 65, "json", 5);
}

static int filled_incoming(const char *content)
{
    struct err err;
    int fd = vault_incoming_open(vault, strlen(content), &err);
    sound(fd, &err);
    sound(file_write(fd, "incoming", content, strlen(content), &err), &err);
    sound(file_sync(fd, "incoming", &err), &err);
    return fd;
}

static int64_t add_row(const char *content, const char *stored_name)
{
    uint8_t sha256[EVP_MAX_MD_SIZE];
    uint8_t sm3[EVP_MAX_MD_SIZE];
    int64_t number;
    struct catalog_err err;
    digest_of(content, sha256);
    assert_int_equal(EVP_Digest(content, strlen(content), sm3, NULL, EVP_sm3(), NULL), 1);
    const struct catalog_new_recording recording = {
        .sha256 = sha256,
        .sm3 = sm3,
        .size_bytes = strlen(content),
        .original_name = "R12.MP4",
        .stored_name = stored_name,
        .report = "{\"container\":\"mov\",\"latitude\":33.1254}",
        .accepted_us = INT64_C(1767240000000000),
        .accepted_offset_minutes = 480,
        .accepted_by = "os:test",
        .duration_s = NAN,
    };
    catalog_sound(catalog_recording_add(vault_catalog(vault), &recording, &number, &err), &err);
    return number;
}

int64_t fixture_accept(const char *content, enum fixture_step last)
{
    char name[VAULT_STORED_NAME];
    int64_t number;
    struct err err;
    int fd = filled_incoming(content);
    fixture_stored(content, name);
    fixture_begin();
    sound(vault_incoming_place(vault, fd, name, &err), &err);
    assert_int_equal(close(fd), 0);
    if (last >= FIXTURE_SIDECAR) {
        number = add_row(content, name);
        sound(vault_sidecar_store(vault, number, &err), &err);
    }
    if (last < FIXTURE_COMMITTED) {
        catalog_rollback(vault_catalog(vault));
        return 0;
    }
    fixture_commit();
    if (last == FIXTURE_SETTLED)
        sound(vault_incoming_settle(vault, name, &err), &err);
    return number;
}

void fixture_attach(int64_t recording, const char *content)
{
    char name[VAULT_STORED_NAME];
    struct err err;
    struct catalog_err wrong;
    char kind[] = "note";
    char shown[] = "note.txt";
    char by[] = "os:test";
    int fd = filled_incoming(content);
    fixture_stored(content, name);
    struct catalog_attachment one = {
        .kind = kind,
        .name = shown,
        .stored_name = name,
        .size_bytes = strlen(content),
        .added_us = INT64_C(1767240000000000),
        .added_by = by,
    };
    digest_of(content, one.sha256);
    fixture_begin();
    sound(vault_incoming_place(vault, fd, name, &err), &err);
    assert_int_equal(close(fd), 0);
    catalog_sound(catalog_attachment_add(vault_catalog(vault), recording, &one, &wrong), &wrong);
    fixture_commit();
    sound(vault_incoming_settle(vault, name, &err), &err);
}

int64_t fixture_archive(const char *relative, const int64_t *recordings, size_t count,
                        const int64_t *attachments, size_t attachment_count)
{
    static uint32_t volume;
    char number[] = "C";
    char by[] = "os:test";
    char path[256];
    int64_t archive_number;
    struct catalog_err wrong;
    const struct catalog_case one = {.number = number, .opened_us = 1, .opened_by = by};
    if (catalog_case_add(vault_catalog(vault), &one, &wrong) < 0)
        assert_int_equal(wrong.kind, CATALOG_ERR_CONFLICT);
    (void)snprintf(path, sizeof path, "%s", relative);
    const struct catalog_archive archive = {
        .case_number = number,
        .volume = ++volume,
        .path = path,
        .size_bytes = 7,
        .sealed_us = 1,
        .sealed_by = by,
    };
    catalog_sound(catalog_archive_add(vault_catalog(vault), &archive, recordings, count,
                                      attachments, attachment_count, &archive_number, &wrong),
                  &wrong);
    return archive_number;
}

bool fixture_is_there(const char *format, ...)
{
    char path[512] = "v/";
    struct stat st;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(path + 2, sizeof path - 2, format, args);
    va_end(args);
    return lstat(path, &st) == 0;
}

bool fixture_stored_is_there(const char *content)
{
    char name[VAULT_STORED_NAME];
    fixture_stored(content, name);
    return fixture_is_there("recordings/%.2s/%s", name, name);
}

bool fixture_sidecar_is_there(const char *content)
{
    char name[VAULT_STORED_NAME];
    fixture_sidecar(content, name);
    return fixture_is_there("recordings/%.2s/%s", name, name);
}

bool fixture_intent_is_there(const char *content)
{
    char name[VAULT_STORED_NAME];
    fixture_stored(content, name);
    return fixture_is_there("incoming/%s", name);
}

size_t fixture_incoming(void)
{
    size_t count = 0;
    DIR *names = opendir("v/incoming");
    assert_non_null(names);
    for (const struct dirent *entry; (entry = readdir(names)) != NULL;)
        count += entry->d_name[0] != '.';
    assert_int_equal(closedir(names), 0);
    return count;
}
