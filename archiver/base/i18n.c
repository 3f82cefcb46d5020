#include "base/i18n.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#include "base/banned.h"

static const char *wanted_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]); // NOLINT(concurrency-mt-unsafe): before any thread
        if (value != NULL && *value != '\0')
            return strncmp(value, "zh", 2) == 0 ? "zh_CN" : "en";
    }
    return "en";
}

void i18n_start(void)
{
    /* C.UTF-8 is part of glibc; a bureau's own locale may never have been generated. */
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return; /* English, and names as bytes */
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
    (void)setenv("LANGUAGE", wanted_language(), 1); /* failing that: English */

    char folder[PATH_MAX];
    if (file_beside_program("share/locale", folder, sizeof folder) < 0)
        (void)snprintf(folder, sizeof folder, "%s", SHILU_LOCALEDIR);
    (void)bindtextdomain("shilu", folder);
    (void)bind_textdomain_codeset("shilu", "UTF-8");
    (void)textdomain("shilu");
}
