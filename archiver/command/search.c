#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "command/command.h"
#include "command/given.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/table.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { WORDS_BYTES_MAX = 4096, LIMIT_MAX = 100000, LIMIT_DEFAULT = 50 };

struct given {
    char *case_number, *collector, *device, *from, *to, *near;
    int untagged, limit, json;
};

static void given_release_at(struct given *given)
{
    free(given->case_number);
    free(given->collector);
    free(given->device);
    free(given->from);
    free(given->to);
    free(given->near);
}

struct found {
    bool json;
    uint64_t count;
    struct table table;
};

static void found_release_at(struct found *found)
{
    table_release(&found->table);
}

/* Values joined by U+001F as a JSON list. */
static json_t *list_json(const char *joined)
{
    json_t *list = json_array();
    struct bytes rest = joined != NULL ? bytes_of(joined) : (struct bytes){0};
    while (rest.len > 0) {
        struct bytes one = bytes_cut(rest, 0x1F, &rest);
        (void)json_array_append_new(list, json_stringn((const char *)one.at, one.len));
    }
    return list;
}

/* The same for people: joined by "、". The caller's. */
static char *list_text(const char *joined)
{
    struct text text;
    text_init(&text, WORDS_BYTES_MAX);
    struct bytes rest = joined != NULL ? bytes_of(joined) : (struct bytes){0};
    while (rest.len > 0) {
        if (text.len > 0)
            text_append(&text, "、");
        text_append_bytes(&text, bytes_cut(rest, 0x1F, &rest));
    }
    return text_take(&text);
}

static const char *state_name(enum catalog_state state)
{
    return state == CATALOG_DISPOSED ? "disposed" : state == CATALOG_SEALED ? "sealed" : "accepted";
}

static const char *state_shown(const struct catalog_hit *hit)
{
    if (hit->state == CATALOG_DISPOSED)
        return _("disposed of");
    if (hit->held)
        return hit->state == CATALOG_SEALED ? _("sealed, held") : _("accepted, held");
    return hit->state == CATALOG_SEALED ? _("sealed") : _("accepted");
}

/* The first of the values, or null. */
static json_t *first_json(json_t *list)
{
    json_t *first = json_array_get(list, 0);
    return first != NULL ? json_incref(first) : json_null();
}

static void take_json(const struct catalog_hit *hit)
{
    json_t *cases = list_json(hit->cases);
    json_t *devices = list_json(hit->devices);
    json_t *line =
        json_pack("{s:o, s:s, s:o, s:o, s:s?, s:s?, s:s?, s:o, s:o, s:o, s:o, s:s, s:b, s:o}", "id",
                  say_json_id('R', hit->number), "name", hit->original_name, "case",
                  first_json(cases), "cases", cases, "captured_at", hit->captured_at, "place",
                  hit->place, "purpose", hit->purpose, "device", first_json(devices), "devices",
                  devices, "collectors", list_json(hit->collectors), "duration_s",
                  isfinite(hit->duration_s) ? json_real(hit->duration_s) : json_null(), "state",
                  state_name(hit->state), "held", hit->held, "size", json_u64(hit->size_bytes));
    say_json(line);
}

static void take_row(struct table *table, const struct catalog_hit *hit)
{
    char id[32];
    char duration[32];
    (void)snprintf(id, sizeof id, "R%" PRId64, hit->number);
    say_duration(hit->duration_s, duration);
    char when[INSTANT_TEXT] = "";
    struct instant captured;
    if (hit->captured_at != NULL && instant_parse(bytes_of(hit->captured_at), &captured, NULL) == 0)
        say_time(captured.us, when);
    when[sizeof "2026-01-01 12:00" - 1] = '\0'; /* the rest is for show */
    AUTO(free) char *cases = list_text(hit->cases);
    table_cell(table, id);
    table_cell(table, when);
    table_cell(table, duration);
    table_cell(table, cases);
    table_cell(table, hit->place);
    AUTO(free) char *original = say_original(hit->original_name);
    table_cell(table, original);
    table_cell(table, state_shown(hit));
}

static void take_hit(void *context, const struct catalog_hit *hit)
{
    struct found *found = context;
    found->count++;
    if (found->json)
        take_json(hit);
    else
        take_row(&found->table, hit);
}

/* Degrees and kilometres: "39.12,116.98,0.5". */
static bool parse_near(const char *text, struct catalog_query *query)
{
    double numbers[3];
    const char *at = text;
    for (size_t i = 0; i < 3; i++) {
        char *end;
        numbers[i] = strtod(at, &end);
        if (end == at || *end != (i < 2 ? ',' : '\0'))
            return false;
        at = end + 1;
    }
    query->has_near = true;
    query->latitude = numbers[0];
    query->longitude = numbers[1];
    query->radius_m = numbers[2] * 1000;
    return fabs(numbers[0]) <= 90 && fabs(numbers[1]) <= 180 && numbers[2] > 0 &&
           numbers[2] <= 20037;
}

