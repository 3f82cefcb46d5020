/*
 * Times searches of a large catalog: bench_search FILE [RECORDINGS]
 * Makes FILE where it is not there (by default a million recordings) and
 * prints for each kind of search the median and the 99th percentile in milliseconds, as JSON lines.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalog/catalog.h"
#include "catalog/catalog_private.h"
#include "catalog/corpus.h"
#include "catalog/tag.h"

enum { ROUNDS = 200, BATCH = 20000 };

static struct catalog_err err;

static void die(void)
{
    (void)fprintf(stderr, "%s: %s\n", err.object, err.text);
    exit(3);
}

static double now_ms(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at); /* cannot fail for this clock */
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

/* As catalog_recording_add, but without a savepoint for each, which the search index would answer
 * with writing out what it has in memory. */
static int add(struct catalog *catalog, int64_t i)
{
    struct corpus_recording made;
    corpus_make(i, &made);
    const struct catalog_new_recording *new = &made.new;
    AUTO(catalog_statement_done) sqlite3_stmt *row = NULL, *report = NULL;
    if (catalog_statement(catalog, RECORDING_ADD, &row, &err) < 0 ||
        catalog_statement(catalog, REPORT_ADD, &report, &err) < 0)
        return -1;
    int bound = catalog_bind_digest(row, 1, new->sha256) | catalog_bind_digest(row, 2, new->sm3) |
                sqlite3_bind_int64(row, 3, (int64_t) new->size_bytes) |
                catalog_bind_text(row, 4, new->original_name) |
                catalog_bind_text(row, 5, new->stored_name) |
                sqlite3_bind_int64(row, 6, new->accepted_us) | sqlite3_bind_int(row, 7, 480) |
                catalog_bind_text(row, 8, new->accepted_by) |
                catalog_bind_double(row, 9, new->has_position ? new->latitude : NAN) |
                catalog_bind_double(row, 10, new->has_position ? new->longitude : NAN) |
                catalog_bind_double(row, 11, new->duration_s);
    if (catalog_run(catalog, row, bound, &err) < 0)
        return -1;
    int64_t number = sqlite3_last_insert_rowid(catalog->db);
    bound = sqlite3_bind_int64(report, 1, number) | catalog_bind_text(report, 2, new->report);
    if (catalog_run(catalog, report, bound, &err) < 0)
        return -1;
    for (size_t k = 0; k < new->tag_count; k++)
        if (catalog_tag_enter(catalog, number, &new->tags[k], new->accepted_by, new->accepted_us,
                              &err) < 0)
            return -1;
    return catalog_tag_settle(catalog, number, &err);
}

static void fill(struct catalog *catalog, int64_t count)
{
    double began = now_ms();
    if (sqlite3_exec(catalog->db, "PRAGMA cache_size = -1000000; PRAGMA synchronous = OFF", NULL,
                     NULL, NULL) != SQLITE_OK ||
        corpus_registers(catalog, &err) < 0)
        die();
    for (int64_t i = 0; i < count; i += BATCH) {
        if (catalog_begin(catalog, &err) < 0)
            die();
        for (int64_t j = i; j < i + BATCH && j < count; j++)
            if (add(catalog, j) < 0)
                die();
        if (catalog_commit(catalog, &err) < 0)
            die();
        if (i % 100000 == 0)
            (void)fprintf(stderr, "%lld\n", (long long)i);
    }
    printf("{\"made\": %lld, \"seconds\": %.1f}\n", (long long)count, (now_ms() - began) / 1e3);
}

static void count_hit(void *context, const struct catalog_hit *hit)
{
    (void)hit;
    (*(int *)context)++;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* Each round asks for something else of the same kind. */
static void measure(struct catalog *catalog, unsigned kind)
{
    double times[ROUNDS];
    int hits = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct corpus_query query;
        corpus_query(kind, round, &query);
        double began = now_ms();
        if (catalog_search(catalog, &query.query, count_hit, &hits, &err) < 0)
            die();
        times[round] = now_ms() - began;
    }
    qsort(times, ROUNDS, sizeof *times, by_size);
    char name[160];
    corpus_kind_name(kind, name, sizeof name);
    printf("{\"search\": \"%s\", \"median_ms\": %.3f, \"p99_ms\": %.3f, \"hits\": %.1f}\n", name,
           times[ROUNDS / 2], times[ROUNDS * 99 / 100], (double)hits / ROUNDS);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_search FILE [RECORDINGS]\n");
        return 2;
    }
    struct catalog *catalog = NULL;
    if (catalog_open(argv[1], CATALOG_CREATE, &catalog, &err) == 0)
        fill(catalog, argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000);
    else if (err.kind != CATALOG_ERR_CONFLICT)
        die();
    catalog_free(catalog);
    if (catalog_open(argv[1], CATALOG_READ, &catalog, &err) < 0)
        die();
    for (unsigned kind = 1; kind < CORPUS_KINDS; kind++)
        measure(catalog, kind);
    catalog_free(catalog);
    return 0;
}
