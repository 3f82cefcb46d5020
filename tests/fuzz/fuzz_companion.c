#include <stdlib.h>

#include "probe/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octet chooses the extension; the rest is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const extensions[] = {"nmea", "gpx", "srt", "json"};
    struct probe_report *report = NULL;
    struct probe_err err;
    if (size == 0 || report_new(&report, &err) < 0)
        return 0;
    companion_read((struct probe_bytes){data + 1, size - 1}, extensions[data[0] % 4], report);
    probe_report_free(report);
    return 0;
}
