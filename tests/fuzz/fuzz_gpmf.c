#include <stdlib.h>

#include "probe/sources/gpmf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_report *report = NULL;
    struct probe_err err;
    struct track track = {.source = "gpmf"};
    if (report_new(&report, &err) < 0)
        return 0;
    gpmf_read((struct probe_bytes){data, size}, &track, report);
    for (size_t i = 0; i < report->track_count; i++)
        if (!(report->track[i].latitude >= -90 && report->track[i].latitude <= 90))
            abort();
    probe_report_free(report);
    return 0;
}
