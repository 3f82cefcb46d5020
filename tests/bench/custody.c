/*
 * The custody log and acceptance, timed:
 *
 *   custody make VAULT COUNT          a vault whose log has COUNT entries
 *   custody ask VAULT                 proofs, and opening it: a JSON object a line, milliseconds
 *   custody flush FOLDER COUNT        the disk: files of 10 KB a second, each flushed
 *   custody accept VAULT COUNT CLIENTS GROUP
 *                                     acceptances of 10 KB a second, by that many processes at
 * once, so many of them in one transaction
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acts/acts.h"
#include "base/err.h"
#include "custody/custody.h"
#include "custody/key.h"
#include "digest/hash.h"
#include "vault/vault.h"

enum { SMALL = 10240, ASKED = 1000, OPENED = 21, ENTRIES_AT_ONCE = 2000, GROUP_MAX = 64 };

static _Noreturn void die(const struct err *err)
{
    (void)fprintf(stderr, "bench_custody: %s: %s\n", err->object, err->text);
    exit(3);
}

static void must(int result, const struct err *err)
{
    if (result < 0)
        die(err);
}

static double now_ms(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static struct vault *open_for(const char *path, enum vault_mode mode)
{
    struct err err;
    struct vault *vault = NULL;
    must(vault_open(path, mode, &vault, &err), &err);
    return vault;
}

/* ---- a long log ---- */

static void make(const char *path, uint64_t count)
{
    struct err err;
    struct vault_created created;
    const struct vault_new wanted = {.unit = "U", .by = "os:bench"};
    must(vault_create(path, &wanted, &created, &err), &err);
    struct vault *vault = open_for(path, VAULT_WRITE);
    for (uint64_t done = 1; done < count;) {
        must(vault_begin(vault, "os:bench", &err), &err);
        for (int i = 0; i < ENTRIES_AT_ONCE && done < count; i++, done++) {
            char subject[32];
            uint64_t seq;
            (void)snprintf(subject, sizeof subject, "R%llu", (unsigned long long)(done % 100000));
            must(vault_log(vault, CUSTODY_VIEWED, subject, NULL, &seq, &err), &err);
        }
        must(vault_commit(vault, &err), &err);
    }
    vault_free(vault);
}

/* ---- questions ---- */

static int by_value(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;
    return (*left > *right) - (*left < *right);
}

static void tell(const char *what, uint64_t entries, double *times, size_t count)
{
    qsort(times, count, sizeof *times, by_value);
    printf("{\"ask\":\"%s\",\"entries\":%llu,\"median_ms\":%.4f,\"p99_ms\":%.4f}\n", what,
           (unsigned long long)entries, times[count / 2], times[count * 99 / 100]);
}

