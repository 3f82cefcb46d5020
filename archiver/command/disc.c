#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/bar.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/seals.h"
#include "command/table.h"
#include "disc/disc.h"
#include "vault/vault.h"

#include "base/banned.h"

static void print_made(const struct options *options, const char *path,
                       const struct disc_made *made, bool json)
{
    if (json) {
        json_t *cases = json_array();
        for (size_t i = 0; i < options->count; i++)
            (void)json_array_append_new(cases, json_string(options->words[i]));
        say_json(json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "disc", say_json_id('D', made->number),
                           "image", path, "bytes", json_u64(made->bytes), "sha256",
                           say_json_digest(made->sha256), "seal", seals_to_json(&made->seal),
                           "cases", cases));
        return;
    }
    char size[32];
    char sha256[65];
    say_size(made->bytes, size);
    bytes_to_hex(made->sha256, 32, sha256);
    printf(_("image of disc D%lld: %s, %s\n  SHA-256  %s\n"), (long long)made->number, path, size,
           sha256);
    seals_print(&made->seal, "  ");
}

static int image(const struct command_context *context, const struct options *options,
                 const char *path, bool json)
{
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    char actor[128];
    vault_actor(actor);
    struct bar bar;
    bar_start(&bar, !json);
    struct disc_made made;
    int result =
        disc_image(vault, options->words, options->count, path, actor, &bar.progress, &made, &err);
    bar_clear(&bar);
    if (result < 0) {
        int status = say_error(&err);
        return err.kind == ERR_DAMAGED ? EXIT_FOUND : status;
    }
    print_made(options, path, &made, json);
    return EXIT_SOUND;
}

static int disc_image_command(const struct command_context *context, int argc, const char **argv)
{
    char *path_given = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"output", 'o', POPT_ARG_STRING, &path_given, 0, N_("the image to write"), N_("FILE")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per disc"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("image CASE… -o FILE"), 1, SIZE_MAX,
                              NULL, NULL, &status);
    AUTO(free) char *path = path_given;
    if (!go_on)
        return status;
    if (path == NULL)
        return say_wrong_use("disc", "%s", _("-o FILE is missing: the image to write"));
    return image(context, &options, path, json != 0);
}

json_t *disc_json(const struct catalog_disc *one)
{
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:s}", "disc", say_json_id('D', one->number),
                     "name", one->name, "image", one->image, "sha256", say_json_digest(one->sha256),
                     "bytes", json_u64(one->size_bytes), "made_at", say_json_time(one->made_us),
                     "made_by", one->made_by);
}

static void list_json_line(void *context, const struct catalog_disc *one)
{
    (void)context;
    say_json(disc_json(one));
}

static void list_row(void *context, const struct catalog_disc *one)
{
    struct table *table = &((struct register_rows *)context)->table;
    char id[32];
    char size[32];
    char made[INSTANT_TEXT];
    (void)snprintf(id, sizeof id, "D%" PRId64, one->number);
    say_size(one->size_bytes, size);
    say_time(one->made_us, made);
    table_cell(table, id);
    table_cell(table, one->name);
    table_cell(table, made);
    table_cell(table, one->made_by);
    table_cell(table, size);
    table_cell(table, one->image);
}

static int walk(struct catalog *catalog, struct register_rows *rows, struct catalog_err *err)
{
    return catalog_disc_each(catalog, rows->json ? list_json_line : list_row, rows, err);
}

static int disc_list(const struct command_context *context, int argc, const char **argv)
{
    static const char *const headings[] = {N_("disc"), N_("label"), N_("made"),
                                           N_("by"),   N_(">size"), N_("<image")};
    struct register_rows rows = {0};
    const struct poptOption table[] = {REGISTER_JSON(rows), OPTIONS_END};
    return register_list(context, argc, argv, table, headings, sizeof headings / sizeof *headings,
                         walk, &rows);
}

int command_disc(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {{"image", disc_image_command},
                                                 {"list", disc_list}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
