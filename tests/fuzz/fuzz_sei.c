#include <math.h>
#include <stdlib.h>

#include "probe/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct source source_mdpm;
extern const struct source source_misb;
extern const struct source source_signed_stream;

/* The first octet says how the packet is framed and which codec it is of; the rest is the packet.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct source *const sources[] = {&source_mdpm, &source_misb, &source_signed_stream};
    struct probe_report *report = NULL;
    struct probe_err err;
    if (size == 0 || report_new(&report, &err) < 0)
        return 0;
    const struct source_stream stream = {
        .type = PROBE_VIDEO,
        .codec = (data[0] & 8) != 0 ? "hevc" : "h264",
        .nal_length_size = data[0] & 7,
    };
    const struct source_packet packet = {
        .data = {data + 1, size - 1}, .time_s = 0, .duration_s = NAN};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        void *state = calloc(1, sources[i]->state_bytes);
        if (state == NULL)
            break;
        (void)sources[i]->packet(state, &stream, &packet, report);
        if (sources[i]->finish != NULL)
            sources[i]->finish(state, report);
        free(state);
    }
    probe_report_free(report);
    return 0;
}
