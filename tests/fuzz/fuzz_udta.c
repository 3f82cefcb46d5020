#include <stdlib.h>
#include <string.h>

#include "probe/source.h"
#include "probe/sources/user_data.h"

extern const struct source source_movie_header, source_item_list, source_user_data, source_sony_xml,
    source_attachments, source_gopro, source_camera_boxes, source_freegps;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One item of user data, and the same octets as a whole file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct source *const sources[] = {
        &source_movie_header, &source_item_list, &source_user_data,    &source_sony_xml,
        &source_attachments,  &source_gopro,     &source_camera_boxes, &source_freegps,
    };
    struct probe_report *report = NULL;
    struct probe_err err;
    if (report_new(&report, &err) < 0)
        return 0;
    if (size >= 4)
        user_data_item(report, (const char *)data, (struct probe_bytes){data + 4, size - 4});
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct probe_input *input = input_from_bytes((struct probe_bytes){data, size});
        if (input != NULL)
            sources[i]->scan(input, report);
        input_free(input);
    }
    probe_report_free(report);
    return 0;
}
