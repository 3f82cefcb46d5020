#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/bar.h"
#include "command/cells.h"
#include "command/command.h"
#include "command/given.h"
#include "command/issues.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/seals.h"
#include "intake/intake.h"
#include "probe/probe.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { CLEARABLE_BYTES_MAX = 1 << 30 };

/* What the results are printed to, and gathered in. */
struct results {
    bool json;
    bool quiet; /* a line only for what a person has to know */
    struct bar bar;
    uint64_t warned;
    uint64_t clearable;
    struct text list; /* of the files that may be cleared, a line each */
    char *here;       /* the working folder */
    uint64_t unlisted;
    struct vault *vault;
    const char *receipts; /* the folder for them; NULL: none are asked for */
    int receipts_folder;
    uint64_t receipted, unreceipted;
};

/* The receipt that was written for a file's recording. */
struct receipted {
    bool is_there;
    char path[4096];
    struct seal_value seal;
};

static const char *outcome_name(enum intake_outcome outcome)
{
    static const char *const names[] = {"accepted", "duplicate", "refused"};
    return names[outcome];
}

static void print_json(const struct intake_result *result, const struct receipted *receipt)
{
    AUTO(free) char *file = text_shown(bytes_of(result->path));
    json_t *line = json_object();
    bool held = result->outcome != INTAKE_REFUSED;
    int bad = 0;
    bad |= json_object_set_new(line, "file", json_text_or_null(file));
    bad |= json_object_set_new(line, "outcome", json_string(outcome_name(result->outcome)));
    bad |= json_object_set_new(line, "id", held ? say_json_id('R', result->number) : json_null());
    bad |= json_object_set_new(line, "sha256",
                               held ? say_json_digest(result->digests.sha256) : json_null());
    bad |=
        json_object_set_new(line, "sm3", held ? say_json_digest(result->digests.sm3) : json_null());
    bad |= json_object_set_new(line, "size", json_u64(result->size_bytes));
    bad |= json_object_set_new(line, "captured_at", json_text_or_null(result->captured_at));
    bad |= json_object_set_new(line, "warnings",
                               issues_to_json(result->warnings, result->warning_count));
    bad |= json_object_set_new(line, "companion", json_boolean(result->companion));
    bad |= json_object_set_new(line, "reason", json_text_or_null(result->reason));
    if (receipt->is_there) {
        AUTO(free) char *path = text_shown(bytes_of(receipt->path));
        bad |= json_object_set_new(line, "receipt", json_text_or_null(path));
        bad |= json_object_set_new(line, "seal", seals_to_json(&receipt->seal));
    }
    if (bad != 0) {
        json_decref(line);
        line = NULL;
    }
    say_json(line);
}

static void print_text(const struct intake_result *result)
{
    switch (result->outcome) {
    case INTAKE_ACCEPTED:
        cells_print_label(result->companion ? _("goes with") : _("accepted"));
        printf("R%lld  ", (long long)result->number);
        break;
    case INTAKE_DUPLICATE:
        cells_print_label(_("duplicate"));
        printf("R%lld  ", (long long)result->number);
        break;
    case INTAKE_REFUSED:
        cells_print_label(_("refused"));
        break;
    }
    say_shown(result->path);
    if (result->reason != NULL) {
        (void)fputs(": ", stdout);
        say_shown(result->reason);
    }
    (void)putchar('\n');
    issues_print(result->warnings, result->warning_count, "            ! ");
}

/* As tools take it: absolute, byte by byte. A name that holds a line's end cannot stand in a list
 * of lines. */
static void list_clearable(struct results *results, const char *path)
{
    if (strchr(path, '\n') != NULL || strchr(results->here, '\n') != NULL) {
        results->unlisted++;
        return;
    }
    if (path[0] != '/') {
        text_append(&results->list, results->here);
        text_append(&results->list, "/");
    }
    text_append(&results->list, path);
    text_append(&results->list, "\n");
}

/* Accepted or held already: the act is durable. */
static void write_receipt(struct results *results, const struct intake_result *result,
                          struct receipted *receipt)
{
    char name[VAULT_RECEIPT_NAME];
    struct err err;
    receipt->is_there = false;
    if (results->receipts == NULL || result->companion || result->outcome == INTAKE_REFUSED)
        return;
    if (vault_receipt_store(results->vault, result->number, result->digests.sha256,
                            results->receipts_folder, results->receipts, name, &receipt->seal,
                            &err) < 0) {
        results->unreceipted++;
        (void)say_error(&err);
        return;
    }
    (void)snprintf(receipt->path, sizeof receipt->path, "%s/%s", results->receipts, name);
    receipt->is_there = true;
    results->receipted++;
}

