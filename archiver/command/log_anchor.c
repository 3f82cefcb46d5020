#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "backing/backing.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/durable.h"
#include "base/err.h"
#include "base/i18n.h"
#include "command/log.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "vault/vault.h"

#include "base/banned.h"

enum { RESPONSE_MAX = 64 << 10 };

static int write_request(struct vault *vault, const char *actor, const char *path, struct err *err)
{
    const char *name;
    size_t len;
    AUTO(free) uint8_t *request = NULL;
    AUTO(close) int folder = open_folder_of(path, &name, err);
    if (folder < 0 || backing_request(vault, actor, &request, &len, err) < 0 ||
        durable_create(folder, path, name, (struct bytes){request, len}, 0644, err) < 0)
        return -1;
    say_shown(path);
    printf("%s\n", _(": for the timestamp authority; its answer goes to --response"));
    return 0;
}

static int anchor(struct vault *vault, const char *actor, const char *response_path,
                  struct err *err)
{
    struct backing_anchored anchored;
    AUTO(free) char *response = NULL;
    size_t len;
    char at[INSTANT_TEXT];
    if (response_path != NULL) {
        if (open_text(response_path, RESPONSE_MAX, &response, &len, err) < 0 ||
            backing_response(vault, actor, (struct bytes){(const uint8_t *)response, len},
                             response_path, &anchored, err) < 0)
            return -1;
    } else if (backing_anchor(vault, actor, &anchored, err) < 0) {
        return err->kind == ERR_SYSTEM
                   ? err_wrap(err, "%s", _("no timestamp yet, ask again later: it will cover all"))
                   : -1;
    }
    if (anchored.already) {
        printf("%s\n", _("Nothing is new since the last timestamp."));
        return 0;
    }
    say_time(anchored.at_us, at);
    printf(_("The log's first %llu entries have a timestamp of %s.\n"),
           (unsigned long long)anchored.size, at);
    return 0;
}

int log_anchor(const struct command_context *context, int argc, const char **argv)
{
    char *request = NULL;
    char *response = NULL;
    const struct poptOption table[] = {
        {"request", '\0', POPT_ARG_STRING, &request, 0,
         N_("write the request only, to be carried to the authority"), N_("FILE")},
        {"response", '\0', POPT_ARG_STRING, &response, 0, N_("the answer that was carried back"),
         N_("FILE")},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on = options_read(&options, argc, argv, table, N_("anchor"), 0, 0, NULL, NULL, &status);
    AUTO(free) char *own_request = request;
    AUTO(free) char *own_response = response;
    if (!go_on)
        return status;
    if (request != NULL && response != NULL)
        return say_wrong_use("log", "%s", _("--request and --response: one after the other"));
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_WRITE, &vault, &err) < 0)
        return say_error(&err);
    char actor[128];
    vault_actor(actor);
    if ((request != NULL ? write_request(vault, actor, request, &err)
                         : anchor(vault, actor, response, &err)) == 0)
        return EXIT_SOUND;
    status = say_error(&err);
    return err.kind == ERR_DAMAGED ? EXIT_FOUND : status;
}
