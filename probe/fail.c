#include "probe/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_object(struct probe_err *err, const char *object)
{
    *err = (struct probe_err){0};
    if (object != NULL)
        (void)snprintf(err->object, sizeof err->object, "%s", object); /* a long one is cut */
}

int probe_fail(struct probe_err *err, enum probe_err_kind kind, const char *object,
               const char *format, ...)
{
    set_object(err, object);
    err->kind = kind;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    return -1;
}

int probe_fail_system(struct probe_err *err, int number, const char *object, const char *doing)
{
    char text[256];
    set_object(err, object);
    err->kind = PROBE_ERR_SYSTEM;
    err->number = number;
    (void)snprintf(err->text, sizeof err->text, "%s: %s", doing,
                   strerror_r(number, text, sizeof text));
    return -1;
}

int probe_fail_memory(struct probe_err *err)
{
    return probe_fail(err, PROBE_ERR_MEMORY, NULL, "out of memory");
}
