#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/order.h"
#include "command/bar.h"
#include "command/cells.h"
#include "command/command.h"
#include "command/keeping.h"
#include "command/open.h"
#include "command/options.h"
#include "command/prove.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/table.h"
#include "command/trust.h"
#include "keep/keep.h"
#include "people/people.h"
#include "vault/vault.h"

#include "base/banned.h"

AUTO_DEFINE(struct catalog_disposal *, catalog_disposal_free, NULL);

/* ---- a disposal, as it is told ---- */

static const char *state_shown(enum catalog_disposal_state state)
{
    return state == CATALOG_DISPOSAL_REQUESTED   ? _("requested")
           : state == CATALOG_DISPOSAL_WITHDRAWN ? _("withdrawn")
                                                 : _("done");
}

static json_t *disposal_json(const struct catalog_disposal *one)
{
    return json_pack("{s:o, s:s, s:s, s:o, s:s, s:o, s:s?, s:s?, s:o, s:o}", "disposal",
                     say_json_id('X', one->number), "state",
                     catalog_disposal_state_name(one->state), "reason", one->reason, "requested_at",
                     say_json_time(one->requested_us), "requested_by", one->requested_by,
                     "decided_at", say_json_time(one->decided_us), "decided_by", one->decided_by,
                     "decided_reason", one->decided_reason, "recordings", json_u64(one->recordings),
                     "bytes", json_u64(one->bytes));
}

/* *out is NULL where there is none. */
static int disposal_of(struct vault *vault, int64_t recording, struct catalog_disposal **out,
                       struct err *err)
{
    struct catalog *catalog = vault_catalog(vault);
    struct catalog_err wrong;
    int64_t number;
    *out = NULL;
    if (catalog_disposal_of(catalog, recording, &number, &wrong) < 0 ||
        (number != 0 && catalog_disposal_load(catalog, number, out, &wrong) < 0))
        return err_from_catalog(err, &wrong);
    return 0;
}

int disposal_of_json(struct vault *vault, int64_t recording, json_t **out, struct err *err)
{
    AUTO(catalog_disposal_free) struct catalog_disposal *one = NULL;
    if (disposal_of(vault, recording, &one, err) < 0)
        return -1;
    *out = one != NULL ? disposal_json(one) : json_null();
    return *out != NULL ? 0 : err_memory(err, NULL);
}

static void print_step(const char *label, int64_t at_us, const char *by, const char *reason)
{
    char when[INSTANT_TEXT];
    say_time(at_us, when);
    cells_print_label(label);
    printf("%s, ", when);
    say_shown(by);
    printf(_(": "));
    say_shown(reason);
    (void)putchar('\n');
}

int disposal_of_print(struct vault *vault, int64_t recording, struct err *err)
{
    AUTO(catalog_disposal_free) struct catalog_disposal *one = NULL;
    if (disposal_of(vault, recording, &one, err) < 0)
        return -1;
    if (one == NULL)
        return 0;
    cells_print_label(_("disposal"));
    printf("X%" PRId64 ", %s\n", one->number, state_shown(one->state));
    print_step(_("requested"), one->requested_us, one->requested_by, one->reason);
    if (one->state == CATALOG_DISPOSAL_DONE)
        print_step(_("approved"), one->decided_us, one->decided_by, one->decided_reason);
    return 0;
}

/* ---- list ---- */

static void list_json_line(void *context, const struct catalog_disposal *one)
{
    (void)context;
    say_json(disposal_json(one));
}

static void list_row(void *context, const struct catalog_disposal *one)
{
    struct table *table = &((struct register_rows *)context)->table;
    char id[32];
    char count[32];
    char size[32];
    char requested[INSTANT_TEXT];
    (void)snprintf(id, sizeof id, "X%" PRId64, one->number);
    (void)snprintf(count, sizeof count, "%" PRIu64, one->recordings);
    say_size(one->bytes, size);
    say_time(one->requested_us, requested);
    table_cell(table, id);
    table_cell(table, state_shown(one->state));
    table_cell(table, count);
    table_cell(table, size);
    table_cell(table, requested);
    table_cell(table, one->requested_by);
    table_cell(table, one->decided_by);
    table_cell(table, one->reason);
}

static int walk(struct catalog *catalog, struct register_rows *rows, struct catalog_err *err)
{
    return catalog_disposal_each(catalog, rows->open_only != 0,
                                 rows->json ? list_json_line : list_row, rows, err);
}

static int dispose_list(const struct command_context *context, int argc, const char **argv)
{
    static const char *const headings[] = {N_("disposal"),   N_("state"),     N_(">recordings"),
                                           N_(">size"),      N_("requested"), N_("requested by"),
                                           N_("decided by"), N_("<reason")};
    struct register_rows rows = {0};
    const struct poptOption table[] = {{"open", '\0', POPT_ARG_NONE, &rows.open_only, 0,
                                        N_("those that wait for approval only"), NULL},
                                       REGISTER_JSON(rows),
                                       OPTIONS_END};
    return register_list(context, argc, argv, table, headings, sizeof headings / sizeof *headings,
                         walk, &rows);
}

