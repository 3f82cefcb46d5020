#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "backing/backing.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/log.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/signers.h"
#include "command/witnesses.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/vault.h"

#include "base/banned.h"

struct verifying {
    bool json;
    bool is_others; /* the key is not the one that was asked for */
    struct words older;
    struct witnesses witnesses; /* given for a copied log */
    char *ca_path;              /* the same of a timestamp authority */
};

static void verifying_release_at(struct verifying *verifying)
{
    words_release(&verifying->older);
    free(verifying->ca_path);
    witnesses_release(&verifying->witnesses);
}

static void tell(void *context, const struct custody_finding *finding)
{
    const struct verifying *verifying = context;
    if (verifying->json) {
        say_json(json_pack("{s:s, s:o, s:o, s:s}", "target", finding->path, "first",
                           json_u64(finding->first), "count", json_u64(finding->count), "detail",
                           finding->detail));
        return;
    }
    say_shown(finding->path);
    printf(": ");
    say_shown(finding->detail);
    if (finding->count > 0)
        printf(_(" (entries %llu to %llu)"), (unsigned long long)finding->first,
               (unsigned long long)(finding->first + finding->count - 1));
    (void)putchar('\n');
}

/* What is held against the log, a file at a time. */
struct comparing {
    struct custody_log *log;
    const struct key *key;
    struct verifying *verifying;
    int status;
};

/* An older checkpoint whose signature is not that of the key in use. */
static void tell_signer(const char *object, const struct custody_signer *signer,
                        const struct verifying *verifying)
{
    if (!signer->is_earlier)
        return;
    if (verifying->json) {
        say_json(json_pack("{s:s, s:s, s:b, s:b}", "against", object, "key", signer->key_id,
                           "earlier", 1, "vouched", signer->is_vouched));
        return;
    }
    say_shown(object);
    printf(": ");
    printf(_("signed by key %s\n"), signer->key_id);
    signers_print_standing(signer);
}

/* Whether the log still begins with what an older checkpoint of it signed. -1: it could not look.
 */
static int compare(void *context, const char *object, struct bytes checkpoint, struct err *err)
{
    struct comparing *comparing = context;
    struct custody_head old;
    struct custody_signer signer;
    if (custody_log_extends(comparing->log, checkpoint, comparing->key, object, &old, &signer,
                            err) == 0) {
        tell_signer(object, &signer, comparing->verifying);
        return 0;
    }
    if (err->kind != ERR_DAMAGED && err->kind != ERR_MISSING)
        return -1;
    tell(comparing->verifying, &(struct custody_finding){.path = object, .detail = err->text});
    comparing->status = EXIT_FOUND;
    return 0;
}

/* The exit status, or -1. */
static int check_against(const struct log_source *source, const struct words *older,
                         struct verifying *verifying, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (log_source_log(source, &log, err) < 0)
        return -1;
    struct comparing comparing = {
        .log = log, .key = source->key, .verifying = verifying, .status = EXIT_SOUND};
    for (size_t i = 0; i < older->count; i++) {
        if (audit_checkpoints(older->at[i], compare, &comparing, err) == 0)
            continue;
        if (err->kind != ERR_DAMAGED)
            return -1;
        tell(verifying, &(struct custody_finding){.path = older->at[i], .detail = err->text});
        comparing.status = EXIT_FOUND;
    }
    return comparing.status;
}

/* What others said for the log and it has kept. The exit status, or -1. */
static int check_backing(const struct log_source *source, struct verifying *verifying,
                         struct backing *backing, struct err *err)
{
    uint64_t findings;
    char ca[BACKING_PATH];
    AUTO(custody_log_free) struct custody_log *log = NULL;
    struct backing_check check = {.key = source->key,
                                  .known = {.witnesses = verifying->witnesses.at,
                                            .witness_count = verifying->witnesses.count,
                                            .own = source->key,
                                            .ca_path = verifying->ca_path},
                                  .found = tell,
                                  .context = verifying};
    if (source->vault != NULL) {
        backing_known_of(source->vault, ca, &check.known);
        if (check.known.ca_path != NULL && access(check.known.ca_path, R_OK) < 0) {
            say_note(_("%s cannot be read: no timestamp is checked, and none is counted"),
                     check.known.ca_path);
            check.known.ca_path = NULL; /* the log itself does not hang on it */
        }
    }
    if (log_source_log(source, &log, err) < 0 ||
        backing_check(log, &check, backing, &findings, err) < 0)
        return -1;
    return findings == 0 ? EXIT_SOUND : EXIT_FOUND;
}

