#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "command/log.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "custody/receipt.h"
#include "custody/succession.h"

#include "base/banned.h"

enum { CHECKPOINT_MAX = 64 << 10, ITEMS_MAX = 10000 };

/* ---- inclusion ---- */

/* The entry that accepted a recording first. */
static int find_acceptance(struct custody_log *log, const char *id, uint64_t *index,
                           struct err *err)
{
    for (uint64_t seq = 0; seq < custody_log_size(log); seq++) {
        char object[32];
        struct bytes text;
        AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
        (void)snprintf(object, sizeof object, "entry %" PRIu64, seq);
        if (custody_log_entry(log, seq, &text, err) < 0 ||
            custody_entry_parse(text, object, &entry, err) < 0)
            return -1;
        if (entry.action == CUSTODY_ACCEPTED && strcmp(entry.subject, id) == 0) {
            *index = seq;
            return 0;
        }
    }
    return err_set(err, ERR_MISSING, id, "%s", _("the log has no acceptance of this recording"));
}

/* A receipt's entry must be the log's yet. */
static int find_receipt(struct custody_log *log, const char *path, uint64_t *index, struct err *err)
{
    AUTO(free) char *text = NULL;
    AUTO(custody_receipt_release) struct custody_receipt receipt = {.size_bytes = 0};
    size_t len;
    struct bytes leaf;
    if (open_text(path, CUSTODY_RECEIPT_MAX, &text, &len, err) < 0 ||
        custody_receipt_parse((struct bytes){(const uint8_t *)text, len}, path, &receipt, err) < 0)
        return -1;
    *index = receipt.entry.seq;
    if (*index >= custody_log_size(log))
        return err_set(err, ERR_DAMAGED, path, "%s",
                       _("the log does not reach to the entry of this receipt"));
    if (custody_log_entry(log, *index, &leaf, err) < 0)
        return -1;
    return bytes_equal(leaf, receipt.leaf)
               ? 0
               : err_set(err, ERR_DAMAGED, path, "%s",
                         _("the log holds another entry in the place of this receipt's"));
}

static int find_entry(struct custody_log *log, const char *what, uint64_t *index, struct err *err)
{
    int64_t number;
    char id[32];
    if (bytes_parse_u64(bytes_of(what), index) == 0)
        return 0;
    if (!say_parse_id(what, 'R', &number))
        return find_receipt(log, what, index, err);
    (void)snprintf(id, sizeof id, "R%" PRId64, number);
    return find_acceptance(log, id, index, err);
}

static int prove_inclusion(const struct log_source *source, struct custody_log *log,
                           const struct options *options, struct err *err)
{
    for (size_t i = 1; i < options->count; i++) {
        uint64_t index;
        AUTO(free) char *text = NULL;
        if (find_entry(log, options->words[i], &index, err) < 0 ||
            custody_proof_inclusion(log, index, source->key, &text, err) < 0)
            return -1;
        (void)puts(text); /* say_finish looks */
    }
    return 0;
}

/* ---- consistency ---- */

static int prove_consistency(const struct log_source *source, struct custody_log *log,
                             const struct options *options, struct err *err)
{
    struct custody_head old;
    struct custody_signer signer;
    AUTO(free) char *text = NULL;
    AUTO(free) char *proof = NULL;
    size_t len;
    const char *what = options->words[1];
    if (bytes_parse_u64(bytes_of(what), &old.size) < 0) {
        if (open_text(what, CHECKPOINT_MAX, &text, &len, err) < 0)
            return -1;
        const struct bytes octets = {(const uint8_t *)text, len};
        if (custody_log_extends(log, octets, source->key, what, &old, &signer, err) < 0)
            return -1;
    }
    if (custody_proof_consistency(log, old.size, source->key, &proof, err) < 0)
        return -1;
    (void)puts(proof); /* say_finish looks */
    return 0;
}

/* ---- the verb ---- */

typedef int prover(const struct log_source *source, struct custody_log *log,
                   const struct options *options, struct err *err);

/* NULL, after having said so, where it is not told what is to be proved. */
static prover *prover_of(const struct options *options)
{
    const char *what = options->words[0];
    if (strcmp(what, "inclusion") == 0)
        return prove_inclusion;
    if (strcmp(what, "consistency") != 0)
        (void)say_wrong_use("log", _("%s is none of: inclusion, consistency"), what);
    else if (options->count > 2)
        (void)say_wrong_use("log", _("one argument too many: %s"), options->words[2]);
    else
        return prove_consistency;
    return NULL;
}

static int prove(const struct command_context *context, const struct options *options,
                 const char *folder, const char *key_path)
{
    struct err err;
    AUTO(log_source_release) struct log_source source = LOG_SOURCE_NONE;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    prover *make = prover_of(options);
    if (make == NULL)
        return EXIT_WRONG_USE;
    if (log_source_open(context, folder, key_path, &source, &err) < 0)
        return say_error(&err);
    if (log_source_log(&source, &log, &err) == 0 && make(&source, log, options, &err) == 0)
        return EXIT_SOUND;
    const int status = say_error(&err);
    return err.kind == ERR_DAMAGED ? EXIT_FOUND : status;
}

int log_prove(const struct command_context *context, int argc, const char **argv)
{
    char *folder = NULL;
    char *key_path = NULL;
    const struct poptOption table[] = {
        {"log", '\0', POPT_ARG_STRING, &folder, 0,
         N_("a log's folder that was copied out of its vault"), N_("FOLDER")},
        {"key", '\0', POPT_ARG_STRING, &key_path, 0, N_("its public key"), N_("FILE")},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table,
                     N_("prove inclusion INDEX|R12|RECEIPT… | consistency SIZE|CHECKPOINT"), 2,
                     ITEMS_MAX, NULL, NULL, &status);
    AUTO(free) char *own_folder = folder;
    AUTO(free) char *own_key_path = key_path;
    return go_on ? prove(context, &options, folder, key_path) : status;
}
