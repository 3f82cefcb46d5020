#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts/acts.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/given.h"
#include "command/leaving.h"
#include "command/log.h"
#include "command/options.h"
#include "command/say.h"
#include "command/table.h"

#include "base/banned.h"

enum { LIMIT_MAX = 1000000, BLOCK_ROWS = 500, POLL_MS = 500 };

struct showing {
    struct acts_filter *filter;
    bool raw;         /* an entry a line, as it is in the log */
    uint64_t limit;   /* 0: all of them */
    uint64_t *newest; /* the last `limit` entries that are wanted, as a ring */
    uint64_t found;   /* so many were wanted until now */
    uint64_t next;    /* the first entry that was not looked at */
    uint64_t rows;
    struct table table;
};

static void showing_release_at(struct showing *showing)
{
    acts_filter_free(showing->filter);
    free(showing->newest);
    table_release(&showing->table);
}

static void show_row(struct table *table, const struct custody_entry *entry)
{
    char seq[24];
    char at[INSTANT_TEXT];
    (void)snprintf(seq, sizeof seq, "%" PRIu64, entry->seq);
    say_time(entry->at.us, at);
    AUTO(free) char *detail = log_detail_shown(entry->detail);
    table_cell(table, seq);
    table_cell(table, at);
    table_cell(table, entry->actor);
    table_cell(table, log_action_shown(entry->action));
    table_cell(table, entry->subject);
    table_cell(table, detail);
}

static void show_entry(struct showing *showing, struct bytes text,
                       const struct custody_entry *entry)
{
    if (showing->raw) {
        printf("%.*s\n", (int)text.len, (const char *)text.at);
        return;
    }
    show_row(&showing->table, entry);
    if (++showing->rows % BLOCK_ROWS == 0)
        table_flush(&showing->table);
}

static int read_entry(struct custody_log *log, uint64_t seq, struct bytes *text,
                      struct custody_entry *entry, struct err *err)
{
    char object[32];
    (void)snprintf(object, sizeof object, "entry %" PRIu64, seq);
    return custody_log_entry(log, seq, text, err) < 0 ||
                   custody_entry_parse(*text, object, entry, err) < 0
               ? -1
               : 0;
}

/* Looks at one more entry: shows it, or remembers it where only the newest are wanted. */
static int look(struct showing *showing, struct custody_log *log, struct err *err)
{
    struct bytes text;
    bool is_wanted;
    AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
    if (read_entry(log, showing->next, &text, &entry, err) < 0 ||
        acts_filter_take(showing->filter, &entry, &is_wanted, err) < 0)
        return -1;
    if (is_wanted && showing->newest != NULL)
        showing->newest[showing->found++ % showing->limit] = showing->next;
    else if (is_wanted)
        show_entry(showing, text, &entry);
    showing->next++;
    return 0;
}

static int show_newest(struct showing *showing, struct custody_log *log, struct err *err)
{
    uint64_t i = showing->found > showing->limit ? showing->found - showing->limit : 0;
    for (; i < showing->found; i++) {
        struct bytes text;
        AUTO(custody_entry_release) struct custody_entry entry = {.root = NULL};
        if (read_entry(log, showing->newest[i % showing->limit], &text, &entry, err) < 0)
            return -1;
        show_entry(showing, text, &entry);
    }
    free(showing->newest); /* what comes from here on is all new */
    showing->newest = NULL;
    return 0;
}

/* All that the log holds by now and was not looked at. */
static int show_rest(const struct log_source *source, struct showing *showing, struct err *err)
{
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (log_source_log(source, &log, err) < 0)
        return -1;
    while (showing->next < custody_log_size(log) && !ferror(stdout))
        if (look(showing, log, err) < 0)
            return -1;
    if (showing->newest != NULL && show_newest(showing, log, err) < 0)
        return -1;
    table_flush(&showing->table);
    (void)fflush(stdout); /* say_finish looks */
    return 0;
}

/* ---- following ---- */

static volatile sig_atomic_t is_stopped;

static void stop(int number)
{
    (void)number;
    is_stopped = 1;
}

