#include <stdio.h>

#include "acts/acts.h"
#include "audit/audit.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/found.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/tell.h"

#include "base/banned.h"

/* The options of both verbs. */
static bool read_json(int argc, const char **argv, const char *verb, int *json, int *status)
{
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, json, 0, N_("print JSON, a line per finding"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    return options_read(&options, argc, argv, table, verb, 0, 0, NULL, NULL, status);
}

/* ---- check ---- */

static void found(void *context, const struct audit_finding *finding)
{
    found_print(finding, *(const int *)context != 0);
}

static int catalog_verb_check(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    int status;
    struct err err;
    struct audit_report report;
    const struct audit_options options = {.found = found, .context = &json};
    AUTO(vault_free) struct vault *vault = NULL;
    if (!read_json(argc, argv, N_("check"), &json, &status))
        return status;
    if (open_vault(context, VAULT_AUDIT, &vault, &err) < 0 ||
        audit_catalog(vault, &options, &report, &err) < 0)
        return say_error(&err);
    if (json)
        say_json(json_pack("{s:o, s:o, s:b}", "checked", json_u64(report.checked), "findings",
                           json_u64(report.findings), "sound", report.findings == 0));
    else
        found_conclude(report.findings, true);
    return report.findings > 0 ? EXIT_FOUND : EXIT_SOUND;
}

/* ---- rebuild ---- */

struct rebuilding {
    int json;
    uint64_t findings;
};

static void entry_failed(void *context, uint64_t seq, const struct err *why)
{
    struct rebuilding *rebuilding = context;
    rebuilding->findings++;
    if (rebuilding->json) {
        say_json(json_pack("{s:o, s:s}", "entry", json_u64(seq), "detail", why->text));
        return;
    }
    printf(_("entry %llu: "), (unsigned long long)seq);
    say_shown(why->text);
    (void)putchar('\n');
}

static void sidecar_stale(void *context, const struct catalog_recording *recording)
{
    struct rebuilding *rebuilding = context;
    char id[32];
    (void)snprintf(id, sizeof id, "R%lld", (long long)recording->number);
    rebuilding->findings++;
    if (rebuilding->json)
        say_json(json_pack("{s:s, s:s}", "recording", id, "detail",
                           _("its sidecar is not what the log tells")));
    else
        printf(_("%s: its sidecar is not what the log tells; the next command that writes makes "
                 "it anew\n"),
               id);
}

/* What was there is gone from use: that is told, with what its file is called now. */
static void rebuilt_log(const char *path, const struct acts_rebuilt *rebuilt,
                        const struct rebuilding *rebuilding)
{
    struct err err;
    struct acts_told told = {
        .action = CUSTODY_CATALOG_REBUILT,
        .detail = json_pack("{s:o, s:o, s:s}", "entries", json_u64(rebuilt->entries), "findings",
                            json_u64(rebuilding->findings), "kept", rebuilt->kept)};
    if (tell_vault(path, &told, 1, &err) < 0)
        say_note(_("the rebuild is not in the custody log: %s"), err.text);
    acts_told_release(&told, 1);
}

static void rebuilt_tell(const struct acts_rebuilt *rebuilt, const struct rebuilding *rebuilding)
{
    if (rebuilding->json) {
        say_json(json_pack("{s:o, s:o, s:s?, s:o}", "entries", json_u64(rebuilt->entries),
                           "recordings", json_u64(rebuilt->recordings), "kept",
                           rebuilt->kept[0] != '\0' ? rebuilt->kept : NULL, "findings",
                           json_u64(rebuilding->findings)));
        return;
    }
    printf(_("The catalog is made anew: %llu recordings, from %llu entries of the log.\n"),
           (unsigned long long)rebuilt->recordings, (unsigned long long)rebuilt->entries);
    if (rebuilt->kept[0] != '\0')
        printf(_("The old one is kept as %s.\n"), rebuilt->kept);
    printf(_("Passwords are not in the log: give each account a new one.\n"));
}

static int catalog_verb_rebuild(const struct command_context *context, int argc, const char **argv)
{
    struct rebuilding rebuilding = {.findings = 0};
    struct acts_rebuilt rebuilt = {.entries = 0};
    int status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (!read_json(argc, argv, N_("rebuild"), &rebuilding.json, &status))
        return status;
    if (open_vault(context, VAULT_AUDIT, &vault, &err) < 0 ||
        acts_rebuild(vault, entry_failed, sidecar_stale, &rebuilding, &rebuilt, &err) < 0)
        return say_error(&err);
    vault_free(vault);
    vault = NULL;
    rebuilt_log(context->vault, &rebuilt, &rebuilding);
    rebuilt_tell(&rebuilt, &rebuilding);
    return rebuilding.findings > 0 ? EXIT_FOUND : EXIT_SOUND;
}

int command_catalog(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {{"check", catalog_verb_check},
                                                 {"rebuild", catalog_verb_rebuild}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
