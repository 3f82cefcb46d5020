#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "acts/acts.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/table.h"

#include "base/banned.h"

static int enter(struct vault *vault, char *number, void *row, struct err *err)
{
    struct catalog_device *one = row;
    one->number = number;
    return acts_device_set(vault, one, err);
}

static int device_set(const struct command_context *context, int argc, const char **argv)
{
    struct catalog_device one = {0};
    const struct poptOption table[] = {
        {"make", '\0', POPT_ARG_STRING, &one.make, 0, N_("who made it"), N_("TEXT")},
        {"model", '\0', POPT_ARG_STRING, &one.model, 0, N_("its model"), N_("TEXT")},
        {"note", '\0', POPT_ARG_STRING, &one.note, 0, N_("a remark"), N_("TEXT")},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table, N_("set NUMBER"), 1, 1, NULL, NULL, &status);
    AUTO(free) char *make = one.make;
    AUTO(free) char *model = one.model;
    AUTO(free) char *note = one.note;
    if (!go_on)
        return status;
    return register_enter(context, options.words[0], enter, &one);
}

static void list_json_line(void *context, const struct catalog_device *one)
{
    (void)context;
    say_json(json_pack("{s:s, s:s?, s:s?, s:s?}", "number", one->number, "make", one->make, "model",
                       one->model, "note", one->note));
}

static void list_row(void *context, const struct catalog_device *one)
{
    struct table *table = &((struct register_rows *)context)->table;
    table_cell(table, one->number);
    table_cell(table, one->make);
    table_cell(table, one->model);
    table_cell(table, one->note);
}

static int walk(struct catalog *catalog, struct register_rows *rows, struct catalog_err *err)
{
    return catalog_device_each(catalog, rows->json ? list_json_line : list_row, rows, err);
}

static int device_list(const struct command_context *context, int argc, const char **argv)
{
    static const char *const headings[] = {N_("number"), N_("make"), N_("model"), N_("<remark")};
    struct register_rows rows = {0};
    const struct poptOption table[] = {REGISTER_JSON(rows), OPTIONS_END};
    return register_list(context, argc, argv, table, headings, sizeof headings / sizeof *headings,
                         walk, &rows);
}

int command_device(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {{"set", device_set}, {"list", device_list}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
