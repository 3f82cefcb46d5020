#include "catalog/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fixture_remove(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[256];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name); /* it may not be there */
    }
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    fixture->path = "catalog.db";
    fixture_remove(fixture->path);
    *state = fixture;
    return catalog_open(fixture->path, CATALOG_CREATE, &fixture->catalog, &fixture->err);
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    catalog_free(fixture->catalog);
    fixture_remove(fixture->path);
    free(fixture);
    return 0;
}

void fixture_reopen(struct fixture *fixture, enum catalog_mode mode)
{
    catalog_free(fixture->catalog);
    fixture->catalog = NULL;
    ok(catalog_open(fixture->path, mode, &fixture->catalog, &fixture->err));
}

void fixture_case(struct fixture *fixture, const char *number)
{
    char text[256], by[] = "os:test";
    (void)snprintf(text, sizeof text, "%s", number);
    struct catalog_case one = {.number = text, .opened_us = 1, .opened_by = by};
    ok(catalog_case_add(fixture->catalog, &one, &fixture->err));
}

struct catalog_new_recording fixture_new(uint32_t seed, uint8_t digest[static 32])
{
    memset(digest, 0, 32);
    memcpy(digest, &seed, sizeof seed);
    return (struct catalog_new_recording){
        .sha256 = digest,
        .sm3 = digest,
        .size_bytes = 1000,
        .original_name = "IMG_0001.MP4",
        .stored_name = "ab.mp4",
        .report = "{\"duration_s\":1}",
        .accepted_us = 1767240000000000 + (int64_t)seed * 1000000,
        .accepted_offset_minutes = 480,
        .accepted_by = "os:test",
        .duration_s = NAN,
    };
}

int64_t fixture_recording(struct fixture *fixture, uint32_t seed, const struct catalog_tag *tags,
                          size_t count)
{
    uint8_t digest[32];
    struct catalog_new_recording new = fixture_new(seed, digest);
    new.tags = tags;
    new.tag_count = count;
    int64_t number = 0;
    ok(catalog_recording_add(fixture->catalog, &new, &number, &fixture->err));
    return number;
}
