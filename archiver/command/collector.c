#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "acts/acts.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "command/command.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/table.h"

#include "base/banned.h"

static const struct {
    const char *json;
    const char *shown;
} kinds[] = {
    [CATALOG_OFFICER] = {"officer", N_("officer")},
    [CATALOG_AUXILIARY] = {"auxiliary", N_("auxiliary")},
    [CATALOG_COLLECTOR_UNKNOWN] = {NULL, NULL},
};

static bool kind_from(const char *text, enum catalog_collector_kind *kind)
{
    *kind = CATALOG_COLLECTOR_UNKNOWN;
    if (text == NULL)
        return true;
    for (size_t i = 0; i < CATALOG_COLLECTOR_UNKNOWN; i++)
        if (strcmp(text, kinds[i].json) == 0) {
            *kind = (enum catalog_collector_kind)i;
            return true;
        }
    return false;
}

static bool is_day(const char *text)
{
    struct instant at;
    return text == NULL || (strlen(text) == 10 && instant_parse(bytes_of(text), &at, NULL) == 0);
}

static int enter(struct vault *vault, char *number, void *row, struct err *err)
{
    struct catalog_collector *one = row;
    one->number = number;
    return acts_collector_set(vault, one, err);
}

static int collector_set(const struct command_context *context, int argc, const char **argv)
{
    struct catalog_collector one = {0};
    char *kind_given = NULL;
    const struct poptOption table[] = {
        {"name", '\0', POPT_ARG_STRING, &one.name, 0, N_("the person's name"), N_("TEXT")},
        {"kind", '\0', POPT_ARG_STRING, &kind_given, 0, N_("officer or auxiliary"), N_("KIND")},
        {"team", '\0', POPT_ARG_STRING, &one.team, 0, N_("the team the person is of"), N_("TEXT")},
        {"valid-from", '\0', POPT_ARG_STRING, &one.valid_from, 0,
         N_("first day of the certificate"), N_("YYYY-MM-DD")},
        {"valid-to", '\0', POPT_ARG_STRING, &one.valid_to, 0, N_("last day of the certificate"),
         N_("YYYY-MM-DD")},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table, N_("set NUMBER"), 1, 1, NULL, NULL, &status);
    AUTO(free) char *name = one.name;
    AUTO(free) char *kind = kind_given;
    AUTO(free) char *valid_from = one.valid_from;
    AUTO(free) char *valid_to = one.valid_to;
    AUTO(free) char *team = one.team;
    if (!go_on)
        return status;
    if (!kind_from(kind, &one.kind))
        return say_wrong_use("collector", _("--kind is officer or auxiliary, not %s"), kind);
    if (!is_day(valid_from) || !is_day(valid_to))
        return say_wrong_use("collector", _("not a day such as 2026-01-31: %s"),
                             is_day(valid_from) ? valid_to : valid_from);
    return register_enter(context, options.words[0], enter, &one);
}

static void list_json_line(void *context, const struct catalog_collector *one)
{
    (void)context;
    say_json(json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:s?}", "number", one->number, "name",
                       one->name, "kind", kinds[one->kind].json, "valid_from", one->valid_from,
                       "valid_to", one->valid_to, "team", one->team));
}

static void list_row(void *context, const struct catalog_collector *one)
{
    struct table *table = &((struct register_rows *)context)->table;
    table_cell(table, one->number);
    table_cell(table, one->name);
    table_cell(table, kinds[one->kind].shown != NULL ? _(kinds[one->kind].shown) : NULL);
    table_cell(table, one->valid_from);
    table_cell(table, one->valid_to);
    table_cell(table, one->team);
}

static int walk(struct catalog *catalog, struct register_rows *rows, struct catalog_err *err)
{
    return catalog_collector_each(catalog, rows->json ? list_json_line : list_row, rows, err);
}

static int collector_list(const struct command_context *context, int argc, const char **argv)
{
    static const char *const headings[] = {N_("number"),     N_("name"),     N_("kind"),
                                           N_("valid from"), N_("valid to"), N_("team")};
    struct register_rows rows = {0};
    const struct poptOption table[] = {REGISTER_JSON(rows), OPTIONS_END};
    return register_list(context, argc, argv, table, headings, sizeof headings / sizeof *headings,
                         walk, &rows);
}

int command_collector(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {{"set", collector_set}, {"list", collector_list}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
