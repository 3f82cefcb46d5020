#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/prove.h"
#include "command/registers.h"
#include "command/say.h"
#include "command/secret.h"
#include "command/table.h"
#include "people/people.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { SHOWN_BYTES_MAX = 1024 };

/* As constants. */
enum { SECADMIN = 1 << PEOPLE_SECADMIN, ANY_DUTY = (1 << PEOPLE_DUTIES) - 1 };

/* Several --role are joined by commas. */
static bool take_role(void *context, int option, char *argument)
{
    struct text *text = context;
    (void)option;
    if (text->len > 0)
        text_append(text, ",");
    text_append(text, argument);
    free(argument);
    return true;
}

enum { ROLE = 1 };

#define ROLE_ROW                                                                                   \
    {                                                                                              \
        "role", '\0', POPT_ARG_STRING, NULL, ROLE,                                                 \
            N_("officer, supervisor, reviewer, archivist, auditor, sysadmin or secadmin; several " \
               "with commas"),                                                                     \
            N_("DUTY")                                                                             \
    }

#define NEW_PASSWORD_ROW(fd)                                                                       \
    {                                                                                              \
        "new-password-fd", '\0', POPT_ARG_INT, &(fd), 0,                                           \
            N_("read the new password's line from this descriptor"), N_("N")                       \
    }

/* ---- list ---- */

static json_t *duties_json(const char *duties)
{
    people_set set;
    struct err none;
    json_t *list = json_array();
    if (people_duties_parse(duties, &set, &none) < 0)
        return list;
    for (int i = 0; list != NULL && i < PEOPLE_DUTIES; i++)
        if ((set & people_of((enum people_duty)i)) != 0)
            list = json_append(list, json_string(people_duty_name((enum people_duty)i)));
    return list;
}

static void list_json_line(void *context, const struct catalog_account *account)
{
    (void)context;
    say_json(json_pack("{s:s, s:o, s:b, s:o}", "name", account->name, "duties",
                       duties_json(account->duties), "enabled", !account->disabled, "created_at",
                       say_json_time(account->created_us)));
}

static void list_row(void *context, const struct catalog_account *account)
{
    struct table *table = &((struct register_rows *)context)->table;
    AUTO(text_release) struct text shown;
    people_set set;
    struct err none;
    char created[INSTANT_TEXT];
    text_init(&shown, SHOWN_BYTES_MAX);
    if (people_duties_parse(account->duties, &set, &none) < 0)
        set = 0;
    for (int i = 0; i < PEOPLE_DUTIES; i++) {
        if ((set & people_of((enum people_duty)i)) == 0)
            continue;
        if (shown.len > 0)
            text_append(&shown, _(", "));
        text_append(&shown, people_duty_shown((enum people_duty)i));
    }
    say_time(account->created_us, created);
    table_cell(table, account->name);
    table_cell(table, shown.at);
    table_cell(table, account->disabled ? _("disabled") : _("enabled"));
    table_cell(table, created);
}

static int walk(struct catalog *catalog, struct register_rows *rows, struct catalog_err *err)
{
    return catalog_account_each(catalog, rows->json ? list_json_line : list_row, rows, err);
}

static int user_list(const struct command_context *context, int argc, const char **argv)
{
    static const char *const headings[] = {N_("name"), N_("duties"), N_("state"), N_("made")};
    struct register_rows rows = {0};
    const struct poptOption table[] = {REGISTER_JSON(rows), OPTIONS_END};
    return register_list(context, argc, argv, table, headings, sizeof headings / sizeof *headings,
                         walk, &rows);
}

/* ---- changes ---- */

/* What a verb does to an account, and who does it. */
struct change {
    struct vault *vault;
    struct people_person person; /* whoever acts has proved to be */
    bool unproved;               /* nobody can: only a password is set */
    const char *name;
    const char *roles;
    int new_fd;
};

static int with_password(const struct change *change,
                         int (*use)(const struct change *change, const char *password,
                                    struct err *err),
                         struct err *err)
{
    char password[SECRET_TEXT];
    int done = secret_get_new(_("New password: "), change->new_fd, password, err);
    if (done == 0)
        done = use(change, password, err);
    OPENSSL_cleanse(password, sizeof password);
    return done;
}

static int add_with(const struct change *change, const char *password, struct err *err)
{
    people_set duties;
    return people_duties_parse(change->roles, &duties, err) < 0
               ? -1
               : people_add(change->vault, &change->person, change->name, duties, password, err);
}

static int add(const struct change *change, struct err *err)
{
    return with_password(change, add_with, err);
}

static int set_password_with(const struct change *change, const char *password, struct err *err)
{
    char actor[128];
    vault_actor(actor);
    return change->unproved
               ? people_let_in(change->vault, actor, change->name, password, err)
               : people_set_password(change->vault, &change->person, change->name, password, err);
}

static int set_password(const struct change *change, struct err *err)
{
    return with_password(change, set_password_with, err);
}

static int set_role(const struct change *change, struct err *err)
{
    people_set duties;
    return people_duties_parse(change->roles, &duties, err) < 0
               ? -1
               : people_set_duties(change->vault, &change->person, change->name, duties, err);
}

static int disable(const struct change *change, struct err *err)
{
    return people_disable(change->vault, &change->person, change->name, err);
}

