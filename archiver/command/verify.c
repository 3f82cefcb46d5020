#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/bar.h"
#include "command/choice.h"
#include "command/command.h"
#include "command/found.h"
#include "command/open.h"
#include "command/options.h"
#include "command/receipt_told.h"
#include "command/say.h"
#include "command/seals.h"
#include "command/signers.h"
#include "command/verified.h"
#include "command/witnesses.h"
#include "custody/key.h"
#include "custody/receipt.h"
#include "vault/vault.h"

#include "base/banned.h"

struct verification {
    bool json;
    struct bar bar;
    struct audit_options audit;
    struct audit_report total;
    const char *target; /* that is being verified, as it was given */
    const struct choice *choice;
    uint64_t left; /* items that time did not suffice for */
    bool unkept;   /* the next --since would begin anew */
    struct verified verified;
    struct signers signers;
    json_t *receipts; /* what they tell, for the sum in JSON */
    json_t *seals;    /* the same of their targets' seal values */
    size_t seal_count;
    struct seal_value seal; /* the last one */
};

static void found(void *context, const struct audit_finding *finding)
{
    struct verification *verification = context;
    bar_clear(&verification->bar);
    found_print(finding, verification->json);
}

static void signed_by(void *context, const struct custody_signer *signer)
{
    struct verification *verification = context;
    signers_note(&verification->signers, verification->target, signer);
}

static void sealed(void *context, const struct seal_value *seal)
{
    struct verification *verification = context;
    verification->seal = *seal;
    verification->seal_count++;
    if (!verification->json) {
        bar_clear(&verification->bar);
        say_shown(verification->target);
        (void)putchar('\n');
        seals_print(seal, "  ");
        return;
    }
    json_t *one = seals_to_json(seal);
    if (one != NULL)
        (void)json_object_set_new(one, "target", json_string(verification->target));
    verification->seals = json_append(verification->seals, one);
}

static void receipt_told(void *context, const struct audit_receipt *told)
{
    struct verification *verification = context;
    bar_clear(&verification->bar);
    if (verification->json)
        verification->receipts = json_append(verification->receipts, receipt_told_to_json(told));
    else
        receipt_told_print(told);
}

static bool is_vault(const char *path)
{
    char settings[4096];
    int len = snprintf(settings, sizeof settings, "%s/shilu.conf", path);
    return len > 0 && (size_t)len < sizeof settings && access(settings, F_OK) == 0;
}

static void was_right(void *context, enum catalog_read_kind kind, int64_t number)
{
    struct verification *verification = context;
    verified_add(&verification->verified, kind, number);
}

static int verify_vault(const char *path, struct verification *verification,
                        struct audit_report *report, struct err *err)
{
    AUTO(vault_free) struct vault *vault = NULL;
    struct audit_choice *choice = &verification->audit.choice;
    uint64_t seed_size = 0;
    if (vault_open(path, VAULT_AUDIT, &vault, err) < 0)
        return -1;
    if (choice->pick == AUDIT_SAMPLE && vault_catalog(vault) != NULL &&
        audit_seed(vault, choice_seed_day_us(verification->choice), choice->seed, &seed_size, err) <
            0)
        return -1;
    if (audit_vault(vault, &verification->audit, report, err) < 0)
        return -1;
    verification->left += report->left;
    bar_clear(&verification->bar);
    const bool logged = verified_log(path, "", choice_name(&verification->audit),
                                     &verification->verified, choice, seed_size, report);
    verified_release(&verification->verified);
    verification->unkept = verification->unkept || (choice->pick == AUDIT_UNREAD && !logged);
    return 0;
}

/* The keys before the one that was given: of the folder that was, or of the vault at hand. */
static int load_chain(const struct command_context *context, const char *folder,
                      const struct audit_options *audit, struct custody_chain *chain,
                      struct err *err)
{
    char id[KEY_ID_TEXT];
    if (audit->key != NULL)
        key_id(audit->key, id);
    else
        (void)snprintf(id, sizeof id, "%s", audit->key_id);
    if (folder != NULL)
        return vault_chain_read(folder, id, chain, err);
    return context->vault == NULL || context->vault[0] == '\0'
               ? 0
               : vault_chain_load(context->vault, id, chain, err);
}

/* A carrier by itself: where a vault is at hand and no other key is asked for, its signatures must
 * be of that vault's key. */
