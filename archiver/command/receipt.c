#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backing/backing.h"
#include "base/durable.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "command/command.h"
#include "command/leaving.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "command/seals.h"
#include "vault/vault.h"

#include "base/banned.h"

static int store(const char *path, struct bytes receipt, struct err *err)
{
    const char *name;
    AUTO(close) int folder = open_folder_of(path, &name, err);
    return folder < 0 ? -1 : durable_create(folder, path, name, receipt, 0644, err);
}

/* How the receipt is to be told. */
struct wish {
    const char *path; /* NULL: printed */
    bool qr;
};

static int give(struct vault *vault, const char *id, const struct wish *wish, struct err *err)
{
    AUTO(free) char *text = NULL;
    size_t len;
    int64_t number;
    struct seal_value seal;
    if (!say_parse_id(id, 'R', &number))
        return err_set(err, ERR_USAGE, id, "%s", _("a recording is called like R12"));
    uint64_t seq;
    AUTO(backing_release) struct backing backing = {.checkpoint = NULL};
    if (vault_acceptance(vault, number, &seq, err) < 0 ||
        backing_to_enclose(vault, seq + 1, &backing, err) < 0 ||
        vault_receipt(vault, number, backing.checkpoint, &text, &len, err) < 0)
        return -1;
    char subject[32];
    (void)snprintf(subject, sizeof subject, "R%lld", (long long)number);
    leaving_note(vault_path(vault), subject, json_pack("{s:s}", "what", "receipt"));
    const struct bytes receipt = {(const uint8_t *)text, len};
    if (seal_value_of(SEAL_RECEIPT, receipt, &seal, err) < 0)
        return -1;
    if (wish->path == NULL && wish->qr) {
        seals_print(&seal, "");
        return seals_print_qr(&seal, err);
    }
    if (wish->path == NULL) {
        (void)fwrite(text, 1, len, stdout); /* say_finish looks */
        if (isatty(STDOUT_FILENO))
            (void)putchar('\n'); /* each byte of a file counts */
        return 0;
    }
    if (store(wish->path, receipt, err) < 0)
        return -1;
    printf(_("receipt of R%lld: "), (long long)number);
    say_shown(wish->path);
    (void)putchar('\n');
    seals_print(&seal, "  ");
    return wish->qr ? seals_print_qr(&seal, err) : 0;
}

int command_receipt(const struct command_context *context, int argc, const char **argv)
{
    char *path_given = NULL;
    int qr = 0;
    const struct poptOption table[] = {
        {"output", 'o', POPT_ARG_STRING, &path_given, 0,
         N_("the file to write; else the receipt is printed"), N_("FILE")},
        {"qr", '\0', POPT_ARG_NONE, &qr, 0,
         N_("show its seal value as a QR code instead, or beside the file"), NULL},
        OPTIONS_END};
    AUTO(options_release) struct options options;
    int status;
    bool go_on =
        options_read(&options, argc, argv, table, N_("R12 [-o FILE]"), 1, 1, NULL, NULL, &status);
    AUTO(free) char *path = path_given;
    if (!go_on)
        return status;
    struct err err;
    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_READ, &vault, &err) < 0 ||
        give(vault, options.words[0], &(struct wish){.path = path, .qr = qr != 0}, &err) < 0)
        return say_error(&err);
    return EXIT_SOUND;
}
