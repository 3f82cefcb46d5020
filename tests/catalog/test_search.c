#include "catalog/fixture.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/corpus.h"
#include "catalog/place.h"

enum { FOUND_MAX = 4096 };

struct found {
    int64_t numbers[FOUND_MAX];
    int64_t last_key;
    size_t count;
};

static void take(void *context, const struct catalog_hit *hit)
{
    struct found *found = context;
    assert_true(found->count < FOUND_MAX);
    if (found->count > 0)
        assert_true(hit->sort_key < found->last_key);
    found->last_key = hit->sort_key;
    found->numbers[found->count++] = hit->number;
}

static size_t search(struct fixture *fixture, struct catalog_query query, struct found *found)
{
    if (query.limit == 0)
        query.limit = FOUND_MAX;
    found->count = 0;
    ok(catalog_search(fixture->catalog, &query, take, found, &fixture->err));
    return found->count;
}

static size_t text(struct fixture *fixture, const char *words)
{
    struct found found;
    return search(fixture, (struct catalog_query){.text = words}, &found);
}

/* ---- words ---- */

static void random_text(uint64_t *seed, size_t characters, char *out)
{
    static const char *const alphabet[] = {"占", "道", "经", "营", "柳", "口", "路", "西",
                                           "青", "〇", "𠮷", "々", "，", " ",  "。"};
    size_t len = 0;
    for (size_t i = 0; i < characters; i++) {
        const char *one = alphabet[corpus_random(seed) % 15];
        memcpy(out + len, one, strlen(one));
        len += strlen(one);
    }
    out[len] = '\0';
}

static void random_word(uint64_t *seed, char *out)
{
    size_t characters = 1 + corpus_random(seed) % 5;
    do
        random_text(seed, characters, out);
    while (strpbrk(out, " ") != NULL || strstr(out, "，") != NULL || strstr(out, "。") != NULL);
}

static size_t by_like(sqlite3 *db, const char *first, const char *second, int64_t *numbers)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT r.number FROM recordings r WHERE"
                           " EXISTS (SELECT 1 FROM tags t WHERE t.recording = r.number AND"
                           "  ended_us IS NULL AND value LIKE '%' || ?1 || '%') AND"
                           " EXISTS (SELECT 1 FROM tags t WHERE t.recording = r.number AND"
                           "  ended_us IS NULL AND value LIKE '%' || ?2 || '%')"
                           " ORDER BY accepted_us DESC",
                           -1, &statement, NULL),
        SQLITE_OK);
    (void)sqlite3_bind_text(statement, 1, first, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, second, -1, SQLITE_STATIC);
    size_t count = 0;
    while (sqlite3_step(statement) == SQLITE_ROW)
        numbers[count++] = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return count;
}