static int verify_path(const struct command_context *context, const char *path,
                       struct verification *verification, struct audit_report *report,
                       struct err *err)
{
    AUTO(key_free) struct key *key = NULL;
    AUTO(custody_chain_release) struct custody_chain chain = {.links = NULL};
    AUTO(vault_free) struct vault *vault = NULL;
    struct audit_options options = verification->audit;
    options.sealed = sealed;
    if (context->vault != NULL && context->vault[0] != '\0' && audit_is_receipt(path)) {
        if (open_vault(context, VAULT_AUDIT, &vault, err) < 0)
            return -1;
        options.vault = vault;
    }
    if (options.key == NULL && options.key_id == NULL && context->vault != NULL &&
        context->vault[0] != '\0') {
        char public_key[4096];
        int len = snprintf(public_key, sizeof public_key, "%s/keys/public.pem", context->vault);
        if (len < 0 || (size_t)len >= sizeof public_key)
            return err_set(err, ERR_USAGE, context->vault, "%s", _("the path is too long"));
        if (open_public_key(public_key, &key, err) < 0)
            return err_wrap(err, "%s", _("the key of the vault that is named"));
        options.key = key;
        if (load_chain(context, NULL, &options, &chain, err) < 0)
            return err_wrap(err, "%s", _("the key of the vault that is named"));
        options.chain = &chain;
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
static int verify_part(struct vault *vault, const char *name, struct verification *verification,
                       struct audit_report *report, struct err *err)
{
    int64_t number;
    if (say_parse_id(name, 'R', &number))
        return audit_recording(vault, number, &verification->audit, report, err);
    if (say_parse_id(name, 'A', &number)) {
        struct audit_options options = verification->audit;
        options.sealed = sealed;
        return audit_archive(vault, number, &options, report, err);
    }
    return verify_case(vault, name, verification, report, err);
}

static int verify_named(const struct command_context *context, const char *name,
                        struct verification *verification, struct audit_report *report,
                        struct err *err)
{
    AUTO(vault_free) struct vault *vault = NULL;
    if (context->vault == NULL)
        return err_set(err, ERR_MISSING, name, "%s",
                       _("no such file or folder (and no vault is named to look it up in)"));
    if (verification->audit.choice.pick != AUDIT_EVERY)
        return err_set(err, ERR_USAGE, name, "%s",
                       _("--quick, --since and --budget are for vaults"));
    if (open_vault(context, VAULT_READ, &vault, err) < 0 ||
        verify_part(vault, name, verification, report, err) < 0)
        return -1;
    bar_clear(&verification->bar);
    (void)verified_log(context->vault, name, choice_name(&verification->audit),
                       &verification->verified, &verification->audit.choice, 0, report);
    return 0;
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

static void print_report(const struct verification *verification, bool complete)
{
    const struct audit_report *total = &verification->total;
    bool sound = complete && total->findings == 0;
    if (verification->json) {
        json_t *line = json_pack(
            "{s:o, s:o, s:o, s:b, s:s, s:o, s:s?, s:o, s:O, s:O}", "checked",
            json_u64(total->checked), "bytes", json_u64(total->bytes), "findings",
            json_u64(total->findings), "sound", sound, "level", choice_name(&verification->audit),
            "left", json_u64(verification->left), "signer", signers_single(&verification->signers),
            "signers", signers_to_json(&verification->signers), "seals", verification->seals,
            "receipts", verification->receipts);
        if (line != NULL && verification->seal_count == 1)
            (void)json_object_set_new(line, "seal", seals_to_json(&verification->seal));
        say_json(line);
        return;
    }
    char size[32];
    say_size(total->bytes, size);
    printf(_("%llu checked, %s read (%s)\n"), (unsigned long long)total->checked, size,
           choice_name_shown(choice_name(&verification->audit)));
    if (verification->left > 0)
        printf(ngettext("%llu recording or archive is left for the next time.\n",
                        "%llu recordings and archives are left for the next time.\n",
                        verification->left),
               (unsigned long long)verification->left);
    signers_print(&verification->signers);
    found_conclude(total->findings, complete);
}

/* Whether the one thing that was verified has the seal value that was given. */
static int compare_seal(struct verification *verification, const struct seal_given *wanted)
{
    struct audit_finding finding = {.kind = AUDIT_SEAL, .target = verification->target};
    if (verification->seal_count == 1 && seal_given_is(wanted, &verification->seal))
        return EXIT_SOUND;
    if (verification->seal_count == 1)
        finding.detail = _("its seal value is not the one that was given");
    else if (verification->total.findings > 0)
        finding.detail = _("it has no seal value that could be read");
    else
        return say_wrong_use("verify",
                             _("%s has no seal value of its own: name an archive, an "
                               "image or a receipt"),
                             verification->target);
    verification->total.findings++;
    found(verification, &finding);
    return EXIT_SOUND;
}

enum { WITNESS = 1 };

static bool take_witness(void *context, int option, char *argument)
{
    (void)option; /* the only one */
    return witnesses_add(context, "verify", argument);
}

int command_verify(const struct command_context *context, int argc, const char **argv)
{
    char *key_given = NULL;
    char *keys_given = NULL;
    char *seal_given = NULL;
    int json = 0;
    AUTO(choice_release) struct choice choice = {.listed = 0};
    AUTO(witnesses_release) struct witnesses witnesses = {.count = 0};
    const struct poptOption table[] = {
        CHOICE_ROWS(choice),
        {"key", '\0', POPT_ARG_STRING, &key_given, 0,
         N_("the public key that signatures must be of, or its id"), N_("FILE|ID")},
        {"keys", '\0', POPT_ARG_STRING, &keys_given, 0,
         N_("with --key: statements of the keys before it, as in the vault's keys/retired; what "
            "these keys signed counts too"),
         N_("FOLDER")},
        {"witness", '\0', POPT_ARG_STRING, NULL, WITNESS,
         N_("the key of a witness whose cosignatures of receipts count; default: those in the "
            "vault's settings"),
         N_("NAME+HASH+KEY")},
        {"seal", '\0', POPT_ARG_STRING, &seal_given, 0,
         N_("the seal value that the one thing given must have, in full or short"), N_("VALUE")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per finding"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table,
                              N_("[VAULT | CASE | R12 | A3 | ARCHIVE | IMAGE | FOLDER | RECEIPT]…"),
                              0, SIZE_MAX, take_witness, &witnesses, &status);
    AUTO(free) char *key_path = key_given;
    AUTO(free) char *keys_path = keys_given;
    AUTO(free) char *seal_text = seal_given;
    if (!go_on)
        return status;
    const char *const own_vault[] = {context->vault};
    const char *const *names = options.count > 0 ? options.words : own_vault;
    size_t count = options.count > 0 ? options.count : 1;
    if (names[0] == NULL)
        return say_wrong_use(argv[0], "%s", _("what is to be verified?"));

    struct audit_options audit = {.level = AUDIT_ALL};
    status = choice_read(&choice, &audit);
    if (status != EXIT_SOUND)
        return status;
    struct err err;
    struct seal_given wanted_seal;
    if (seal_text != NULL && count != 1)
        return say_wrong_use(argv[0], "%s", _("--seal is for one thing at a time"));
    if (seal_text != NULL && seal_given_parse(bytes_of(seal_text), &wanted_seal, &err) < 0)
        return say_error(&err);
    AUTO(key_free) struct key *key = NULL;
    char key_id[KEY_ID_TEXT];
    const bool by_id = key_path != NULL && key_id_parse(key_path, key_id);
    if (key_path != NULL && !by_id && open_public_key(key_path, &key, &err) < 0)
        return say_error(&err);
    audit.key = key;
    audit.key_id = by_id ? key_id : NULL;
    AUTO(custody_chain_release) struct custody_chain chain = {.links = NULL};
    if (keys_path != NULL && key_path == NULL)
        return say_wrong_use(argv[0], "%s", _("--keys goes with --key"));
    if (key_path != NULL && load_chain(context, keys_path, &audit, &chain, &err) < 0)
        return say_error(&err);
    audit.chain = key_path != NULL ? &chain : NULL;
    struct verification verification = {
        .json = json != 0, .choice = &choice, .seals = json_array(), .receipts = json_array()};
    bar_start(&verification.bar, json == 0);
    audit.witnesses = witnesses.at;
    audit.witness_count = witnesses.count;
    audit.found = found;
    audit.receipt = receipt_told;
    audit.signed_by = signed_by;
    audit.was_right = was_right;
    audit.context = &verification;
    audit.progress = &verification.bar.progress;
    verification.audit = audit;
    for (size_t i = 0; i < count; i++)
        if (verify_one(context, names[i], &verification, &err) < 0) {
            bar_clear(&verification.bar);
            status = say_error(&err);
        }
    bar_clear(&verification.bar);
    if (seal_text != NULL && status == EXIT_SOUND)
        status = compare_seal(&verification, &wanted_seal);
    print_report(&verification, status == EXIT_SOUND);
    signers_release(&verification.signers);
    json_decref(verification.seals);
    json_decref(verification.receipts);
    return status != EXIT_SOUND              ? status
           : verification.total.findings > 0 ? EXIT_FOUND
           : verification.unkept             ? EXIT_NOT_DONE
                                             : EXIT_SOUND;
}
