#include "catalog/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog_private.h"

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

static char *(*translator)(const char *text); /* set once, before any thread */

void catalog_translate(char *(*translate)(const char *text))
{
    translator = translate;
}

static const char *translated(const char *format) __attribute__((format_arg(1)));
static const char *translated(const char *format)
{
    return translator != NULL ? translator(format) : format;
}

int catalog_err_set(struct catalog_err *err, enum catalog_err_kind kind, const char *object,
                    const char *format, ...)
{
    char text[sizeof err->text * 2];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, translated(format), args); /* cut_copy sees to the end */
    va_end(args);

    err->kind = kind;
    err->number = 0;
    cut_copy(err->object, sizeof err->object, object != NULL ? object : "");
    cut_copy(err->text, sizeof err->text, text);
    return -1;
}

static enum catalog_err_kind kind_of_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return CATALOG_ERR_MISSING;
    case EEXIST:
        return CATALOG_ERR_CONFLICT;
    case EACCES:
    case EPERM:
    case EROFS:
        return CATALOG_ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
        return CATALOG_ERR_SPACE;
    case ENOMEM:
        return CATALOG_ERR_MEMORY;
    default:
        return CATALOG_ERR_SYSTEM;
    }
}

const char *catalog_err_word(const char *word)
{
    return translated(word);
}

int catalog_err_sys(struct catalog_err *err, const char *object, const char *what)
{
    int number = errno;
    char reason[128];
    (void)catalog_err_set(err, kind_of_errno(number), object, "%s: %s", what,
                          strerror_r(number, reason, sizeof reason));
    err->number = number;
    return -1;
}

int catalog_err_memory(struct catalog_err *err)
{
    return catalog_err_set(err, CATALOG_ERR_MEMORY, NULL, "out of memory");
}

enum catalog_err_kind catalog_err_kind_of(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return CATALOG_ERR_MISSING;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return CATALOG_ERR_CONFLICT;
    case SQLITE_IOERR_NOMEM:
        return CATALOG_ERR_MEMORY;
    case SQLITE_IOERR_ACCESS:
        return CATALOG_ERR_DENIED;
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_SHORT_READ:
        return CATALOG_ERR_DAMAGED;
    default:
        break;
    }
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return CATALOG_ERR_SPACE;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return CATALOG_ERR_DENIED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CATALOG_ERR_DAMAGED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return CATALOG_ERR_CONFLICT;
    case SQLITE_NOMEM:
        return CATALOG_ERR_MEMORY;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
    case SQLITE_MISUSE:
        return CATALOG_ERR_USAGE;
    default:
        return CATALOG_ERR_SYSTEM;
    }
}

/* SQLite says what failed; the system said why. */
static int set_with_errno(struct catalog_err *err, enum catalog_err_kind kind,
                          const struct catalog *catalog)
{
    char reason[128];
    int number = sqlite3_system_errno(catalog->db);
    if (kind == CATALOG_ERR_SYSTEM && number != 0)
        kind = kind_of_errno(number);
    if (number != 0)
        return catalog_err_set(err, kind, catalog->path, "%s: %s", sqlite3_errmsg(catalog->db),
                               strerror_r(number, reason, sizeof reason));
    return catalog_err_set(err, kind, catalog->path, "%s", sqlite3_errmsg(catalog->db));
}

int catalog_err_sql(struct catalog_err *err, const struct catalog *catalog)
{
    int code = sqlite3_extended_errcode(catalog->db);
    enum catalog_err_kind kind = catalog_err_kind_of(code);
    if ((code & 0xFF) == SQLITE_BUSY)
        (void)catalog_err_set(err, kind, catalog->path, "another program is writing");
    else if (kind == CATALOG_ERR_DAMAGED)
        (void)catalog_err_set(err, kind, catalog->path, "the catalog is damaged: %s",
                              sqlite3_errmsg(catalog->db));
    else if ((code & 0xFF) == SQLITE_CANTOPEN || (code & 0xFF) == SQLITE_IOERR)
        (void)set_with_errno(err, kind, catalog);
    else
        (void)catalog_err_set(err, kind, catalog->path, "%s", sqlite3_errmsg(catalog->db));
    err->number = code;
    return -1;
}
