#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/seals.h"
#include "command/table.h"
#include "pack/pack.h"

#include "base/banned.h"

static void print_json(const struct pack_entry *entry, const struct seal_value *seal)
{
    json_t *line = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o}", "id", entry->own_id, "name", entry->name, "offset",
        json_u64(entry->offset), "size", json_u64(entry->size), "sha256",
        say_json_digest(entry->digests.sha256), "sm3", say_json_digest(entry->digests.sm3));
    if (line != NULL)
        (void)json_object_set_new(line, "original_name", json_string(entry->original_name));
    if (line != NULL && seal != NULL)
        (void)json_object_set_new(line, "seal", seals_to_json(seal)); /* of the archive */
    if (line != NULL && entry->attachment != NULL) {
        (void)json_object_set_new(line, "recording", json_string(entry->id));
        (void)json_object_set_new(line, "attachment", json_string(entry->attachment));
    }
    say_json(line);
}

static void print_row(struct table *table, const struct pack_entry *entry)
{
    char offset[32];
    char size[32];
    char digest[65];
    (void)snprintf(offset, sizeof offset, "%" PRIu64, entry->offset);
    (void)snprintf(size, sizeof size, "%" PRIu64, entry->size);
    bytes_to_hex(entry->digests.sha256, 32, digest);
    table_cell(table, entry->own_id);
    table_cell(table, entry->name);
    table_cell(table, offset);
    table_cell(table, size);
    table_cell(table, digest);
}

int command_list(const struct command_context *context, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption table[] = {
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON, a line per recording"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table,
                      N_("ARCHIVE (a path; A3 or a case of the vault)"), 1, 1, NULL, NULL, &status))
        return status;
    struct err err;
    AUTO(open_archives_release) struct open_archives archives = {0};
    if (open_archives(context, options.words[0], &archives, &err) < 0)
        return say_error(&err);
    static const char *const headings[] = {N_("id"), N_("<file"), N_(">offset"), N_(">bytes"),
                                           N_("<SHA-256")};
    for (size_t i = 0; i < archives.count; i++) {
        size_t count;
        struct seal_value seal;
        /* what is cut off behind its index can be listed yet */
        const bool has_seal = pack_seal_value(archives.packs[i], &seal, &err) == 0;
        const struct pack_entry *entries = pack_entries(archives.packs[i], &count);
        AUTO(table_release) struct table listing;
        table_init(&listing, headings, sizeof headings / sizeof *headings);
        for (size_t k = 0; k < count; k++) {
            if (json)
                print_json(&entries[k], has_seal ? &seal : NULL);
            else
                print_row(&listing, &entries[k]);
        }
        if (json)
            continue;
        say_shown(archives.paths[i]);
        printf(": ");
        say_shown(pack_unit(archives.packs[i]));
        printf(", ");
        say_shown(pack_case(archives.packs[i]));
        (void)putchar('\n');
        if (has_seal)
            seals_print(&seal, "  ");
        table_print(&listing);
    }
    return EXIT_SOUND;
}
