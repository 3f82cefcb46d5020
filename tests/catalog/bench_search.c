/*
 * Times searches of a large catalog: bench_search FILE [RECORDINGS]
 * Makes FILE where it is not there (by default a million recordings, through the public calls) and
 * prints for each kind of search the median and the 99th percentile in milliseconds, as JSON lines.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalog/catalog.h"
#include "catalog/corpus.h"

enum { ROUNDS = 200, BATCH = 2000 };

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

static void fill(struct catalog *catalog, int64_t count)
{
    double began = now_ms();
    if (corpus_registers(catalog, &err) < 0)
        die();
    for (int64_t i = 0; i < count; i += BATCH) {
        if (catalog_begin(catalog, &err) < 0)
            die();
        for (int64_t j = i; j < i + BATCH && j < count; j++)
            if (corpus_add(catalog, j, &err) < 0)
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
