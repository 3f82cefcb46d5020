#include <stdlib.h>
#include <string.h>

#include "probe/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line is a pattern of one's own, the second the name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    struct probe_report *report = NULL;
    struct probe_err err;
    if (text == NULL || report_new(&report, &err) < 0) {
        free(text);
        return 0;
    }
    if (size > 0)
        memcpy(text, data, size);
    char *name = strchr(text, '\n');
    if (name != NULL)
        *name++ = '\0';
    const struct probe_pattern mine = {"mine", text};
    size_t count = 0;
    const struct probe_pattern *patterns = probe_default_patterns(&count);
    if (probe_pattern_check(&mine, &err) == 0 && name != NULL)
        name_read(name, &mine, 1, report);
    if (name != NULL)
        name_read(name, patterns, count, report);
    report_rank(report);
    probe_report_free(report);
    free(text);
    return 0;
}