static uint64_t somewhere(uint64_t below)
{
    static uint64_t state = 88172645463325252U; /* xorshift64: the same places each time */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static struct custody_log *open_log(struct vault *vault)
{
    struct err err;
    const struct key *key;
    struct custody_log *log = NULL;
    must(vault_public_key(vault, &key, &err), &err);
    must(custody_log_open(vault_folder(vault, VAULT_LOG), key, NULL, &log, &err), &err);
    return log;
}

static void ask(const char *path)
{
    static double times[ASKED];
    struct err err;
    struct custody_proof proof;
    struct vault *vault = open_for(path, VAULT_READ);
    struct custody_log *log = open_log(vault);
    const uint64_t size = custody_log_size(log);
    for (int i = 0; i < ASKED; i++) {
        double begun = now_ms();
        must(custody_log_inclusion(log, somewhere(size), size, &proof, &err), &err);
        times[i] = now_ms() - begun;
    }
    tell("inclusion proof", size, times, ASKED);
    for (int i = 0; i < ASKED; i++) {
        double begun = now_ms();
        must(custody_log_consistency(log, 1 + somewhere(size - 1), size, &proof, &err), &err);
        times[i] = now_ms() - begun;
    }
    tell("consistency proof", size, times, ASKED);
    custody_log_free(log);
    vault_free(vault);
    for (int i = 0; i < OPENED; i++) {
        double begun = now_ms();
        vault = open_for(path, VAULT_WRITE);
        times[i] = now_ms() - begun;
        vault_free(vault);
    }
    tell("open the vault for writing", size, times, OPENED);
}

/* ---- the disk, and acceptance ---- */

static void fill(uint8_t content[static SMALL], uint64_t number)
{
    for (size_t at = 0; at < SMALL; at += sizeof number)
        memcpy(content + at, &number, sizeof number);
}

static void write_all(int fd, const uint8_t content[static SMALL])
{
    if (write(fd, content, SMALL) != SMALL || fdatasync(fd) < 0) {
        perror("write");
        exit(3);
    }
}

static void flush(const char *folder, uint64_t count)
{
    static uint8_t content[SMALL];
    double begun = now_ms();
    for (uint64_t i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%llu", folder, (unsigned long long)i);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        fill(content, i);
        write_all(fd, content);
        (void)close(fd);
        (void)unlink(path);
    }
    printf("{\"flushed_per_s\":%.1f}\n", (double)count * 1e3 / (now_ms() - begun));
}

/* One recording that is being accepted. */
struct small {
    uint8_t sha256[32], sm3[32];
    char stored[VAULT_STORED_NAME];
    int fd;
};

static void copy(struct vault *vault, uint64_t number, struct small *small)
{
    static uint8_t content[SMALL];
    struct err err;
    fill(content, number);
    const struct bytes bytes = {content, SMALL};
    must(hash_of(HASH_SHA256, bytes, small->sha256, &err), &err);
    must(hash_of(HASH_SM3, bytes, small->sm3, &err), &err);
    vault_stored_name(small->sha256, "a.wav", small->stored);
    small->fd = vault_incoming_open(vault, SMALL, &err);
    must(small->fd, &err);
    write_all(small->fd, content);
}

static void add(struct vault *vault, const struct small *small)
{
    struct err err;
    struct acts_done done;
    const struct catalog_new_recording new = {.sha256 = small->sha256,
                                              .sm3 = small->sm3,
                                              .size_bytes = SMALL,
                                              .original_name = "a.wav",
                                              .stored_name = small->stored,
                                              .report = "{\"streams\":[]}",
                                              .duration_s = (double)NAN};
    must(vault_incoming_place(vault, small->fd, small->stored, &err), &err);
    must(acts_accept(vault, &new, &done, &err), &err);
    must(vault_sidecar_store(vault, done.number, &err), &err);
}

/* As intake/accept.c does it, in one transaction; without the probe. */
static void accept_group(struct vault *vault, uint64_t first, uint64_t step, uint64_t count)
{
    static struct small group[GROUP_MAX];
    struct err err;
    for (uint64_t i = 0; i < count; i++)
        copy(vault, first + i * step, &group[i]);
    must(vault_begin(vault, "os:bench", &err), &err);
    for (uint64_t i = 0; i < count; i++)
        add(vault, &group[i]);
    must(vault_commit(vault, &err), &err);
    for (uint64_t i = 0; i < count; i++) {
        must(vault_incoming_settle(vault, group[i].stored, &err), &err);
        (void)close(group[i].fd);
    }
}

static void accept_all(const char *path, uint64_t count, uint64_t clients, uint64_t group)
{
    const uint64_t seed = (uint64_t)(now_ms() * 1e3) << 20;
    double begun = now_ms();
    for (uint64_t client = 0; client < clients; client++) {
        pid_t child = fork();
        if (child < 0) {
            perror("fork");
            exit(3);
        }
        if (child > 0)
            continue;
        struct vault *vault = open_for(path, VAULT_WRITE);
        for (uint64_t i = client; i < count; i += clients * group)
            accept_group(vault, seed + i, clients, group);
        vault_free(vault);
        _exit(0);
    }
    int status;
    int failed = 0;
    while (wait(&status) > 0)
        failed += status != 0;
    if (failed > 0)
        exit(3);
    printf("{\"clients\":%llu,\"group\":%llu,\"accepted_per_s\":%.1f}\n",
           (unsigned long long)clients, (unsigned long long)group,
           (double)count * 1e3 / (now_ms() - begun));
}

int main(int argc, char **argv)
{
    const uint64_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        make(argv[2], count);
    else if (argc == 3 && strcmp(argv[1], "ask") == 0)
        ask(argv[2]);
    else if (argc == 4 && strcmp(argv[1], "flush") == 0)
        flush(argv[2], count);
    else if (argc == 6 && strcmp(argv[1], "accept") == 0 &&
             strtoull(argv[5], NULL, 10) <= GROUP_MAX)
        accept_all(argv[2], count, strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
    else
        return 2;
    return fflush(stdout) == 0 ? 0 : 3;
}