static int enable(const struct change *change, struct err *err)
{
    return people_enable(change->vault, &change->person, change->name, err);
}

/* ---- who acts ---- */

/* A verb, as it was called. */
struct call {
    const char *usage;
    size_t words;
    bool takes_role, takes_password;
    people_set duties;
    int (*act)(const struct change *change, struct err *err);
    const char *told;
};

static int check_roles(const struct change *change, struct err *err)
{
    people_set duties;
    return change->roles == NULL ? 0
           : people_duties_parse(change->roles, &duties, err) < 0
               ? -1
               : people_duties_check(duties, err);
}

/* One's own password is changed by oneself, where nobody else is named; where nobody can prove to
 * be a security administrator, without a proof. */
static int who_acts(struct change *change, const struct call *call, const char *name, int fd,
                    struct err *err)
{
    if (name == NULL && people_nobody_administers(change->vault, &change->unproved, err) < 0)
        return -1;
    return change->unproved ? 0
                            : prove(change->vault, name != NULL ? name : change->name, fd,
                                    call->duties, &change->person, err);
}

/* What is wrong with the duties is told before a password is asked for. */
static int run(const struct command_context *context, const struct call *call,
               struct change *change, const char *name, int fd)
{
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0 || check_roles(change, &err) < 0)
        return say_error(&err);
    change->vault = vault;
    if (who_acts(change, call, name, fd, &err) < 0 || call->act(change, &err) < 0)
        return say_error(&err);
    printf("%s", _(call->told));
    say_shown(change->name);
    (void)putchar('\n');
    if (change->unproved)
        printf("%s", _("No security administrator had a password: the log tells that this one was "
                       "set without any.\n"));
    return EXIT_SOUND;
}

static int user_call(const struct command_context *context, int argc, const char **argv,
                     const struct call *call)
{
    AUTO(text_release) struct text roles;
    struct change change = {.new_fd = -1};
    char *name_given = NULL;
    int fd = -1;
    const struct poptOption acting[] = {PROVE_ROWS(name_given, fd), OPTIONS_END};
    const struct poptOption setting[] = {PROVE_ROWS(name_given, fd),
                                         NEW_PASSWORD_ROW(change.new_fd), OPTIONS_END};
    const struct poptOption adding[] = {ROLE_ROW, PROVE_ROWS(name_given, fd),
                                        NEW_PASSWORD_ROW(change.new_fd), OPTIONS_END};
    const struct poptOption *table = call->takes_role       ? adding
                                     : call->takes_password ? setting
                                                            : acting;
    AUTO(options_release) struct options options;
    int status;
    text_init(&roles, SHOWN_BYTES_MAX);
    bool go_on = options_read(&options, argc, argv, table, call->usage, call->words, call->words,
                              take_role, &roles, &status);
    AUTO(free) char *name = name_given;
    if (!go_on)
        return status;
    if (call->takes_role && (roles.len == 0 || text_failed(&roles)))
        return say_wrong_use("user", "%s", _("--role DUTY is missing"));
    if (name == NULL && call->duties == SECADMIN)
        return prove_missing("user");
    change.name = options.words[0];
    change.roles = call->takes_role ? roles.at : call->words == 2 ? options.words[1] : NULL;
    return run(context, call, &change, name, fd);
}

static int user_add(const struct command_context *context, int argc, const char **argv)
{
    static const struct call call = {.usage = N_("add NAME --role DUTY --as SECADMIN"),
                                     .words = 1,
                                     .takes_role = true,
                                     .takes_password = true,
                                     .duties = SECADMIN,
                                     .act = add,
                                     .told = N_("The account is made: ")};
    return user_call(context, argc, argv, &call);
}

static int user_role(const struct command_context *context, int argc, const char **argv)
{
    static const struct call call = {.usage = N_("role NAME DUTY[,DUTY…] --as SECADMIN"),
                                     .words = 2,
                                     .duties = SECADMIN,
                                     .act = set_role,
                                     .told = N_("The account's duties are set: ")};
    return user_call(context, argc, argv, &call);
}

static int user_passwd(const struct command_context *context, int argc, const char **argv)
{
    static const struct call call = {.usage = N_("passwd NAME [--as SECADMIN]"),
                                     .words = 1,
                                     .takes_password = true,
                                     .duties = ANY_DUTY,
                                     .act = set_password,
                                     .told = N_("The account has a new password: ")};
    return user_call(context, argc, argv, &call);
}

static int user_disable(const struct command_context *context, int argc, const char **argv)
{
    static const struct call call = {.usage = N_("disable NAME --as SECADMIN"),
                                     .words = 1,
                                     .duties = SECADMIN,
                                     .act = disable,
                                     .told = N_("The account is disabled: ")};
    return user_call(context, argc, argv, &call);
}

static int user_enable(const struct command_context *context, int argc, const char **argv)
{
    static const struct call call = {.usage = N_("enable NAME --as SECADMIN"),
                                     .words = 1,
                                     .duties = SECADMIN,
                                     .act = enable,
                                     .told = N_("The account is enabled: ")};
    return user_call(context, argc, argv, &call);
}

int command_user(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"add", user_add},       {"list", user_list},       {"role", user_role},
        {"passwd", user_passwd}, {"disable", user_disable}, {"enable", user_enable}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