static void tell_disposal(void *context, uint64_t seq, const char *detail)
{
    struct comparing *comparing = context;
    comparing->status = EXIT_FOUND;
    tell(comparing->verifying,
         &(struct custody_finding){.path = "log", .first = seq, .count = 1, .detail = detail});
}

/* Whether anything was disposed of while the clock ran ahead. The exit status, or -1. */
static int check_clock(const struct log_source *source, struct verifying *verifying,
                       struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    struct comparing comparing = {.verifying = verifying, .status = EXIT_SOUND};
    if (log_source_log(source, &log, err) < 0 ||
        audit_log_clock(log, tell_disposal, &comparing, err) < 0)
        return -1;
    return comparing.status;
}

/* Never silently by nobody. */
static void tell_backing(const struct backing *backing)
{
    char at[INSTANT_TEXT];
    say_time(backing->at_us, at);
    if (backing->witnesses == 0 && backing->timestamps == 0)
        printf("%s\n", _("Nobody else vouches for the log: no cosignature of a known witness, no "
                         "timestamp."));
    if (backing->timestamps > 0)
        printf(_("The first %llu entries have an authority's timestamp of %s.\n"),
               (unsigned long long)backing->size, at);
    if (backing->witnesses == 0)
        return;
    printf(ngettext("The first %llu entries are cosigned by %u witness.\n",
                    "The first %llu entries are cosigned by %u witnesses.\n", backing->witnesses),
           (unsigned long long)backing->size, backing->witnesses);
}

static void tell_end(const struct custody_check *check, const struct backing *backing, bool sound,
                     bool json)
{
    char root[BYTES_BASE64(CUSTODY_HASH)];
    bytes_to_base64((struct bytes){check->head.root, CUSTODY_HASH}, root);
    if (json) {
        say_json(json_pack("{s:o, s:s, s:b, s:{s:o, s:i, s:i}}", "size", json_u64(check->head.size),
                           "root", root, "sound", sound, "backed", "size", json_u64(backing->size),
                           "witnesses", (int)backing->witnesses, "timestamps",
                           (int)backing->timestamps));
        return;
    }
    printf(_("%llu entries, root %s\n"), (unsigned long long)check->head.size, root);
    tell_backing(backing);
    printf("%s\n", sound ? _("SOUND: the log is what was signed.")
                         : _("NOT SOUND: see what was found above."));
}

static void tell_followed(const struct custody_successor *successor, bool json)
{
    char id[KEY_ID_TEXT];
    key_id(successor->last, id);
    if (json)
        say_json(
            json_pack("{s:s, s:o}", "followed_by", id, "changes", json_u64(successor->followed)));
    else
        printf(
            ngettext("The given key was followed by %s, which it signed for.\n",
                     "The given key was followed by others, the last of them %s; each was signed "
                     "for by the one before.\n",
                     successor->followed),
            id);
}

/* A finding of its own beside the missing signature, which it explains. */
static void tell_unsigned(const struct custody_successor *successor, struct verifying *verifying)
{
    char detail[512];
    (void)snprintf(detail, sizeof detail,
                   _("the log says that the key was lost and %s put in its place; the key has not "
                     "signed for it: ask the bureau, by another way, whether that is its key"),
                   successor->unsigned_id);
    tell(verifying, &(struct custody_finding){.path = "checkpoint",
                                              .first = successor->unsigned_entry,
                                              .count = 1,
                                              .detail = detail});
}

