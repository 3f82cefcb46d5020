#include "command/open.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "command/say.h"

#include "base/banned.h"

/* The log's order is that of its entries, whatever their times: but a wrong clock is better known.
 */
static int note_clock(struct vault *vault, struct err *err)
{
    static const int64_t tolerated_us = INT64_C(60) * 1000000;
    struct catalog_err from;
    char last[INSTANT_TEXT];
    int64_t last_us;
    if (catalog_log_last_at(vault_catalog(vault), &last_us, &from) < 0)
        return err_from_catalog(err, &from);
    if (instant_now().us >= last_us - tolerated_us)
        return 0;
    say_time(last_us, last);
    say_note(_("this machine's clock is behind the custody log, whose last entry is of %s"), last);
    return 0;
}

int open_vault(const struct command_context *context, enum vault_mode mode, struct vault **out,
               struct err *err)
{
    if (context->vault == NULL || context->vault[0] == '\0')
        return err_set(err, ERR_USAGE, NULL, "%s",
                       _("no vault is named: use shilu -C VAULT …, or set SHILU_VAULT"));
    AUTO(vault_free) struct vault *vault = NULL;
    struct err wrong;
    if (vault_open(context->vault, mode, &vault, err) < 0 ||
        (mode == VAULT_WRITE && note_clock(vault, err) < 0))
        return -1;
    if (mode == VAULT_READ && vault_log_agrees(vault, &wrong) < 0)
        say_note("%s: %s", wrong.object,
                 wrong.text); /* it can be read; what it says may be wrong */
    *out = vault;
    vault = NULL;
    return 0;
}

int open_text(const char *path, size_t ceiling, char **text, size_t *len, struct err *err)
{
    AUTO(close) int fd = file_open_regular(AT_FDCWD, path, err);
    return fd < 0 ? -1 : file_read_all(fd, path, ceiling, text, len, err);
}

int open_public_key(const char *path, struct key **key, struct err *err)
{
    AUTO(free) char *pem = NULL;
    size_t len;
    return open_text(path, KEY_PEM_MAX, &pem, &len, err) < 0
               ? -1
               : key_from_public_pem((struct bytes){(const uint8_t *)pem, len}, path, key, err);
}

int open_folder_of(const char *path, const char **name, struct err *err)
{
    const char *slash = strrchr(path, '/');
    AUTO(free)
    char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (folder == NULL)
        return err_memory(err, path);
    const char *last = slash != NULL ? slash + 1 : path;
    if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return err_set(err, ERR_USAGE, path, "%s", _("not a file that can be written"));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, folder, _("open"));
    *name = last;
    return fd;
}

void open_archives_release(struct open_archives *archives)
{
    for (size_t i = 0; i < archives->count; i++) {
        pack_free(archives->packs[i]);
        free(archives->paths[i]);
        free(archives->subjects[i]);
    }
    free((void *)archives->packs);
    free((void *)archives->paths);
    free((void *)archives->subjects);
    *archives = (struct open_archives){0};
}

static int add_path(struct open_archives *archives, const char *path, const char *subject,
                    struct err *err)
{
    size_t room = (archives->count + 1) * sizeof(void *);
    struct pack **packs = realloc((void *)archives->packs, room);
    if (packs != NULL)
        archives->packs = packs;
    char **paths = realloc((void *)archives->paths, room);
    if (paths != NULL)
        archives->paths = paths;
    char **subjects = realloc((void *)archives->subjects, room);
    if (subjects != NULL)
        archives->subjects = subjects;
    AUTO(free) char *copy = strdup(path);
    AUTO(free) char *subject_copy = subject != NULL ? strdup(subject) : NULL;
    if (packs == NULL || paths == NULL || subjects == NULL || copy == NULL ||
        (subject != NULL && subject_copy == NULL))
        return err_memory(err, path);

    int fd = file_open_regular(AT_FDCWD, path, err);
    if (fd < 0 || pack_open(fd, path, &archives->packs[archives->count], err) < 0)
        return -1;
    archives->subjects[archives->count] = subject_copy;
    archives->paths[archives->count++] = copy;
    copy = NULL;
    subject_copy = NULL;
    return 0;
}

/* Collects the volumes that a name in the vault stands for. */
struct wanted {
    struct open_archives *archives;
    const char *vault;
    int64_t number; /* 0: all that come */
    bool failed;
    struct err *err;
};

static void add_volume(void *context, const struct catalog_archive *archive)
{
    struct wanted *wanted = context;
    if (wanted->failed || (wanted->number != 0 && archive->number != wanted->number))
        return;
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", wanted->vault, archive->path);
    if (len < 0 || (size_t)len >= sizeof path) {
        (void)err_set(wanted->err, ERR_USAGE, wanted->vault, "%s", _("the path is too long"));
        wanted->failed = true;
    } else if (add_path(wanted->archives, path, archive->path, wanted->err) < 0) {
        wanted->failed = true;
    }
}

int open_archives(const struct command_context *context, const char *name,
                  struct open_archives *archives, struct err *err)
{
    if (context->vault == NULL || access(name, F_OK) == 0)
        return add_path(archives, name, NULL, err);

    AUTO(vault_free) struct vault *vault = NULL;
    if (open_vault(context, VAULT_READ, &vault, err) < 0)
        return -1;
    struct wanted wanted = {.archives = archives, .vault = vault_path(vault), .err = err};
    bool by_number = say_parse_id(name, 'A', &wanted.number);
    struct catalog_err from;
    if (catalog_archive_each(vault_catalog(vault), by_number ? NULL : name, add_volume, &wanted,
                             &from) < 0)
        return err_from_catalog(err, &from);
    if (wanted.failed)
        return -1;
    if (archives->count == 0)
        return err_set(err, ERR_MISSING, name, "%s",
                       _("no such archive file, and no sealed case of that number in the vault"));
    return 0;
}
