#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "catalog/catalog.h"
#include "probe/probe.h"

#include "base/banned.h"

/* The functions themselves, behind the macros. */
#undef err_set
#undef err_sys
#undef err_number
#undef err_memory
#undef err_wrap
#undef err_from_probe
#undef err_from_catalog

/* Cuts what does not fit between two UTF-8 characters, never inside one. */
static void cut_copy(char *to, size_t room, const char *from)
{
    size_t len = strlen(from);
    if (len >= room) {
        len = room - 1;
        while (len > 0 && ((unsigned char)from[len] & 0xC0U) == 0x80U)
            len--;
    }
    memmove(to, from, len);
    to[len] = '\0';
}

int err_set(struct err *err, enum err_kind kind, const char *object, const char *format, ...)
{
    char text[sizeof err->text * 2];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* cut_copy sees to the end */
    va_end(args);

    err->kind = kind;
    err->number = 0;
    cut_copy(err->object, sizeof err->object, object != NULL ? object : "");
    cut_copy(err->text, sizeof err->text, text);
    return -1;
}

static enum err_kind kind_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ERR_MISSING;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
        return ERR_SPACE;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_SYSTEM;
    }
}

int err_number(struct err *err, int number, const char *object, const char *what)
{
    char reason[128];
    (void)err_set(err, kind_of(number), object, "%s: %s", what,
                  strerror_r(number, reason, sizeof reason));
    err->number = number;
    return -1;
}

int err_sys(struct err *err, const char *object, const char *what)
{
    return err_number(err, errno, object, what);
}

int err_memory(struct err *err, const char *object)
{
    return err_set(err, ERR_MEMORY, object, "%s", _("out of memory"));
}

int err_wrap(struct err *err, const char *format, ...)
{
    /* twice the room, so that only cut_copy cuts: between characters */
    const size_t room = sizeof err->text * 2;
    char text[sizeof err->text * 4];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, room, format, args);
    va_end(args);

    size_t at = len < 0 ? 0 : (size_t)len;
    if (at >= room)
        at = room - 1;
    (void)snprintf(text + at, sizeof text - at, ": %s", err->text);
    cut_copy(err->text, sizeof err->text, text);
    return -1;
}

int err_from_probe(struct err *err, const struct probe_err *from)
{
    static const enum err_kind kinds[] = {
        [PROBE_ERR_NONE] = ERR_NONE,       [PROBE_ERR_USAGE] = ERR_USAGE,
        [PROBE_ERR_DAMAGED] = ERR_DAMAGED, [PROBE_ERR_MEMORY] = ERR_MEMORY,
        [PROBE_ERR_SYSTEM] = ERR_SYSTEM,
    };
    (void)err_set(err, kinds[from->kind], from->object, "%s", from->text);
    err->number = from->number;
    return -1;
}

int err_from_catalog(struct err *err, const struct catalog_err *from)
{
    static const enum err_kind kinds[] = {
        [CATALOG_ERR_NONE] = ERR_NONE,         [CATALOG_ERR_USAGE] = ERR_USAGE,
        [CATALOG_ERR_MISSING] = ERR_MISSING,   [CATALOG_ERR_DAMAGED] = ERR_DAMAGED,
        [CATALOG_ERR_CONFLICT] = ERR_CONFLICT, [CATALOG_ERR_DENIED] = ERR_DENIED,
        [CATALOG_ERR_SPACE] = ERR_SPACE,       [CATALOG_ERR_MEMORY] = ERR_MEMORY,
        [CATALOG_ERR_SYSTEM] = ERR_SYSTEM,
    };
    (void)err_set(err, kinds[from->kind], from->object, "%s", from->text);
    err->number = from->number;
    return -1;
}

int err_exit_status(const struct err *err)
{
    return err->kind == ERR_USAGE ? 2 : err->kind == ERR_TAMPERED ? 1 : 3;
}