static int query_from(const struct given *given, struct catalog_query *query)
{
    query->case_number = given->case_number;
    query->collector = given->collector;
    query->device = given->device;
    query->untagged = given->untagged != 0;
    query->has_from = given->from != NULL;
    query->has_to = given->to != NULL;
    if (query->has_from && !given_time(given->from, false, &query->from_us))
        return say_wrong_use("search", _("not a time such as 2026-01-01T12:00:00+08:00: %s"),
                             given->from);
    if (query->has_to && !given_time(given->to, true, &query->to_us))
        return say_wrong_use("search", _("not a time such as 2026-01-01T12:00:00+08:00: %s"),
                             given->to);
    if (given->near != NULL && !parse_near(given->near, query))
        return say_wrong_use("search", _("--near takes LATITUDE,LONGITUDE,KILOMETRES, not %s"),
                             given->near);
    if (given->limit < 1 || given->limit > LIMIT_MAX)
        return say_wrong_use("search", _("--limit goes from 1 to %d"), LIMIT_MAX);
    query->limit = (uint32_t)given->limit;
    return EXIT_SOUND;
}

static int run(const struct command_context *context, const struct options *options,
               const struct given *given)
{
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_READ, &vault, &err) < 0)
        return say_error(&err);
    struct catalog_query query = {0};
    int status = query_from(given, &query);
    if (status != EXIT_SOUND)
        return status;

    AUTO(text_release) struct text words;
    text_init(&words, WORDS_BYTES_MAX);
    for (size_t i = 0; i < options->count; i++) {
        text_append(&words, options->words[i]);
        text_append(&words, " ");
    }
    if (text_failed(&words) || (words.at != NULL && !text_is_utf8(bytes_of(words.at))))
        return say_wrong_use("search", "%s", _("the words are too long or not UTF-8 text"));
    query.text = words.at;

    static const char *const headings[] = {N_("id"),     N_("captured"), N_(">length"), N_("case"),
                                           N_("<place"), N_("<file"),    N_("state")};
    AUTO(found_release) struct found found = {.json = given->json != 0};
    table_init(&found.table, headings, sizeof headings / sizeof *headings);
    struct catalog_err from;
    if (catalog_search(vault_catalog(vault), &query, take_hit, &found, &from) < 0) {
        (void)err_from_catalog(&err, &from);
        return say_error(&err);
    }
    if (found.json)
        return EXIT_SOUND;
    table_print(&found.table);
    if (found.count == 0)
        printf(_("Nothing is found.\n"));
    else if (found.count == query.limit)
        say_note(_("the newest %llu are shown; --limit shows more"),
                 (unsigned long long)found.count);
    return EXIT_SOUND;
}

int command_search(const struct command_context *context, int argc, const char **argv)
{
    AUTO(given_release) struct given given = {.limit = LIMIT_DEFAULT};
    const struct poptOption table[] = {
        {"case", '\0', POPT_ARG_STRING, &given.case_number, 0, N_("of this case"), N_("N")},
        {"collector", '\0', POPT_ARG_STRING, &given.collector, 0,
         N_("recorded by this certificate number"), N_("NUMBER")},
        {"officer", '\0', POPT_ARG_STRING, &given.collector, 0, N_("the same as --collector"),
         N_("NUMBER")},
        {"device", '\0', POPT_ARG_STRING, &given.device, 0, N_("recorded with this camera"),
         N_("NUMBER")},
        {"from", '\0', POPT_ARG_STRING, &given.from, 0, N_("captured at or after"), N_("TIME")},
        {"to", '\0', POPT_ARG_STRING, &given.to, 0,
         N_("captured before; a day alone includes that day"), N_("TIME")},
        {"near", '\0', POPT_ARG_STRING, &given.near, 0, N_("within so many kilometres of a point"),
         N_("LAT,LON,KM")},
        {"untagged", '\0', POPT_ARG_NONE, &given.untagged, 0,
         N_("that lack a case, a place or a purpose"), NULL},
        {"limit", '\0', POPT_ARG_INT, &given.limit, 0, N_("at most so many, newest first (50)"),
         N_("COUNT")},
        {"json", '\0', POPT_ARG_NONE, &given.json, 0, N_("print JSON, a line per recording"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("[WORD…]"), 0, 256, NULL, NULL, &status))
        return status;
    return run(context, &options, &given);
}
