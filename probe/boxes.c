#include "probe/boxes.h"

#include <string.h>

bool box_next(struct probe_input *input, uint64_t *at, uint64_t end, struct box *box)
{
    if (end > input_size(input))
        end = input_size(input);
    uint8_t head[32];
    if (*at >= end || end - *at < 8 || !input_count_header(input))
        return false;
    size_t have = input_read(input, *at, head, sizeof head);
    if (have > end - *at)
        have = (size_t)(end - *at);
    if (have < 8 || read_be32(head + 4) == 0)
        return false;

    uint64_t size = read_be32(head);
    size_t header = 8;
    if (size == 1) {
        if (have < 16)
            return false;
        size = read_be64(head + 8);
        header = 16;
    } else if (size == 0) {
        size = end - *at;
    }
    bool uuid = memcmp(head + 4, "uuid", 4) == 0 && have >= header + 16 && size >= header + 16;
    if (size < header)
        return false;

    memset(box, 0, sizeof *box);
    memcpy(box->type, head + 4, 4);
    if (uuid) {
        memcpy(box->uuid, head + header, 16);
        header += 16;
    }
    box->offset = *at;
    box->content = *at + header;
    box->cut = size > end - *at;
    box->end = box->cut ? end : *at + size;
    *at = box->end;
    return true;
}

bool box_find(struct probe_input *input, uint64_t from, uint64_t end, const char *type,
              struct box *box)
{
    while (box_next(input, &from, end, box)) {
        if (memcmp(box->type, type, 4) == 0)
            return true;
    }
    return false;
}

/* Where the children of a box start: behind version and flags in a "meta" full box. Those are
 * zero, and the size of a first child is not. */
static uint64_t children(struct probe_input *input, const struct box *box)
{
    uint8_t head[4];
    if (strcmp(box->type, "meta") == 0 && input_read(input, box->content, head, 4) == 4 &&
        read_be32(head) == 0)
        return box->content + 4;
    return box->content;
}

/* Tries each box of the path's first type: a file may hold two "udta" of which one has it. */
static bool path_in(struct probe_input *input, uint64_t from, uint64_t end, const char *path,
                    struct box *box)
{
    if (strlen(path) < 4)
        return false;
    struct box here;
    while (box_next(input, &from, end, &here)) {
        if (memcmp(here.type, path, 4) != 0)
            continue;
        if (path[4] == '\0') {
            *box = here;
            return true;
        }
        if (path_in(input, children(input, &here), here.end, path + 5, box))
            return true;
    }
    return false;
}

bool box_path(struct probe_input *input, const char *path, struct box *box)
{
    return path_in(input, 0, input_size(input), path, box);
}