static void chinese_words_find_what_a_like_scan_finds(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = 20260101;
    ok(catalog_begin(fixture->catalog, &fixture->err));
    for (uint32_t i = 0; i < 400; i++) {
        char place[128], purpose[128];
        do
            random_text(&seed, 1 + corpus_random(&seed) % 8, place);
        while (place[strspn(place, " ")] == '\0'); /* spaces alone are no tag */
        do
            random_text(&seed, 1 + corpus_random(&seed) % 16, purpose);
        while (purpose[strspn(purpose, " ")] == '\0');
        struct catalog_tag tags[] = {TAG(CATALOG_PLACE, ""), TAG(CATALOG_PURPOSE, "")};
        tags[0].value = place;
        tags[1].value = purpose;
        (void)fixture_recording(fixture, i, tags, 2);
    }
    ok(catalog_commit(fixture->catalog, &fixture->err));

    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(fixture->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    size_t hits = 0;
    for (int i = 0; i < 500; i++) {
        char first[64], second[64], words[160];
        random_word(&seed, first);
        random_word(&seed, second);
        bool two = corpus_random(&seed) % 2 == 0;
        (void)snprintf(words, sizeof words, "%s%s%s", first, two ? " " : "", two ? second : "");
        int64_t expected[FOUND_MAX];
        size_t count = by_like(db, first, two ? second : first, expected);
        struct found found;
        if (search(fixture, (struct catalog_query){.text = words}, &found) != count ||
            memcmp(found.numbers, expected, count * sizeof *expected) != 0)
            fail_msg("%s: %zu found, %zu by LIKE", words, found.count, count);
        hits += count;
    }
    assert_true(hits > 5000); /* the comparison was of something */
    (void)sqlite3_close(db);
}

static void everything_said_of_a_recording_is_searched(void **state)
{
    struct fixture *fixture = *state;
    fixture_case(fixture, "津西青综执〔2026〕12号");
    char number[] = "0212000001", name[] = "王小明";
    struct catalog_collector person = {.number = number, .name = name, .kind = CATALOG_OFFICER};
    ok(catalog_collector_set(fixture->catalog, &person, &fixture->err));
    struct catalog_tag tags[] = {
        TAG(CATALOG_CASE, "津西青综执〔2026〕12号"),
        TAG(CATALOG_PLACE, "柳口路"),
        TAG(CATALOG_PURPOSE, "证明占道经营事实"),
        TAG(CATALOG_COLLECTOR, "0212000001"),
        TAG(CATALOG_DEVICE, "DSJ-A7"),
    };
    int64_t recording = fixture_recording(fixture, 1, tags, 5);
    char kind[] = "note", note[] = "现场笔录.txt", stored[] = "cd.txt", by[] = "os:x";
    struct catalog_attachment attachment = {
        .kind = kind, .name = note, .stored_name = stored, .added_by = by};
    ok(catalog_attachment_add(fixture->catalog, recording, &attachment, &fixture->err));

    static const char *const found[] = {
        "占道",         "占",      "道经",       "占道经营",
        "柳口 占道",    "津西青",  "执2026",     "〔2026〕",
        "2026〕12",     "12号",    "0212000001", "02120",
        "0212",         "王小明",  "小明",       "dsj-a7",
        "DSJ",          "ＤＳＪ",  "笔录",       "img",
        "IMG_0001.mp4", "img_000", "0001",       "　占道",
        "占道，",       "d",       "号",         "津西青综执〔2026〕12号",
    };
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (text(fixture, found[i]) != 1)
            fail_msg("not found: %s", found[i]);
    static const char *const missed[] = {"占经", "道占", "柳口 无照", "12号12", "2号",     "sj",
                                         "王明", "mg",   "〔〕",      "，",     "img_0002"};
    for (size_t i = 0; i < sizeof missed / sizeof *missed; i++)
        if (text(fixture, missed[i]) != 0)
            fail_msg("found: %s", missed[i]);
    assert_int_equal(text(fixture, ""), 1);
    assert_int_equal(text(fixture, " 　\n"), 1);
}

static void what_is_typed_is_never_an_operator(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_tag tags[] = {TAG(CATALOG_PURPOSE, "NEAR and OR not \"quoted\" 占道*")};
    (void)fixture_recording(fixture, 1, tags, 1);
    static const char *const words[] = {
        "\"quoted\"", "NEAR",    "OR",         "NOT",        "and OR not", "占道*",
        "(占道",      "^占",     "purpose:占", "-quoted",    "'",          "\"",
        "*",          "a\035c1", "\xff占\xc0", "{place}:占", "+",          "NEAR(占 道)"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        (void)text(fixture, words[i]); /* must not fail */
    assert_int_equal(text(fixture, "\"quoted\""), 1);
    assert_int_equal(text(fixture, "NEAR NOT"), 1);
    assert_int_equal(text(fixture, "占道*"), 1);
    assert_int_equal(text(fixture, "*"), 0);
    char longest[CATALOG_QUERY_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[CATALOG_QUERY_MAX + 1] = '\0';
    struct catalog_query query = {.text = longest};
    struct found found = {.count = 0};
    refused(catalog_search(fixture->catalog, &query, take, &found, &fixture->err),
            CATALOG_ERR_USAGE, NULL);
    longest[CATALOG_QUERY_MAX] = '\0';
    assert_int_equal(text(fixture, longest), 0);
    for (size_t i = 1; i < CATALOG_QUERY_MAX; i += 2)
        longest[i] = ' ';
    assert_int_equal(text(fixture, longest), 1); /* five hundred times the "a" of and */
}

static void a_renamed_collector_is_found_by_the_new_name(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_tag tags[] = {TAG(CATALOG_COLLECTOR, "0212000001")};
    (void)fixture_recording(fixture, 1, tags, 1);
    char number[] = "0212000001", name[] = "王小明", other[] = "李大同";
    struct catalog_collector person = {.number = number, .name = name, .kind = CATALOG_OFFICER};
    ok(catalog_collector_set(fixture->catalog, &person, &fixture->err));
    assert_int_equal(text(fixture, "王小"), 1);
    person.name = other;
    ok(catalog_collector_set(fixture->catalog, &person, &fixture->err));
    assert_int_equal(text(fixture, "王小"), 0);
    assert_int_equal(text(fixture, "大同"), 1);
}

/* ---- order and pages ---- */

static int64_t at(struct fixture *fixture, uint32_t seed, const char *time)
{
    char value[64];
    (void)snprintf(value, sizeof value, "%s", time);
    struct catalog_tag tags[] = {TAG(CATALOG_CAPTURED_AT, "")};
    tags[0].value = value;
    return fixture_recording(fixture, seed, tags, 1);
}

static void the_newest_capture_comes_first(void **state)
{
    struct fixture *fixture = *state;
    int64_t middle = at(fixture, 1, "2025-01-01T00:00:00Z");
    int64_t oldest = at(fixture, 2, "1965-01-01T00:00:00Z");
    int64_t newest = at(fixture, 3, "2025-06-01T00:00:00+08:00");
    int64_t same = at(fixture, 4, "2025-01-01T00:00:00.25Z");
    struct found found;
    assert_int_equal(search(fixture, (struct catalog_query){.text = "img"}, &found), 4);
    assert_int_equal(found.numbers[0], newest);
    assert_int_equal(found.numbers[1], same);
    assert_int_equal(found.numbers[2], middle);
    assert_int_equal(found.numbers[3], oldest);

    const char *corrected = "2026-01-01T00:00:00Z";
    ok(catalog_tag_set(fixture->catalog, oldest, CATALOG_CAPTURED_AT, &corrected, 1, "given",
                       "os:x", "clock was wrong", 5, &fixture->err));
    assert_int_equal(search(fixture, (struct catalog_query){.text = "img"}, &found), 4);
    assert_int_equal(found.numbers[0], oldest);
}

static void pages_follow_one_another_without_gap(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 25; i++)
        (void)at(fixture, i, i % 2 == 0 ? "2025-01-01T00:00:00Z" : "2025-01-02T00:00:00Z");
    struct found all, page;
    (void)search(fixture, (struct catalog_query){.text = NULL}, &all);
    assert_int_equal(all.count, 25);
    size_t seen = 0;
    int64_t after = 0;
    do {
        (void)search(fixture, (struct catalog_query){.limit = 4, .after = after}, &page);
        assert_memory_equal(page.numbers, all.numbers + seen, page.count * sizeof *all.numbers);
        seen += page.count;
        after = page.last_key;
    } while (page.count == 4);
    assert_int_equal(seen, 25);
}

static void a_time_range_is_exact(void **state)
{
    struct fixture *fixture = *state;
    (void)at(fixture, 1, "2025-01-01T00:00:00.5Z");
    (void)at(fixture, 2, "2025-01-01T00:00:01.5Z");
    (void)fixture_recording(fixture, 3, NULL, 0); /* no time of capture */
    struct found found;
    int64_t first = 1735689600500000;
    assert_int_equal(
        search(fixture, (struct catalog_query){.has_from = true, .from_us = first}, &found), 2);
    assert_int_equal(
        search(fixture, (struct catalog_query){.has_from = true, .from_us = first + 1}, &found), 1);
    assert_int_equal(
        search(fixture, (struct catalog_query){.has_to = true, .to_us = first}, &found), 0);
    assert_int_equal(
        search(fixture, (struct catalog_query){.has_to = true, .to_us = first + 1}, &found), 1);
    assert_int_equal(
        search(fixture,
               (struct catalog_query){
                   .has_from = true, .from_us = INT64_MIN, .has_to = true, .to_us = INT64_MAX},
               &found),
        2);
}

/* ---- position ---- */

static int64_t put(struct fixture *fixture, uint32_t seed, double latitude, double longitude)
{
    uint8_t digest[32];
    struct catalog_new_recording new = fixture_new(seed, digest);
    new.has_position = true;
    new.latitude = latitude;
    new.longitude = longitude;
    int64_t number = 0;
    ok(catalog_recording_add(fixture->catalog, &new, &number, &fixture->err));
    return number;
}

static size_t near(struct fixture *fixture, const char *words, double latitude, double longitude,
                   double radius_m)
{
    struct found found;
    return search(fixture,
                  (struct catalog_query){.text = words,
                                         .has_near = true,
                                         .latitude = latitude,
                                         .longitude = longitude,
                                         .radius_m = radius_m},
                  &found);
}

static void near_has_no_seam(void **state)
{
    struct fixture *fixture = *state;
    (void)put(fixture, 1, 10, 179.9995);
    (void)put(fixture, 2, 10, -179.9995);
    (void)put(fixture, 3, 89.9999, 0);
    (void)put(fixture, 4, 89.9999, 180);
    (void)put(fixture, 5, -90, 33);
    (void)put(fixture, 6, 0, 0);
    static const char *const plans[] = {NULL, "img"}; /* by the tree, and by the cells */
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(near(fixture, plans[i], 10, 180, 100), 2);
        assert_int_equal(near(fixture, plans[i], 10, -180, 100), 2);
        assert_int_equal(near(fixture, plans[i], 10, 179.9995, 50), 1);
        assert_int_equal(near(fixture, plans[i], 90, 77, 20), 2);
        assert_int_equal(near(fixture, plans[i], -90, -120, 0.01), 1);
        assert_int_equal(near(fixture, plans[i], 0, 0, 0), 1);
        assert_int_equal(near(fixture, plans[i], 0, 0, 25000000), 6);
        assert_int_equal(near(fixture, plans[i], 0, 0, 20), 1);
    }
}

static void near_finds_what_the_distance_says(void **state)
{
    struct fixture *fixture = *state;
    double places[200][2];
    uint64_t seed = 7;
    ok(catalog_begin(fixture->catalog, &fixture->err));
    for (uint32_t i = 0; i < 200; i++) {
        double spread = pow(10, -(double)(corpus_random(&seed) % 5));
        places[i][0] = 39.13 + spread * ((double)(corpus_random(&seed) % 2001) / 1000 - 1);
        places[i][1] = 117.01 + spread * ((double)(corpus_random(&seed) % 2001) / 1000 - 1);
        (void)put(fixture, i, places[i][0], places[i][1]);
    }
    ok(catalog_commit(fixture->catalog, &fixture->err));
    for (int i = 0; i < 100; i++) {
        const double *from = places[corpus_random(&seed) % 200];
        double radius = pow(10, (double)(corpus_random(&seed) % 70) / 10);
        size_t expected = 0;
        for (size_t k = 0; k < 200; k++)
            expected +=
                catalog_place_distance(from[0], from[1], places[k][0], places[k][1]) <= radius;
        assert_int_equal(near(fixture, NULL, from[0], from[1], radius), expected);
        assert_int_equal(near(fixture, "img", from[0], from[1], radius), expected);
    }
}

static void a_position_that_is_none_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const double wrong[][3] = {
        {91, 0, 1}, {0, 181, 1}, {NAN, 0, 1}, {0, 0, -1}, {0, 0, NAN}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct catalog_query query = {.has_near = true,
                                      .latitude = wrong[i][0],
                                      .longitude = wrong[i][1],
                                      .radius_m = wrong[i][2]};
        struct found found = {.count = 0};
        refused(catalog_search(fixture->catalog, &query, take, &found, &fixture->err),
                CATALOG_ERR_USAGE, NULL);
    }
}