static void stop_at_signals(void)
{
    struct sigaction action = {.sa_handler = stop}; /* not restarted: poll ends at once */
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* Waits a while; false where somebody wants it to end, or nobody reads on. */
static bool wait_on(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    if (poll(&output, 1, POLL_MS) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0)
        return false;
    return !is_stopped && !ferror(stdout);
}

static int follow(const struct log_source *source, struct showing *showing, struct err *err)
{
    stop_at_signals();
    while (wait_on())
        if (show_rest(source, showing, err) < 0)
            return -1;
    return 0;
}

/* ---- the verbs ---- */

struct given {
    char *recording, *case_number, *subject, *actor, *action, *from, *to;
    int limit, follow, json;
};

static void given_release_at(struct given *given)
{
    free(given->recording);
    free(given->case_number);
    free(given->subject);
    free(given->actor);
    free(given->action);
    free(given->from);
    free(given->to);
}

/* EXIT_SOUND, or what is wrong has been said. The vault is open: times are in its zone. */
static int take_wanted(const struct given *given, struct acts_wanted *wanted)
{
    *wanted = (struct acts_wanted){.case_number = given->case_number,
                                   .subject = given->subject,
                                   .actor = given->actor,
                                   .action = CUSTODY_ACTIONS};
    if (given->recording != NULL && !say_parse_id(given->recording, 'R', &wanted->recording))
        return say_wrong_use("log", _("not a recording's number such as R12: %s"),
                             given->recording);
    if (given->action != NULL && !log_action_parse(given->action, &wanted->action))
        return say_wrong_use("log", _("no such action: %s"), given->action);
    if (given->from != NULL && !given_time(given->from, false, &wanted->from_us))
        return say_wrong_use("log", _("not a time such as 2026-01-01T12:00:00+08:00: %s"),
                             given->from);
    if (given->to != NULL && !given_time(given->to, true, &wanted->to_us))
        return say_wrong_use("log", _("not a time such as 2026-01-01T12:00:00+08:00: %s"),
                             given->to);
    if (given->limit < 0 || given->limit > LIMIT_MAX)
        return say_wrong_use("log", _("--limit goes from 1 to %d"), LIMIT_MAX);
    return EXIT_SOUND;
}

static int showing_begin(struct showing *showing, const struct acts_wanted *wanted, struct err *err)
{
    static const char *const headings[] = {N_(">entry"), N_("time"),    N_("who"),
                                           N_("action"), N_("subject"), N_("<detail")};
    table_init(&showing->table, headings, sizeof headings / sizeof *headings);
    if (showing->limit > 0) {
        showing->newest = calloc(showing->limit, sizeof *showing->newest);
        if (showing->newest == NULL)
            return err_memory(err, NULL);
    }
    return acts_filter_open(wanted, &showing->filter, err);
}

static int show(const struct command_context *context, const struct given *given)
{
    struct err err;
    struct acts_wanted wanted;
    AUTO(log_source_release) struct log_source source = LOG_SOURCE_NONE;
    AUTO(showing_release)
    struct showing showing = {.raw = given->json != 0, .limit = (uint64_t)given->limit};
    if (log_source_open(context, NULL, NULL, &source, &err) < 0)
        return say_error(&err);
    const int status = take_wanted(given, &wanted);
    if (status != EXIT_SOUND)
        return status;
    if (showing_begin(&showing, &wanted, &err) == 0 && show_rest(&source, &showing, &err) == 0 &&
        (!given->follow || follow(&source, &showing, &err) == 0))
        return EXIT_SOUND;
    table_flush(&showing.table); /* what there was before it went wrong */
    return say_error(&err);
}

int log_show(const struct command_context *context, int argc, const char **argv)
{
    AUTO(given_release) struct given given = {.json = 0};
    const struct poptOption table[] = {
        {"recording", '\0', POPT_ARG_STRING, &given.recording, 0,
         N_("only what was done to this recording, or to what holds it"), N_("R12")},
        {"case", '\0', POPT_ARG_STRING, &given.case_number, 0,
         N_("only what was done to this case, its recordings, archives and discs"), N_("N")},
        {"subject", '\0', POPT_ARG_STRING, &given.subject, 0,
         N_("only what was done to exactly this: a collector's number, an archive's path, D1"),
         N_("NAME")},
        {"actor", '\0', POPT_ARG_STRING, &given.actor, 0, N_("only what this person did: os:LOGIN"),
         N_("NAME")},
        {"action", '\0', POPT_ARG_STRING, &given.action, 0,
         N_("only this action: accepted, tagged, …"), N_("ACTION")},
        {"from", '\0', POPT_ARG_STRING, &given.from, 0, N_("done at or after"), N_("TIME")},
        {"to", '\0', POPT_ARG_STRING, &given.to, 0,
         N_("done before; a day alone includes that day"), N_("TIME")},
        {"limit", '\0', POPT_ARG_INT, &given.limit, 0, N_("only the newest so many"), N_("COUNT")},
        {"follow", '\0', POPT_ARG_NONE, &given.follow, 0,
         N_("go on with what comes, until it is stopped"), NULL},
        {"json", '\0', POPT_ARG_NONE, &given.json, 0,
         N_("print the entries themselves, one a line"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("show"), 0, 0, NULL, NULL, &status))
        return status;
    return show(context, &given);
}

int log_export(const struct command_context *context, int argc, const char **argv)
{
    const struct given all = {.json = 1};
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("export"), 0, 0, NULL, NULL, &status))
        return status;
    if (context->vault != NULL) /* before it is printed: what is printed has it */
        leaving_note(context->vault, "", json_pack("{s:s}", "what", "log"));
    return show(context, &all);
}
