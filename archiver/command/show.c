#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/cells.h"
#include "command/command.h"
#include "command/given.h"
#include "command/issues.h"
#include "command/keeping.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/report.h"
#include "command/say.h"
#include "command/seals.h"
#include "probe/probe.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_recording *, catalog_recording_free, NULL);
AUTO_DEFINE(struct probe_report *, probe_report_free, NULL);
AUTO_DEFINE(struct catalog_archive *, catalog_archive_free, NULL);

static void line(const char *label, const char *value)
{
    cells_print_label(label);
    say_shown(value);
    (void)putchar('\n');
}

/* What was done, when and by whom. */
static void acted(const char *label, const char *when, const char *by)
{
    cells_print_label(label);
    printf("%s, ", when);
    say_shown(by);
    (void)putchar('\n');
}

static void print_position(double latitude, double longitude)
{
    cells_print_label(_("position"));
    printf("%.6f, %.6f\n", latitude, longitude);
}

static const char *attachment_kind(const char *kind)
{
    return strcmp(kind, "transcript") == 0 ? _("transcript")
           : strcmp(kind, "note") == 0     ? _("note")
                                           : _("companion");
}

/* A time of the catalog's, as searches show it. */
static bool print_local(const char *text)
{
    struct instant at;
    bool zoned;
    char shown[INSTANT_TEXT];
    if (instant_parse(bytes_of(text), &at, &zoned) < 0 || !zoned)
        return false;
    say_time(at.us, shown);
    printf("%s", shown);
    return true;
}

static void print_tag(const struct catalog_tag *tag)
{
    char when[INSTANT_TEXT];
    say_time(tag->set_us, when);
    cells_print_label(given_field_shown(tag->field));
    if (tag->field != CATALOG_CAPTURED_AT || !print_local(tag->value))
        say_shown(tag->value);
    printf("   [%s, %s, ", when, tag->by);
    say_shown(strcmp(tag->source, "given") == 0 ? _("given") : tag->source);
    if (tag->reason != NULL) {
        printf(_("; reason: "));
        say_shown(tag->reason);
    }
    if (tag->ended_us != 0) {
        say_time(tag->ended_us, when);
        printf(_("; until %s, %s"), when, tag->ended_by != NULL ? tag->ended_by : "—");
    }
    printf("]\n");
}

static void print_archive_line(void *context, const struct catalog_archive *archive)
{
    (void)context;
    char label[32];
    (void)snprintf(label, sizeof label, "A%" PRId64, archive->number);
    cells_print_label(_("archive"));
    printf("%s  ", label);
    say_shown(archive->path);
    (void)putchar('\n');
}

/* What the recording says about itself, and what is wrong with it. */
static void print_report(const struct catalog_recording *recording)
{
    struct probe_err err;
    AUTO(probe_report_free) struct probe_report *report = NULL;
    if (probe_report_from_json(recording->report, strlen(recording->report), &report, &err) < 0)
        line(_("report"), err.text);
    else
        report_print(report, "");
    if (recording->has_position && (report == NULL || report->position_count == 0))
        print_position(recording->latitude, recording->longitude);
    if (report != NULL)
        issues_print(report->issues, report->issue_count, "! ");
}

static void print_recording(const struct catalog_recording *recording)
{
    char digest[65];
    char size[32];
    char duration[32];
    char accepted[INSTANT_TEXT];
    say_size(recording->size_bytes, size);
    say_duration(recording->duration_s, duration);
    say_time(recording->accepted_us, accepted);
    printf("R%" PRId64 "  ", recording->number);
    AUTO(free) char *original = say_original(recording->original_name);
    say_shown(original);
    (void)putchar('\n');
    cells_print_label(_("length"));
    printf("%s", size);
    if (isfinite(recording->duration_s))
        printf(", %s", duration);
    (void)putchar('\n');
    bytes_to_hex(recording->sha256, 32, digest);
    line("SHA-256", digest);
    bytes_to_hex(recording->sm3, 32, digest);
    line("SM3", digest);
    acted(_("accepted"), accepted, recording->accepted_by);
    line(_("state"), recording->state == CATALOG_DISPOSED ? _("disposed of")
                     : recording->state == CATALOG_SEALED ? _("sealed")
                                                          : _("accepted"));
    print_report(recording);
    for (size_t i = 0; i < recording->standing_count; i++)
        print_tag(&recording->tags[i]);
    for (size_t i = 0; i < recording->attachment_count; i++) {
        cells_print_label(_("attachment"));
        printf("%s: ", attachment_kind(recording->attachments[i].kind));
        AUTO(free) char *name = say_original(recording->attachments[i].name);
        say_shown(name);
        (void)putchar('\n');
    }
    if (recording->tag_count > recording->standing_count)
        printf(_("History of the tags:\n"));
    for (size_t i = recording->standing_count; i < recording->tag_count; i++)
        print_tag(&recording->tags[i]);
}

