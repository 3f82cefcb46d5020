#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/bar.h"
#include "command/command.h"
#include "command/found.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/signers.h"
#include "custody/key.h"
#include "vault/vault.h"

#include "base/banned.h"

struct verification {
    bool json;
    struct bar bar;
    struct audit_options audit;
    struct audit_report total;
    const char *target; /* that is being verified, as it was given */
    struct signers signers;
};

static void found(void *context, const struct audit_finding *finding)
{
    struct verification *verification = context;
    bar_clear(&verification->bar);
    found_print(finding, verification->json);
}

static void signed_by(void *context, const char *key_id)
{
    struct verification *verification = context;
    signers_note(&verification->signers, verification->target, key_id);
}

static bool is_vault(const char *path)
{
    char settings[4096];
    int len = snprintf(settings, sizeof settings, "%s/shilu.conf", path);
    return len > 0 && (size_t)len < sizeof settings && access(settings, F_OK) == 0;
}

static int verify_vault(const char *path, struct verification *verification,
                        struct audit_report *report, struct err *err)
{
    AUTO(vault_free) struct vault *vault = NULL;
    return vault_open(path, VAULT_AUDIT, &vault, err) < 0
               ? -1
               : audit_vault(vault, &verification->audit, report, err);
}

static int load_key(const char *path, struct key **key, struct err *err)
{
    AUTO(close) int fd = file_open_regular(AT_FDCWD, path, err);
    AUTO(free) char *pem = NULL;
    size_t len;
    if (fd < 0 || file_read_all(fd, path, KEY_PEM_MAX, &pem, &len, err) < 0)
        return -1;
    return key_from_public_pem((struct bytes){(const uint8_t *)pem, len}, path, key, err);
}

/* A carrier by itself: where a vault is at hand and no other key is asked for, its signatures must
 * be of that vault's key. */
static int verify_path(const struct command_context *context, const char *path,
                       struct verification *verification, struct audit_report *report,
                       struct err *err)
{
    AUTO(key_free) struct key *key = NULL;
    struct audit_options options = verification->audit;
    if (options.key == NULL && context->vault != NULL && context->vault[0] != '\0') {
        char public_key[4096];
        int len = snprintf(public_key, sizeof public_key, "%s/keys/public.pem", context->vault);
        if (len < 0 || (size_t)len >= sizeof public_key)
            return err_set(err, ERR_USAGE, context->vault, "%s", _("the path is too long"));
        if (load_key(public_key, &key, err) < 0)
            return err_wrap(err, "%s", _("the key of the vault that is named"));
        options.key = key;
        options.key_is_vaults = true;
    }
    return audit_path(path, &options, report, err);
}

/* A case's number is anything; where it is none in the vault, a file may have been meant. */
static int verify_case(struct vault *vault, const char *name, struct verification *verification,
                       struct audit_report *report, struct err *err)
{
    bool there;
    struct catalog_err from;
    if (catalog_case_find(vault_catalog(vault), name, &there, &from) < 0)
        return err_from_catalog(err, &from);
    return there ? audit_case(vault, name, &verification->audit, report, err)
                 : err_set(err, ERR_MISSING, name, "%s",
                           _("no such file or folder, and no case of that number in the vault"));
}

/* "R12", "A3" or a case number of the vault. */
static int verify_named(const struct command_context *context, const char *name,
                        struct verification *verification, struct audit_report *report,
                        struct err *err)
{
    int64_t number;
    AUTO(vault_free) struct vault *vault = NULL;
    if (context->vault == NULL)
        return err_set(err, ERR_MISSING, name, "%s",
                       _("no such file or folder (and no vault is named to look it up in)"));
    if (open_vault(context, VAULT_READ, &vault, err) < 0)
        return -1;
    if (say_parse_id(name, 'R', &number))
        return audit_recording(vault, number, &verification->audit, report, err);
    if (say_parse_id(name, 'A', &number))
        return audit_archive(vault, number, &verification->audit, report, err);
    return verify_case(vault, name, verification, report, err);
}

