#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/cells.h"
#include "command/command.h"
#include "command/keeping.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/table.h"
#include "keep/keep.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { WHY_TEXT = 1200 };

/* ---- a term, as it is told ---- */

static void period_print(const struct rule *rule, char text[static 64])
{
    switch (rule->unit) {
    case RULE_DAYS:
        (void)snprintf(text, 64, ngettext("%u day", "%u days", rule->count), (unsigned)rule->count);
        break;
    case RULE_MONTHS:
        (void)snprintf(text, 64, ngettext("%u month", "%u months", rule->count),
                       (unsigned)rule->count);
        break;
    case RULE_YEARS:
        (void)snprintf(text, 64, ngettext("%u year", "%u years", rule->count),
                       (unsigned)rule->count);
        break;
    case RULE_PERMANENT:
        (void)snprintf(text, 64, "%s", _("permanently"));
        break;
    }
}

static const char *event_shown(enum rule_event event)
{
    return event == RULE_CAPTURE      ? _("capture")
           : event == RULE_ACCEPTANCE ? _("acceptance")
                                      : _("closing");
}

/* "rule general: 30 years from closing (2026-03-09) of 2026-12" */
static void why_print(const struct keep_term *term, char text[static WHY_TEXT])
{
    char period[64];
    char day[KEEP_DAY_TEXT];
    int len;
    if (term->why == KEEP_CASE_OPEN) {
        (void)snprintf(text, WHY_TEXT, _("the case is open: %s"), term->case_number);
        return;
    }
    period_print(term->rule, period);
    if (term->why == KEEP_PERMANENT) {
        (void)snprintf(text, WHY_TEXT, _("rule %s: %s"), term->rule->name, period);
        return;
    }
    keep_day_print(term->from_day, day);
    len = snprintf(text, WHY_TEXT, _("rule %s: %s from %s (%s)"), term->rule->name, period,
                   event_shown(term->rule->event), day);
    if (term->case_number != NULL && len > 0 && len < WHY_TEXT)
        (void)snprintf(text + len, (size_t)(WHY_TEXT - len), _(" of %s"), term->case_number);
}

/* The last day, or what stands for it. */
static void until_print(const struct keep_term *term, char text[static KEEP_DAY_TEXT])
{
    if (term->why == KEEP_UNTIL)
        keep_day_print(term->last_day, text);
    else
        (void)snprintf(text, KEEP_DAY_TEXT, "%s",
                       term->why == KEEP_PERMANENT ? _("permanently") : _("open case"));
}

static json_t *term_json(const struct keep_term *term, int64_t today)
{
    char until[KEEP_DAY_TEXT];
    char from[KEEP_DAY_TEXT];
    char period[RULE_PERIOD_TEXT];
    bool counts = term->why == KEEP_UNTIL;
    keep_day_print(term->last_day, until);
    keep_day_print(term->from_day, from);
    if (term->rule != NULL)
        rule_period_print(term->rule, period);
    return json_pack("{s:s?, s:b, s:b, s:b, s:s?, s:s?, s:s?, s:s?, s:s?}", "until",
                     counts ? until : NULL, "due", keep_is_due(term, today), "permanent",
                     term->why == KEEP_PERMANENT, "open_case", term->why == KEEP_CASE_OPEN, "rule",
                     term->rule != NULL ? term->rule->name : NULL, "period",
                     term->rule != NULL ? period : NULL, "from",
                     counts ? rule_event_name(term->rule->event) : NULL, "from_day",
                     counts ? from : NULL, "case", term->case_number);
}

/* ---- show ---- */

struct shown {
    const struct rules *rules;
    json_t *json; /* of --json */
    bool print;
};

static void show_term(void *context, const struct catalog_kept *kept)
{
    struct shown *shown = context;
    struct keep_term term;
    char until[KEEP_DAY_TEXT];
    char why[WHY_TEXT];
    keep_term_of(shown->rules, kept, &term);
    if (!shown->print) {
        shown->json = term_json(&term, keep_today());
        return;
    }
    until_print(&term, until);
    why_print(&term, why);
    cells_print_label(_("kept until"));
    printf("%s%s   [", until, keep_is_due(&term, keep_today()) ? _(", due") : "");
    say_shown(why);
    printf("]\n");
}

