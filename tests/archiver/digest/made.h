#ifndef SHILU_TESTS_DIGEST_MADE_H
#define SHILU_TESTS_DIGEST_MADE_H

/* Files made for the tests of this room, and what strangers' programs say of them. Included after
 * cmocka. */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "digest/digest.h"

/* Octets without a pattern that a buffer's length could hide (xorshift64). */
static inline void made_fill(uint8_t *at, size_t len, uint64_t seed)
{
    uint64_t state = seed * 2654435761U + 88172645463325252U;
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        at[i] = (uint8_t)(state >> 32);
    }
}

static inline int made_file(const char *name, size_t len, uint64_t seed)
{
    AUTO(free) uint8_t *octets = malloc(len + 1);
    assert_non_null(octets);
    made_fill(octets, len, seed);
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    struct err err;
    assert_int_equal(file_write(fd, name, octets, len, &err), 0);
    return fd;
}

/* The first word that a command prints, as 32 octets of hexadecimal. */
static inline void made_run(const char *command, uint8_t digest[static 32])
{
    FILE *output = popen(command, "re");
    assert_non_null(output);
    char word[65];
    assert_int_equal(fscanf(output, "%64s", word), 1);
    assert_int_equal(pclose(output), 0);
    assert_int_equal(bytes_from_hex(bytes_of(word), digest, 32), 0);
}

/* What sha256sum and openssl say of bytes [offset, offset + size) of a file. */
static inline void made_expect(const char *name, uint64_t offset, uint64_t size,
                               const struct digest_pair *pair)
{
    char command[512];
    struct digest_pair theirs;
    (void)snprintf(command, sizeof command, "tail -c +%llu '%s' | head -c %llu | sha256sum",
                   (unsigned long long)offset + 1, name, (unsigned long long)size);
    made_run(command, theirs.sha256);
    (void)snprintf(command, sizeof command,
                   "tail -c +%llu '%s' | head -c %llu | openssl dgst -sm3 -r",
                   (unsigned long long)offset + 1, name, (unsigned long long)size);
    made_run(command, theirs.sm3);
    assert_memory_equal(pair->sha256, theirs.sha256, 32);
    assert_memory_equal(pair->sm3, theirs.sm3, 32);
}

#endif
