#include "command/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ui.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/i18n.h"

#include "base/banned.h"

/* The first line alone, byte by byte: what follows is another reader's. */
static int from_descriptor(int fd, char secret[static SECRET_TEXT], struct err *err)
{
    size_t len = 0;
    for (;;) {
        char c;
        ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, NULL, _("read the password"));
        if (got == 0 || c == '\n')
            break;
        if (c == '\0')
            return err_set(err, ERR_USAGE, NULL, _("a password with a NUL in it"));
        if (len == SECRET_TEXT - 1)
            return err_set(err, ERR_USAGE, NULL, _("the password is longer than %d bytes"),
                           SECRET_TEXT - 1);
        secret[len++] = c;
    }
    if (len > 0 && secret[len - 1] == '\r')
        len--;
    secret[len] = '\0';
    return 0;
}

/* OpenSSL's own asking: it turns the echo off, and on again whatever signal comes. */
static int from_terminal(const char *prompt, bool twice, char secret[static SECRET_TEXT],
                         struct err *err)
{
    AUTO(close) int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return err_set(err, ERR_USAGE, NULL,
                       twice ? _("there is no terminal to ask for the new password: use "
                                 "--new-password-fd N")
                             : _("there is no terminal to ask for the password: use "
                                 "--password-fd N"));
    switch (UI_UTIL_read_pw_string(secret, SECRET_TEXT, prompt, twice)) {
    case 0:
        return 0;
    case -1:
        return err_set(err, ERR_SYSTEM, NULL, _("the password could not be asked for"));
    default:
        return err_set(err, ERR_USAGE, NULL, _("no password was given, or not twice the same"));
    }
}

static int get(const char *prompt, bool twice, int fd, char secret[static SECRET_TEXT],
               struct err *err)
{
    memset(secret, 0, SECRET_TEXT);
    return fd >= 0 ? from_descriptor(fd, secret, err) : from_terminal(prompt, twice, secret, err);
}

int secret_get(const char *prompt, int fd, char secret[static SECRET_TEXT], struct err *err)
{
    return get(prompt, false, fd, secret, err);
}

int secret_get_new(const char *prompt, int fd, char secret[static SECRET_TEXT], struct err *err)
{
    return get(prompt, true, fd, secret, err);
}
