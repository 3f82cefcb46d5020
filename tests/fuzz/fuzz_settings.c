#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "vault/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    struct err err;
    if (settings_parse((struct bytes){data, size}, "shilu.conf", &settings, &err) < 0)
        return 0;
    /* what was understood holds together */
    if (settings.unit == NULL || settings.zone == NULL ||
        settings.own_count > settings.pattern_count)
        abort();
    for (size_t i = 0; i < settings.pattern_count; i++)
        if (strlen(settings.patterns[i].name) == 0 || settings.patterns[i].pattern == NULL)
            abort();

    /* rules of retention are read again as they are printed */
    char *rules;
    struct rules same = {.at = NULL};
    if (rules_print(&settings.rules, &rules, &err) < 0 || rules_parse(rules, &same, &err) < 0 ||
        same.count != settings.rules.count)
        abort();
    rules_release(&same);
    free(rules);

    /* and a unit's name that was read can be written and read again */
    char *text;
    if (settings_print_new(settings.unit, "os:fuzz", &text, &err) < 0)
        abort();
    struct settings again;
    if (settings_parse(bytes_of(text), "shilu.conf", &again, &err) < 0 ||
        strcmp(again.unit, settings.unit) != 0)
        abort();
    settings_release(&again);
    free(text);
    settings_release(&settings);
    return 0;
}
