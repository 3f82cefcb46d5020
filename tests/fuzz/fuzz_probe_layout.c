#include "probe/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_input *input = input_from_bytes((struct probe_bytes){data, size});
    struct probe_report *report = NULL;
    struct probe_err err;
    if (input != NULL && report_new(&report, &err) == 0)
        (void)layout_check(input, report);
    probe_report_free(report);
    input_free(input);
    return 0;
}
