#ifndef SHILU_TESTS_INTAKE_FIXTURE_H
#define SHILU_TESTS_INTAKE_FIXTURE_H

/* A vault of its own for each test, in a folder of its own that is the working folder; recordings
 * made by ffmpeg; and what an ingest said. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/err.h"
#include "intake/intake.h"
#include "probe/probe.h"
#include "vault/vault.h"

#define FIXTURE_CASE "津西青综执〔2026〕12号"

struct told {
    char path[4096];
    enum intake_outcome outcome;
    bool companion, clearable;
    int64_t number;
    struct digest_pair digests;
    char captured_at[64];
    char reason[512]; /* "" for none */
    size_t warnings;
};

enum { TOLD_MAX = 512 };

struct fixture {
    struct vault *vault;
    struct told told[TOLD_MAX];
    size_t count;
    struct intake_report report;
    struct err err;
};

/* cmocka's setup and teardown: the vault is "V", with the case FIXTURE_CASE. Teardown checks that
 * nothing is left in incoming/ and all that is held is whole. */
int fixture_enter(void **state);
int fixture_leave(void **state);

/* Closes the vault and opens it again, for writing. */
void fixture_reopen(struct fixture *fixture);

/* Every recording and attachment has its bytes, with their digests, and an up-to-date sidecar;
 * nothing lies in recordings/ that no row knows, nothing in incoming/. Gives the recordings. */
size_t fixture_check(const struct fixture *fixture);

/* Ingests and keeps what was told; gives intake_run's answer. */
int fixture_ingest(struct fixture *fixture, const char *const *paths, size_t count,
                   struct intake_options options);

#define INGEST(fixture, options, ...)                                                              \
    fixture_ingest(fixture, (const char *const[]){__VA_ARGS__},                                    \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), options)

#define PLAIN ((struct intake_options){.by = "os:tester"})

/* What was told of this path; fails where nothing was. */
const struct told *fixture_told(const struct fixture *fixture, const char *path);

/* A small recording with picture and sound, of its own content for each seed. The format is the
 * name's extension's. */
void fixture_make(const char *path, unsigned seed);
/* A file of these octets, and one of `len` octets that look random. */
void fixture_write(const char *path, const void *octets, size_t len);
void fixture_noise(const char *path, size_t len, unsigned seed);

/* Runs a command by the shell; fails unless it ends well. */
void fixture_shell(const char *command);

#endif
