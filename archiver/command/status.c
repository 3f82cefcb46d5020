#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/cells.h"
#include "command/choice.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/span.h"
#include "custody/custody.h"
#include "custody/entry.h"
#include "custody/key.h"

#include "base/banned.h"

enum { NAMES_SHOWN = 12 };

/* The last verification of the whole vault. */
struct last {
    bool is_known;
    int64_t at_us;
    char by[256];
    char level[16];
    uint64_t findings;
};

struct overview {
    const char *path;
    const struct vault_settings *settings;
    struct catalog_counts counts;
    struct custody_head head;
    char key_id[KEY_ID_TEXT];
    struct last last;
    int64_t now_us;
    int64_t unread_since_us; /* what was not read since is named */
    struct catalog_reading oldest;
    uint64_t items;
    uint64_t unread, unread_bytes;
    json_t *unread_names;
    uint64_t free_bytes, disk_bytes;
};

static bool take_last(void *context, const struct catalog_log_entry *told)
{
    struct last *last = context;
    struct err none;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    const struct bytes text = {told->entry, told->entry_len};
    const char *level;
    if (custody_entry_parse(text, "verified", &entry, &none) < 0 ||
        json_take_text(entry.detail, "level", "verified", &level, &none) < 0 ||
        json_take_u64(entry.detail, "findings", "verified", &last->findings, &none) < 0)
        return false; /* verify says what is wrong with it */
    last->is_known = true;
    last->at_us = entry.at.us;
    (void)snprintf(last->by, sizeof last->by, "%s", entry.actor);
    (void)snprintf(last->level, sizeof last->level, "%s", level);
    return false;
}

static bool take_reading(void *context, const struct catalog_reading *reading)
{
    struct overview *overview = context;
    if (overview->items++ == 0)
        overview->oldest = *reading;
    if (reading->right_us >= overview->unread_since_us &&
        reading->right_us <= overview->now_us) /* else a clock was wrong */
        return true;
    overview->unread++;
    overview->unread_bytes += reading->size_bytes;
    overview->unread_names = json_append(
        overview->unread_names,
        say_json_id(reading->kind == CATALOG_READ_ARCHIVE ? 'A' : 'R', reading->number));
    return overview->unread_names != NULL;
}

static int look_at_log(struct vault *vault, struct overview *overview, struct err *err)
{
    const struct key *key;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (vault_public_key(vault, &key, err) < 0 || vault_log_open(vault, &log, err) < 0)
        return -1;
    key_id(key, overview->key_id);
    overview->head.size = custody_log_size(log);
    custody_log_root(log, overview->head.root);
    return 0;
}

static int look(struct vault *vault, struct overview *overview, struct err *err)
{
    struct catalog *catalog = vault_catalog(vault);
    struct catalog_err from;
    struct statvfs disk;
    overview->path = vault_path(vault);
    overview->settings = vault_settings(vault);
    overview->unread_names = json_array();
    if (catalog_count(catalog, &overview->counts, &from) < 0 ||
        catalog_log_last(catalog, custody_action_name(CUSTODY_VERIFIED), "", take_last,
                         &overview->last, &from) < 0 ||
        catalog_reading_each(catalog, take_reading, overview, &from) < 0)
        return err_from_catalog(err, &from);
    if (overview->unread_names == NULL)
        return err_memory(err, overview->path);
    if (fstatvfs(vault_folder(vault, VAULT_ROOT), &disk) < 0)
        return err_sys(err, overview->path, _("look at the disk"));
    overview->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    overview->disk_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
    return look_at_log(vault, overview, err);
}

/* ---- as text ---- */

static void print_vault(const struct overview *overview)
{
    const struct catalog_counts *counts = &overview->counts;
    char size[32];
    char room[32];
    cells_print_label(_("vault"));
    say_shown(overview->path);
    printf(", ");
    say_shown(overview->settings->unit);
    (void)putchar('\n');
    say_size(counts->bytes, size);
    cells_print_label(_("recordings"));
    printf(_("%llu, %s; %llu of them loose\n"), (unsigned long long)counts->recordings, size,
           (unsigned long long)counts->loose);
    cells_print_label(_("archives"));
    printf(_("%llu; %llu disc images\n"), (unsigned long long)counts->archives,
           (unsigned long long)counts->discs);
    say_size(overview->free_bytes, size);
    say_size(overview->disk_bytes, room);
    cells_print_label(_("disk"));
    printf(_("%s free of %s\n"), size, room);
}

static void print_log(const struct overview *overview)
{
    char root[BYTES_BASE64(CUSTODY_HASH)];
    bytes_to_base64((struct bytes){overview->head.root, CUSTODY_HASH}, root);
    cells_print_label(_("log"));
    printf(_("%llu entries, root %s\n"), (unsigned long long)overview->head.size, root);
    cells_print_label(_("key"));
    printf("%s\n", overview->key_id);
}