/* ---- any mix ---- */

/* Every mix of conditions finds what asking each alone and intersecting finds. */
static void any_mix_is_the_intersection(void **state)
{
    struct fixture *fixture = *state;
    ok(corpus_registers(fixture->catalog, &fixture->err));
    ok(catalog_begin(fixture->catalog, &fixture->err));
    for (int64_t i = 0; i < 400; i++)
        ok(corpus_add(fixture->catalog, i, &fixture->err));
    ok(catalog_commit(fixture->catalog, &fixture->err));

    size_t hits = 0;
    for (unsigned kind = 1; kind < CORPUS_KINDS; kind++)
        for (uint32_t round = 0; round < 2; round++) {
            struct corpus_query mixed;
            corpus_query(kind, round, &mixed);
            struct found all, one;
            (void)search(fixture, mixed.query, &all);
            uint8_t votes[512] = {0};
            unsigned conditions = 0;
            for (unsigned bit = 1; bit < CORPUS_KINDS; bit <<= 1) {
                if ((kind & bit) == 0)
                    continue;
                struct catalog_query query = {.text = NULL};
                if (bit == CORPUS_FREQUENT || bit == CORPUS_RARE)
                    query.text = mixed.text; /* both words at once, for each */
                query.case_number = bit == CORPUS_CASE ? mixed.case_number : NULL;
                query.collector = bit == CORPUS_COLLECTOR ? mixed.collector : NULL;
                query.has_from = query.has_to = bit == CORPUS_TIME;
                query.from_us = mixed.query.from_us;
                query.to_us = mixed.query.to_us;
                query.has_near = bit == CORPUS_NEAR;
                query.latitude = mixed.query.latitude;
                query.longitude = mixed.query.longitude;
                query.radius_m = mixed.query.radius_m;
                query.untagged = bit == CORPUS_UNTAGGED;
                (void)search(fixture, query, &one);
                for (size_t i = 0; i < one.count; i++)
                    votes[one.numbers[i]]++;
                conditions++;
            }
            size_t expected = 0;
            for (size_t i = 0; i < sizeof votes; i++)
                expected += votes[i] == conditions;
            assert_int_equal(all.count, expected);
            hits += expected;
        }
    assert_true(hits > 500);
    struct found found;
    assert_int_equal(search(fixture, (struct catalog_query){.case_number = "none"}, &found), 0);
    assert_int_equal(search(fixture, (struct catalog_query){.device = "none"}, &found), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        each_test(chinese_words_find_what_a_like_scan_finds),
        each_test(everything_said_of_a_recording_is_searched),
        each_test(what_is_typed_is_never_an_operator),
        each_test(a_renamed_collector_is_found_by_the_new_name),
        each_test(the_newest_capture_comes_first),
        each_test(pages_follow_one_another_without_gap),
        each_test(a_time_range_is_exact),
        each_test(near_has_no_seam),
        each_test(near_finds_what_the_distance_says),
        each_test(a_position_that_is_none_is_refused),
        each_test(any_mix_is_the_intersection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