static int verify_source(struct log_source *source, const struct words *older,
                         struct verifying *verifying, struct err *err)
{
    struct custody_check check;
    AUTO(custody_successor_release) struct custody_successor successor = {.last = NULL};
    if (log_source_follow(source, &successor, err) < 0 ||
        custody_log_check(source->folder, source->key, NULL, tell, verifying, &check, err) < 0)
        return -1;
    if (successor.last != NULL && check.findings == 0)
        tell_followed(&successor, verifying->json);
    if (successor.unsigned_id[0] != '\0' && check.findings > 0)
        tell_unsigned(&successor, verifying);
    AUTO(backing_release) struct backing backing = {.checkpoint = NULL};
    int against = EXIT_FOUND;
    if (check.findings == 0)
        against = check_against(source, older, verifying, err);
    const int backed = check.findings == 0 && against >= 0
                           ? check_backing(source, verifying, &backing, err)
                           : EXIT_SOUND;
    const int clock = check.findings == 0 && against >= 0 && backed >= 0
                          ? check_clock(source, verifying, err)
                          : EXIT_SOUND;
    if (against < 0 || backed < 0 || clock < 0)
        return -1;
    const bool sound = against == EXIT_SOUND && backed == EXIT_SOUND && clock == EXIT_SOUND &&
                       !verifying->is_others;
    tell_end(&check, &backing, sound, verifying->json);
    return sound ? EXIT_SOUND : EXIT_FOUND;
}

static int load_id(const char *given, char id[static KEY_ID_TEXT], struct err *err)
{
    AUTO(key_free) struct key *key = NULL;
    if (key_id_parse(given, id))
        return 0;
    if (open_public_key(given, &key, err) < 0)
        return -1;
    key_id(key, id);
    return 0;
}

/* Of a vault's own log: its key must be the one that is given, a file or an id, or have followed it
 * with its signature. */
static int compare_key(const struct log_source *source, const char *given,
                       struct verifying *verifying, struct err *err)
{
    char id[KEY_ID_TEXT], wanted[KEY_ID_TEXT];
    const struct custody_chain *chain;
    struct custody_signer signer;
    if (load_id(given, wanted, err) < 0 || vault_key_chain(source->vault, &chain, err) < 0)
        return -1;
    key_id(source->key, id);
    if (strcmp(id, wanted) == 0 ||
        (custody_chain_find(chain, wanted, &signer) && signer.is_vouched))
        return 0;
    verifying->is_others = true;
    tell(verifying,
         &(struct custody_finding){.path = "checkpoint",
                                   .detail = _("signed with another key than the one asked for")});
    return 0;
}

enum { AGAINST = 1, WITNESS };

static bool take_given(void *context, int option, char *argument)
{
    struct verifying *verifying = context;
    if (option == AGAINST)
        return words_add(&verifying->older, argument);
    return witnesses_add(&verifying->witnesses, "log", argument);
}

int log_verify(const struct command_context *context, int argc, const char **argv)
{
    AUTO(verifying_release) struct verifying verifying = {.json = false};
    char *key_path = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"key", '\0', POPT_ARG_STRING, &key_path, 0,
         N_("the public key that the log must be signed with; needed for one that was copied out of "
            "its vault; of a vault's own also its id"),
         N_("FILE|ID")},
        {"against", '\0', POPT_ARG_STRING, NULL, AGAINST,
         N_("an older checkpoint, receipt, archive or disc image: the log must still begin with what "
            "it was then; may be repeated"),
         N_("FILE")},
        {"witness", '\0', POPT_ARG_STRING, NULL, WITNESS,
         N_("the key of a witness whose cosignatures count, of a copied log"), N_("NAME+HASH+KEY")},
        {"ca", '\0', POPT_ARG_STRING, &verifying.ca_path, 0,
         N_("who vouches for the timestamp authority, of a copied log"), N_("FILE")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("verify [FOLDER] [--key FILE]"), 0, 1,
                              take_given, &verifying, &status);
    AUTO(free) char *own_key_path = key_path;
    if (!go_on)
        return status;
    struct err err;
    verifying.json = json != 0;
    AUTO(log_source_release) struct log_source source = LOG_SOURCE_NONE;
    const char *folder = options.count == 1 ? options.words[0] : NULL;
    int opened = log_source_open(context, folder, folder != NULL ? key_path : NULL, &source, &err);
    if (opened == 0 && folder == NULL && key_path != NULL)
        opened = compare_key(&source, key_path, &verifying, &err);
    status = opened < 0 ? -1 : verify_source(&source, &verifying.older, &verifying, &err);
    return status < 0 ? say_error(&err) : status;
}
