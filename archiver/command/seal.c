#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/bar.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/seals.h"
#include "command/trust.h"
#include "pack/pack.h"
#include "vault/vault.h"

#include "base/banned.h"

static void print_sealed(const char *case_number, const struct pack_sealed *sealed, bool json)
{
    if (json) {
        json_t *line = json_pack(
            "{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "case", case_number, "archive", sealed->path,
            "sha256", say_json_digest(sealed->digests.sha256), "sm3",
            say_json_digest(sealed->digests.sm3), "recordings", json_u64(sealed->recordings),
            "bytes", json_u64(sealed->bytes), "seal", seals_to_json(&sealed->seal));
        if (line != NULL && !sealed->already &&
            (json_object_set_new(line, "witnesses", json_u64(sealed->witnesses)) < 0 ||
             json_object_set_new(line, "timestamps", json_u64(sealed->timestamps)) < 0)) {
            json_decref(line);
            line = NULL;
        }
        if (line != NULL && sealed->already)
            (void)json_object_set_new(line, "already", json_true());
        say_json(line);
        return;
    }
    char size[32];
    char sha256[65];
    char sm3[65];
    say_size(sealed->bytes, size);
    bytes_to_hex(sealed->digests.sha256, 32, sha256);
    bytes_to_hex(sealed->digests.sm3, 32, sm3);
    printf("%s", sealed->already ? _("nothing new to seal: ") : _("sealed: "));
    say_shown(case_number);
    printf(ngettext(", volume %u: %llu recording, %s\n", ", volume %u: %llu recordings, %s\n",
                    sealed->recordings),
           sealed->volume, (unsigned long long)sealed->recordings, size);
    printf("  %s\n  SHA-256  %s\n  SM3      %s\n", sealed->path, sha256, sm3);
    seals_print(&sealed->seal, "  ");
    if (sealed->already)
        return;
    printf(ngettext("  its checkpoint is cosigned by %u witness",
                    "  its checkpoint is cosigned by %u witnesses", sealed->witnesses),
           sealed->witnesses);
    printf("%s\n", sealed->timestamps > 0 ? _(", with a timestamp") : _(", without a timestamp"));
}

/* What is to be sealed. */
struct wanted {
    const char *case_number; /* NULL: what belongs to none, of the month */
    const char *month, *team;
};

static int seal_one(struct vault *vault, const struct wanted *wanted, const char *actor, bool json)
{
    struct bar bar;
    struct err err;
    struct pack_sealed sealed;
    bar_start(&bar, !json);
    int result = wanted->case_number != NULL
                     ? pack_seal(vault, wanted->case_number, actor, 0, &bar.progress, &sealed, &err)
                     : pack_seal_unassigned(vault, wanted->month, wanted->team, actor,
                                            &bar.progress, &sealed, &err);
    bar_clear(&bar);
    if (result == 0) {
        print_sealed(wanted->case_number != NULL ? wanted->case_number : wanted->month, &sealed,
                     json);
        (void)fflush(stdout);
        return EXIT_SOUND;
    }
    int failed = say_error(&err);
    /* a recording is not what was accepted: a finding */
    return err.kind == ERR_DAMAGED ? EXIT_FOUND : failed;
}

int command_seal(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    int unassigned = 0;
    char *month_given = NULL;
    char *team_given = NULL;
    const struct poptOption table[] = {
        {"unassigned", '\0', POPT_ARG_NONE, &unassigned, 0,
         N_("what belongs to no case, instead of cases"), NULL},
        {"month", '\0', POPT_ARG_STRING, &month_given, 0, N_("captured in this month"),
         N_("YYYY-MM")},
        {"team", '\0', POPT_ARG_STRING, &team_given, 0, N_("by collectors of this team"),
         N_("TEXT")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per volume"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table,
                              N_("CASE… | --unassigned --month YYYY-MM [--team TEXT]"), 0, SIZE_MAX,
                              NULL, NULL, &status);
    AUTO(free) char *month = month_given;
    AUTO(free) char *team = team_given;
    if (!go_on)
        return status;
    if (unassigned != 0 ? month == NULL || options.count > 0
                        : month != NULL || team != NULL || options.count == 0)
        return say_wrong_use(argv[0], "%s",
                             _("either cases, or --unassigned with --month, are to be named"));
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    status = trust_catalog(vault);
    if (status != EXIT_SOUND)
        return status;
    char actor[128];
    vault_actor(actor);
    if (unassigned != 0)
        return seal_one(vault, &(struct wanted){.month = month, .team = team}, actor, json != 0);
    for (size_t i = 0; i < options.count; i++) {
        const struct wanted wanted = {.case_number = options.words[i]};
        int failed = seal_one(vault, &wanted, actor, json != 0);
        status = failed > status ? failed : status;
    }
    return status;
}
