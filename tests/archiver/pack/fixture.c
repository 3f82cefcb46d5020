#include "archiver/pack/fixture.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "acts/acts.h"
#include "base/err.h"
#include "base/file.h"
#include "base/instant.h"
#include "digest/digest.h"

enum { COMMAND_MAX = 8192 };

static char line[65536];

__attribute__((format(printf, 1, 0))) static int run(const char *format, va_list args)
{
    char command[COMMAND_MAX];
    int len = vsnprintf(command, sizeof command, format, args);
    assert_true(len > 0 && len < COMMAND_MAX);
    FILE *shell = popen(command, "re");
    assert_non_null(shell);
    char rest[4096];
    line[0] = '\0';
    if (fgets(line, sizeof line, shell) != NULL)
        line[strcspn(line, "\n")] = '\0';
    while (fgets(rest, sizeof rest, shell) != NULL)
        ;
    int status = pclose(shell);
    if (status != 0)
        print_message("status %d: %s\n", status, command);
    return status;
}

void fixture_run(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    assert_int_equal(run(format, args), 0);
    va_end(args);
}

bool fixture_try(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = run(format, args);
    va_end(args);
    return status == 0;
}

const char *fixture_line(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    assert_int_equal(run(format, args), 0);
    va_end(args);
    return line;
}

void fixture_clips(void)
{
    fixture_run("test -e sound.wav || { ffmpeg -v error -y -f lavfi -i "
                "testsrc=size=320x240:rate=25 -f lavfi -i sine -t 2 -c:v libx264 -c:a aac clip.mp4 "
                "&& ffmpeg -v error -y -i clip.mp4 -c copy clip.mkv "
                "&& ffmpeg -v error -y -i clip.mp4 -c copy clip.ts "
                "&& ffmpeg -v error -y -f lavfi -i sine -t 5 sound.wav; }");
}

struct vault *fixture_open(const char *path)
{
    struct err err = {.kind = ERR_NONE};
    struct vault *vault = NULL;
    if (vault_open(path, VAULT_WRITE, &vault, &err) < 0)
        fail_msg("%s", err.text);
    return vault;
}

struct vault *fixture_vault(const char *path)
{
    struct err err = {.kind = ERR_NONE};
    struct vault_created created;
    fixture_run("rm -rf '%s'", path);
    if (vault_create(path, &(struct vault_new){.unit = "杨柳青镇综合行政执法局", .by = "os:test"},
                     &created, &err) < 0)
        fail_msg("%s", err.text);
    return fixture_open(path);
}

void fixture_case(struct vault *vault, const char *number)
{
    struct catalog_err wrong = {.kind = CATALOG_ERR_NONE};
    char text[256];
    char general[] = "general", cause[] = "占路\n经营", by[] = "os:test";
    assert_true((size_t)snprintf(text, sizeof text, "%s", number) < sizeof text);
    struct catalog_case one = {.number = text,
                               .procedure = general,
                               .cause = cause,
                               .opened_us = 1767225600000000,
                               .opened_by = by};
    if (catalog_case_add(vault_catalog(vault), &one, &wrong) < 0)
        fail_msg("%s", wrong.text);
}

/* The file's bytes into recordings/, as acceptance places them, within a transaction. */
static uint64_t stored(struct vault *vault, const char *file, const char *original_name,
                       struct digest_pair *pair, char name[VAULT_STORED_NAME])
{
    struct err err = {.kind = ERR_NONE};
    char *text;
    size_t len;
    int from = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(from >= 0);
    assert_int_equal(file_read_all(from, file, 1 << 30, &text, &len, &err), 0);
    close(from);
    struct bytes content = {(uint8_t *)text, len};
    assert_int_equal(digest_bytes(content, pair, &err), 0);
    vault_stored_name(pair->sha256, original_name, name);
    int fd = vault_incoming_open(vault, len, &err);
    assert_true(fd >= 0);
    assert_int_equal(file_write(fd, file, text, len, &err), 0);
    assert_int_equal(file_sync(fd, file, &err), 0);
    assert_int_equal(vault_begin(vault, "os:test", &err), 0);
    assert_int_equal(vault_incoming_place(vault, fd, name, &err), 0);
    close(fd);
    free(text);
    return len;
}

static void settled(struct vault *vault, const char *name)
{
    struct err err = {.kind = ERR_NONE};
    assert_int_equal(vault_commit(vault, &err), 0);
    assert_int_equal(vault_incoming_settle(vault, name, &err), 0);
}

int64_t fixture_recording(struct vault *vault, const char *file, const char *original_name,
                          const char *case_number, const char *second_case)
{
    struct digest_pair pair;
    char name[VAULT_STORED_NAME];
    struct err err = {.kind = ERR_NONE};
    uint64_t size = stored(vault, file, original_name, &pair, name);
    char first[256], second[256], place[] = "柳口路", given[] = "given";
    (void)snprintf(first, sizeof first, "%s", case_number);
    (void)snprintf(second, sizeof second, "%s", second_case != NULL ? second_case : "");
    struct catalog_tag tags[] = {
        {.field = CATALOG_PLACE, .value = place, .source = given},
        {.field = CATALOG_CASE, .value = first, .source = given},
        {.field = CATALOG_CASE, .value = second, .source = given},
    };
    struct catalog_new_recording recording = {
        .sha256 = pair.sha256,
        .sm3 = pair.sm3,
        .size_bytes = size,
        .original_name = original_name,
        .stored_name = name,
        .report = "{\"container\":\"mp4\",\"streams\":[{\"type\":\"video\",\"codec\":\"h264\"}]}",
        .duration_s = 2.0,
        .tags = tags,
        .tag_count = second_case != NULL ? 3 : 2,
    };
    struct acts_done done;
    if (acts_accept(vault, &recording, &done, &err) < 0)
        fail_msg("%s", err.text);
    settled(vault, name);
    return done.number;
}

int64_t fixture_attachment(struct vault *vault, int64_t recording, const char *file,
                           const char *name)
{
    struct err err = {.kind = ERR_NONE};
    struct digest_pair pair;
    char stored_name[VAULT_STORED_NAME], kind[] = "transcript", text[256];
    uint64_t size = stored(vault, file, name, &pair, stored_name);
    (void)snprintf(text, sizeof text, "%s", name);
    struct catalog_attachment attachment = {
        .kind = kind, .name = text, .stored_name = stored_name, .size_bytes = size};
    memcpy(attachment.sha256, pair.sha256, 32);
    memcpy(attachment.sm3, pair.sm3, 32);
    if (acts_attach(vault, recording, &attachment, &err) < 0)
        fail_msg("%s", err.text);
    settled(vault, stored_name);
    return recording;
}

unsigned fixture_count(const char *folder)
{
    return (unsigned)strtoul(fixture_line("find '%s' -type f | wc -l", folder), NULL, 10);
}
