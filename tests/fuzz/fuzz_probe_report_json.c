#include <stdlib.h>
#include <string.h>

#include "probe/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken can be printed, and what was printed is taken again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_report *report = NULL;
    struct probe_report *back = NULL;
    struct probe_err err;
    char *text = NULL;
    char *input = malloc(size + 1);
    if (input == NULL)
        return 0;
    if (size > 0)
        memcpy(input, data, size);
    if (probe_report_from_json(input, size, &report, &err) == 0 &&
        probe_report_to_json(report, &text, &err) == 0 &&
        probe_report_from_json(text, strlen(text), &back, &err) < 0)
        __builtin_trap();
    free(text);
    free(input);
    probe_report_free(report);
    probe_report_free(back);
    return 0;
}
