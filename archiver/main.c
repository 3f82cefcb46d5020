/* The table of subcommands, nothing else. */
#include <popt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/i18n.h"
#include "catalog/catalog.h"
#include "command/command.h"
#include "command/passphrase.h"
#include "command/say.h"
#include "digest/digest.h"
#include "vault/vault.h"

#include "base/banned.h"

static const struct command commands[] = {
    {"init", command_init, N_("make a new vault")},
    {"ingest", command_ingest, N_("accept files or whole folders as evidence")},
    {"probe", command_probe, N_("tell what a media file says about itself")},
    {"tag", command_tag, N_("set or correct a recording's tags")},
    {"attach", command_attach,
     N_("add a written record, a note or a companion file to a recording")},
    {"search", command_search, N_("find recordings")},
    {"show", command_show, N_("show all about one recording, case, archive or disc")},
    {"case", command_case, N_("the register of cases: add, list, show, close")},
    {"collector", command_collector, N_("the register of officers and auxiliaries: set, list")},
    {"device", command_device, N_("the register of devices: set, list")},
    {"seal", command_seal, N_("pack a case's recordings into a signed archive")},
    {"list", command_list, N_("list what is in an archive")},
    {"extract", command_extract, N_("take recordings out of an archive, digests checked")},
    {"cat", command_cat, N_("write one recording of an archive to the output")},
    {"verify", command_verify,
     N_("verify a vault, case, recording, archive, disc image, folder or receipt")},
    {"receipt", command_receipt, N_("give the signed receipt for a recording")},
    {"log", command_log, N_("the custody log: show, checkpoint, export, verify")},
    {"backup", command_backup, N_("copy catalog, log and public keys to another disk")},
    {"status", command_status, N_("how the vault stands, and what was last read back when")},
    {"catalog", command_catalog, N_("the catalog: check, rebuild from the custody log")},
    {"key", command_key, N_("the signing key: show, export, passphrase, rotate, replace")},
    {"disc", command_disc, N_("disc images: image, list")},
    {"hold", command_hold, N_("bars on disposal: set, lift, list")},
    {"retention", command_retention, N_("how long recordings are kept: list, preview, confirm")},
    {"dispose", command_dispose, N_("disposal by two persons: request, approve, withdraw, list")},
    {"user", command_user, N_("accounts and their duties: add, list, role, passwd, …")},
};

static void print_help(void)
{
    printf(_("Usage: shilu [-C VAULT] COMMAND …\n"
             "Keeps audio and video evidence so that not one byte changes unseen.\n\n"));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-10s %s\n", commands[i].name, _(commands[i].summary));
    printf(_("\n  -C VAULT   the vault to work on; else the one named in SHILU_VAULT\n"
             "  --version  print the version\n\n"
             "`shilu COMMAND --help` tells what a command takes. Exit status: 0 done and sound,\n"
             "1 something was found wrong, 2 wrong use, 3 could not be done.\n"));
}

static int run(const struct command_context *context, int argc, const char **argv)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[0], commands[i].name) == 0)
            return commands[i].run(context, argc, argv);
    say_note(_("no such command: %s (see: shilu --help)"), argv[0]);
    return EXIT_WRONG_USE;
}

int main(int argc, char **argv)
{
    i18n_start();
    catalog_translate(gettext);
    vault_passphrase_from(passphrase_ask);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that leaves is an error of writing, not our end */

    struct command_context context = {
        .vault = getenv("SHILU_VAULT"), // NOLINT(concurrency-mt-unsafe): before any thread
    };
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
            print_help();
            return say_finish() ? EXIT_SOUND : EXIT_NOT_DONE;
        }
        if (strcmp(argv[at], "--version") == 0) {
            printf("shilu %s\n", SHILU_VERSION);
            return say_finish() ? EXIT_SOUND : EXIT_NOT_DONE;
        }
        if (strcmp(argv[at], "-C") == 0 && at + 1 < argc) {
            context.vault = argv[++at];
            continue;
        }
        if (strcmp(argv[at], "-C") == 0)
            say_note("%s", _("-C needs the path of a vault (see: shilu --help)"));
        else
            say_note(_("unknown option: %s (see: shilu --help)"), argv[at]);
        return EXIT_WRONG_USE;
    }
    if (at >= argc) {
        say_note("%s", _("a command is missing (see: shilu --help)"));
        return EXIT_WRONG_USE;
    }
    AUTO(free) const char **words = calloc((size_t)(argc - at) + 1, sizeof *words);
    if (words == NULL || !digest_start()) {
        say_note("%s", _("out of memory"));
        return EXIT_NOT_DONE;
    }
    for (int i = at; i < argc; i++)
        words[i - at] = argv[i];
    int status = run(&context, argc - at, words);
    return say_finish() ? status : EXIT_NOT_DONE;
}
