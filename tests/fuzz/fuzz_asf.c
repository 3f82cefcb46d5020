#include <stdlib.h>

#include "probe/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct source source_asf;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_report *report = NULL;
    struct probe_err err;
    struct probe_input *input = input_from_bytes((struct probe_bytes){data, size});
    if (input != NULL && report_new(&report, &err) == 0)
        source_asf.scan(input, report);
    probe_report_free(report);
    input_free(input);
    return 0;
}