static void take_result(void *context, const struct intake_result *result)
{
    struct results *results = context;
    struct receipted receipt;
    bar_clear(&results->bar);
    uint64_t failed = results->unreceipted;
    write_receipt(results, result, &receipt);
    failed = results->unreceipted - failed;
    if (results->json)
        print_json(result, &receipt);
    else if (!results->quiet || result->reason != NULL || result->warning_count > 0)
        print_text(result);
    if (result->warning_count > 0 && result->outcome != INTAKE_REFUSED)
        results->warned++;
    if (result->clearable && failed == 0) {
        results->clearable++;
        list_clearable(results, result->path);
    }
    (void)fflush(stdout); /* a receipt that a script waits for */
}

/* The folder for receipts, made where there is none. */
static int open_receipts(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        const char *name;
        AUTO(close) int into = open_folder_of(path, &name, err);
        return into < 0 ? -1 : durable_folder(into, name, err);
    }
    if (fd < 0)
        return err_sys(err, path, _("open"));
    if (faccessat(fd, ".", W_OK, AT_EACCESS) == 0)
        return fd;
    (void)err_sys(err, path, _("write to it"));
    (void)close(fd);
    return -1;
}

/* The folder of the list, held open: where it cannot be written, nothing is taken in first. */
static int open_list_folder(const char *path, const char **name, struct err *err)
{
    struct stat there;
    AUTO(close) int into = open_folder_of(path, name, err);
    if (into < 0)
        return -1;
    if (fstatat(into, *name, &there, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(there.st_mode))
        return err_set(err, ERR_USAGE, path, "%s", _("not a file that can be written"));
    if (faccessat(into, ".", W_OK, AT_EACCESS) < 0)
        return err_sys(err, path, _("write to its folder"));
    int fd = into;
    into = -1;
    return fd;
}

static int store_list(const char *path, int folder, const char *name, struct text *list,
                      struct err *err)
{
    AUTO(free) char *text = text_take(list);
    if (text == NULL)
        return err_memory(err, path);
    return durable_store(folder, name, bytes_of(text), 0644, err);
}

/* What the officer goes by: "all" is said only where nothing is left on the device. */
static void print_clearable(const struct intake_report *report, const struct results *results,
                            bool complete)
{
    bool all = complete && report->refused == 0 && results->unreceipted == 0;
    if (!complete)
        printf(
            _("NOT COMPLETE: the run ended early, and not every file was taken: keep the device as "
              "it is and ingest it again.\n"));
    if (all && results->clearable > 0)
        printf(ngettext("%llu file is held safely: the device may be cleared of it.\n",
                        "All %llu files are held safely: the device may be cleared of them.\n",
                        results->clearable),
               (unsigned long long)results->clearable);
    else if (complete && results->clearable > 0)
        printf(ngettext(
                   "%llu file is held safely and may be cleared from the device; what was refused "
                   "is NOT held: keep it.\n",
                   "%llu files are held safely and may be cleared from the device; what was "
                   "refused is NOT held: keep it.\n",
                   results->clearable),
               (unsigned long long)results->clearable);
    else if (results->clearable == 0 && report->refused > 0)
        printf(_("Nothing may be cleared from the device.\n"));
}

static void print_summary(const struct intake_report *report, const struct results *results,
                          bool complete)
{
    char size[32];
    say_size(report->bytes, size);
    printf(_("%llu accepted, %llu already held, %llu refused; %s read\n"),
           (unsigned long long)report->accepted, (unsigned long long)report->duplicate,
           (unsigned long long)report->refused, size);
    if (results->warned > 0)
        printf(_("To be looked at: %llu (marked with !). They are kept as they came.\n"),
               (unsigned long long)results->warned);
    if (results->receipted > 0) {
        printf(ngettext("%llu receipt is in ", "%llu receipts are in ", results->receipted),
               (unsigned long long)results->receipted);
        say_shown(results->receipts);
        (void)putchar('\n');
    }
    if (results->unreceipted > 0)
        printf(ngettext("%llu receipt could not be written: keep that file on the device.\n",
                        "%llu receipts could not be written: keep those files on the device.\n",
                        results->unreceipted),
               (unsigned long long)results->unreceipted);
    print_clearable(report, results, complete);
}

static int run(const struct command_context *context, const struct options *options,
               struct given_tags *tags, struct intake_options *intake, const char *clearable,
               struct results *results)
{
    struct err err;
    const char *list_name = NULL;
    AUTO(close) int folder = clearable != NULL ? open_list_folder(clearable, &list_name, &err) : -1;
    AUTO(close)
    int receipts = results->receipts != NULL ? open_receipts(results->receipts, &err) : -1;
    if ((clearable != NULL && folder < 0) || (results->receipts != NULL && receipts < 0))
        return say_error(&err);
    results->receipts_folder = receipts;
    AUTO(free) char *here = clearable != NULL ? getcwd(NULL, 0) : strdup("");
    if (here == NULL) {
        (void)err_sys(&err, ".", _("find the working folder"));
        return say_error(&err);
    }
    results->here = here;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0 || given_tags_settle(tags, &err) < 0)
        return say_error(&err);

    results->vault = vault;
    size_t count = 0;
    for (size_t i = 0; i < CATALOG_FIELDS; i++)
        count += tags->values[i].count;
    AUTO(free) struct catalog_tag *given = calloc(count + 1, sizeof *given);
    if (given == NULL) {
        (void)err_memory(&err, NULL);
        return say_error(&err);
    }
    for (size_t i = 0; i < CATALOG_FIELDS; i++)
        for (size_t k = 0; k < tags->values[i].count; k++)
            given[intake->tag_count++] = (struct catalog_tag){.field = (enum catalog_field)i,
                                                              .value = tags->values[i].at[k]};
    intake->tags = given;

    char actor[128];
    vault_actor(actor);
    intake->by = actor;
    struct intake_report report = {0};
    int ran = intake_run(vault, options->words, options->count, intake, take_result, results,
                         &results->bar.progress, &report, &err);
    bar_clear(&results->bar);
    bool found = report.refused > 0 || report.archive_failed > 0;
    int status = ran < 0 ? say_error(&err) : found ? EXIT_FOUND : EXIT_SOUND;
    if (results->unreceipted > 0)
        status = EXIT_NOT_DONE;
    if (!results->json)
        print_summary(&report, results, ran == 0);
    if (clearable != NULL && results->unlisted > 0) {
        (void)err_set(&err, ERR_USAGE, clearable,
                      _("%llu files have names with line breaks and are not in the list"),
                      (unsigned long long)results->unlisted);
        (void)say_error(&err);
    }
    if (clearable != NULL && store_list(clearable, folder, list_name, &results->list, &err) < 0)
        status = say_error(&err);
    return status;
}

