#include "command/passphrase.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/i18n.h"
#include "command/secret.h"

#include "base/banned.h"

_Static_assert((int)KEY_PASSPHRASE_MAX + 1 == (int)SECRET_TEXT, "what is read fits, all of it");

static const char of_the_key[] = "SHILU_PASSPHRASE_FD";

static int not_empty(const char *object, const char *passphrase, struct err *err)
{
    return passphrase[0] != '\0'
               ? 0
               : err_set(err, ERR_DENIED, object, "%s", _("no passphrase came from it"));
}

static int from_descriptor(const char *variable, const char *text,
                           char passphrase[static SECRET_TEXT], struct err *err)
{
    uint64_t fd;
    if (bytes_parse_u64(bytes_of(text), &fd) < 0 || fd > INT32_MAX)
        return err_set(err, ERR_USAGE, variable, "%s", _("not the number of a descriptor"));
    if (secret_get(NULL, (int)fd, passphrase, err) < 0)
        return err_wrap(err, "%s", variable);
    return not_empty(variable, passphrase, err);
}

/* Of the service's credentials: systemd.exec(5). */
static int from_credential(const char *folder, bool *there, char passphrase[static SECRET_TEXT],
                           struct err *err)
{
    char path[4096];
    const int len = snprintf(path, sizeof path, "%s/shilu-passphrase", folder);
    *there = len > 0 && (size_t)len < sizeof path && access(path, F_OK) == 0;
    if (!*there)
        return 0;
    AUTO(close) int fd = file_open_regular(AT_FDCWD, path, err);
    return fd < 0 || secret_get(NULL, fd, passphrase, err) < 0 ? -1
                                                               : not_empty(path, passphrase, err);
}

static int from_terminal(const char *object, const char *prompt, bool twice,
                         char passphrase[static SECRET_TEXT], struct err *err)
{
    AUTO(close) int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return err_set(err, ERR_DENIED, object, "%s",
                       _("nobody is there to ask for the passphrase of the signing key: "
                         "SHILU_PASSPHRASE_FD names a descriptor to read it from"));
    if ((twice ? secret_get_new(prompt, -1, passphrase, err)
               : secret_get(prompt, -1, passphrase, err)) < 0)
        return -1;
    return not_empty(object, passphrase, err);
}

/* The program sets no variable, and this is asked before any thread is started or by the door. */
static const char *variable_of(const char *name)
{
    return getenv(name); // NOLINT(concurrency-mt-unsafe)
}

/* *there: what is asked for came, or should have come, from a descriptor or a credential. */
static int without_asking(const char *variable, bool *there, char passphrase[static SECRET_TEXT],
                          struct err *err)
{
    const char *descriptor = variable_of(variable);
    const char *credentials =
        strcmp(variable, of_the_key) == 0 ? variable_of("CREDENTIALS_DIRECTORY") : NULL;
    *there = descriptor != NULL;
    if (descriptor != NULL)
        return from_descriptor(variable, descriptor, passphrase, err);
    return credentials != NULL ? from_credential(credentials, there, passphrase, err) : 0;
}

static int ask(const char *variable, const char *object, const char *prompt, bool twice,
               char passphrase[static SECRET_TEXT], struct err *err)
{
    bool there;
    if (without_asking(variable, &there, passphrase, err) < 0)
        return -1;
    return there ? 0 : from_terminal(object, prompt, twice, passphrase, err);
}

int passphrase_at_hand(const char *path, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                       struct err *err)
{
    bool there;
    if (without_asking(of_the_key, &there, passphrase, err) < 0)
        return -1;
    return there
               ? 0
               : err_set(err, ERR_DENIED, path, "%s",
                         _("the signing key is encrypted, and its passphrase was not handed over"));
}

int passphrase_ask(const char *path, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                   struct err *err)
{
    char prompt[512];
    (void)snprintf(prompt, sizeof prompt, _("Passphrase of the signing key %.400s: "), path);
    return ask(of_the_key, path, prompt, false, passphrase, err);
}

int passphrase_choose(const char *variable, char passphrase[static KEY_PASSPHRASE_MAX + 1],
                      struct err *err)
{
    return ask(variable, NULL, _("New passphrase of the signing key: "), true, passphrase, err);
}
