#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backing/backing.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/durable.h"
#include "base/err.h"
#include "base/i18n.h"
#include "command/log.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { CHECKPOINT_MAX = 64 << 10, PROOF_MAX = 256 << 10 };

/* Who refuses has found something: a log that is not what it was. */
static int refused(const struct err *err)
{
    const int status = say_error(err);
    return err->kind == ERR_DAMAGED || err->kind == ERR_CONFLICT ? EXIT_FOUND : status;
}

/* ---- cosign ---- */

struct wish {
    char *key_path, *keys_path, *proof_path, *output;
    int own_key;
};

static void wish_release_at(struct wish *wish)
{
    free(wish->key_path);
    free(wish->keys_path);
    free(wish->proof_path);
    free(wish->output);
}

/* A log's folder: its checkpoint, and the log to compare. Nobody's signature is looked at here. */
static int open_copy(const char *path, struct custody_log **log, struct err *err)
{
    AUTO(close) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? err_sys(err, path, _("open"))
                      : custody_log_open(folder, NULL, NULL, log, err);
}

static int give(const char *path, const struct backing_cosigned *cosigned, struct err *err)
{
    if (path == NULL) {
        (void)fputs(cosigned->text, stdout); /* say_finish looks */
        return 0;
    }
    const char *name;
    AUTO(close) int folder = open_folder_of(path, &name, err);
    if (folder < 0 || durable_create(folder, path, name, bytes_of(cosigned->text), 0644, err) < 0)
        return -1;
    say_shown(path);
    printf(_(": cosigned %llu entries of %s, after %llu that were seen before\n"),
           (unsigned long long)cosigned->size, cosigned->origin,
           (unsigned long long)cosigned->seen);
    return 0;
}

static int cosign(struct vault *vault, const char *what, const struct wish *wish, struct err *err)
{
    struct stat st;
    size_t len;
    AUTO(key_free) struct key *key = NULL;
    AUTO(custody_chain_release) struct custody_chain chain = {.links = NULL};
    AUTO(custody_log_free) struct custody_log *log = NULL;
    AUTO(free) char *checkpoint = NULL;
    AUTO(free) char *proof = NULL;
    AUTO(backing_cosigned_release) struct backing_cosigned cosigned = {.text = NULL};
    struct backing_offer offer = {.object = what, .proof_object = wish->proof_path};
    if (wish->key_path != NULL && open_public_key(wish->key_path, &key, err) < 0)
        return -1;
    if (wish->keys_path != NULL) {
        char id[KEY_ID_TEXT];
        if (key == NULL)
            return err_set(err, ERR_USAGE, wish->keys_path, "%s", _("--keys goes with --key"));
        key_id(key, id);
        if (vault_chain_read(wish->keys_path, id, &chain, err) < 0)
            return -1;
        offer.chain = &chain;
    }
    if (stat(what, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (open_copy(what, &log, err) < 0)
            return -1;
        offer.checkpoint = bytes_of(custody_log_checkpoint_text(log));
    } else {
        if (open_text(what, CHECKPOINT_MAX, &checkpoint, &len, err) < 0)
            return -1;
        offer.checkpoint = (struct bytes){(const uint8_t *)checkpoint, len};
    }
    if (wish->proof_path != NULL) {
        if (open_text(wish->proof_path, PROOF_MAX, &proof, &len, err) < 0)
            return -1;
        offer.proof = (struct bytes){(const uint8_t *)proof, len};
    }
    offer.key = key;
    offer.log = log;
    char actor[128];
    vault_actor(actor);
    return backing_cosign(vault, actor, &offer, &cosigned, err) < 0
               ? -1
               : give(wish->output, &cosigned, err);
}

static int print_own_key(struct vault *vault, struct err *err)
{
    AUTO(free) char *text = NULL;
    if (backing_own_key(vault, &text, err) < 0)
        return -1;
    (void)puts(text); /* say_finish looks */
    return 0;
}

int log_cosign(const struct command_context *context, int argc, const char **argv)
{
    AUTO(wish_release) struct wish wish = {.own_key = 0};
    const struct poptOption table[] = {
        {"key", '\0', POPT_ARG_STRING, &wish.key_path, 0,
         N_("the public key of the log; needed when it is seen for the first time"), N_("FILE")},
        {"keys", '\0', POPT_ARG_STRING, &wish.keys_path, 0,
         N_("with --key, where that has changed: statements of the keys before it, as in the "
            "vault's keys/retired"),
         N_("FOLDER")},
        {"proof", '\0', POPT_ARG_STRING, &wish.proof_path, 0,
         N_("that the checkpoint continues the one seen last: of `log prove consistency`"),
         N_("FILE")},
        {"output", 'o', POPT_ARG_STRING, &wish.output, 0,
         N_("the file to write; else the cosigned checkpoint is printed"), N_("FILE")},
        {"own-key", '\0', POPT_ARG_NONE, &wish.own_key, 0,
         N_("print this vault's key as a witness, for the settings of the other one"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("cosign CHECKPOINT|FOLDER | --own-key"), 0, 1,
                      NULL, NULL, &status))
        return status;
    if ((options.count == 1) == (wish.own_key != 0))
        return say_wrong_use("log", "%s", _("what is to be cosigned?"));
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, wish.own_key ? VAULT_READ : VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    int done =
        wish.own_key ? print_own_key(vault, &err) : cosign(vault, options.words[0], &wish, &err);
    return done < 0 ? refused(&err) : EXIT_SOUND;
}

/* ---- add-cosignature ---- */

static int add(struct vault *vault, const char *path, struct err *err)
{
    AUTO(free) char *text = NULL;
    size_t len;
    struct backing_added added;
    char actor[128];
    vault_actor(actor);
    if (open_text(path, CHECKPOINT_MAX, &text, &len, err) < 0 ||
        backing_add(vault, actor, (struct bytes){(const uint8_t *)text, len}, path, &added, err) <
            0)
        return -1;
    say_shown(path);
    printf(ngettext(": the log's first %llu entries, cosigned by %u witness",
                    ": the log's first %llu entries, cosigned by %u witnesses", added.witnesses),
           (unsigned long long)added.size, added.witnesses);
    printf("%s\n", added.fresh > 0 ? "" : _("; known already"));
    return 0;
}

int log_add_cosignature(const struct command_context *context, int argc, const char **argv)
{
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("add-cosignature FILE…"), 1, SIZE_MAX, NULL,
                      NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    for (size_t i = 0; i < options.count; i++)
        if (add(vault, options.words[i], &err) < 0)
            return refused(&err);
    return EXIT_SOUND;
}