/* ---- request, approve, withdraw ---- */

struct asked {
    struct vault *vault;
    const struct options *options;
    struct people_person person;
    const char *reason;
    int clock_is_right;
    int json;
};

/* Recordings by number, or all of a case that are not disposed of. */
struct chosen {
    int64_t *at;
    size_t count;
};

static void chosen_release_at(struct chosen *chosen)
{
    free(chosen->at);
}

static int choose(struct chosen *chosen, const int64_t *numbers, size_t count, struct err *err)
{
    int64_t *more = realloc(chosen->at, (chosen->count + count + 1) * sizeof *more);
    if (more == NULL)
        return err_memory(err, NULL);
    chosen->at = more;
    if (count > 0)
        memcpy(more + chosen->count, numbers, count * sizeof *numbers);
    chosen->count += count;
    return 0;
}

struct kept {
    int64_t *at;
    size_t count;
};

static void keep_kept(void *context, const struct catalog_kept *one)
{
    struct kept *kept = context;
    kept->at[kept->count++] = one->number;
}

/* What is disposed of already is left out. */
static int choose_case(struct vault *vault, const char *number, struct chosen *chosen,
                       struct err *err)
{
    struct catalog *catalog = vault_catalog(vault);
    struct catalog_err wrong;
    AUTO(free) int64_t *numbers = NULL;
    size_t count;
    if (catalog_recording_numbers(catalog, number, &numbers, &count, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    struct kept kept = {.at = numbers}; /* no more are kept than were read */
    for (size_t i = 0; i < count; i++)
        if (catalog_kept_each(catalog, numbers[i], numbers[i], keep_kept, &kept, &wrong) < 0)
            return err_from_catalog(err, &wrong);
    return choose(chosen, numbers, kept.count, err);
}

/* In order, each once. */
static void settle(struct chosen *chosen)
{
    size_t count = 0;
    if (chosen->count > 0)
        qsort(chosen->at, chosen->count, sizeof *chosen->at, order_i64);
    for (size_t i = 0; i < chosen->count; i++)
        if (count == 0 || chosen->at[i] != chosen->at[count - 1])
            chosen->at[count++] = chosen->at[i];
    chosen->count = count;
}

static int choose_all(const struct asked *asked, struct chosen *chosen, struct err *err)
{
    for (size_t i = 0; i < asked->options->count; i++) {
        int64_t number;
        const char *word = asked->options->words[i];
        if ((say_parse_id(word, 'R', &number) ? choose(chosen, &number, 1, err)
                                              : choose_case(asked->vault, word, chosen, err)) < 0)
            return -1;
    }
    settle(chosen);
    return 0;
}

static int request(struct asked *asked, struct err *err)
{
    AUTO(chosen_release) struct chosen chosen = {.at = NULL};
    int64_t number;
    if (choose_all(asked, &chosen, err) < 0 ||
        keep_disposal_request(asked->vault, &asked->person, chosen.at, chosen.count, asked->reason,
                              &number, err) < 0)
        return -1;
    if (asked->json)
        say_json(json_pack("{s:o, s:o}", "disposal", say_json_id('X', number), "recordings",
                           json_u64(chosen.count)));
    else
        printf(ngettext("Requested: X%lld, the disposal of %zu recording. Another account must "
                        "approve it.\n",
                        "Requested: X%lld, the disposal of %zu recordings. Another account must "
                        "approve it.\n",
                        chosen.count),
               (long long)number, chosen.count);
    return 0;
}

static int disposal_number(const struct asked *asked, int64_t *number, struct err *err)
{
    const char *word = asked->options->words[0];
    return say_parse_id(word, 'X', number)
               ? 0
               : err_set(err, ERR_USAGE, word, _("not a disposal such as X1: see dispose list"));
}

static int withdraw(struct asked *asked, struct err *err)
{
    int64_t number;
    if (disposal_number(asked, &number, err) < 0 ||
        keep_disposal_withdraw(asked->vault, &asked->person, number, asked->reason, err) < 0)
        return -1;
    if (asked->json)
        say_json(json_pack("{s:o, s:s}", "disposal", say_json_id('X', number), "state",
                           catalog_disposal_state_name(CATALOG_DISPOSAL_WITHDRAWN)));
    else
        printf(_("The request is withdrawn: X%lld\n"), (long long)number);
    return 0;
}

/* What `approve` tells at its end. */
struct told {
    json_t *archives, *discs; /* NULL once memory was out */
    bool json;
};

static void take_archive(void *context, const char *old_path, const char *new_path)
{
    struct told *told = context;
    if (told->json) {
        if (told->archives != NULL)
            told->archives =
                json_append(told->archives,
                            json_pack("{s:s, s:s?}", "removed", old_path, "replaced_by", new_path));
        return;
    }
    printf(_("archive removed: %s\n"), old_path);
    if (new_path != NULL)
        printf(_("  the rest of it: %s\n"), new_path);
}

static void take_disc(void *context, const struct catalog_disc *disc)
{
    struct told *told = context;
    if (told->json) {
        if (told->discs != NULL)
            told->discs = json_append(told->discs, say_json_id('D', disc->number));
        return;
    }
    printf(_("still on the disc D%lld: "), (long long)disc->number);
    say_shown(disc->name);
    (void)putchar('\n');
}

static int tell(const struct asked *asked, int64_t number, struct told *told, struct err *err)
{
    struct catalog *catalog = vault_catalog(asked->vault);
    struct catalog_err wrong;
    AUTO(catalog_disposal_free) struct catalog_disposal *one = NULL;
    if (catalog_disc_of_disposal(catalog, number, take_disc, told, &wrong) < 0 ||
        catalog_disposal_load(catalog, number, &one, &wrong) < 0)
        return err_from_catalog(err, &wrong);
    if (told->json) {
        say_json(json_pack("{s:o, s:o, s:o, s:O?, s:O?}", "disposal", say_json_id('X', number),
                           "recordings", json_u64(one->recordings), "bytes", json_u64(one->bytes),
                           "archives", told->archives, "discs", told->discs));
        return 0;
    }
    char size[32];
    say_size(one->bytes, size);
    printf(ngettext("Disposed of: %llu recording, %s. What is known of it stays.\n",
                    "Disposed of: %llu recordings, %s. What is known of them stays.\n",
                    one->recordings),
           (unsigned long long)one->recordings, size);
    return 0;
}

static int approve(struct asked *asked, struct err *err)
{
    int64_t number;
    struct bar bar;
    struct told told = {.archives = json_array(), .discs = json_array(), .json = asked->json != 0};
    bar_start(&bar, !asked->json);
    int done = disposal_number(asked, &number, err);
    if (done == 0)
        done = keep_disposal_approve(asked->vault, &asked->person, number, asked->reason,
                                     asked->clock_is_right != 0, &bar.progress, take_archive, &told,
                                     err);
    bar_clear(&bar);
    if (done == 0)
        done = tell(asked, number, &told, err);
    json_decref(told.archives);
    json_decref(told.discs);
    return done;
}

static int run(const struct command_context *context, int argc, const char **argv,
               const char *usage, size_t most, people_set duties,
               int (*act)(struct asked *asked, struct err *err))
{
    char *name_given = NULL;
    char *reason_given = NULL;
    int fd = -1;
    struct asked asked = {.json = 0};
#define ASKED_ROWS                                                                                 \
    PROVE_ROWS(name_given, fd),                                                                    \
        {"reason", '\0', POPT_ARG_STRING, &reason_given, 0, N_("why"), N_("TEXT")},                \
        {"json", '\0', POPT_ARG_NONE, &asked.json, 0, N_("print JSON"), NULL}, OPTIONS_END
    const struct poptOption asking[] = {ASKED_ROWS};
    const struct poptOption approving[] = {
        {"clock-is-right", '\0', POPT_ARG_NONE, &asked.clock_is_right, 0,
         N_("the clock is right, though the log stood still"), NULL},
        ASKED_ROWS};
#undef ASKED_ROWS
    const struct poptOption *table = act == approve ? approving : asking;
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, usage, 1, most, NULL, NULL, &status);
    AUTO(free) char *name = name_given;
    AUTO(free) char *reason = reason_given;
    if (!go_on)
        return status;
    if (name == NULL)
        return prove_missing(argv[0]);
    if (reason == NULL)
        return say_wrong_use(argv[0], "%s", _("--reason TEXT is missing"));
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    status = trust_catalog(vault);
    if (status != EXIT_SOUND)
        return status;
    asked.vault = vault;
    asked.options = &options;
    asked.reason = reason;
    if (prove(vault, name, fd, duties, &asked.person, &err) < 0 || act(&asked, &err) < 0)
        return say_error(&err);
    return EXIT_SOUND;
}

static int dispose_request(const struct command_context *context, int argc, const char **argv)
{
    return run(context, argc, argv, N_("request CASE|R12… --as NAME --reason TEXT"), SIZE_MAX,
               people_of(PEOPLE_ARCHIVIST), request);
}

static int dispose_approve(const struct command_context *context, int argc, const char **argv)
{
    return run(context, argc, argv, N_("approve X1 --as NAME --reason TEXT [--clock-is-right]"), 1,
               people_of(PEOPLE_AUDITOR), approve);
}

static int dispose_withdraw(const struct command_context *context, int argc, const char **argv)
{
    return run(context, argc, argv, N_("withdraw X1 --as NAME --reason TEXT"), 1,
               people_of(PEOPLE_ARCHIVIST) | people_of(PEOPLE_AUDITOR), withdraw);
}

int command_dispose(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {{"request", dispose_request},
                                                 {"approve", dispose_approve},
                                                 {"withdraw", dispose_withdraw},
                                                 {"list", dispose_list}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