static void print_hold(void *context, const struct catalog_hold *hold)
{
    char when[INSTANT_TEXT];
    (void)context;
    say_time(hold->set_us, when);
    cells_print_label(_("held"));
    if (hold->case_number != NULL) {
        printf(_("with the case "));
        say_shown(hold->case_number);
        printf(_(": "));
    }
    say_shown(hold->reason);
    printf("   [%s, ", when);
    say_shown(hold->set_by);
    printf("]\n");
}

/* A disc that was made while an archive on it held the recording. */
static void print_disc_line(void *context, const struct catalog_disc *disc)
{
    (void)context;
    cells_print_label(_("on the disc"));
    printf("D%" PRId64 "  ", disc->number);
    say_shown(disc->name);
    (void)putchar('\n');
}

/* The list under way, NULL once memory was out. */
static void add_disc(void *context, const struct catalog_disc *disc)
{
    json_t **list = context;
    if (*list != NULL)
        *list = json_append(*list, say_json_id('D', disc->number));
}

/* The list under way, NULL once memory was out. */
static void add_hold(void *context, const struct catalog_hold *hold)
{
    json_t **list = context;
    if (*list != NULL)
        *list = json_append(*list, hold_json(hold));
}

/* What bars its disposal, what was decided of it, and where else it is. */
static int add_keeping(struct vault *vault, int64_t number, json_t *root, struct err *err)
{
    struct catalog_err from;
    AUTO(json_decref) json_t *holds = json_array();
    AUTO(json_decref) json_t *discs = json_array();
    AUTO(json_decref) json_t *retention = NULL;
    AUTO(json_decref) json_t *disposal = NULL;
    if (catalog_hold_of(vault_catalog(vault), number, add_hold, &holds, &from) < 0 ||
        catalog_disc_of(vault_catalog(vault), number, add_disc, &discs, &from) < 0)
        return err_from_catalog(err, &from);
    if (retention_json(vault, number, &retention, err) < 0 ||
        disposal_of_json(vault, number, &disposal, err) < 0)
        return -1;
    bool failed = json_object_set(root, "holds", holds) < 0;
    failed = json_object_set(root, "discs", discs) < 0 || failed;
    failed = json_object_set(root, "retention", retention) < 0 || failed;
    failed = json_object_set(root, "disposal", disposal) < 0 || failed;
    return failed ? err_memory(err, NULL) : 0;
}

/* The text is the sidecar's: one form of a recording in JSON. */
static int print_recording_json(struct vault *vault, const struct catalog_recording *recording,
                                struct err *err)
{
    AUTO(free) char *text = NULL;
    AUTO(json_decref) json_t *root = NULL;
    if (vault_sidecar_text(vault, recording, &text, err) < 0 ||
        json_read(bytes_of(text), "sidecar", &root, err) < 0 ||
        add_keeping(vault, recording->number, root, err) < 0)
        return -1;
    say_json(json_incref(root));
    return 0;
}

static int show_recording(struct vault *vault, int64_t number, bool json, struct err *err)
{
    struct catalog_err from;
    AUTO(catalog_recording_free) struct catalog_recording *recording = NULL;
    if (catalog_recording_load(vault_catalog(vault), number, &recording, &from) < 0)
        return err_from_catalog(err, &from);
    if (json)
        return print_recording_json(vault, recording, err);
    print_recording(recording);
    if (catalog_archive_of(vault_catalog(vault), number, print_archive_line, NULL, &from) < 0 ||
        catalog_disc_of(vault_catalog(vault), number, print_disc_line, NULL, &from) < 0 ||
        catalog_hold_of(vault_catalog(vault), number, print_hold, NULL, &from) < 0)
        return err_from_catalog(err, &from);
    if (retention_print(vault, number, err) < 0)
        return -1;
    return disposal_of_print(vault, number, err);
}

