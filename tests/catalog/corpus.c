#include "catalog/corpus.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const streets[] = {"柳口路", "青远路",   "西青道",   "新华道",
                                      "柳霞路", "河沿大街", "一经路",   "御河道",
                                      "崇文路", "柳明路",   "津同公路", "前桑园"};
static const char *const spots[] = {"菜市场门前", "小学东侧", "公交站旁", "与新华道交口",
                                    "三号院",     "桥下",     "工地入口", "沿街商铺前"};
static const char *const offences[] = {"占道经营",     "乱倒渣土",     "违法建设",     "露天烧烤",
                                       "擅自设置广告", "未按规定遮盖", "占用消防通道", "无照经营"};
static const char *const rare[] = {"噪声扰民", "焚烧秸秆", "毁坏绿地", "破坏护栏",
                                   "偷排污水", "私搭电线", "张贴广告", "饲养家禽"};

uint64_t corpus_random(uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15U; /* splitmix64 */
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static size_t pick(uint64_t *seed, size_t count)
{
    return (size_t)(corpus_random(seed) % count);
}

/* The first ones far more often than the last. */
static size_t pick_uneven(uint64_t *seed, size_t count)
{
    size_t a = pick(seed, count), b = pick(seed, count);
    return a < b ? a : b;
}

static double fraction(uint64_t *seed)
{
    return (double)(corpus_random(seed) >> 11) / 9007199254740992.0;
}

static void case_name(size_t i, char *out, size_t room)
{
    (void)snprintf(out, room, "津西青综执〔%zu〕%zu号", 2023 + i / 1000, i % 1000 + 1);
}

static void collector_name(size_t i, char *out, size_t room)
{
    (void)snprintf(out, room, "02120%05zu", i + 1);
}

int corpus_registers(struct catalog *catalog, struct catalog_err *err)
{
    char text[64], name[64];
    if (catalog_begin(catalog, err) < 0)
        return -1;
    for (size_t i = 0; i < CORPUS_CASES; i++) {
        case_name(i, text, sizeof text);
        struct catalog_case one = {
            .number = text, .opened_us = 1, .opened_by = (char[]){"os:made"}};
        if (catalog_case_add(catalog, &one, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < CORPUS_COLLECTORS; i++) {
        collector_name(i, text, sizeof text);
        (void)snprintf(name, sizeof name, "王%s", spots[i % 8]);
        struct catalog_collector one = {.number = text, .name = name, .kind = CATALOG_OFFICER};
        if (catalog_collector_set(catalog, &one, err) < 0)
            return -1;
    }
    return catalog_commit(catalog, err);
}

/* 2023 to 2025, by day. */
static int64_t captured(uint64_t *seed)
{
    return 1672531200 + (int64_t)pick(seed, 3 * 365) * 86400 + (int64_t)pick(seed, 43200);
}

static void instant_text(int64_t seconds, char *out, size_t room)
{
    struct tm at;
    time_t moment = (time_t)seconds;
    (void)gmtime_r(&moment, &at); /* cannot fail for these years */
    (void)strftime(out, room, "%Y-%m-%dT%H:%M:%SZ", &at);
}

static void put(struct corpus_recording *made, enum catalog_field field, char *value)
{
    made->tags[made->count++] =
        (struct catalog_tag){.field = field, .value = value, .source = made->source};
}

static void make_tags(struct corpus_recording *made, uint64_t *seed, int64_t seconds, size_t person)
{
    memcpy(made->source, "given", 6);
    collector_name(person, made->collector, sizeof made->collector);
    instant_text(seconds, made->time, sizeof made->time);
    (void)snprintf(made->device, sizeof made->device, "DSJ-%03zu", person * 5 / 3);
    put(made, CATALOG_COLLECTOR, made->collector);
    put(made, CATALOG_DEVICE, made->device);
    put(made, CATALOG_CAPTURED_AT, made->time);
    if (pick(seed, 20) == 0)
        return; /* untagged */
    case_name(pick_uneven(seed, CORPUS_CASES), made->number, sizeof made->number);
    (void)snprintf(made->place, sizeof made->place, "杨柳青镇%s%s", streets[pick_uneven(seed, 12)],
                   spots[pick(seed, 8)]);
    (void)snprintf(made->purpose, sizeof made->purpose, "证明%s事实",
                   pick(seed, 12) == 0 ? rare[pick(seed, 8)] : offences[pick_uneven(seed, 8)]);
    put(made, CATALOG_CASE, made->number);
    put(made, CATALOG_PLACE, made->place);
    put(made, CATALOG_PURPOSE, made->purpose);
}

void corpus_make(int64_t i, struct corpus_recording *made)
{
    uint64_t seed = (uint64_t)i * 7919;
    made->count = 0;
    for (size_t k = 0; k < 32; k += 8) {
        uint64_t bits = corpus_random(&seed);
        memcpy(made->sha256 + k, &bits, 8);
        memcpy(made->sm3 + k, &bits, 8);
    }
    int64_t seconds = captured(&seed);
    size_t person = pick_uneven(&seed, CORPUS_COLLECTORS);
    make_tags(made, &seed, seconds, person);
    (void)snprintf(made->name, sizeof made->name, "DSJ-%03zu_%lld_%04zu.MP4", person * 5 / 3,
                   (long long)seconds, pick(&seed, 10000));
    /* a township of some 6 km, and one in ten anywhere in the district */
    double spread = pick(&seed, 10) == 0 ? 0.3 : 0.03;
    made->new = (struct catalog_new_recording){
        .sha256 = made->sha256,
        .sm3 = made->sm3,
        .size_bytes = 1000000 + pick(&seed, 900000000),
        .original_name = made->name,
        .stored_name = made->name,
        .report = "{}",
        .accepted_us = (seconds + 36000) * 1000000,
        .accepted_offset_minutes = 480,
        .accepted_by = "os:made",
        .has_position = pick(&seed, 10) < 7,
        .latitude = 39.13 + spread * (fraction(&seed) + fraction(&seed) - 1),
        .longitude = 117.01 + spread * (fraction(&seed) + fraction(&seed) - 1),
        .duration_s = 600,
        .tags = made->tags,
        .tag_count = made->count,
    };
}

int corpus_add(struct catalog *catalog, int64_t i, struct catalog_err *err)
{
    struct corpus_recording made;
    int64_t number = 0;
    corpus_make(i, &made);
    return catalog_recording_add(catalog, &made.new, &number, err);
}

static void add_word(struct corpus_query *out, const char *word)
{
    size_t len = strlen(out->text);
    (void)snprintf(out->text + len, sizeof out->text - len, "%s%s", len > 0 ? " " : "", word);
}

void corpus_query(unsigned kind, uint32_t round, struct corpus_query *out)
{
    static const char *const frequent_words[] = {"占道", "柳口", "渣土", "市场", "经营", "交口"};
    static const char *const rare_words[] = {"噪声", "秸秆", "绿地", "护栏", "污水", "电线"};
    static const double radii[] = {100, 300, 1000, 3000, 10000};
    uint64_t seed = (uint64_t)kind * 1000003 + round;
    memset(out, 0, sizeof *out);
    if ((kind & CORPUS_FREQUENT) != 0)
        add_word(out, frequent_words[pick(&seed, 6)]);
    if ((kind & CORPUS_RARE) != 0)
        add_word(out, rare_words[pick(&seed, 6)]);
    out->query.text = out->text[0] != '\0' ? out->text : NULL;
    case_name(pick_uneven(&seed, CORPUS_CASES), out->case_number, sizeof out->case_number);
    if ((kind & CORPUS_CASE) != 0)
        out->query.case_number = out->case_number;
    collector_name(pick_uneven(&seed, CORPUS_COLLECTORS), out->collector, sizeof out->collector);
    if ((kind & CORPUS_COLLECTOR) != 0)
        out->query.collector = out->collector;
    if ((kind & CORPUS_TIME) != 0) {
        out->query.has_from = out->query.has_to = true;
        out->query.from_us = captured(&seed) * 1000000;
        out->query.to_us = out->query.from_us + (int64_t)(1 + pick(&seed, 90)) * 86400000000;
    }
    out->query.has_near = (kind & CORPUS_NEAR) != 0;
    out->query.latitude = 39.13 + 0.03 * (fraction(&seed) + fraction(&seed) - 1);
    out->query.longitude = 117.01 + 0.03 * (fraction(&seed) + fraction(&seed) - 1);
    out->query.radius_m = radii[pick(&seed, 5)];
    out->query.untagged = (kind & CORPUS_UNTAGGED) != 0;
}

void corpus_kind_name(unsigned kind, char *name, size_t room)
{
    static const char *const names[] = {"frequent", "rare", "case",    "collector",
                                        "time",     "near", "untagged"};
    name[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(name);
        if ((kind >> i & 1U) != 0)
            (void)snprintf(name + len, room - len, "%s%s", len > 0 ? " " : "", names[i]);
    }
}