static void print_last(const struct last *last)
{
    char at[INSTANT_TEXT];
    cells_print_label(_("verified"));
    if (!last->is_known) {
        printf(_("never\n"));
        return;
    }
    say_time(last->at_us, at);
    printf("%s, ", at);
    say_shown(last->by);
    printf(" (%s): ", choice_name_shown(last->level));
    if (last->findings == 0)
        printf(_("sound\n"));
    else
        printf(ngettext("%llu finding\n", "%llu findings\n", last->findings),
               (unsigned long long)last->findings);
}

static void print_unread(const struct overview *overview)
{
    char since[INSTANT_TEXT];
    char size[32];
    say_time(overview->unread_since_us, since);
    say_size(overview->unread_bytes, size);
    cells_print_label(_("read back"));
    if (overview->unread == 0) {
        printf(_("every byte, or taken in, since %s\n"), since);
        return;
    }
    printf(_("not since %s: %llu of %llu, %s:"), since, (unsigned long long)overview->unread,
           (unsigned long long)overview->items, size);
    for (size_t i = 0; i < overview->unread && i < NAMES_SHOWN; i++)
        printf(" %s", json_string_value(json_array_get(overview->unread_names, i)));
    printf("%s\n", overview->unread > NAMES_SHOWN ? " …" : "");
}

static void print_oldest(const struct overview *overview)
{
    char at[INSTANT_TEXT];
    if (overview->items == 0)
        return;
    say_time(overview->oldest.read_us, at);
    cells_print_label(_("oldest"));
    printf("%c%lld, ", overview->oldest.kind == CATALOG_READ_ARCHIVE ? 'A' : 'R',
           (long long)overview->oldest.number);
    if (overview->oldest.read_us == 0)
        printf(_("not since it was accepted or sealed\n"));
    else
        printf("%s\n", at);
}

static void print_text(const struct overview *overview)
{
    print_vault(overview);
    print_log(overview);
    print_last(&overview->last);
    print_unread(overview);
    print_oldest(overview);
}

/* ---- as JSON ---- */

static json_t *last_json(const struct last *last)
{
    return last->is_known
               ? json_pack("{s:o, s:s, s:s, s:o}", "at", say_json_time(last->at_us), "by", last->by,
                           "level", last->level, "findings", json_u64(last->findings))
               : json_null();
}

static json_t *unread_json(const struct overview *overview)
{
    return json_pack("{s:o, s:o, s:o, s:O, s:o}", "since", say_json_time(overview->unread_since_us),
                     "count", json_u64(overview->unread), "bytes", json_u64(overview->unread_bytes),
                     "names", overview->unread_names, "oldest",
                     overview->items > 0 ? say_json_time(overview->oldest.right_us) : json_null());
}

static void print_json(const struct overview *overview)
{
    const struct catalog_counts *counts = &overview->counts;
    char root[BYTES_BASE64(CUSTODY_HASH)];
    bytes_to_base64((struct bytes){overview->head.root, CUSTODY_HASH}, root);
    say_json(json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o}", "vault",
        overview->path, "unit", overview->settings->unit, "recordings",
        json_u64(counts->recordings), "loose", json_u64(counts->loose), "bytes",
        json_u64(counts->bytes), "archives", json_u64(counts->archives), "discs",
        json_u64(counts->discs), "sidecars_due", json_u64(counts->sidecars_due), "free_bytes",
        json_u64(overview->free_bytes), "disk_bytes", json_u64(overview->disk_bytes), "log_size",
        json_u64(overview->head.size), "log_root", root, "key_id", overview->key_id, "verified",
        last_json(&overview->last), "unread", unread_json(overview)));
}

int command_status(const struct command_context *context, int argc, const char **argv)
{
    char *since_given = NULL;
    int json = 0;
    const struct poptOption table[] = {
        {"since", '\0', POPT_ARG_STRING, &since_given, 0,
         N_("names what was neither read back nor taken in since then (else 90d); exit status 1 where "
            "there is any"),
         N_("WHEN")},
        {"json", '\0', POPT_ARG_NONE, &json, 0, N_("print JSON"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, "", 0, 0, NULL, NULL, &status);
    AUTO(free) char *since = since_given;
    if (!go_on)
        return status;
    struct err err;
    struct overview overview = {.now_us = instant_now().us};
    AUTO(vault_free) struct vault *vault = NULL;
    if (!span_since(since != NULL ? since : "90d", &overview.unread_since_us))
        return say_wrong_use(argv[0], _("--since takes a day, a time, or a span such as 30d: %s"),
                             since);
    if (open_vault(context, VAULT_READ, &vault, &err) < 0)
        return say_error(&err);
    status = look(vault, &overview, &err) < 0 ? say_error(&err) : EXIT_SOUND;
    if (status == EXIT_SOUND) {
        if (json)
            print_json(&overview);
        else
            print_text(&overview);
        status = since != NULL && overview.unread > 0 ? EXIT_FOUND : EXIT_SOUND;
    }
    json_decref(overview.unread_names);
    return status;
}