/* Of an archive that is no more. */
static void print_end(const struct catalog_archive *one)
{
    char gone[INSTANT_TEXT];
    if (one->gone_us == 0)
        return;
    say_time(one->gone_us, gone);
    line(_("no more since"), gone);
    if (one->replaced_by == 0)
        return;
    cells_print_label(_("replaced by"));
    printf("A%" PRId64 "\n", one->replaced_by);
}

static int show_archive(struct vault *vault, int64_t number, bool json, struct err *err)
{
    struct catalog_err from;
    AUTO(catalog_archive_free) struct catalog_archive *one = NULL;
    if (catalog_archive_load(vault_catalog(vault), number, &one, &from) < 0)
        return err_from_catalog(err, &from);
    struct seal_value seal = {.kind = SEAL_ARCHIVE};
    memcpy(seal.sha256, one->tagmanifest_sha256, sizeof seal.sha256);
    if (json) {
        say_json(
            json_pack("{s:o, s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}",
                      "archive", say_json_id('A', one->number), "case", one->case_number, "volume",
                      (int)one->volume, "path", one->path, "sha256", say_json_digest(one->sha256),
                      "sm3", say_json_digest(one->sm3), "seal", seals_to_json(&seal), "bytes",
                      json_u64(one->size_bytes), "recordings", json_u64(one->recordings),
                      "sealed_at", say_json_time(one->sealed_us), "sealed_by", one->sealed_by,
                      "gone_at", say_json_time(one->gone_us), "replaced_by",
                      one->replaced_by != 0 ? say_json_id('A', one->replaced_by) : json_null()));
        return 0;
    }
    char digest[65];
    char size[32];
    char sealed[INSTANT_TEXT];
    say_size(one->size_bytes, size);
    say_time(one->sealed_us, sealed);
    printf("A%" PRId64 "  %s\n", one->number, one->path);
    line(_("case"), one->case_number);
    cells_print_label(_("volume"));
    printf(ngettext("%u: %llu recording, %s\n", "%u: %llu recordings, %s\n", one->recordings),
           one->volume, (unsigned long long)one->recordings, size);
    bytes_to_hex(one->sha256, 32, digest);
    line("SHA-256", digest);
    bytes_to_hex(one->sm3, 32, digest);
    line("SM3", digest);
    seals_print(&seal, "");
    acted(_("sealed"), sealed, one->sealed_by);
    print_end(one);
    return 0;
}

struct wanted_disc {
    int64_t number;
    bool json;
    bool found;
};

static void show_if_wanted(void *context, const struct catalog_disc *one)
{
    struct wanted_disc *wanted = context;
    if (one->number != wanted->number)
        return;
    wanted->found = true;
    if (wanted->json) {
        say_json(disc_json(one));
        return;
    }
    char digest[65];
    char size[32];
    char made[INSTANT_TEXT];
    say_size(one->size_bytes, size);
    say_time(one->made_us, made);
    bytes_to_hex(one->sha256, 32, digest);
    printf("D%" PRId64 "  %s\n", one->number, one->name);
    line(_("image"), one->image);
    line(_("length"), size);
    line("SHA-256", digest);
    acted(_("made"), made, one->made_by);
}

static int show_disc(struct vault *vault, int64_t number, bool json, struct err *err)
{
    struct wanted_disc wanted = {.number = number, .json = json};
    struct catalog_err from;
    if (catalog_disc_each(vault_catalog(vault), show_if_wanted, &wanted, &from) < 0)
        return err_from_catalog(err, &from);
    if (!wanted.found)
        return err_set(err, ERR_MISSING, NULL, _("there is no disc D%lld"), (long long)number);
    return 0;
}

static int show(struct vault *vault, const char *name, bool json, struct err *err)
{
    int64_t number;
    if (say_parse_id(name, 'R', &number))
        return show_recording(vault, number, json, err);
    if (say_parse_id(name, 'A', &number))
        return show_archive(vault, number, json, err);
    if (say_parse_id(name, 'D', &number))
        return show_disc(vault, number, json, err);
    return case_show(vault, name, json, err);
}

int command_show(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL}, OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("R12 | A3 | D1 | CASE…"), 1, SIZE_MAX, NULL,
                      NULL, &status))
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_READ, &vault, &err) < 0)
        return say_error(&err);
    for (size_t i = 0; i < options.count; i++)
        if (show(vault, options.words[i], json != 0, &err) < 0)
            status = say_error(&err);
    return status;
}