int command_ingest(const struct command_context *context, int argc, const char **argv)
{
    AUTO(given_tags_release) struct given_tags tags = {0};
    char *clearable_given = NULL;
    char *receipts_given = NULL;
    int any = 0;
    int reread = 0;
    int quiet = 0;
    int json = 0;
    const struct poptOption table[] = {
        TAGS_ROWS,
        {"any", '\0', POPT_ARG_NONE, &any, 0, N_("take what is no recording, too"), NULL},
        {"reread", '\0', POPT_ARG_NONE, &reread, 0,
         N_("read each source twice, past the cache: finds failing cards"), NULL},
        {"clearable", '\0', POPT_ARG_STRING, &clearable_given, 0,
         N_("write the list of files that may be cleared from the device"), N_("FILE")},
        {"receipts", '\0', POPT_ARG_STRING, &receipts_given, 0,
         N_("write a signed receipt for each recording that is held"), N_("DIR")},
        {"quiet", 'q', POPT_ARG_NONE, &quiet, 0, N_("a line only for what needs a look"), NULL},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per file"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("PATH…"), 1, SIZE_MAX,
                              given_tags_take, &tags, &status);
    AUTO(free) char *clearable = clearable_given;
    AUTO(free) char *receipts = receipts_given;
    if (!go_on)
        return status;

    struct results results = {.json = json != 0, .quiet = quiet != 0, .receipts = receipts};
    bar_start(&results.bar, json == 0);
    text_init(&results.list, CLEARABLE_BYTES_MAX);
    struct intake_options intake = {.any = any != 0, .reread = reread != 0};
    status = run(context, &options, &tags, &intake, clearable, &results);
    text_release(&results.list);
    return status;
}
