#include "made_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "custody/tree.h"
#include "digest/hash.h"
#include "made_key.h"

struct key *made_log_key(void)
{
    return made_private_key("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz");
}

void made_run(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof command);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static int open_folder(const char *name)
{
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

int made_folder(const char *name)
{
    made_run("rm -rf %s && mkdir %s", name, name);
    return open_folder(name);
}

int made_copy(const char *from, const char *to)
{
    made_run("rm -rf %s && cp -r %s %s && chmod -R u+w %s", to, from, to, to);
    return open_folder(to);
}

struct bytes made_entry(uint64_t i)
{
    static char texts[4][512];
    char *text = texts[i % 4];
    int len =
        snprintf(text, sizeof texts[0], "{\"action\":\"made\",\"seq\":%llu,\"more\":\"%.*s\"}",
                 (unsigned long long)i, (int)(i * 37 % 151),
                 "####################################################################"
                 "####################################################################"
                 "################");
    return (struct bytes){(const uint8_t *)text, (size_t)len};
}

int made_append(struct custody_log *log, uint64_t from, uint64_t to, const struct key *key,
                struct err *err)
{
    const size_t count = (size_t)(to - from);
    struct bytes *entries = calloc(count + 1, sizeof *entries);
    uint8_t *texts = malloc(count * 512 + 1);
    assert_non_null(entries);
    assert_non_null(texts);
    for (size_t i = 0; i < count; i++) {
        struct bytes entry = made_entry(from + i);
        memcpy(texts + i * 512, entry.at, entry.len);
        entries[i] = (struct bytes){texts + i * 512, entry.len};
    }
    int done = custody_log_append(log, entries, count, key, err);
    free(texts);
    free(entries);
    return done;
}

struct custody_log *made_open(int folder)
{
    AUTO(key_free) struct key *key = made_log_key();
    struct custody_log *log;
    struct err err;
    if (custody_log_open(folder, key, MADE_ORIGIN, &log, &err) < 0)
        fail_msg("%s: %s", err.object, err.text);
    return log;
}

struct custody_log *made_log_of(const char *name, uint64_t count, const struct key *key,
                                char *(*text)(uint64_t seq))
{
    struct err err;
    const int folder = made_folder(name);
    struct bytes *entries = calloc(count + 1, sizeof *entries);
    assert_non_null(entries);
    assert_int_equal(custody_log_create(folder, key, MADE_ORIGIN, &err), 0);
    struct custody_log *log = made_open(folder);
    assert_int_equal(close(folder), 0);
    for (uint64_t i = 0; i < count; i++)
        entries[i] = bytes_of(text(i));
    if (custody_log_append(log, entries, count, key, &err) < 0)
        fail_msg("%s", err.text);
    for (uint64_t i = 0; i < count; i++)
        free((void *)(uintptr_t)entries[i].at);
    free(entries);
    return log;
}

int made_log(const char *name, uint64_t size, uint64_t batch)
{
    AUTO(key_free) struct key *key = made_log_key();
    struct err err;
    int folder = made_folder(name);
    assert_int_equal(custody_log_create(folder, key, MADE_ORIGIN, &err), 0);
    AUTO(custody_log_free) struct custody_log *log = made_open(folder);
    for (uint64_t at = 0; at < size; at += batch) {
        uint64_t to = at + batch < size ? at + batch : size;
        if (made_append(log, at, to, key, &err) < 0)
            fail_msg("%s: %s", err.object, err.text);
        assert_int_equal(custody_log_size(log), to);
    }
    return folder;
}

void made_flip(int folder, const char *path, uint64_t bit)
{
    uint8_t octet;
    int fd;
    (void)fchmodat(folder, path, 0640, 0);
    fd = openat(folder, path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &octet, 1, (off_t)(bit / 8)), 1);
    octet ^= (uint8_t)(1U << bit % 8);
    assert_int_equal(pwrite(fd, &octet, 1, (off_t)(bit / 8)), 1);
    assert_int_equal(close(fd), 0);
}

void made_compare(struct custody_log *log, uint64_t size)
{
    struct tree_frontier frontier = {0};
    struct tree_grown grown;
    uint8_t leaf[CUSTODY_HASH], root[CUSTODY_HASH], logged[CUSTODY_HASH];
    struct err err;
    EVP_MD_CTX *sha;
    assert_int_equal(custody_log_size(log), size);
    assert_int_equal(hash_open(HASH_SHA256, &sha, &err), 0);
    for (uint64_t i = 0; i < size; i++) {
        struct bytes entry;
        if (custody_log_entry(log, i, &entry, &err) < 0)
            fail_msg("%s: %s", err.object, err.text);
        assert_true(bytes_equal(entry, made_entry(i)));
        assert_int_equal(tree_leaf(sha, entry, leaf, &err), 0);
        assert_int_equal(tree_add(sha, &frontier, leaf, &grown, &err), 0);
    }
    assert_int_equal(tree_root(sha, &frontier, root, &err), 0);
    custody_log_root(log, logged);
    assert_memory_equal(root, logged, sizeof root);
    EVP_MD_CTX_free(sha);
}
