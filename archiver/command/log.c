#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/table.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/key.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { CHECKPOINT_MAX = 64 << 10 };

/* A log to be read: the vault's own, or a folder's with a public key. */
struct source {
    struct vault *vault;
    struct key *given;
    int own; /* of a folder that was named; -1 for none */
    int folder;
    const char *shown;
    const struct key *key;
};

static void source_release_at(struct source *source)
{
    if (source->own >= 0)
        (void)close(source->own); /* only read from */
    key_free(source->given);
    vault_free(source->vault);
}

static int source_of_vault(const struct command_context *context, struct source *source,
                           struct err *err)
{
    if (open_vault(context, VAULT_AUDIT, &source->vault, err) < 0 ||
        vault_public_key(source->vault, &source->key, err) < 0)
        return -1;
    source->folder = vault_folder(source->vault, VAULT_LOG);
    source->shown = vault_folder_name(VAULT_LOG);
    return source->folder >= 0 ? 0
                               : err_set(err, ERR_MISSING, vault_path(source->vault), "%s",
                                         _("the vault has no custody log"));
}

/* All of a small file. */
static int read_text(const char *path, size_t ceiling, char **text, size_t *len, struct err *err)
{
    AUTO(close) int fd = file_open_regular(AT_FDCWD, path, err);
    return fd < 0 ? -1 : file_read_all(fd, path, ceiling, text, len, err);
}

static int source_of_folder(const char *path, const char *key_path, struct source *source,
                            struct err *err)
{
    AUTO(free) char *pem = NULL;
    size_t len;
    if (read_text(key_path, KEY_PEM_MAX, &pem, &len, err) < 0 ||
        key_from_public_pem((struct bytes){(const uint8_t *)pem, len}, key_path, &source->given,
                            err) < 0)
        return -1;
    source->key = source->given;
    source->shown = path;
    source->own = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    source->folder = source->own;
    return source->own >= 0 ? 0 : err_sys(err, path, _("open"));
}

static int source_open_log(const struct source *source, struct custody_log **log, struct err *err)
{
    return custody_log_open(source->folder, source->key, NULL, log, err);
}

/* ---- checkpoint ---- */

static int log_checkpoint(const struct command_context *context, int argc, const char **argv)
{
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("checkpoint"), 0, 0, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(source_release) struct source source = {.own = -1};
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (source_of_vault(context, &source, &err) < 0 || source_open_log(&source, &log, &err) < 0)
        return say_error(&err);
    (void)fputs(custody_log_checkpoint_text(log), stdout); /* say_finish looks */
    return EXIT_SOUND;
}

/* ---- export, show ---- */

struct showing {
    const char *subject, *actor, *action;
    bool raw; /* an entry a line, as it is in the log */
    struct table table;
};

static bool is_wanted(const struct showing *showing, const struct custody_entry *entry)
{
    return (showing->subject == NULL || strcmp(showing->subject, entry->subject) == 0) &&
           (showing->actor == NULL || strcmp(showing->actor, entry->actor) == 0) &&
           (showing->action == NULL ||
            strcmp(showing->action, custody_action_name(entry->action)) == 0);
}

static void show_row(struct table *table, const struct custody_entry *entry)
{
    char seq[24];
    char at[INSTANT_TEXT];
    (void)snprintf(seq, sizeof seq, "%" PRIu64, entry->seq);
    say_time(entry->at.us, at);
    AUTO(free)
    char *detail = entry->detail == NULL ? NULL : json_dumps(entry->detail, JSON_SORT_KEYS);
    table_cell(table, seq);
    table_cell(table, at);
    table_cell(table, entry->actor);
    table_cell(table, custody_action_name(entry->action));
    table_cell(table, entry->subject);
    table_cell(table, detail);
}

static int show_entry(struct showing *showing, struct bytes text, uint64_t seq, struct err *err)
{
    char object[32];
    (void)snprintf(object, sizeof object, "entry %" PRIu64, seq);
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    if (custody_entry_parse(text, object, &entry, err) < 0)
        return -1;
    if (!is_wanted(showing, &entry))
        return 0;
    if (showing->raw)
        printf("%.*s\n", (int)text.len, (const char *)text.at);
    else
        show_row(&showing->table, &entry);
    return 0;
}

static int show_all(const struct source *source, struct showing *showing, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (source_open_log(source, &log, err) < 0)
        return -1;
    for (uint64_t seq = 0; seq < custody_log_size(log); seq++) {
        struct bytes text;
        if (custody_log_entry(log, seq, &text, err) < 0 || show_entry(showing, text, seq, err) < 0)
            return -1;
    }
    return 0;
}

static int show_from_vault(const struct command_context *context, struct showing *showing)
{
    static const char *const headings[] = {N_(">entry"), N_("time"),    N_("by"),
                                           N_("action"), N_("subject"), N_("<detail")};
    struct err err;
    AUTO(source_release) struct source source = {.own = -1};
    table_init(&showing->table, headings, sizeof headings / sizeof *headings);
    int done = source_of_vault(context, &source, &err);
    if (done == 0)
        done = show_all(&source, showing, &err);
    table_print(&showing->table);
    table_release(&showing->table);
    return done < 0 ? say_error(&err) : EXIT_SOUND;
}

