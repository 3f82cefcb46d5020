#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/given.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "intake/intake.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);

static bool stands(const struct catalog_recording *recording, enum catalog_field field)
{
    for (size_t i = 0; i < recording->standing_count; i++)
        if (recording->tags[i].field == field)
            return true;
    return false;
}

/* The standing values of the cases, and those to be added to them. */
static int add_to_standing(const struct catalog_recording *recording, const struct words *more,
                           struct words *all, struct err *err)
{
    int result = 0;
    all->at = calloc(recording->standing_count + more->count + 1, sizeof *all->at);
    if (all->at == NULL)
        result = err_memory(err, NULL);
    for (size_t i = 0; result == 0 && i < recording->standing_count; i++)
        if (recording->tags[i].field == CATALOG_CASE)
            all->at[all->count++] = strdup(recording->tags[i].value);
    for (size_t i = 0; result == 0 && i < more->count; i++) {
        bool there = false;
        for (size_t k = 0; k < all->count; k++)
            there = there || (all->at[k] != NULL && strcmp(all->at[k], more->at[i]) == 0);
        if (!there)
            all->at[all->count++] = strdup(more->at[i]);
    }
    for (size_t i = 0; result == 0 && i < all->count; i++)
        if (all->at[i] == NULL)
            result = err_memory(err, NULL);
    return result;
}

static int tag_one(struct vault *vault, int64_t number, const struct given_tags *tags, bool also,
                   const char *by, const char *reason, struct err *err)
{
    struct catalog_err from;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (catalog_recording_load(vault_catalog(vault), number, &recording, &from) < 0)
        return err_from_catalog(err, &from);
    AUTO(words_release) struct words cases = {0};
    if (also && add_to_standing(recording, &tags->values[CATALOG_CASE], &cases, err) < 0)
        return -1;
    struct acts_change changes[CATALOG_FIELDS];
    size_t count = 0;
    for (size_t i = 0; i < CATALOG_FIELDS; i++) {
        const struct words *values = also && i == CATALOG_CASE ? &cases : &tags->values[i];
        if (values->count == 0)
            continue;
        bool replaced = stands(recording, (enum catalog_field)i) && !(also && i == CATALOG_CASE);
        if (replaced && reason == NULL)
            return err_set(err, ERR_USAGE, NULL,
                           _("R%lld: %s is set already; say why it changes, with --reason TEXT"),
                           (long long)number, given_field_shown((enum catalog_field)i));
        /* one empty text takes the value back */
        bool empty = values->count == 1 && values->at[0][0] == '\0';
        changes[count++] = (struct acts_change){.field = (enum catalog_field)i,
                                                .values = words_of(values),
                                                .value_count = empty ? 0 : values->count};
    }
    return intake_tag(vault, number, changes, count, by, reason, err);
}

static int run(const struct command_context *context, const struct options *options,
               struct given_tags *tags, bool also, const char *reason, bool json)
{
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0 || given_tags_settle(tags, &err) < 0)
        return say_error(&err);
    char actor[128];
    vault_actor(actor);
    int status = EXIT_SOUND;
    for (size_t i = 0; i < options->count; i++) {
        int64_t number;
        if (!say_parse_id(options->words[i], 'R', &number))
            return say_wrong_use("tag", _("not a recording's number such as R12: %s"),
                                 options->words[i]);
        if (tag_one(vault, number, tags, also, actor, reason, &err) < 0)
            status = say_error(&err);
        else if (json)
            say_json(json_pack("{s:o, s:b}", "id", say_json_id('R', number), "tagged", 1));
        else
            printf(_("R%lld is tagged\n"), (long long)number);
    }
    return status;
}

int command_tag(const struct command_context *context, int argc, const char **argv)
{
    AUTO(given_tags_release) struct given_tags tags = {0};
    char *reason_given = NULL;
    int also = 0;
    int json = 0;
    const struct poptOption table[] = {
        TAGS_ROWS,
        {"also", '\0', POPT_ARG_NONE, &also, 0,
         N_("--case adds to the cases that the recording serves already"), NULL},
        {"reason", '\0', POPT_ARG_STRING, &reason_given, 0,
         N_("why; needed where a value is replaced"), N_("TEXT")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table, N_("RECORDING… --place TEXT … --reason TEXT"), 1,
                     SIZE_MAX, given_tags_take, &tags, &status);
    AUTO(free) char *reason = reason_given;
    if (!go_on)
        return status;
    size_t given = 0;
    for (size_t i = 0; i < CATALOG_FIELDS; i++)
        given += tags.values[i].count;
    if (given == 0)
        return say_wrong_use(argv[0], "%s", _("nothing to set: name at least one tag"));
    return run(context, &options, &tags, also != 0, reason, json != 0);
}
