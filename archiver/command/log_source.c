#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/i18n.h"
#include "command/log.h"
#include "command/open.h"
#include "custody/key.h"
#include "custody/succession.h"
#include "vault/vault.h"

#include "base/banned.h"

void log_source_release(struct log_source *source)
{
    if (source->own >= 0)
        (void)close(source->own); /* only read from */
    key_free(source->given);
    vault_free(source->vault);
}

static int source_of_vault(const struct command_context *context, struct log_source *source,
                           struct err *err)
{
    if (open_vault(context, VAULT_AUDIT, &source->vault, err) < 0 ||
        vault_public_key(source->vault, &source->key, err) < 0)
        return -1;
    source->folder = vault_folder(source->vault, VAULT_LOG);
    source->shown = vault_folder_name(VAULT_LOG);
    return source->folder >= 0 ? 0
                               : err_set(err, ERR_MISSING, vault_path(source->vault), "%s",
                                         _("the vault has no custody log"));
}

static int source_of_folder(const char *path, const char *key_path, struct log_source *source,
                            struct err *err)
{
    char id[KEY_ID_TEXT];
    if (key_id_parse(key_path, id))
        return err_set(
            err, ERR_USAGE, path, "%s",
            _("a copied log does not hold its public key: --key needs the file, its id is "
              "not enough"));
    if (open_public_key(key_path, &source->given, err) < 0)
        return -1;
    source->key = source->given;
    source->shown = path;
    source->own = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    source->folder = source->own;
    return source->own >= 0 ? 0 : err_sys(err, path, _("open"));
}

int log_source_open(const struct command_context *context, const char *path, const char *key_path,
                    struct log_source *source, struct err *err)
{
    if ((path != NULL) != (key_path != NULL))
        return err_set(err, ERR_USAGE, NULL, "%s", _("a log's folder and --key go together"));
    return path != NULL ? source_of_folder(path, key_path, source, err)
                        : source_of_vault(context, source, err);
}

int log_source_follow(struct log_source *source, struct custody_successor *successor,
                      struct err *err)
{
    struct err why;
    AUTO(custody_log_free) struct custody_log *log = NULL;
    if (source->given == NULL ||
        custody_log_open(source->folder, source->key, NULL, &log, &why) == 0 ||
        why.kind != ERR_MISSING || custody_log_open(source->folder, NULL, NULL, &log, &why) < 0)
        return 0;
    if (custody_log_successor(log, source->key, successor, &why) < 0)
        return why.kind == ERR_DAMAGED || why.kind == ERR_MISSING ? 0 : ((void)(*err = why), -1);
    if (successor->last != NULL)
        source->key = successor->last;
    return 0;
}

int log_source_log(const struct log_source *source, struct custody_log **log, struct err *err)
{
    return custody_log_open(source->folder, source->key, NULL, log, err);
}
