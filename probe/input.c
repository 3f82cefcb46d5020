#include "probe/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 16384, PAGES = 8 };

/* Readers jump between a few places (index at the end, boxes at the start): a few pages are kept.
 */
struct page {
    uint64_t offset;
    size_t len; /* 0: unused */
    uint8_t bytes[PAGE_BYTES];
};

struct probe_input {
    uint64_t size;
    const uint8_t *memory; /* NULL: read from fd */
    int fd;
    int error;
    uint64_t error_offset;
    uint32_t headers;
    unsigned next; /* the page to give up next */
    struct page pages[];
};

static struct probe_input *input_new(size_t pages)
{
    struct probe_input *input = calloc(1, sizeof *input + pages * sizeof input->pages[0]);
    if (input != NULL)
        input->fd = -1;
    return input;
}

struct probe_input *input_from_bytes(struct probe_bytes bytes)
{
    struct probe_input *input = input_new(0);
    if (input != NULL) {
        input->memory = bytes.at != NULL ? bytes.at : (const uint8_t *)"";
        input->size = bytes.len;
    }
    return input;
}

struct probe_input *input_from_fd(int fd, uint64_t size)
{
    struct probe_input *input = input_new(PAGES);
    if (input != NULL) {
        input->fd = fd;
        input->size = size;
    }
    return input;
}

void input_free(struct probe_input *input)
{
    free(input);
}

uint64_t input_size(const struct probe_input *input)
{
    return input->size;
}

int input_error(const struct probe_input *input, uint64_t *offset)
{
    *offset = input->error_offset;
    return input->error;
}

bool input_count_header(struct probe_input *input)
{
    if (input->headers > INPUT_HEADERS_MAX)
        return false;
    return ++input->headers <= INPUT_HEADERS_MAX;
}

static size_t read_fd(struct probe_input *input, uint64_t offset, uint8_t *at, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t got = pread(input->fd, at + done, len - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && input->error == 0) {
            input->error = errno;
            input->error_offset = offset + done;
        }
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static const struct page *page_at(struct probe_input *input, uint64_t offset)
{
    uint64_t start = offset - offset % PAGE_BYTES;
    for (unsigned i = 0; i < PAGES; i++) {
        if (input->pages[i].len > 0 && input->pages[i].offset == start)
            return &input->pages[i];
    }
    struct page *page = &input->pages[input->next];
    input->next = (input->next + 1) % PAGES;
    page->offset = start;
    page->len = read_fd(input, start, page->bytes, PAGE_BYTES);
    return page;
}

static size_t read_pages(struct probe_input *input, uint64_t offset, uint8_t *at, size_t len)
{
    size_t done = 0;
    while (done < len) {
        const struct page *page = page_at(input, offset + done);
        size_t skip = (size_t)(offset + done - page->offset);
        if (skip >= page->len)
            break;
        size_t part = page->len - skip;
        if (part > len - done)
            part = len - done;
        memcpy(at + done, page->bytes + skip, part);
        done += part;
    }
    return done;
}

size_t input_read(struct probe_input *input, uint64_t offset, void *at, size_t len)
{
    if (offset >= input->size)
        return 0;
    if (len > input->size - offset)
        len = (size_t)(input->size - offset);
    if (input->memory != NULL) {
        memcpy(at, input->memory + offset, len);
        return len;
    }
    if (len >= PAGE_BYTES)
        return read_fd(input, offset, at, len);
    return read_pages(input, offset, at, len);
}

uint16_t read_be16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

uint32_t read_be32(const uint8_t *at)
{
    return (uint32_t)read_be16(at) << 16 | read_be16(at + 2);
}

uint64_t read_be64(const uint8_t *at)
{
    return (uint64_t)read_be32(at) << 32 | read_be32(at + 4);
}

uint16_t read_le16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[1] << 8 | at[0]);
}

uint32_t read_le32(const uint8_t *at)
{
    return (uint32_t)read_le16(at + 2) << 16 | read_le16(at);
}

uint64_t read_le64(const uint8_t *at)
{
    return (uint64_t)read_le32(at + 4) << 32 | read_le32(at);
}

float read_le_float(const uint8_t *at)
{
    uint32_t bits = read_le32(at);
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double read_le_double(const uint8_t *at)
{
    uint64_t bits = read_le64(at);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}
