#include "probe/probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/cells.h"
#include "command/command.h"
#include "command/issues.h"
#include "command/open.h"
#include "command/options.h"
#include "command/report.h"
#include "command/say.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct probe_report *, probe_report_free, NULL);
AUTO_DEFINE(DIR *, closedir, NULL);

/* Files beside the probed one with the same stem, opened. */
struct companions {
    struct probe_companion at[PROBE_COMPANIONS_MAX];
    char *names[PROBE_COMPANIONS_MAX]; /* the extensions point into them */
    size_t count;
};

static void companions_release_at(struct companions *companions)
{
    for (size_t i = 0; i < companions->count; i++) {
        (void)close(companions->at[i].fd); /* only read from */
        free(companions->names[i]);
    }
}

static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? (size_t)(dot - name) : strlen(name);
}

static void add_companion(struct companions *companions, int folder, const char *name)
{
    struct err ignored; /* one that cannot be read tells nothing */
    AUTO(free) char *copy = strdup(name);
    AUTO(close) int fd = copy != NULL ? file_open_regular(folder, name, &ignored) : -1;
    if (fd < 0)
        return;
    companions->at[companions->count] =
        (struct probe_companion){.fd = fd, .extension = strrchr(copy, '.') + 1};
    companions->names[companions->count++] = copy;
    fd = -1;
    copy = NULL;
}

static void companions_find(const char *path, struct companions *companions)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    AUTO(free)
    char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    AUTO(closedir) DIR *entries = folder != NULL ? opendir(folder) : NULL;
    size_t stem = stem_length(name);
    while (entries != NULL && companions->count < PROBE_COMPANIONS_MAX) {
        const struct dirent *entry = readdir(entries); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL)
            break;
        const char *dot = strrchr(entry->d_name, '.');
        if (dot != NULL && stem_length(entry->d_name) == stem &&
            strncasecmp(entry->d_name, name, stem) == 0 && probe_is_companion(dot + 1) &&
            strcmp(entry->d_name, name) != 0)
            add_companion(companions, dirfd(entries), entry->d_name);
    }
}

/* ---- for people ---- */

static void print_line(const char *label, const char *value)
{
    if (value == NULL)
        return;
    printf("  ");
    cells_print_label(label);
    say_shown(value);
    (void)putchar('\n');
}

static void print_text(const char *path, const struct probe_report *report)
{
    say_shown(path);
    printf(":\n");
    report_print(report, "  ");
    print_line(_("device"), report->name.device);
    print_line(_("officer"), report->name.officer);
    for (size_t i = 0; i < report->content_count; i++) {
        printf("  ");
        cells_print_label(_("contains"));
        printf("%s%s%s\n", report->contents[i].name, report->contents[i].detail != NULL ? ": " : "",
               report->contents[i].detail != NULL ? report->contents[i].detail : "");
    }
    issues_print(report->issues, report->issue_count, "  ! ");
}

/* ---- for programs ---- */

static int print_json(const char *path, const struct probe_report *report, struct err *err)
{
    struct probe_err from;
    AUTO(free) char *text = NULL;
    if (probe_report_to_json(report, &text, &from) < 0)
        return err_from_probe(err, &from);
    AUTO(json_decref) json_t *fields = NULL;
    if (json_read(bytes_of(text), path, &fields, err) < 0)
        return -1;
    AUTO(free) char *shown = text_shown(bytes_of(path));
    json_t *line = json_object();
    if (json_object_set_new(line, "file", json_text_or_null(shown)) != 0 ||
        json_object_update(line, fields) != 0) {
        json_decref(line);
        return err_memory(err, path);
    }
    say_json(line);
    return 0;
}

static int probe_file(const char *path, const struct vault *vault, bool json, struct err *err)
{
    AUTO(close) int fd = file_open_regular(AT_FDCWD, path, err);
    if (fd < 0)
        return -1;
    AUTO(companions_release) struct companions companions = {0};
    companions_find(path, &companions);
    struct probe_options options = {.companions = companions.at,
                                    .companion_count = companions.count};
    if (vault != NULL) {
        const struct vault_settings *settings = vault_settings(vault);
        options.zone = settings->zone;
        options.patterns = settings->patterns;
        options.pattern_count = settings->pattern_count;
    }
    const char *slash = strrchr(path, '/');
    struct probe_err from;
    AUTO(probe_report_free) struct probe_report *report = NULL;
    if (probe_run(fd, slash != NULL ? slash + 1 : path, &options, &report, &from) < 0)
        return err_from_probe(err, &from);
    if (json)
        return print_json(path, report, err);
    print_text(path, report);
    return 0;
}

int command_probe(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per file"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("FILE…"), 1, SIZE_MAX, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (context->vault != NULL && open_vault(context, VAULT_READ, &vault, &err) < 0)
        return say_error(&err);
    for (size_t i = 0; i < options.count; i++) {
        if (probe_file(options.words[i], vault, json != 0, &err) < 0) {
            int failed = say_error(&err);
            status = failed > status ? failed : status;
        }
        (void)fflush(stdout);
    }
    return status;
}
