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
#include "command/registers.h"
#include "command/say.h"
#include "command/secret.h"
#include "command/table.h"
#include "people/people.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { SHOWN_BYTES_MAX = 1024 };

#define PASSWORD_ROW(fd)                                                                           \
    {                                                                                              \
        "password-fd", '\0', POPT_ARG_INT, &(fd), 0,                                               \
            N_("read the password's line from this descriptor, not the terminal"), N_("N")         \
    }

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

/* What a verb does to an account, once its options are read. */
struct change {
    const char *name;
    const char *roles;
    int fd;
};

static int with_password(struct vault *vault, const char *actor, const struct change *change,
                         int (*use)(struct vault *vault, const char *actor,
                                    const struct change *change, const char *password,
                                    struct err *err),
                         struct err *err)
{
    char password[SECRET_TEXT];
    int done = secret_get_new(_("New password: "), change->fd, password, err);
    if (done == 0)
        done = use(vault, actor, change, password, err);
    OPENSSL_cleanse(password, sizeof password);
    return done;
}

static int add_with(struct vault *vault, const char *actor, const struct change *change,
                    const char *password, struct err *err)
{
    people_set duties;
    return people_duties_parse(change->roles, &duties, err) < 0
               ? -1
               : people_add(vault, actor, change->name, duties, password, err);
}

/* What is wrong with the duties is told before a password is asked for. */
static int add(struct vault *vault, const char *actor, const struct change *change, struct err *err)
{
    people_set duties;
    if (people_duties_parse(change->roles, &duties, err) < 0 ||
        people_duties_check(duties, err) < 0)
        return -1;
    return with_password(vault, actor, change, add_with, err);
}

static int set_password_with(struct vault *vault, const char *actor, const struct change *change,
                             const char *password, struct err *err)
{
    return people_set_password(vault, actor, change->name, password, err);
}

static int set_password(struct vault *vault, const char *actor, const struct change *change,
                        struct err *err)
{
    return with_password(vault, actor, change, set_password_with, err);
}

static int set_role(struct vault *vault, const char *actor, const struct change *change,
                    struct err *err)
{
    people_set duties;
    return people_duties_parse(change->roles, &duties, err) < 0
               ? -1
               : people_set_duties(vault, actor, change->name, duties, err);
}

static int disable(struct vault *vault, const char *actor, const struct change *change,
                   struct err *err)
{
    return people_disable(vault, actor, change->name, err);
}

static int enable(struct vault *vault, const char *actor, const struct change *change,
                  struct err *err)
{
    return people_enable(vault, actor, change->name, err);
}

static int run(const struct command_context *context, const struct change *change,
               int (*act)(struct vault *vault, const char *actor, const struct change *change,
                          struct err *err),
               const char *told)
{
    struct err err;
    char actor[128];
    AUTO(vault_free) struct vault *vault = NULL;
    vault_actor(actor);
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0 || act(vault, actor, change, &err) < 0)
        return say_error(&err);
    printf("%s", told);
    say_shown(change->name);
    (void)putchar('\n');
    return EXIT_SOUND;
}

static int user_add(const struct command_context *context, int argc, const char **argv)
{
    AUTO(text_release) struct text roles;
    struct change change = {.fd = -1};
    const struct poptOption table[] = {ROLE_ROW, PASSWORD_ROW(change.fd), OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    text_init(&roles, SHOWN_BYTES_MAX);
    if (!options_read(&options, argc, argv, table, N_("add NAME --role DUTY"), 1, 1, take_role,
                      &roles, &status))
        return status;
    if (roles.len == 0 || text_failed(&roles))
        return say_wrong_use("user", "%s", _("--role DUTY is missing"));
    change.name = options.words[0];
    change.roles = roles.at;
    return run(context, &change, add, _("The account is made: "));
}

static int user_role(const struct command_context *context, int argc, const char **argv)
{
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("role NAME DUTY[,DUTY…]"), 2, 2, NULL, NULL,
                      &status))
        return status;
    const struct change change = {.name = options.words[0], .roles = options.words[1], .fd = -1};
    return run(context, &change, set_role, _("The account's duties are set: "));
}

static int user_passwd(const struct command_context *context, int argc, const char **argv)
{
    struct change change = {.fd = -1};
    const struct poptOption table[] = {PASSWORD_ROW(change.fd), OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, N_("passwd NAME"), 1, 1, NULL, NULL, &status))
        return status;
    change.name = options.words[0];
    return run(context, &change, set_password, _("The account has a new password: "));
}

static int one_name(const struct command_context *context, int argc, const char **argv,
                    const char *usage,
                    int (*act)(struct vault *vault, const char *actor, const struct change *change,
                               struct err *err),
                    const char *told)
{
    const struct poptOption table[] = {OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    if (!options_read(&options, argc, argv, table, usage, 1, 1, NULL, NULL, &status))
        return status;
    const struct change change = {.name = options.words[0], .fd = -1};
    return run(context, &change, act, told);
}

static int user_disable(const struct command_context *context, int argc, const char **argv)
{
    return one_name(context, argc, argv, N_("disable NAME"), disable,
                    _("The account is disabled: "));
}

static int user_enable(const struct command_context *context, int argc, const char **argv)
{
    return one_name(context, argc, argv, N_("enable NAME"), enable, _("The account is enabled: "));
}

int command_user(const struct command_context *context, int argc, const char **argv)
{
    static const struct register_verb verbs[] = {
        {"add", user_add},       {"list", user_list},       {"role", user_role},
        {"passwd", user_passwd}, {"disable", user_disable}, {"enable", user_enable}};
    return register_run(context, argc, argv, verbs, sizeof verbs / sizeof *verbs);
}