static int verify_one(const struct command_context *context, const char *name,
                      struct verification *verification, struct err *err)
{
    struct audit_report report = {0};
    int result;
    verification->target = name;
    if (access(name, F_OK) != 0 && errno == ENOENT)
        result = verify_named(context, name, verification, &report, err);
    else if (is_vault(name))
        result = verify_vault(name, verification, &report, err);
    else
        result = verify_path(context, name, verification, &report, err);
    verification->total.checked += report.checked;
    verification->total.bytes += report.bytes;
    verification->total.findings += report.findings;
    return result;
}

static const char *level_name(enum audit_level level)
{
    static const char *const names[] = {"all", "sizes", "listed"};
    return names[level];
}

static void print_report(const struct verification *verification, bool complete)
{
    const struct audit_report *total = &verification->total;
    bool sound = complete && total->findings == 0;
    if (verification->json) {
        say_json(json_pack(
            "{s:o, s:o, s:o, s:b, s:s, s:s?, s:o}", "checked", json_u64(total->checked), "bytes",
            json_u64(total->bytes), "findings", json_u64(total->findings), "sound", sound, "level",
            level_name(verification->audit.level), "signer", signers_single(&verification->signers),
            "signers", signers_to_json(&verification->signers)));
        return;
    }
    static const char *const levels[] = {
        [AUDIT_ALL] = N_("every byte read, both digests"),
        [AUDIT_SIZES] = N_("lengths and signatures only, contents not read"),
        [AUDIT_LISTED] = N_("presence and signatures only, contents not read"),
    };
    char size[32];
    say_size(total->bytes, size);
    printf(_("%llu checked, %s read (%s)\n"), (unsigned long long)total->checked, size,
           _(levels[verification->audit.level]));
    signers_print(&verification->signers);
    found_conclude(total->findings, complete);
}

int command_verify(const struct command_context *context, int argc, const char **argv)
{
    char *key_given = NULL;
    int listed = 0;
    int sizes = 0;
    int json = 0;
    const struct poptOption table[] = {
        {"listed", '\0', POPT_ARG_NONE, &listed, 0,
         N_("only whether everything is there; contents are not read"), NULL},
        {"sizes", '\0', POPT_ARG_NONE, &sizes, 0, N_("presence and lengths; contents are not read"),
         NULL},
        {"key", '\0', POPT_ARG_STRING, &key_given, 0,
         N_("the public key that signatures must be of"), N_("PEM")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per finding"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table,
                              N_("[VAULT | CASE | R12 | A3 | ARCHIVE | IMAGE | FOLDER]…"), 0,
                              SIZE_MAX, NULL, NULL, &status);
    AUTO(free) char *key_path = key_given;
    if (!go_on)
        return status;
    const char *const own_vault[] = {context->vault};
    const char *const *names = options.count > 0 ? options.words : own_vault;
    size_t count = options.count > 0 ? options.count : 1;
    if (names[0] == NULL)
        return say_wrong_use(argv[0], "%s", _("what is to be verified?"));
    if (listed && sizes)
        return say_wrong_use(argv[0], "%s", _("--listed and --sizes together: give one of them"));

    struct err err;
    AUTO(key_free) struct key *key = NULL;
    if (key_path != NULL && load_key(key_path, &key, &err) < 0)
        return say_error(&err);
    struct verification verification = {.json = json != 0};
    bar_start(&verification.bar, json == 0);
    verification.audit = (struct audit_options){
        .level = listed  ? AUDIT_LISTED
                 : sizes ? AUDIT_SIZES
                         : AUDIT_ALL,
        .key = key,
        .found = found,
        .signed_by = signed_by,
        .context = &verification,
        .progress = &verification.bar.progress,
    };
    status = EXIT_SOUND;
    for (size_t i = 0; i < count; i++)
        if (verify_one(context, names[i], &verification, &err) < 0) {
            bar_clear(&verification.bar);
            status = say_error(&err);
        }
    bar_clear(&verification.bar);
    print_report(&verification, status == EXIT_SOUND);
    signers_release(&verification.signers);
    return status != EXIT_SOUND              ? status
           : verification.total.findings > 0 ? EXIT_FOUND
                                             : EXIT_SOUND;
}
