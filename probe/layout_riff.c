/* AVI and WAVE: chunks of a type, a little-endian size, and content padded to even. */
#include <string.h>

#include "probe/layout.h"

struct chunk {
    uint8_t type[4];
    uint64_t size, content;
};

static bool chunk_read(struct probe_input *input, uint64_t at, struct chunk *chunk)
{
    uint8_t head[8];
    if (input_read(input, at, head, 8) != 8 || !input_count_header(input))
        return false;
    memcpy(chunk->type, head, 4);
    chunk->size = read_le32(head + 4);
    chunk->content = at + 8;
    return true;
}

static uint64_t chunk_after(const struct chunk *chunk)
{
    return chunk->content + chunk->size + chunk->size % 2;
}

static bool is_type(const struct chunk *chunk, const char *type)
{
    return memcmp(chunk->type, type, 4) == 0;
}

/* A film without idx1 behind its pictures, and without the index of OpenDML, was not closed. */
static void check_film(struct probe_input *input, uint64_t end, struct probe_report *report)
{
    struct chunk chunk;
    bool index = false;
    for (uint64_t at = 12; at < end && chunk_read(input, at, &chunk); at = chunk_after(&chunk)) {
        uint8_t kind[4] = {0};
        index = index || is_type(&chunk, "idx1");
        if (is_type(&chunk, "LIST") && input_read(input, chunk.content, kind, 4) == 4 &&
            memcmp(kind, "movi", 4) == 0 && chunk.size <= 4)
            report_add_issue(report, "not-finalised", "the list of pictures has no size");
    }
    if (!index)
        report_add_issue(report, "not-finalised", "there is no index (idx1)");
}

static void check_sound(struct probe_input *input, uint64_t end, struct probe_report *report)
{
    struct chunk chunk;
    uint64_t size = input_size(input);
    for (uint64_t at = 12; at < end && chunk_read(input, at, &chunk); at = chunk_after(&chunk)) {
        if (!is_type(&chunk, "data"))
            continue;
        if ((chunk.size == 0 && size - chunk.content > 8) || chunk.size == UINT32_MAX)
            report_add_issue(report, "not-finalised", "the data chunk has no size");
        else if (chunk.size > size - chunk.content)
            layout_note_truncated(report, "data", chunk.size, size - chunk.content);
        return;
    }
}

const char *layout_riff(struct probe_input *input, struct probe_report *report)
{
    uint8_t kind[4];
    struct chunk riff;
    if (!chunk_read(input, 0, &riff) || !is_type(&riff, "RIFF") ||
        input_read(input, 8, kind, 4) != 4)
        return NULL;
    bool film = memcmp(kind, "AVI ", 4) == 0;
    if (!film && memcmp(kind, "WAVE", 4) != 0)
        return NULL;

    uint64_t size = input_size(input);
    uint64_t end = chunk_after(&riff);
    bool open_ended = riff.size == 0 || riff.size == UINT32_MAX;
    if (open_ended)
        report_add_issue(report, "not-finalised", "the file's own size is not filled in");
    else if (riff.size > size - 8)
        layout_note_truncated(report, "RIFF", riff.size + 8, size);
    if (!film)
        check_sound(input, size, report);
    else if (open_ended || riff.size <= size - 8)
        check_film(input, open_ended ? size : end, report);

    /* films above 1 GiB go on in further RIFF chunks */
    struct chunk more;
    while (film && !open_ended && end < size && chunk_read(input, end, &more) &&
           is_type(&more, "RIFF"))
        end = chunk_after(&more);
    if (!open_ended && end < size)
        layout_note_trailing(report, size - end, end);
    return film ? "avi" : "wav";
}
