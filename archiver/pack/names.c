#include "pack/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/err.h"
#include "pack/plan.h"

#include "base/banned.h"

enum { EXTENSION_ROOM = 10 }; /* a dot, 8 characters, NUL */

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Source: Microsoft, "Naming Files, Paths, and Namespaces". */
static bool is_windows_device(const char *name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"};
    size_t stem = strcspn(name, ".");
    while (stem > 0 && name[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        if (stem == 3 && strncasecmp(name, devices[i], 3) == 0)
            return true;
    }
    return stem == 4 && name[3] >= '0' && name[3] <= '9' &&
           (strncasecmp(name, "COM", 3) == 0 || strncasecmp(name, "LPT", 3) == 0);
}

/* R12.mp4, f7.txt: another file may be given that name. */
static bool is_given_form(const char *name)
{
    if (strchr("RrFf", name[0]) == NULL)
        return false;
    size_t digits = strspn(name + 1, "0123456789");
    return digits > 0 && (name[1 + digits] == '.' || name[1 + digits] == '\0');
}

bool names_portable(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAMES_MAX || !(is_letter_or_digit(name[0]) || name[0] == '_'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_letter_or_digit(name[i]) && strchr(" ._-()+,=@", name[i]) == NULL)
            return false;
    }
    return name[len - 1] != '.' && name[len - 1] != ' ' && !is_windows_device(name) &&
           !is_given_form(name);
}

/* ".mp4" of a name, in small letters; "" where what stands there is no plain extension. */
static void extension_of(const char *name, char extension[static EXTENSION_ROOM])
{
    const char *dot = strrchr(name, '.');
    size_t len = dot != NULL ? strlen(dot) : 0;
    extension[0] = '\0';
    if (len < 2 || len >= EXTENSION_ROOM)
        return;
    for (size_t i = 1; i < len; i++) {
        if (!is_letter_or_digit(dot[i]))
            return;
    }
    for (size_t i = 0; i <= len; i++)
        extension[i] = (char)(dot[i] >= 'A' && dot[i] <= 'Z' ? dot[i] - 'A' + 'a' : dot[i]);
}

static int name_set(struct plan_file *file, bool own, struct err *err)
{
    char name[128];
    char extension[EXTENSION_ROOM];
    extension_of(file->original_name, extension);
    if (extension[0] == '\0') /* the vault has its own for what came without */
        extension_of(file->stored_name, extension);
    if (own)
        (void)snprintf(name, sizeof name, "data/%s", file->original_name);
    else
        (void)snprintf(name, sizeof name, "data/%c%lld%s", file->attachment != 0 ? 'F' : 'R',
                       (long long)(file->attachment != 0 ? file->attachment : file->recording),
                       extension);
    file->name = strdup(name);
    return file->name == NULL ? err_memory(err, file->original_name) : 0;
}

static int by_original_name(const void *a, const void *b)
{
    const struct plan_file *left = *(struct plan_file *const *)a;
    const struct plan_file *right = *(struct plan_file *const *)b;
    return strcasecmp(left->original_name, right->original_name);
}

int names_give(struct plan_file *files, size_t count, struct err *err)
{
    AUTO(free) struct plan_file **order = calloc(count + 1, sizeof(*order));
    if (order == NULL)
        return err_memory(err, NULL);
    for (size_t i = 0; i < count; i++)
        order[i] = &files[i];
    qsort(order, count, sizeof(*order), by_original_name);
    for (size_t i = 0; i < count; i++) {
        bool twice = (i > 0 && by_original_name(&order[i], &order[i - 1]) == 0) ||
                     (i + 1 < count && by_original_name(&order[i], &order[i + 1]) == 0);
        if (name_set(order[i], !twice && names_portable(order[i]->original_name), err) < 0)
            return -1;
    }
    return 0;
}