static int log_show(const struct command_context *context, int argc, const char **argv)
{
    struct showing showing = {.raw = false};
    char *subject = NULL;
    char *actor = NULL;
    char *action = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"subject", '\0', POPT_ARG_STRING, &subject, 0,
         N_("only what was done to this: R12, a case's number, an archive's path, D1"), N_("NAME")},
        {"actor", '\0', POPT_ARG_STRING, &actor, 0, N_("only what this person did: os:LOGIN"),
         N_("NAME")},
        {"action", '\0', POPT_ARG_STRING, &action, 0, N_("only this action: accepted, tagged, …"),
         N_("ACTION")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print the entries themselves, one a line"),
         NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("show"), 0, 0, NULL, NULL, &status);
    AUTO(free) char *own_subject = subject;
    AUTO(free) char *own_actor = actor;
    AUTO(free) char *own_action = action;
    if (!go_on)
        return status;
    enum custody_action parsed;
    if (action != NULL && custody_action_parse(bytes_of(action), &parsed) < 0)
        return say_wrong_use("log", _("no such action: %s"), action);
    showing.subject = subject;
    showing.actor = actor;
    showing.action = action;
    showing.raw = json != 0;
    return show_from_vault(context, &showing);
}

static int log_export(const struct command_context *context, int argc, const char **argv)
{
    struct showing showing = {.raw = true};
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("export"), 0, 0, NULL, NULL, &status))
        return status;
    return show_from_vault(context, &showing);
}

/* ---- verify ---- */

struct verifying {
    bool json;
};

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

/* Whether the log still begins with what older checkpoints of it signed. The exit status, or -1: it
 * could not look. */
static int check_against(const struct source *source, const struct words *older,
                         struct verifying *verifying, struct err *err)
{
    int status = EXIT_SOUND;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (source_open_log(source, &log, err) < 0)
        return -1;
    for (size_t i = 0; i < older->count; i++) {
        AUTO(free) char *text = NULL;
        size_t len;
        if (read_text(older->at[i], CHECKPOINT_MAX, &text, &len, err) < 0)
            return -1;
        if (custody_log_extends(log, (struct bytes){(const uint8_t *)text, len}, source->key,
                                older->at[i], err) == 0)
            continue;
        if (err->kind != ERR_DAMAGED && err->kind != ERR_MISSING)
            return -1;
        tell(verifying, &(struct custody_finding){.path = older->at[i], .detail = err->text});
        status = EXIT_FOUND;
    }
    return status;
}

static void tell_end(const struct custody_check *check, bool sound, bool json)
{
    char root[BYTES_BASE64(CUSTODY_HASH)];
    bytes_to_base64((struct bytes){check->head.root, CUSTODY_HASH}, root);
    if (json) {
        say_json(json_pack("{s:o, s:s, s:b}", "size", json_u64(check->head.size), "root", root,
                           "sound", sound));
        return;
    }
    printf(_("%llu entries, root %s\n"), (unsigned long long)check->head.size, root);
    printf("%s\n", sound ? _("SOUND: the log is what was signed.")
                         : _("NOT SOUND: see what was found above."));
}

static int verify_source(const struct source *source, const struct words *older,
                         struct verifying *verifying, struct err *err)
{
    struct custody_check check;
    if (custody_log_check(source->folder, source->key, NULL, tell, verifying, &check, err) < 0)
        return -1;
    int against = check.findings > 0 ? EXIT_FOUND : check_against(source, older, verifying, err);
    if (against < 0)
        return -1;
    tell_end(&check, against == EXIT_SOUND, verifying->json);
    return against;
}

static bool take_older(void *context, int option, char *argument)
{
    (void)option;
    return words_add(context, argument);
}

static int log_verify(const struct command_context *context, int argc, const char **argv)
{
    enum { AGAINST = 1 };
    AUTO(words_release) struct words older = {.count = 0};
    char *key_path = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"key", '\0', POPT_ARG_STRING, &key_path, 0,
         N_("the public key of a log that was copied out of its vault"), N_("FILE")},
        {"against", '\0', POPT_ARG_STRING, NULL, AGAINST,
         N_("an older checkpoint, which the log must still begin with"), N_("FILE")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("verify [FOLDER --key FILE]"), 0, 1,
                              take_older, &older, &status);
    AUTO(free) char *own_key_path = key_path;
    if (!go_on)
        return status;
    if ((options.count == 1) != (key_path != NULL))
        return say_wrong_use("log", "%s", _("a log's folder and --key go together"));
    struct err err;
    struct verifying verifying = {.json = json != 0};
    AUTO(source_release) struct source source = {.own = -1};
    int opened = options.count == 1 ? source_of_folder(options.words[0], key_path, &source, &err)
                                    : source_of_vault(context, &source, &err);
    status = opened < 0 ? -1 : verify_source(&source, &older, &verifying, &err);
    return status < 0 ? say_error(&err) : status;
}

int command_log(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {{"show", log_show},
                                                 {"checkpoint", log_checkpoint},
                                                 {"export", log_export},
                                                 {"verify", log_verify}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
