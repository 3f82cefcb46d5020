#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "acts/acts.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "command/cells.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/table.h"
#include "vault/vault.h"

#include "base/banned.h"

static const char *procedure_name(const char *procedure)
{
    if (procedure == NULL)
        return NULL;
    return strcmp(procedure, "simple") == 0 ? _("simple") : _("general");
}

static json_t *case_json(const struct catalog_case *one)
{
    return json_pack("{s:s, s:s?, s:s?, s:s?, s:o, s:s?, s:o, s:s?, s:o, s:o, s:o}", "case",
                     one->number, "procedure", one->procedure, "cause", one->cause, "party",
                     one->party, "opened_at", say_json_time(one->opened_us), "opened_by",
                     one->opened_by, "closed_at", say_json_time(one->closed_us), "closed_by",
                     one->closed_by, "recordings", json_u64(one->recordings), "sealed",
                     json_u64(one->sealed), "bytes", json_u64(one->bytes));
}

static void print_field(const char *label, const char *value)
{
    if (value == NULL)
        return;
    cells_print_label(label);
    say_shown(value);
    (void)putchar('\n');
}

int case_show(struct vault *vault, const char *number, bool json, struct err *err)
{
    struct catalog_err from;
    struct catalog_case *one;
    if (catalog_case_load(vault_catalog(vault), number, &one, &from) < 0)
        return err_from_catalog(err, &from);
    if (json) {
        say_json(case_json(one));
    } else {
        char opened[INSTANT_TEXT];
        char closed[INSTANT_TEXT];
        char size[32];
        say_time(one->opened_us, opened);
        say_time(one->closed_us, closed);
        say_size(one->bytes, size);
        print_field(_("case"), one->number);
        print_field(_("procedure"), procedure_name(one->procedure));
        print_field(_("cause"), one->cause);
        print_field(_("party"), one->party);
        print_field(_("opened"), opened);
        print_field(_("closed"), one->closed_us != 0 ? closed : NULL);
        cells_print_label(_("recordings"));
        printf(_("%llu, %s; %llu of them sealed\n"), (unsigned long long)one->recordings, size,
               (unsigned long long)one->sealed);
    }
    catalog_case_free(one);
    return 0;
}

static void list_json_line(void *context, const struct catalog_case *one)
{
    (void)context;
    say_json(case_json(one));
}

static void list_row(void *context, const struct catalog_case *one)
{
    struct table *table = &((struct register_rows *)context)->table;
    char count[32];
    char sealed[32];
    char size[32];
    (void)snprintf(count, sizeof count, "%" PRIu64, one->recordings);
    (void)snprintf(sealed, sizeof sealed, "%" PRIu64, one->sealed);
    say_size(one->bytes, size);
    table_cell(table, one->number);
    table_cell(table, procedure_name(one->procedure));
    table_cell(table, one->cause);
    table_cell(table, one->party);
    table_cell(table, count);
    table_cell(table, sealed);
    table_cell(table, size);
    table_cell(table, one->closed_us != 0 ? _("closed") : _("in progress"));
}

static int walk(struct catalog *catalog, struct register_rows *rows, struct catalog_err *err)
{
    return catalog_case_each(catalog, rows->open_only != 0, rows->json ? list_json_line : list_row,
                             rows, err);
}

static int case_list(const struct command_context *context, int argc, const char **argv)
{
    static const char *const headings[] = {N_("case"),   N_("procedure"),   N_("<cause"),
                                           N_("<party"), N_(">recordings"), N_(">sealed"),
                                           N_(">size"),  N_("state")};
    struct register_rows rows = {0};
    const struct poptOption table[] = {
        {"open", '\0', POPT_ARG_NONE, &rows.open_only, 0, N_("open cases only"), NULL},
        REGISTER_JSON(rows),
        OPTIONS_END};
    return register_list(context, argc, argv, table, headings, sizeof headings / sizeof *headings,
                         walk, &rows);
}

static int enter(struct vault *vault, char *number, void *row, struct err *err)
{
    struct catalog_case *one = row;
    one->number = number;
    return acts_case_open(vault, one, err);
}

/* R12, A3, D1, X4: what else can be named where a case can. */
static bool is_an_id(const char *number)
{
    int64_t ignored;
    return say_parse_id(number, 'R', &ignored) || say_parse_id(number, 'A', &ignored) ||
           say_parse_id(number, 'D', &ignored) || say_parse_id(number, 'X', &ignored);
}

static int case_add(const struct command_context *context, int argc, const char **argv)
{
    struct catalog_case one = {0};
    int json = 0;
    const struct poptOption table[] = {
        {"procedure", '\0', POPT_ARG_STRING, &one.procedure, 0, N_("simple or general"),
         N_("KIND")},
        {"cause", '\0', POPT_ARG_STRING, &one.cause, 0, N_("what the case is about"), N_("TEXT")},
        {"party", '\0', POPT_ARG_STRING, &one.party, 0, N_("whom it concerns"), N_("TEXT")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table, N_("add NUMBER"), 1, 1, NULL, NULL, &status);
    AUTO(free) char *procedure = one.procedure;
    AUTO(free) char *cause = one.cause;
    AUTO(free) char *party = one.party;
    if (!go_on)
        return status;
    if (procedure != NULL && strcmp(procedure, "simple") != 0 && strcmp(procedure, "general") != 0)
        return say_wrong_use("case", _("--procedure is simple or general, not %s"), procedure);

    if (is_an_id(options.words[0]))
        return say_wrong_use("case",
                             _("%s is what a recording, archive or disc is called: a case "
                               "cannot have that number"),
                             options.words[0]);
    status = register_enter(context, options.words[0], enter, &one);
    if (status != EXIT_SOUND)
        return status;
    if (json) {
        say_json(json_pack("{s:s}", "case", options.words[0]));
    } else {
        printf(_("The case is entered: "));
        say_shown(options.words[0]);
        (void)putchar('\n');
    }
    return EXIT_SOUND;
}

static int case_show_command(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL}, OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("show NUMBER"), 1, 1, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_READ, &vault, &err) < 0 ||
        case_show(vault, options.words[0], json != 0, &err) < 0)
        return say_error(&err);
    return EXIT_SOUND;
}

static int close_one(struct vault *vault, const char *number, const char *actor, struct err *err)
{
    if (vault_begin(vault, actor, err) < 0)
        return -1;
    return vault_end(vault, acts_case_close(vault, number, err), err);
}

static int case_close(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL}, OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("close NUMBER…"), 1, SIZE_MAX, NULL, NULL,
                      &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    char actor[128];
    vault_actor(actor);
    for (size_t i = 0; i < options.count; i++) {
        if (close_one(vault, options.words[i], actor, &err) < 0) {
            status = say_error(&err);
        } else if (json) {
            say_json(json_pack("{s:s, s:b}", "case", options.words[i], "closed", 1));
        } else {
            printf(_("The case is closed: "));
            say_shown(options.words[i]);
            (void)putchar('\n');
        }
    }
    return status;
}

int command_case(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"add", case_add}, {"list", case_list}, {"show", case_show_command}, {"close", case_close}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
