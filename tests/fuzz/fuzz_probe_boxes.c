#include "probe/boxes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct probe_input *input = input_from_bytes((struct probe_bytes){data, size});
    if (input == NULL)
        return 0;
    struct box box;
    uint64_t at = 0;
    while (box_next(input, &at, size, &box)) {
        uint64_t inner = box.content;
        struct box child;
        if (box.content > box.end || box.end > size)
            __builtin_trap();
        while (box_next(input, &inner, box.end, &child)) {
            if (child.end > box.end)
                __builtin_trap();
        }
    }
    (void)box_path(input, "moov/udta/meta/ilst", &box);
    (void)box_path(input, "moov/trak/mdia/minf/stbl/stsd", &box);
    input_free(input);
    return 0;
}
