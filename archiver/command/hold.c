#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "acts/acts.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/text.h"
#include "command/command.h"
#include "command/keeping.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/table.h"
#include "vault/vault.h"

#include "base/banned.h"

json_t *hold_json(const struct catalog_hold *hold)
{
    return json_pack("{s:o, s:s?, s:s, s:o, s:s, s:o, s:s?, s:s?}", "id",
                     hold->recording != 0 ? say_json_id('R', hold->recording) : json_null(), "case",
                     hold->case_number, "reason", hold->reason, "set_at",
                     say_json_time(hold->set_us), "set_by", hold->set_by, "lifted_at",
                     say_json_time(hold->lifted_us), "lifted_by", hold->lifted_by, "lift_reason",
                     hold->lift_reason);
}

/* ---- list ---- */

static void list_json_line(void *context, const struct catalog_hold *hold)
{
    (void)context;
    say_json(hold_json(hold));
}

static void list_row(void *context, const struct catalog_hold *hold)
{
    struct table *table = &((struct register_rows *)context)->table;
    char id[32];
    char set[INSTANT_TEXT];
    char lifted[INSTANT_TEXT];
    (void)snprintf(id, sizeof id, "R%lld", (long long)hold->recording);
    say_time(hold->set_us, set);
    say_time(hold->lifted_us, lifted);
    table_cell(table, hold->recording != 0 ? id : hold->case_number);
    table_cell(table, set);
    table_cell(table, hold->set_by);
    table_cell(table, hold->reason);
    table_cell(table, hold->lifted_us != 0 ? lifted : NULL);
    table_cell(table, hold->lifted_by);
    table_cell(table, hold->lift_reason);
}

static int walk(struct catalog *catalog, struct register_rows *rows, struct catalog_err *err)
{
    return catalog_hold_each(catalog, rows->all == 0, rows->json ? list_json_line : list_row, rows,
                             err);
}

static int hold_list(const struct command_context *context, int argc, const char **argv)
{
    static const char *const headings[] = {N_("held"),    N_("since"),  N_("set by"),
                                           N_("<reason"), N_("lifted"), N_("lifted by"),
                                           N_("<because")};
    struct register_rows rows = {0};
    const struct poptOption table[] = {
        {"all", '\0', POPT_ARG_NONE, &rows.all, 0, N_("those that were lifted, too"), NULL},
        REGISTER_JSON(rows),
        OPTIONS_END};
    return register_list(context, argc, argv, table, headings, sizeof headings / sizeof *headings,
                         walk, &rows);
}

/* ---- set, lift ---- */

/* "R12" is a recording, all else a case. */
static struct catalog_hold target(const char *word)
{
    struct catalog_hold hold = {.recording = 0};
    if (!say_parse_id(word, 'R', &hold.recording))
        hold.case_number = text_readable(word);
    return hold;
}

static int set(struct vault *vault, const char *word, const char *reason, struct err *err)
{
    struct catalog_hold hold = target(word);
    hold.reason = text_readable(reason);
    return acts_hold_set(vault, &hold, err);
}

static int lift(struct vault *vault, const char *word, const char *reason, struct err *err)
{
    struct catalog_hold hold = target(word);
    hold.lift_reason = text_readable(reason);
    return acts_hold_lift(vault, &hold, err);
}

/* Each word is an act of its own: one that cannot be held does not keep the others from it. */
static int each_word(const struct command_context *context, const struct options *options,
                     const char *reason,
                     int (*act)(struct vault *vault, const char *word, const char *reason,
                                struct err *err),
                     const char *told)
{
    struct err err;
    char actor[128];
    int status = EXIT_SOUND;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    vault_actor(actor);
    for (size_t i = 0; i < options->count; i++) {
        const char *word = options->words[i];
        if (vault_begin(vault, actor, &err) < 0 ||
            vault_end(vault, act(vault, word, reason, &err), &err) < 0) {
            status = say_error(&err);
            continue;
        }
        printf("%s", told);
        say_shown(word);
        (void)putchar('\n');
    }
    return status;
}

static int with_reason(const struct command_context *context, int argc, const char **argv,
                       const char *usage,
                       int (*act)(struct vault *vault, const char *word, const char *reason,
                                  struct err *err),
                       const char *told)
{
    char *reason_given = NULL;
    const struct poptOption table[] = {
        {"reason", '\0', POPT_ARG_STRING, &reason_given, 0, N_("why"), N_("TEXT")}, OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, usage, 1, SIZE_MAX, NULL, NULL, &status);
    AUTO(free) char *reason = reason_given;
    if (!go_on)
        return status;
    if (reason == NULL)
        return say_wrong_use("hold", "%s", _("--reason TEXT is missing"));
    return each_word(context, &options, reason, act, told);
}

static int hold_set(const struct command_context *context, int argc, const char **argv)
{
    return with_reason(context, argc, argv, N_("set CASE|R12… --reason TEXT"), set, _("Held: "));
}

static int hold_lift(const struct command_context *context, int argc, const char **argv)
{
    return with_reason(context, argc, argv, N_("lift CASE|R12… --reason TEXT"), lift,
                       _("No longer held: "));
}

int command_hold(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"set", hold_set}, {"lift", hold_lift}, {"list", hold_list}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