static int show(struct vault *vault, int64_t recording, struct shown *shown, struct err *err)
{
    AUTO(rules_release) struct rules rules = {.at = NULL};
    struct catalog_err wrong;
    if (keep_rules_confirmed(vault, &rules, err) < 0)
        return -1;
    shown->rules = &rules;
    if (catalog_kept_each(vault_catalog(vault), recording, recording, show_term, shown, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    return 0;
}

int retention_print(struct vault *vault, int64_t recording, struct err *err)
{
    struct shown shown = {.print = true};
    return show(vault, recording, &shown, err);
}

int retention_json(struct vault *vault, int64_t recording, json_t **out, struct err *err)
{
    struct shown shown = {.json = NULL};
    if (show(vault, recording, &shown, err) < 0)
        return -1;
    *out = shown.json != NULL ? shown.json : json_null();
    return 0;
}

/* ---- list, preview, confirm ---- */

struct rows {
    struct rules confirmed, written;
    int64_t today;
    int json;
    struct table table;
    uint64_t count, bytes;            /* due */
    uint64_t earlier, later, at_once; /* of the preview */
};

static void rows_release_at(struct rows *rows)
{
    rules_release(&rows->confirmed);
    rules_release(&rows->written);
    table_release(&rows->table);
}

static int rows_load(struct vault *vault, struct rows *rows, struct err *err)
{
    rows->today = keep_today();
    return keep_rules_confirmed(vault, &rows->confirmed, err) < 0
               ? -1
               : keep_rules_written(vault, &rows->written, err);
}

static int walk(struct vault *vault, struct rows *rows,
                void (*each)(void *context, const struct catalog_kept *kept), struct err *err)
{
    struct catalog_err wrong;
    if (catalog_kept_each(vault_catalog(vault), 1, INT64_MAX, each, rows, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    table_print(&rows->table);
    return 0;
}

static void id_print(int64_t number, char id[static 32])
{
    (void)snprintf(id, 32, "R%" PRId64, number);
}

static void list_row(void *context, const struct catalog_kept *kept)
{
    struct rows *rows = context;
    struct keep_term term;
    char id[32];
    char size[32];
    char until[KEEP_DAY_TEXT];
    char why[WHY_TEXT];
    keep_term_of(&rows->confirmed, kept, &term);
    if (!keep_is_due(&term, rows->today))
        return;
    rows->count++;
    rows->bytes += kept->size_bytes;
    if (rows->json) {
        say_json(json_pack("{s:o, s:o, s:b, s:o}", "id", say_json_id('R', kept->number), "size",
                           json_u64(kept->size_bytes), "held", kept->held, "retention",
                           term_json(&term, rows->today)));
        return;
    }
    id_print(kept->number, id);
    say_size(kept->size_bytes, size);
    until_print(&term, until);
    why_print(&term, why);
    table_cell(&rows->table, id);
    table_cell(&rows->table, size);
    table_cell(&rows->table, until);
    table_cell(&rows->table, kept->held ? _("held") : NULL);
    table_cell(&rows->table, why);
}

/* That the settings say something else than what counts is no reason to stop, and worth a line. */
static int note_unconfirmed(const struct rows *rows, struct err *err)
{
    bool same;
    if (keep_rules_same(&rows->confirmed, &rows->written, &same, err) < 0)
        return -1;
    if (!same)
        say_note("%s", _("shilu.conf has other rules than those that count: see shilu retention "
                         "preview"));
    return 0;
}

static int list(struct vault *vault, const char *actor, struct rows *rows, struct err *err)
{
    static const char *const headings[] = {N_("recording"), N_(">size"), N_("kept until"),
                                           N_("held"), N_("<because")};
    char size[32];
    (void)actor;
    table_init(&rows->table, headings, sizeof headings / sizeof *headings);
    if (note_unconfirmed(rows, err) < 0 || walk(vault, rows, list_row, err) < 0)
        return -1;
    say_size(rows->bytes, size);
    if (!rows->json)
        printf(
            ngettext("%llu recording is due, %s.\n", "%llu recordings are due, %s.\n", rows->count),
            (unsigned long long)rows->count, size);
    return 0;
}

static void preview_row(void *context, const struct catalog_kept *kept)
{
    struct rows *rows = context;
    struct keep_term now;
    struct keep_term then;
    char id[32];
    char until[2][KEEP_DAY_TEXT];
    char why[WHY_TEXT];
    keep_term_of(&rows->confirmed, kept, &now);
    keep_term_of(&rows->written, kept, &then);
    bool earlier = keep_ends_before(&then, &now);
    if (!earlier && !keep_ends_before(&now, &then))
        return;
    bool at_once = keep_is_due(&then, rows->today) && !keep_is_due(&now, rows->today);
    rows->earlier += earlier;
    rows->later += !earlier;
    rows->at_once += at_once;
    if (rows->json) {
        say_json(json_pack("{s:o, s:b, s:o, s:o}", "id", say_json_id('R', kept->number), "earlier",
                           earlier, "now", term_json(&now, rows->today), "then",
                           term_json(&then, rows->today)));
        return;
    }
    id_print(kept->number, id);
    until_print(&now, until[0]);
    until_print(&then, until[1]);
    why_print(&then, why);
    table_cell(&rows->table, id);
    table_cell(&rows->table, until[0]);
    table_cell(&rows->table, until[1]);
    table_cell(&rows->table, at_once ? _("due at once") : earlier ? _("earlier") : _("later"));
    table_cell(&rows->table, why);
}

static int preview(struct vault *vault, const char *actor, struct rows *rows, struct err *err)
{
    static const char *const headings[] = {N_("recording"), N_("kept until"), N_("then until"),
                                           N_("change"), N_("<because")};
    bool same;
    (void)actor;
    table_init(&rows->table, headings, sizeof headings / sizeof *headings);
    if (keep_rules_same(&rows->confirmed, &rows->written, &same, err) < 0 ||
        walk(vault, rows, preview_row, err) < 0)
        return -1;
    if (rows->json)
        return 0;
    if (same)
        printf("%s\n", _("The rules of shilu.conf are those that count."));
    else
        printf(_("Fall due earlier: %llu, of them at once: %llu; later: %llu. Nothing is changed "
                 "before: shilu retention confirm\n"),
               (unsigned long long)rows->earlier, (unsigned long long)rows->at_once,
               (unsigned long long)rows->later);
    return 0;
}

static int confirm(struct vault *vault, const char *actor, struct rows *rows, struct err *err)
{
    bool same;
    if (keep_rules_same(&rows->confirmed, &rows->written, &same, err) < 0)
        return -1;
    if (!same && keep_rules_confirm(vault, actor, err) < 0)
        return -1;
    AUTO(free) char *text = NULL;
    if (rules_print(&rows->written, &text, err) < 0)
        return -1;
    printf("%s\n", same ? _("These rules count already:") : _("These rules count from now on:"));
    struct bytes rest = bytes_of(text);
    while (rest.len > 0) {
        struct bytes line = bytes_cut(rest, '\n', &rest);
        printf("  %.*s\n", (int)line.len, (const char *)line.at);
    }
    return 0;
}

static int run(const struct command_context *context, int argc, const char **argv,
               const char *usage, enum vault_mode mode,
               int (*act)(struct vault *vault, const char *actor, struct rows *rows,
                          struct err *err))
{
    AUTO(rows_release) struct rows rows = {.json = 0};
    const struct poptOption with_json[] = {
        {"json", '\0', POPT_ARG_NONE, &rows.json, 0, N_("print JSON, a line per recording"), NULL},
        OPTIONS_END};
    const struct poptOption without[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    struct err err;
    char actor[128];
    int status;
    if (!options_read(&options, argc, argv, mode == VAULT_READ ? with_json : without, usage, 0, 0,
                      NULL, NULL, &status))
        return status;
    AUTO(vault_free) struct vault *vault = NULL;
    vault_actor(actor);
    if (open_vault(context, mode, &vault, &err) < 0 || rows_load(vault, &rows, &err) < 0 ||
        act(vault, actor, &rows, &err) < 0)
        return say_error(&err);
    return status;
}

static int retention_list(const struct command_context *context, int argc, const char **argv)
{
    return run(context, argc, argv, N_("list"), VAULT_READ, list);
}

static int retention_preview(const struct command_context *context, int argc, const char **argv)
{
    return run(context, argc, argv, N_("preview"), VAULT_READ, preview);
}

static int retention_confirm(const struct command_context *context, int argc, const char **argv)
{
    return run(context, argc, argv, N_("confirm"), VAULT_WRITE, confirm);
}

int command_retention(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"list", retention_list}, {"preview", retention_preview}, {"confirm", retention_confirm}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
