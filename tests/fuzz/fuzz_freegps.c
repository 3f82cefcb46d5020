#include <stdlib.h>

#include "probe/sources/freegps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_report *report = NULL;
    struct probe_err err;
    struct freegps blocks = {0};
    struct freegps packets = {0};
    if (report_new(&report, &err) < 0)
        return 0;
    freegps_block(&blocks, (struct probe_bytes){data, size}, report);
    (void)freegps_packet(&packets, (struct probe_bytes){data, size}, report);
    for (size_t i = 0; i < report->track_count; i++)
        if (!(report->track[i].latitude >= -90 && report->track[i].latitude <= 90))
            abort();
    probe_report_free(report);
    return 0;
}
